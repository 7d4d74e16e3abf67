/* Threads: each with a stack, a block and slots of its own. */
#include "report.h"

static DWORD slot;
static volatile DWORD sums[4];
static volatile LONG running;

static DWORD deep(DWORD depth)
{
    volatile char room[1000];
    room[0] = (char)depth;
    if (depth == 0) return (DWORD)room[0];
    return deep(depth - 1) + (room[0] == (char)depth);
}

static DWORD WINAPI work(void *argument)
{
    DWORD which = (DWORD)argument, i, own;
    TlsSetValue(slot, (void *)(which * 100));
    for (i = 0; i < 200000; i++) sums[which] += which;
    own = (DWORD)TlsGetValue(slot);
    if (which == 3) ExitThread(333);
    return own + deep(200);
}

static DWORD WINAPI sleeper(void *argument)
{
    Sleep(30);
    sums[0] = 5;
    return 1;
}

static DWORD run(void)
{
    HANDLE threads[4], slow;
    DWORD ids[4], i, code;
    char *block;
    put("threads");
    slot = TlsAlloc();
    TlsSetValue(slot, (void *)7);
    for (i = 1; i < 4; i++) {
        threads[i] = CreateThread(0, 0, work, (void *)i, i == 2 ? CREATE_SUSPENDED : 0, &ids[i]);
        told("made", threads[i] != 0);
    }
    hex("ids differ", ids[1] != ids[2] && ids[2] != ids[3] && ids[1] != GetCurrentThreadId());
    line("suspended");
    hex("waits", WaitForSingleObject(threads[2], 0));
    GetExitCodeThread(threads[2], &code);
    hex("code", code);
    hex("resumed", ResumeThread(threads[2]));
    for (i = 1; i < 4; i++) {
        line("ended");
        hex("wait", WaitForSingleObject(threads[i], INFINITE));
        GetExitCodeThread(threads[i], &code);
        hex("code", code);
        hex("sum", sums[i]);
        told("close", CloseHandle(threads[i]));
    }
    line("slot");
    hex("kept", (DWORD)TlsGetValue(slot));
    told("free", TlsFree(slot));
    line("sleep");
    slow = CreateThread(0, 0, sleeper, 0, 0, 0);
    hex("too early", WaitForSingleObject(slow, 1));
    hex("then", WaitForSingleObject(slow, INFINITE));
    hex("value", sums[0]);
    line("block");
    __asm__ volatile("movl %%fs:0x18, %0" : "=r"(block));
    hex("id", *(DWORD *)(block + 0x24) == GetCurrentThreadId());
    hex("process", *(DWORD *)(block + 0x20) == GetCurrentProcessId());
    hex("stack", (char *)&block < *(char **)(block + 4) && (char *)&block >= *(char **)(block + 8));
    SetLastError(77);
    hex("error", *(DWORD *)(block + 0x34));
    hex("image", *(char **)(*(char **)(block + 0x30) + 8) == (char *)GetModuleHandleA(0));
    return 3;
}
