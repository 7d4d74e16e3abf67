/* Single rules that suites of tests ask for: signals without room, timers, processes. */
#include "report.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static void signals(void)
{
    int status;

    fflush(stdout);
    if (!fork()) {    /* no room for one more real-time signal, whoever sends it */
        struct rlimit none = { 0, 0 };
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGRTMIN);
        sigprocmask(SIG_BLOCK, &set, 0);
        setrlimit(RLIMIT_SIGPENDING, &none);
        CALL(syscall(SYS_tgkill, getpid(), getpid(), SIGRTMIN));
        CALL(syscall(SYS_tkill, getpid(), SIGRTMIN));
        CALL(kill(getpid(), SIGRTMIN));
        CALL(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}

static void timers(void)
{
    for (int kind = 0; kind < 6; kind++) {
        timer_t timer;
        struct sigevent event = { .sigev_notify = kind, .sigev_signo = SIGUSR1 };
        event._sigev_un._tid = getpid();
        CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
    }
}

static void groups(void)
{
    int status;
    gid_t real, effective, saved;
    if (geteuid() != 0) return;
    fflush(stdout);
    if (!fork()) {
        CALL(setresgid(1, 1, 2));
        CALL(setresuid(1000, 1000, 1000));
        CALL(setregid(2, -1));
        CALL(setregid(-1, 2));
        getresgid(&real, &effective, &saved);
        CALL(real * 100 + effective * 10 + saved);
        CALL(setregid(2, 1));
        getresgid(&real, &effective, &saved);
        CALL(real * 100 + effective * 10 + saved);
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}

/* the calls of 16-bit numbers */
static void short_groups(void)
{
    unsigned short few[3] = {5, 6, 65535}, told[3];
    gid_t groups[3];
    int status;
    if (geteuid() != 0) return;
    fflush(stdout);
    if (!fork()) {
        CALL(syscall(SYS_setgroups, 3, few));
        few[2] = 7;
        CALL(syscall(SYS_setgroups, 3, few));
        CALL(getgroups(3, groups));
        HOLDS(groups[0] == 5 && groups[1] == 6 && groups[2] == 7);
        CALL(syscall(SYS_getgroups, 3, told));
        HOLDS(told[0] == 5 && told[1] == 6 && told[2] == 7);
        groups[0] = 100000;
        CALL(setgroups(1, groups));
        CALL(syscall(SYS_getgroups, 3, told));
        CALL(told[0]);
        CALL(syscall(SYS_getgroups, 0, 0));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}

static void reading(void)
{
    char bytes[4];
    struct iovec part = {bytes, sizeof bytes};
    CALL(readlink("", bytes, sizeof bytes));
    CALL(readlink(".", bytes, sizeof bytes));
    int zeros = open("/dev/zero", O_RDONLY);
    CALL(syscall(SYS_preadv2, zeros, &part, 1, -1, -1, 1 << 30));
    CALL(syscall(SYS_preadv2, zeros, &part, 1, -1, -1, 0));
    CALL(syscall(SYS_preadv2, -1, &part, 1, -1, -1, 1 << 30));
    close(zeros);
}

int main(void)
{
    own_directory();
    signals();
    timers();
    groups();
    short_groups();
    reading();
    return 0;
}
