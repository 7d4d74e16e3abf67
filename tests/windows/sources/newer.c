/*
 * What Wine 8 does otherwise than Windows: release of parts, ends beyond an allocation, memory that is not there, no block. Compared with
 * newer.expected, whose results are those of the recordings free-partial, decommit-zeroes and nt-argument-errors.
 */
#include "native.h"

static DWORD run(void)
{
    put("newer");
    line("first");
    told("nothing there", VirtualFree(PLACE, 0, MEM_RELEASE));
    given("watch without reserve", VirtualAlloc(PLACE, 0x10000, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
    allocate("reserve and commit", PLACE, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    release("too long", PLACE, 0x11000, MEM_RELEASE);
    release("beyond", PLACE + PAGE, 0x10000, MEM_DECOMMIT);
    protect("beyond", PLACE + 0xF000, 2 * PAGE, PAGE_READONLY);
    release("decommit", PLACE + 0x1FFF, 2, MEM_DECOMMIT);
    queried("hole", PLACE + PAGE);
    release("middle", PLACE + 0x4001, 0xFFF, MEM_RELEASE);
    queried("front", PLACE + PAGE * 3);
    queried("gone", PLACE + 0x4000);
    queried("tail", PLACE + 0x5000);
    release("over the gap", PLACE, 0x10000, MEM_RELEASE);
    release("gap", PLACE + 0x4000, PAGE, MEM_DECOMMIT);
    release("tail", PLACE + 0x5000, 0, MEM_RELEASE);
    release("front", PLACE, 0x4000, MEM_RELEASE);
    release("nothing left", PLACE, 0, MEM_RELEASE);
    line("heap");
    hex("size of no block", HeapSize(GetProcessHeap(), 0, 0));    /* not that of one of no bytes */
    return 0;
}
