/* Critical sections between threads: they pass from thread to thread, and count what their owner takes. */
#include <stdio.h>
#include <windows.h>

static CRITICAL_SECTION section;
static volatile LONG shared, inside, broken;

static DWORD WINAPI worker(void *argument)
{
    int i;
    for (i = 0; i < 2000; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        if (++inside != 1) broken++;
        shared++;
        if (i % 500 == 0) Sleep(0);
        inside--;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI tries(void *argument)
{
    return TryEnterCriticalSection(&section) ? 1 : 2;
}

static DWORD run_to_end(HANDLE thread)
{
    DWORD code;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

int main(void)
{
    HANDLE threads[3];
    int i;
    printf("locks\n");
    InitializeCriticalSection(&section);
    for (i = 0; i < 3; i++) threads[i] = CreateThread(NULL, 0, worker, NULL, 0, NULL);
    for (i = 0; i < 3; i++) run_to_end(threads[i]);
    printf("shared %ld broken %ld\n", shared, broken);
    EnterCriticalSection(&section);
    printf("another one tries %lu, its owner %d\n", run_to_end(CreateThread(NULL, 0, tries, NULL, 0, NULL)),
        TryEnterCriticalSection(&section) != 0);
    printf("depth %ld, owner %d\n", section.RecursionCount, section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId());
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    printf("left %ld %d\n", section.RecursionCount, section.OwningThread == NULL);
    DeleteCriticalSection(&section);
    printf("bad handle %lu", WaitForSingleObject((HANDLE)0x7777, 0));
    printf(" %lu\n", GetLastError());
    return 0;
}
