/* The native calls, with places and sizes written back: rules 2, 5 and section 7. */
#include "native.h"

static DWORD run(void)
{
    put("natives");
    allocate("last byte of a granule", PLACE + 0xFFFF, 0x3000, MEM_RESERVE, PAGE_NOACCESS);
    release("base", PLACE, 0, MEM_RELEASE);
    allocate("reserve and commit", PLACE, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    allocate("taken", PLACE + 0x8000, PAGE, MEM_RESERVE, PAGE_READWRITE);
    release("not at base", PLACE + PAGE, 0, MEM_RELEASE);
    protect("two pages", PLACE + 0x801, PAGE, PAGE_READONLY);
    protect("value", PLACE, PAGE, 0);
    release("decommit", PLACE + 0x1FFF, 2, MEM_DECOMMIT);
    protect("not committed", PLACE, 2 * PAGE, PAGE_READONLY);
    queried("head", PLACE);
    release("all", PLACE, 0, MEM_RELEASE);
    return 0;
}
