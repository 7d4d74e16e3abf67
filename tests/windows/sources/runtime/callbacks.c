/* What an image wants for each thread: callbacks, a slot and an errno of its own; atexit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static volatile LONG reasons[4];
static DWORD slot;

static void NTAPI on_thread(PVOID image, DWORD reason, PVOID reserved)
{
    reasons[reason]++;
}

PIMAGE_TLS_CALLBACK callback __attribute__((section(".CRT$XLY"))) = on_thread;

static DWORD WINAPI body(void *argument)
{
    TlsSetValue(slot, argument);
    errno = 5 + (int)(INT_PTR)argument;
    Sleep(1);
    return (int)(INT_PTR)TlsGetValue(slot) * 100 + errno;
}

static void at_end(void)
{
    printf("at exit\n");
    fflush(stdout);
}

int main(void)
{
    HANDLE threads[3];
    DWORD code;
    int i;
    printf("callbacks\n");
    atexit(at_end);
    errno = 0;
    slot = TlsAlloc();
    for (i = 0; i < 3; i++) threads[i] = CreateThread(NULL, 0, body, (void *)(INT_PTR)i, 0, NULL);
    for (i = 0; i < 3; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        printf("thread %d: %lu\n", i, code);
    }
    printf("own %d errno %d\n", TlsGetValue(slot) == NULL, errno);
    printf("attached %ld, threads %ld and %ld\n", reasons[1], reasons[2], reasons[3]);
    return 6;
}
