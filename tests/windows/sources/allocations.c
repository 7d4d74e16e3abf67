/* Reserve, commit, query, protect, decommit, release: rules 2 to 13. */
#include "report.h"

static DWORD run(void)
{
    DWORD old = 0;
    char *place;
    put("allocations");
    line("rounding");
    given("reserve", VirtualAlloc(PLACE + 0x1010, PAGE, MEM_RESERVE, PAGE_READWRITE));
    queried("all", PLACE);
    queried("inside", PLACE + 0x1800);
    line("conflicts");
    given("granule", VirtualAlloc(PLACE + 0x8000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    given("outside", VirtualAlloc(PLACE + 0x2000, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
    line("commit");
    given("page", VirtualAlloc(PLACE + PAGE, 1, MEM_COMMIT, PAGE_READWRITE));
    PLACE[PAGE + 5] = 'x';
    hex("fresh", PLACE[PAGE + 6]);
    given("again", VirtualAlloc(PLACE + PAGE, PAGE, MEM_COMMIT, PAGE_READONLY));
    hex("kept", PLACE[PAGE + 5]);
    queried("run", PLACE + PAGE);
    queried("behind", PLACE + 2 * PAGE);
    line("protect");
    told("reserved", VirtualProtect(PLACE, PAGE, PAGE_READWRITE, &old));
    told("across", VirtualProtect(PLACE + PAGE, 2 * PAGE, PAGE_READWRITE, &old));
    told("page", VirtualProtect(PLACE + PAGE + 7, 1, PAGE_READWRITE, &old));
    hex("old", old);
    told("copy", VirtualProtect(PLACE + PAGE, PAGE, PAGE_WRITECOPY, &old));
    told("both", VirtualProtect(PLACE + PAGE, PAGE, PAGE_READWRITE | PAGE_READONLY, &old));
    line("decommit");
    told("all", VirtualFree(PLACE, 3 * PAGE, MEM_DECOMMIT));
    told("again", VirtualFree(PLACE, 3 * PAGE, MEM_DECOMMIT));
    queried("after", PLACE);
    given("commit", VirtualAlloc(PLACE + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    hex("zero", PLACE[PAGE + 5]);
    line("release");
    told("size", VirtualFree(PLACE, PAGE, MEM_RELEASE));
    told("inside", VirtualFree(PLACE + PAGE, 0, MEM_RELEASE));
    told("both", VirtualFree(PLACE, 0, MEM_RELEASE | MEM_DECOMMIT));
    told("base", VirtualFree(PLACE, 0, MEM_RELEASE));
    line("values");
    given("none", VirtualAlloc(PLACE, PAGE, MEM_RESERVE | MEM_COMMIT, 0));
    given("copy", VirtualAlloc(PLACE, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_WRITECOPY));
    given("empty", VirtualAlloc(PLACE, 0, MEM_RESERVE, PAGE_READWRITE));
    given("type", VirtualAlloc(PLACE, PAGE, 0, PAGE_READWRITE));
    given("low", VirtualAlloc((void *)0x1000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    given("high", VirtualAlloc((void *)0xFFFF0000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    line("chosen");
    place = VirtualAlloc(0, 3 * PAGE, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    hex("aligned", ((DWORD)place & 0xFFFF) == 0);
    place[0] = (char)0xC3;
    ((void (*)(void))place)();
    told("free", VirtualFree(place, 0, MEM_RELEASE));
    return 0;
}
