"""A virtual address is 10 bits of directory, 10 bits of table and 12 bits of offset. One more table for each 4 MiB that is used.

Prints:

    address 08049abc: directory 32, table 73, offset abc
    tables after a write there: 1
    after one 4 KiB further: 1, after one 4 MiB further: 2
    present: True, in the frame that pagemap names
"""
import paging

AT = 0x0804_9ABC


def tables(process: paging.Process) -> int:
    return process.usage().page_tables


with paging.Engine() as engine, engine.process("walk") as process:
    print(f"address {AT:08x}: directory {AT >> 22}, table {AT >> 12 & 1023}, offset {AT & 4095:x}")
    process.map(16 << 20, address=0x0800_0000, flags=paging.MAP_PRIVATE | paging.MAP_ANONYMOUS | paging.MAP_FIXED)
    before = tables(process)
    process.store(AT & ~3, 1)
    print("tables after a write there:", tables(process) - before)
    process.store((AT & ~3) + 4096, 1)
    near = tables(process) - before
    process.store((AT & ~3) + (4 << 20), 1)
    print(f"after one 4 KiB further: {near}, after one 4 MiB further: {tables(process) - before}")
    print(f"present: {bool(process.pagemap(AT >> 12, 1)[0] >> 63)}, in the frame that pagemap names")
