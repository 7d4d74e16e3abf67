/* Executes code, takes the right to execute it away, and executes it again. Where pages have NX it dies of it: SIGSEGV, SEGV_ACCERR. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code;

static void died(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
}

static void call(const char *what, void *function)
{
    if (sigsetjmp(back, 1) == 0) printf("%s: %d\n", what, ((int (*)(void))function)());
    else printf("%s: SIGSEGV, code %d\n", what, code);
}

int main(void)
{
    static const unsigned char give42[] = { 0xB8, 42, 0, 0, 0, 0xC3 };
    struct sigaction action = { .sa_sigaction = died, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, 0);
    unsigned char *page = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, give42, sizeof give42);
    memcpy(page + 4096, give42, sizeof give42);
    call("with all rights", page);
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    call("without the right to execute", page);
    call("its neighbour", page + 4096);
    mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    call("with all rights again", page);
    mprotect(page, 8192, PROT_READ);
    call("read only", page);
    call("its neighbour, read only", page + 4096);
    return 0;
}
