/* Faults as signals, handlers that jump out, masks, alternate stacks, timers, calls that are interrupted. */
#include "report.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static sigjmp_buf back;
static siginfo_t seen;
static char other_stack[16384];
static volatile int on_other_stack, count;

static void on_fault(int signal, siginfo_t *info, void *context) { (void)context; seen = *info; siglongjmp(back, signal); }

static void on_overflow(int signal)
{
    char here;
    on_other_stack = &here >= other_stack && &here < other_stack + sizeof other_stack;
    siglongjmp(back, signal);
}

static void on_count(int signal) { (void)signal; count++; }

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    sigaction(signal, &action, NULL);
}

#define FAULT(code) do { int signal_ = sigsetjmp(back, 1); if (!signal_) { code; puts("no fault"); } \
    else printf("%d: %s: signal %d code %d\n", __LINE__, #code, signal_, seen.si_code); } while (0)

static void faults(void)
{
    static const int kinds[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    for (int i = 0; i < 5; i++) sigaction(kinds[i], &action, NULL);
    volatile char *p = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FAULT(p[4097] = 1);
    HOLDS(seen.si_addr == p + 4097);
    munmap((void *)p, 8192);
    FAULT(count = p[5]);
    HOLDS(seen.si_addr == p + 5);
    FAULT(*(volatile char *)0 = 1);
    FAULT(asm volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx"));
    FAULT(asm volatile("ud2"));
    FAULT(asm volatile("int3"));
    FAULT(asm volatile("hlt"));
    int file = open("file", O_RDWR | O_CREAT, 0600);
    CALL(ftruncate(file, 100));
    volatile char *mapped = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    mapped[4095] = 1;
    FAULT(mapped[4096] = 1);
    HOLDS(seen.si_addr == mapped + 4096);
    unlink("file");
}

__attribute__((noinline)) static int deeper(int depth)
{
    volatile char block[4096];
    block[0] = (char)depth;
    return deeper(depth + 1) + block[0];
}

static void overflow(void)
{
    stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack }, old;
    struct rlimit small = { 1 << 20, 1 << 20 };
    CALL(sigaltstack(&stack, NULL));
    CALL(sigaltstack(NULL, &old));
    HOLDS(old.ss_sp == other_stack && old.ss_flags == 0);
    stack.ss_size = 100;
    CALL(sigaltstack(&stack, NULL));
    install(SIGSEGV, on_overflow, SA_ONSTACK);
    setrlimit(RLIMIT_STACK, &small);
    if (!sigsetjmp(back, 1)) deeper(0);
    HOLDS(on_other_stack);
    install(SIGSEGV, SIG_DFL, 0);
}

static void masks(void)
{
    sigset_t set, old, pending, empty;
    sigemptyset(&set), sigemptyset(&empty), sigaddset(&set, SIGUSR1);
    install(SIGUSR1, on_count, 0);
    CALL(sigprocmask(SIG_BLOCK, &set, &old));
    raise(SIGUSR1), raise(SIGUSR1);
    CALL(count);
    CALL(sigpending(&pending));
    CALL(sigismember(&pending, SIGUSR1));
    CALL(sigsuspend(&empty));
    CALL(count);
    raise(SIGUSR1);
    struct timespec soon = { 0, 1000000 };
    siginfo_t info;
    CALL(sigtimedwait(&set, &info, &soon));
    CALL(info.si_code == SI_TKILL || info.si_code == SI_USER);
    CALL(sigtimedwait(&set, &info, &soon));
    CALL(sigprocmask(SIG_SETMASK, &old, NULL));
    CALL(sigprocmask(77, &old, NULL));
    CALL(sigaction(SIGKILL, &(struct sigaction){ .sa_handler = on_count }, NULL));
    CALL(sigaction(99, NULL, NULL));
    CALL(kill(getpid(), 99));
    CALL(kill(999999, 0));
}

static void interruptions(void)
{
    int ends[2], status;
    char byte;
    count = 0;
    install(SIGALRM, on_count, 0);
    alarm(1);
    CALL(pause());
    CALL(alarm(100));
    CALL(alarm(0));
    struct timespec two = { 2, 0 }, rest;
    INTERRUPTED(nanosleep(&two, &rest));
    HOLDS(rest.tv_sec == 1);
    CALL(pipe(ends));
    install(SIGALRM, on_count, SA_RESTART);
    count = 0;
    alarm(1);
    if (!fork()) {
        sleep(3);
        _exit(write(ends[1], "z", 1) != 1);
    }
    CALL(read(ends[0], &byte, 1));
    CALL(count);
    wait(&status);
    install(SIGALRM, on_count, 0);
    alarm(1);
    CALL(read(ends[0], &byte, 1));
    close(ends[0]);
    install(SIGPIPE, SIG_IGN, 0);
    CALL(write(ends[1], "a", 1));
    install(SIGPIPE, SIG_DFL, 0);
    if (!fork()) _exit(write(ends[1], "a", 1) == 1);
    wait(&status);
    HOLDS(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

int main(void)
{
    char *directory = own_directory();
    faults();
    overflow();
    masks();
    interruptions();
    if (chdir("/") || rmdir(directory)) return 1;
    raise(SIGTERM);
    return 2;
}
