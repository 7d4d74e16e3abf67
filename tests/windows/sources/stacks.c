/* A stack grows by its guard page, and a thread's is as large as it was asked to be. */
#include "report.h"

static DWORD deep(DWORD depth)
{
    volatile char room[3000];
    room[0] = (char)depth;
    if (depth == 0) return (DWORD)room[0];
    return deep(depth - 1) + (room[0] == (char)depth);
}

/* Pages one after the other downwards: what alloca of a large block does. */
static DWORD WINAPI probe(void *argument)
{
    volatile char *at = (volatile char *)&argument, *end = at - (DWORD)argument;
    DWORD pages = 0;
    for (; at > end; at -= 0x1000, pages++) *at;
    return pages;
}

static DWORD run(void)
{
    HANDLE thread;
    DWORD code;
    MEMORY_BASIC_INFORMATION info;
    put("stacks");
    hex("deep", deep(100));
    VirtualQuery(&code, &info, sizeof info);
    hex("allocated", info.AllocationProtect);
    hex("state", info.State);
    hex("protect", info.Protect);
    thread = CreateThread(0, 0x400000, probe, (void *)0x300000, STACK_SIZE_PARAM_IS_A_RESERVATION, 0);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    hex("probed", code);
    return 0;
}
