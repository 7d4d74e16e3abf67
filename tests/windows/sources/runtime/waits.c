/* Waits that end by themselves: by their time, which is an hour for a program with an argument, and by the end of a mutex's owner. */
#include <stdio.h>
#include <windows.h>

static HANDLE mutex;

static DWORD WINAPI leaves(void *argument)
{
    DWORD first = WaitForSingleObject(mutex, INFINITE);
    return first * 1000 + WaitForSingleObject(mutex, INFINITE);    /* twice, and ends without a release */
}

static void run_to_end(void)
{
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, leaves, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    printf("took it %lu\n", code);
}

int main(int argc, char **argv)
{
    DWORD time = argc > 1 ? 3600000 : 20, before = GetTickCount();
    HANDLE both[2];
    printf("waits\n");
    Sleep(time);
    printf("slept %d\n", GetTickCount() - before + 16 >= time);
    both[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    both[1] = mutex = CreateMutexA(NULL, FALSE, NULL);
    printf("no event %lu\n", WaitForSingleObject(both[0], time));
    printf("waited %d\n", GetTickCount() - before + 16 >= 2 * time);

    run_to_end();
    printf("abandoned %lu\n", WaitForSingleObject(mutex, 0));
    printf("again %lu\n", WaitForSingleObject(mutex, 0));
    printf("released %d %d", ReleaseMutex(mutex), ReleaseMutex(mutex));
    printf(" %d\n", ReleaseMutex(mutex));
    run_to_end();
    printf("any %lu\n", WaitForMultipleObjects(2, both, FALSE, 0));
    ReleaseMutex(mutex);
    run_to_end();
    printf("all, but not yet %lu\n", WaitForMultipleObjects(2, both, TRUE, 0));
    SetEvent(both[0]);
    printf("all %lu\n", WaitForMultipleObjects(2, both, TRUE, 0));
    SetEvent(both[0]);
    printf("all again %lu\n", WaitForMultipleObjects(2, both, TRUE, 0));
    return 0;
}
