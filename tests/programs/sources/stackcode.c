/* Executes code on its stack. Where pages have NX it dies of it: SIGSEGV, SEGV_ACCERR. Where they have not, it lives. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static void *where;

static void died(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    char text[80];
    int length = snprintf(text, sizeof text, "signal %d code %d at the code: %d error %x\n", number, info->si_code,
        info->si_addr == where, (unsigned)uc->uc_mcontext.gregs[REG_ERR]);
    write(1, text, length);
    _exit(3);
}

int main(void)
{
    static const unsigned char give42[] = { 0xB8, 42, 0, 0, 0, 0xC3 };
    unsigned char *data = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(data, give42, sizeof give42);
    mprotect(data, 8192, PROT_READ | PROT_EXEC);
    printf("mapped: %d\n", ((int (*)(void))data)());
    fflush(stdout);

    struct sigaction action = { .sa_sigaction = died, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, 0);
    volatile unsigned char code[16];
    memcpy((void *)code, give42, sizeof give42);
    where = (void *)code;
    printf("stack: %d\n", ((int (*)(void))where)());
    return 0;
}
