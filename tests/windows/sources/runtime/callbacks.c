/* What an image wants for each thread: callbacks, variables of each thread's own, errno; atexit. */
#include <errno.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static volatile LONG reasons[4];
static __thread int own = 5;

static void NTAPI on_thread(PVOID image, DWORD reason, PVOID reserved)
{
    reasons[reason]++;
}

PIMAGE_TLS_CALLBACK callback __attribute__((section(".CRT$XLY"))) = on_thread;

static unsigned __stdcall body(void *argument)
{
    own += (int)(INT_PTR)argument;
    errno = own;
    Sleep(1);
    return own * 100 + errno;
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
    for (i = 0; i < 3; i++) threads[i] = (HANDLE)_beginthreadex(NULL, 0, body, (void *)(INT_PTR)i, 0, NULL);
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    for (i = 0; i < 3; i++) {
        GetExitCodeThread(threads[i], &code);
        printf("thread %d: %lu\n", i, code);
    }
    printf("own %d errno %d\n", own, errno);
    printf("attached %ld, threads %ld and %ld\n", reasons[1], reasons[2], reasons[3]);
    return 6;
}
