"""The heap is one area that brk(2) makes longer. It ends where something else lies, and where RLIMIT_DATA says.

Prints:

    the heap has 3 pages
    one of them was touched: resident 1
    beyond the limit brk stays where it is: True
"""
import paging

PAGE = 4096

with paging.Engine() as engine, engine.process("heap") as process:
    start = process.brk()
    end = process.brk(start + 2 * PAGE + 1)
    heap = next(area for area in process.maps() if area.start <= start < area.end)
    print(f"the heap has {(heap.end - heap.start) // PAGE} pages")
    process.store(start, 7)
    print("one of them was touched: resident", process.usage().resident)
    process.set_limit(paging.RLIMIT_DATA, 16 * PAGE)
    print("beyond the limit brk stays where it is:", process.brk(start + 64 * PAGE) == end)
