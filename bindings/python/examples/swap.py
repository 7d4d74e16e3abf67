"""Twice as much memory as RAM: what was not used for long goes to swap, and comes back when it is touched.

Prints:

    8 MiB written in 4 MiB of RAM
    every page is as it was: True
    pages have come back from swap: True
"""
import paging

PAGE, COUNT = 4096, 2048

with paging.Engine(ram_bytes=4 << 20) as engine, engine.process("large") as process:
    with engine.swap_on("swap", 16 << 20):
        at = process.map(COUNT * PAGE)
        for page in range(COUNT):
            process.store(at + page * PAGE, page)
        print(f"{COUNT * PAGE >> 20} MiB written in 4 MiB of RAM")
        print("every page is as it was:", all(process.load(at + page * PAGE) == page for page in range(COUNT)))
        print("pages have come back from swap:", process.faults().swapped_in > 0)
        process.unmap(at, COUNT * PAGE)
