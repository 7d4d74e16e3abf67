"""What a process looks like: its areas, its page tables, its tree, and the frames of the machine. In a notebook, end a cell with one.

Prints:

    space, tables, tree, frames: drawn
    what was mapped is named in the picture: True
"""
import paging

with paging.Engine(ram_bytes=1 << 20) as engine, engine.process("drawn") as process:
    at = process.map(8192)
    process.store(at, 1)
    drawings = {name: process.picture(name) for name in ("space", "tables", "tree")}
    drawings["frames"] = engine.picture()
    print(", ".join(name for name, drawing in drawings.items() if drawing.startswith("<svg")) + ": drawn")
    print("what was mapped is named in the picture:", f"{at:08x}" in drawings["space"])
