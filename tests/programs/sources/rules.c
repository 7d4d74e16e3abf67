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
    CALL(readlink("", bytes, sizeof bytes));
    CALL(readlink(".", bytes, sizeof bytes));
    int far = memfd_create("far", 0);
    CALL(syscall(SYS__llseek, far, 0x7fffffff, 0xffffffff, &(long long){0}, 0));
    CALL(read(far, bytes, 1));
    CALL(write(far, bytes, 1));
    close(far);
}

/* offsets past the largest of each file system, and files that cannot be spliced */
static void far_sendfile(void)
{
    long long at = 0x7fffffff, end = 0x7fffffffffffffff;
    int null = open("/dev/null", O_WRONLY), memory = memfd_create("far", 0), narrow = 0x7fffffff;
    int version = open("/proc/version", O_RDONLY), stat = open("/proc/self/stat", O_RDONLY), mounts = open("/proc/self/mounts", O_RDONLY);
    CALL(syscall(SYS_sendfile64, null, version, &at, 0));
    CALL(syscall(SYS_sendfile64, null, version, &at, 1));
    CALL(syscall(SYS_sendfile64, memory, version, &at, 1));
    at = 0x80000000;
    CALL(syscall(SYS_sendfile64, null, version, &at, 0));
    CALL(syscall(SYS_sendfile64, null, memory, &end, 0));
    CALL(syscall(SYS_sendfile64, null, memory, &end, 1));
    CALL(syscall(SYS_sendfile, null, memory, &narrow, 0));
    CALL(syscall(SYS_sendfile, null, memory, &narrow, 1));
    CALL(syscall(SYS_sendfile64, null, version, 0, 1));
    CALL(syscall(SYS_sendfile64, null, mounts, 0, 1));
    CALL(syscall(SYS_sendfile64, null, stat, 0, 1));
    CALL(syscall(SYS__llseek, memory, 0x7fffffff, 0xffffffff, &at, 0));
    CALL(syscall(SYS_sendfile64, memory, version, 0, 1));
    close(null);
    close(memory);
    close(version);
    close(stat);
    close(mounts);
}

/* a full pipe comes before the bytes that fault, a page that they would join after it */
static void full_pipes(void)
{
    char page[4096] = {0};
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    CALL(write(ends[1], (void *)-1, 5));
    CALL(write(ends[1], page, 4000));
    CALL(write(ends[1], (void *)-1, 5));
    CALL(write(ends[1], (void *)-1, 97));
    CALL(write(ends[1], page, 96));
    CALL(write(ends[1], (void *)-1, 5));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    own_directory();
    signals();
    timers();
    groups();
    short_groups();
    reading();
    far_sendfile();
    full_pipes();
    return 0;
}
