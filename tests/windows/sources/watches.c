/* Which pages were written: rule 25. */
#include "report.h"

static void *found[16];

static void watched(const char *name, DWORD flags, char *address, DWORD size, DWORD room)
{
    ULONG_PTR count = room;
    ULONG granularity = 0, i;
    UINT result = GetWriteWatch(flags, address, size, found, &count, &granularity);
    line(name);
    hex("result", result);
    if (result) {
        hex("error", GetLastError());
        return;
    }
    hex("granularity", granularity);
    for (i = 0; i < count; i++) hex("page", (DWORD)found[i]);
}

static DWORD run(void)
{
    DWORD old;
    put("watches");
    line("allocate");
    given("watched", VirtualAlloc(PLACE, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
    watched("fresh", 0, PLACE, 0x10000, 16);
    (void)*(volatile char *)(PLACE + 0x2000);
    watched("read", 0, PLACE, 0x10000, 16);
    PLACE[0x5123] = 1;
    *(volatile DWORD *)(PLACE + 0x8FFE) = 2;
    watched("written", 0, PLACE, 0x10000, 16);
    watched("one of them", WRITE_WATCH_FLAG_RESET, PLACE, 0x10000, 1);
    watched("the others", 0, PLACE, 0x10000, 16);
    watched("part", 0, PLACE + 0x8000, 0x1000, 16);
    told("reset", ResetWriteWatch(PLACE, 0x10000) == 0);
    watched("none", 0, PLACE, 0x10000, 16);
    PLACE[0x8000] = 1;
    VirtualProtect(PLACE, 0x10000, PAGE_READONLY, &old);
    watched("protected", 0, PLACE, 0x10000, 16);
    watched("too long", 0, PLACE, 0x10001, 16);
    watched("no room", 0, PLACE, 0x10000, 0);
    watched("no length", 0, PLACE, 0, 16);
    watched("unknown flag", 2, PLACE, 0x10000, 16);
    VirtualAlloc(PLACE + 0x100000, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    watched("not watched", 0, PLACE + 0x100000, 0x1000, 16);
    return 0;
}
