/* Single rules that suites of tests ask for: signals through descriptors and without room, timers, processes. */
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

static volatile sig_atomic_t count;

static void note(int signal)
{
    (void)signal;
    count++;
}

static void signals(void)
{
    int status, self = open("/proc/self", O_RDONLY | O_DIRECTORY), place = open("/proc/self", O_PATH);
    int fds = open("/proc/self/fd", O_RDONLY);
    signal(SIGUSR1, note);
    CALL(syscall(SYS_pidfd_send_signal, self, SIGUSR1, 0, 0));
    CALL(syscall(SYS_pidfd_send_signal, place, SIGUSR1, 0, 0));
    CALL(count);
    CALL(syscall(SYS_pidfd_send_signal, fds, SIGUSR1, 0, 0));
    CALL(syscall(SYS_pidfd_send_signal, 0, SIGUSR1, 0, 0));
    char path[32];
    pid_t child = fork();
    if (!child) pause();
    snprintf(path, sizeof path, "/proc/%d", child);
    int gone = open(path, O_RDONLY | O_DIRECTORY);
    CALL(syscall(SYS_pidfd_send_signal, gone, SIGKILL, 0, 0));
    waitpid(child, &status, 0);
    CALL(status);
    CALL(syscall(SYS_pidfd_send_signal, gone, SIGKILL, 0, 0));

    CALL(syscall(SYS_ssetmask, 1 << (SIGUSR1 - 1)));
    CALL(syscall(SYS_sgetmask));
    CALL(syscall(SYS_ssetmask, -1));
    CALL(syscall(SYS_sgetmask) & (1 << (SIGKILL - 1)));
    CALL(syscall(SYS_ssetmask, 0) == ~(1 << (SIGKILL - 1) | 1 << (SIGSTOP - 1)));

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
    int status;
    CALL(prctl(PR_SET_TIMERSLACK, 70000));
    fflush(stdout);
    if (!fork()) {
        CALL(prctl(PR_GET_TIMERSLACK));
        CALL(prctl(PR_SET_TIMERSLACK, 100));
        CALL(prctl(PR_SET_TIMERSLACK, 0));
        CALL(prctl(PR_GET_TIMERSLACK));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    CALL(prctl(PR_SET_TIMERSLACK, 0));
    CALL(prctl(PR_GET_TIMERSLACK));
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

static void bounds(void)
{
    for (int policy = 0; policy < 8; policy++) CALL(sched_get_priority_max(policy) * 100 + sched_get_priority_min(policy));
}

int main(void)
{
    own_directory();
    signals();
    timers();
    groups();
    short_groups();
    reading();
    bounds();
    return 0;
}
