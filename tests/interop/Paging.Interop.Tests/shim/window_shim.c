/* What a host in C# needs beside the package: a handler of SIGSEGV, which cannot be managed code. docs/EMBEDDING.md names it.
 *   gcc -shared -fPIC -O2 -Ibindings/c -o window_shim.so window_shim.c */
#define _GNU_SOURCE
#include <stddef.h>
#define PAGING_WINDOW_FAULT NULL
#include "paging_window.h"
#include <stdlib.h>

static paging_window_signals how;
static struct sigaction before;

static void on_segv(int number, siginfo_t *info, void *context)
{
    if (paging_window_signal(&how, info, context)) return;
    if (before.sa_flags & SA_SIGINFO) before.sa_sigaction(number, info, context);    /* the runtime's: null references */
    else abort();
}

/* fault and stopped are methods with [UnmanagedCallersOnly]. */
int window_shim_install(void *base, int32_t (*fault)(paging_window, const void *, uint32_t, paging_fault *),
    void (*stopped)(paging_window_stop *, void *))
{
    struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    if (paging_window_signals_init(&how, (paging_window){ 0 }, base, stopped, NULL)) return -1;
    how.fault = fault;
    return sigaction(SIGSEGV, &action, &before);
}

int window_shim_remove(void) { return sigaction(SIGSEGV, &before, NULL); }
