/* Linked as large-address-aware: it has addresses above 2 GB where the system was started with /3GB. */
#include "report.h"

static DWORD run(void)
{
    SYSTEM_INFO info;
    char *high = VirtualAlloc(0, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE);
    put("large");
    high[0] = 1;
    GetSystemInfo(&info);
    hex("above", (DWORD)high >= 0x80000000);
    hex("last", (DWORD)info.lpMaximumApplicationAddress);
    return 0;
}
