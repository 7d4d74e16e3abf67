"""Memory that is mapped takes no RAM until it is touched, and a read takes none at all.

Prints:

    mapped: total 256, resident 0
    16 pages read: resident 0, faults on the zero page 16
    16 pages written: resident 16
    discarded: resident 0, and the byte is 0 again
"""
import paging

PAGE = 4096

with paging.Engine() as engine, engine.process("lazy") as process:
    before = process.usage().total
    at = process.map(256 * PAGE)
    print(f"mapped: total {process.usage().total - before}, resident {process.usage().resident}")

    for page in range(16):
        process.load(at + page * PAGE)
    print(f"16 pages read: resident {process.usage().resident}, faults on the zero page {process.faults().zero_page}")

    for page in range(16):
        process.store(at + page * PAGE, 1)
    print(f"16 pages written: resident {process.usage().resident}")

    process.advise(at, 16 * PAGE, paging.MADV_DONTNEED)
    print(f"discarded: resident {process.usage().resident}, and the byte is {process[at]} again")
