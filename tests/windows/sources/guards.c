/* Access violations, guard pages, execution, in the order of the checks: rules 12 and 22. */
#include "report.h"
#include "faults.h"

static DWORD run(void)
{
    DWORD old;
    put("guards");
    AddVectoredExceptionHandler(1, on_fault);
    load("free", PLACE);
    store("free", PLACE + 0x123, 1);
    VirtualAlloc(PLACE, 0x4000, MEM_RESERVE, PAGE_READWRITE);
    load("reserved", PLACE);
    VirtualAlloc(PLACE, 0x3000, MEM_COMMIT, PAGE_READWRITE);
    store("committed", PLACE, 0xC3C3C3C3);
    load("committed", PLACE);
    load("behind", PLACE + 0x3000);
    load("across the end", PLACE + 0x2FFE);
    execute("not executable", PLACE);
    VirtualProtect(PLACE, PAGE, PAGE_EXECUTE_READ, &old);
    execute("executable", PLACE);
    store("executable", PLACE, 5);
    VirtualProtect(PLACE, PAGE, PAGE_NOACCESS, &old);
    load("closed", PLACE);
    VirtualProtect(PLACE, PAGE, PAGE_READONLY, &old);
    load("open again", PLACE);
    store("read only", PLACE + 8, 5);
    VirtualProtect(PLACE + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    queried("guarded", PLACE + PAGE);
    store("guard", PLACE + PAGE + 4, 6);
    queried("after", PLACE + PAGE);
    store("guard again", PLACE + PAGE + 4, 6);
    load("guard again", PLACE + PAGE + 4);
    VirtualProtect(PLACE + PAGE, PAGE, PAGE_READONLY | PAGE_GUARD, &old);
    hex("old", old);
    store("guard, then rights", PLACE + PAGE, 6);
    store("guard, then rights", PLACE + PAGE, 6);
    VirtualProtect(PLACE + PAGE, 2 * PAGE, PAGE_READWRITE, &old);
    VirtualProtect(PLACE + 2 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    store("across", PLACE + 2 * PAGE - 2, 0x11223344);
    load("nothing stored", PLACE + 2 * PAGE - 4);
    store("across", PLACE + 2 * PAGE - 2, 0x11223344);
    load("across", PLACE + 2 * PAGE - 2);
    VirtualAlloc(PLACE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    load("committed again", PLACE);
    load("committed again", PLACE);
    return 0;
}
