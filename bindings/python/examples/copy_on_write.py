"""A fork shares every frame. The first who writes to a page gets a copy; the last who has it writes to the frame itself.

Prints:

    after the fork both read the same frame: True
    the child has written: parent 1, child 2, one frame: False
    copied 1, reused 1
"""
import paging


def frame(process: paging.Process, address: int) -> int:
    return process.pagemap(address >> 12, 1)[0] & (1 << 55) - 1


with paging.Engine() as engine, engine.process("parent") as parent:
    at = parent.map(4096)
    parent.store(at, 1)
    with parent.fork() as child:
        print("after the fork both read the same frame:", frame(parent, at) == frame(child, at))
        child.store(at, 2)
        parent.store(at, parent.load(at))    # nobody else has the old frame: no copy
        print(f"the child has written: parent {parent.load(at)}, child {child.load(at)}, one frame:",
              frame(parent, at) == frame(child, at))
        counts = engine.faults()
        print(f"copied {counts.copied}, reused {counts.reused}")
