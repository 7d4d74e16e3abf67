/* Critical sections, events, mutexes, semaphores, and waits for one, for any and for all. */
#include <stdio.h>
#include <windows.h>

static CRITICAL_SECTION section;
static HANDLE go, done[3];
static volatile LONG shared, inside, broken;

static DWORD WINAPI worker(void *argument)
{
    int i, number = (int)(INT_PTR)argument;
    WaitForSingleObject(go, INFINITE);
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
    SetEvent(done[number]);
    return number;
}

static DWORD WINAPI tries(void *argument)
{
    return TryEnterCriticalSection(&section) ? 1 : 2;
}

static DWORD WINAPI takes(void *argument)
{
    DWORD first = WaitForSingleObject(*(HANDLE *)argument, 5), second = WaitForSingleObject(*(HANDLE *)argument, INFINITE);
    ReleaseMutex(*(HANDLE *)argument);
    return first * 1000 + second;
}

static DWORD run_to_end(LPTHREAD_START_ROUTINE function, void *argument)
{
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, function, argument, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

int main(void)
{
    HANDLE threads[3], event, named, mutex, semaphore, thread;
    LONG before = 0;
    DWORD code;
    int i;
    printf("locks\n");
    printf("made %d\n", InitializeCriticalSectionAndSpinCount(&section, 4000) != 0);
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < 3; i++) {
        done[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
        threads[i] = CreateThread(NULL, 0, worker, (void *)(INT_PTR)i, 0, NULL);
    }
    printf("nothing yet %lu\n", WaitForMultipleObjects(3, done, FALSE, 5));
    SetEvent(go);
    printf("all %lu\n", WaitForMultipleObjects(3, done, TRUE, INFINITE));
    printf("taken %lu\n", WaitForMultipleObjects(3, done, FALSE, 0));
    printf("ended %lu\n", WaitForMultipleObjects(3, threads, TRUE, INFINITE));
    printf("shared %ld broken %ld\n", shared, broken);
    EnterCriticalSection(&section);
    printf("another one tries %lu, its owner %d\n", run_to_end(tries, NULL), TryEnterCriticalSection(&section) != 0);
    printf("depth %ld, owner %d\n", section.RecursionCount, section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId());
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    printf("left %ld %d\n", section.RecursionCount, section.OwningThread == NULL);
    DeleteCriticalSection(&section);

    event = CreateEventA(NULL, FALSE, TRUE, "an event");
    printf("new %lu\n", GetLastError());
    named = CreateEventA(NULL, TRUE, FALSE, "an event");
    printf("again %lu\n", GetLastError());
    printf("set %lu, reset by itself %lu\n", WaitForSingleObject(named, 0), WaitForSingleObject(event, 0));
    SetEvent(event);
    ResetEvent(named);
    printf("reset %lu\n", WaitForSingleObject(event, 0));
    printf("unknown %d", OpenEventA(EVENT_ALL_ACCESS, FALSE, "no event") == NULL);
    printf(" %lu\n", GetLastError());

    mutex = CreateMutexA(NULL, TRUE, NULL);
    printf("mutex twice %lu\n", WaitForSingleObject(mutex, 0));
    thread = CreateThread(NULL, 0, takes, &mutex, 0, NULL);
    Sleep(20);
    printf("released %d %d\n", ReleaseMutex(mutex), ReleaseMutex(mutex));
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    printf("other %lu\n", code);
    SetLastError(0);
    printf("not the owner %d", ReleaseMutex(mutex));
    printf(" %lu\n", GetLastError());

    semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    printf("one %lu, none %lu\n", WaitForSingleObject(semaphore, 0), WaitForSingleObject(semaphore, 0));
    printf("two %d from %ld\n", ReleaseSemaphore(semaphore, 2, &before), before);
    printf("too many %d", ReleaseSemaphore(semaphore, 1, NULL));
    printf(" %lu\n", GetLastError());
    printf("bad handle %lu", WaitForSingleObject((HANDLE)0x7777, 0));
    printf(" %lu\n", GetLastError());
    return 0;
}
