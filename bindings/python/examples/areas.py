"""An area is a run of pages with the same rights and the same file: mprotect splits it, and undoing it merges the parts.

Prints:

    4 pages: 1 area
    the second is read-only: 3 areas, rights rw r- rw
    a write there: FAULT_NOT_ALLOWED
    it is writable again: 1 area
    the third is unmapped: 2 areas, a write there: FAULT_NOT_MAPPED
"""
import paging

PAGE = 4096


def count(process: paging.Process) -> str:
    number = len(process.maps())
    return f"{number} area{'s' if number > 1 else ''}"


def attempt(process: paging.Process, address: int) -> str:
    try:
        process.store(address, 1)
    except paging.MemoryFault as fault:
        return str(fault).split()[0]
    return "done"


with paging.Engine() as engine, engine.process("areas") as process:
    at = process.map(4 * PAGE)
    print("4 pages:", count(process))
    process.protect(at + PAGE, PAGE, paging.PROT_READ)
    rights = " ".join(("r" if area.protection & 1 else "-") + ("w" if area.protection & 2 else "-") for area in process.maps())
    print(f"the second is read-only: {count(process)}, rights {rights}")
    print("a write there:", attempt(process, at + PAGE))
    process.protect(at + PAGE, PAGE, paging.PROT_READ | paging.PROT_WRITE)
    print("it is writable again:", count(process))
    process.unmap(at + 2 * PAGE, PAGE)
    print(f"the third is unmapped: {count(process)}, a write there:", attempt(process, at + 2 * PAGE))
