/* clone3, descriptors of processes, clocks that cannot be slept on. */
#include "report.h"
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static void *volatile bad = (void *)8;
static int caught;

static void catch(int signal) { caught = signal; }

static long clone3(struct clone_args *args, size_t size) { return syscall(SYS_clone3, args, size); }

static int pidfd_open(int id, unsigned flags) { return syscall(SYS_pidfd_open, id, flags); }


static int state(int fd)
{
    struct pollfd one = { fd, POLLIN, 0 };
    return poll(&one, 1, 0) < 0 ? -1 : one.revents;
}

static int ended(int id)
{
    int status = -1;
    return waitpid(id, &status, 0) == id ? status : -1;
}

static void refused(void)
{
    char page[8192] = { 0 };
    struct clone_args args = { .exit_signal = SIGCHLD };
    CALL(clone3(bad, sizeof args));
    CALL(clone3(&args, 63));
    CALL(clone3(&args, 4097));
    memcpy(page, &args, sizeof args);
    page[100] = 1;
    CALL(clone3((struct clone_args *)page, 128));
    args = (struct clone_args){ .exit_signal = 65 };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = 0x100 };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = SIGCHLD, .stack_size = 4096 };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = SIGCHLD, .stack = (uintptr_t)page };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = CLONE_PARENT, .exit_signal = SIGCHLD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = CLONE_THREAD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = CLONE_SIGHAND, .exit_signal = SIGCHLD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = SIGCHLD, .exit_signal = SIGCHLD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = 1ULL << 40, .exit_signal = SIGCHLD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = SIGCHLD, .set_tid_size = 1 };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = SIGCHLD, .set_tid = (uintptr_t)page };
    CALL(clone3(&args, sizeof args));
    args = (struct clone_args){ .exit_signal = SIGCHLD, .set_tid = (uintptr_t)page, .set_tid_size = 33 };
    CALL(clone3(&args, sizeof args));
}

static void children(void)
{
    int id = 0;
    signal(SIGUSR1, catch);
    signal(SIGUSR2, SIG_IGN);
    struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND | CLONE_PARENT_SETTID, .parent_tid = (uintptr_t)&id, .exit_signal = SIGCHLD };
    long child = clone3(&args, sizeof args);
    if (child == 0) {
        raise(SIGUSR2);
        raise(SIGUSR1);
        _exit(1);
    }
    HOLDS(child > 0 && id == child);
    CALL(ended(child));

    static int shared = 1;
    child = syscall(SYS_fork);
    if (child == 0) {
        CALL(close(0));
        shared = 2;
        _exit(7);
    }
    CALL(ended(child));
    HOLDS(shared == 1 && fcntl(0, F_GETFD) >= 0);
    child = clone(0, 0, 0, 0);
    HOLDS(child == -1 && errno == EINVAL);
}

static void handles(void)
{
    CALL(pidfd_open(0, 0));
    CALL(pidfd_open(-1, 0));
    CALL(pidfd_open(getpid(), 1));
    CALL(pidfd_open(0x3FFFFF, 0));
    int own = pidfd_open(getpid(), 0);
    HOLDS(own >= 0 && fcntl(own, F_GETFD) == FD_CLOEXEC);
    CALL(fcntl(own, F_GETFL) & O_NONBLOCK);
    CALL(state(own));
    siginfo_t info = { 0 };
    CALL(waitid(P_PIDFD, own, &info, WEXITED));
    CALL(waitid(P_PIDFD, 1, &info, WEXITED));
    CALL(waitid(P_PIDFD, -1, &info, WEXITED));

    int gate[2];
    pipe(gate);
    int child = fork();
    if (child == 0) {
        char byte;
        read(gate[0], &byte, 1);
        _exit(9);
    }
    int fd = pidfd_open(child, O_NONBLOCK);
    HOLDS(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK));
    CALL(state(fd));
    CALL(waitid(P_PIDFD, fd, &info, WEXITED));
    CALL(waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG));
    CALL(write(gate[1], "x", 1));
    struct pollfd one = { fd, POLLIN, 0 };
    CALL(poll(&one, 1, -1));
    CALL(waitid(P_PIDFD, fd, &info, WEXITED));
    HOLDS(info.si_pid == child && info.si_status == 9 && info.si_code == CLD_EXITED);
    CALL(waitid(P_PIDFD, fd, &info, WEXITED));
}

static int nap(int clock)
{
    return syscall(SYS_clock_nanosleep_time64, clock, 0, (long long[]){ 0, 1000 }, 0);
}

static void clocks(void)
{
    CALL(nap(CLOCK_REALTIME));
    CALL(nap(CLOCK_MONOTONIC));
    CALL(nap(CLOCK_BOOTTIME));
    CALL(nap(CLOCK_TAI));
    CALL(nap(CLOCK_THREAD_CPUTIME_ID));
    CALL(nap(CLOCK_MONOTONIC_RAW));
    CALL(nap(CLOCK_REALTIME_COARSE));
    CALL(nap(CLOCK_MONOTONIC_COARSE));
    CALL(nap(10));
    CALL(nap(100));
}

int main(void)
{
    own_directory();
    refused();
    children();
    handles();
    clocks();
    return 0;
}
