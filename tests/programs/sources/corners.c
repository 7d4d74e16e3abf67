/* What system calls say at their edges: waits for what cannot come, limits, parts of buffers that are not there, sizes, empty paths. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static siginfo_t info;

static void waits(void)
{
    pid_t child = fork();
    if (child == 0) _exit(3);
    CALL(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    CALL(waitid(P_PID, child, &info, WSTOPPED | WNOHANG));
    CALL(waitid(P_PID, child, &info, WSTOPPED));
    CALL(waitid(P_ALL, 0, &info, WCONTINUED));
    CALL(waitid(P_PID, child, &info, WEXITED | __WCLONE));
    CALL(waitpid(child, 0, __WALL) == child);
    signal(SIGCHLD, SIG_IGN);
    child = fork();
    if (child == 0) {
        while (clock() < CLOCKS_PER_SEC / 5) idle();
        _exit(0);
    }
    CALL(waitpid(child, 0, 0));
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    HOLDS(usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 100000);
    signal(SIGCHLD, SIG_DFL);
}

static volatile int bells;

static void ring(int signal)
{
    bells++;
    (void)signal;
}

static volatile struct { int rings, soft; } *shared;    /* with a child that is killed */

/* The soft limit rings and rises by one every second. Once it is the hard limit, that kills instead. */
static int status_within(int soft, int hard)
{
    int status;
    shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { soft, hard };
        setrlimit(RLIMIT_CPU, &limit);
        signal(SIGXCPU, ring);
        for (;;) {
            idle();
            if (bells == shared->rings) continue;
            getrlimit(RLIMIT_CPU, &limit);
            shared->soft = limit.rlim_cur;
            shared->rings = bells;
        }
    }
    waitpid(child, &status, 0);
    return status & ~0x80;    /* whether core is dumped is the host's choice */
}

static void limits(void)
{
    signal(SIGXFSZ, ring);
    int file = open("limited", O_RDWR | O_CREAT, 0600);
    struct rlimit limit = { 1000, RLIM_INFINITY };
    setrlimit(RLIMIT_FSIZE, &limit);
    CALL(ftruncate(file, 1001));
    CALL(truncate("limited", 1001));
    CALL(ftruncate(file, 1000));
    CALL(posix_fallocate(file, 0, 1001));
    CALL(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 2000));
    CALL(pwrite(file, "abc", 3, 999));
    CALL(pwrite(file, "abc", 3, 1000));
    CALL(ftruncate(memfd_create("m", 0), 2000));
    CALL(bells);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    bells = 0;
    CALL(status_within(1, 3));
    HOLDS(shared->rings >= 1);    /* a busy processor may pass over a second */
    CALL(shared->soft - shared->rings);
}

static void parts(void)
{
    int ends[2];
    if (pipe(ends)) abort();
    char first[4], second[4], wide[16] = { 1 };
    struct iovec both[2] = { { first, 4 }, { second, 4 } }, halves[2] = { { wide, 4 }, { wide + 4, 4 } };
    CALL(write(ends[1], "0123456789", 10));
    CALL(readv(ends[0], both, 2));
    printf("%.4s %.4s\n", first, second);
    CALL(readv(ends[0], both, 2));
    CALL(preadv(ends[0], both, 2, -1));
    CALL(pread(-1, wide, 1, -1));
    CALL(pwrite(-1, wide, 1, -1));
    int events = eventfd(0, EFD_NONBLOCK);
    CALL(write(events, wide, 16));
    CALL(write(events, wide, 4));
    CALL(writev(events, halves, 2));
    CALL(write(events, wide, 8));
    CALL(readv(events, halves, 2));
    CALL(readv(events, halves, 2));
    mkdir("list", 0700);
    for (int i = 0; i < 8; i++) {
        char name[] = "list/namen";
        name[9] += i;
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    int list = open("list", O_RDONLY), whole = 0, count;
    CALL(syscall(SYS_getdents64, list, page + 4096 - 20, 200));
    CALL(syscall(SYS_getdents64, list, page + 4096 - 60, 200) > 0);
    for (count = 1; (whole = syscall(SYS_getdents64, list, page, 40)) > 0;) count += whole / 24;
    HOLDS(count >= 8);
    CALL(lseek(list, 5, SEEK_SET));
    CALL(lseek(list, -6, SEEK_CUR));
}

static void sizes(void)
{
    struct timespec now = { 0, 0 };
    sigset_t set;
    sigemptyset(&set);
    struct { void *set; int size; } mask = { &set, 4 };
    CALL(syscall(SYS_ppoll, 0, 0, &now, &set, 4));
    CALL(syscall(SYS_ppoll, 0, 0, &now, &set, 8));
    CALL(syscall(SYS_ppoll, 0, 0, &now, 0, 4));
    CALL(syscall(SYS_pselect6, 0, 0, 0, 0, &now, &mask));
    mask.size = 8;
    CALL(syscall(SYS_pselect6, 0, 0, 0, 0, &now, &mask));
    struct epoll_event event;
    int poll = epoll_create1(0);
    CALL(syscall(SYS_epoll_pwait, poll, &event, 1, 0, &set, 4));
    CALL(syscall(SYS_epoll_pwait, poll, &event, 1, 0, &set, 8));
    CALL(syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
    CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, 0, 4));
    CALL(syscall(SYS_rt_sigpending, &set, 16));
    CALL(syscall(SYS_rt_sigsuspend, &set, 4));
    CALL(syscall(SYS_rt_sigtimedwait, &set, 0, &now, 4));
    char *none[] = { 0 };
    CALL(syscall(SYS_execveat, AT_FDCWD, "", none, none, AT_EMPTY_PATH));
    CALL(syscall(SYS_execveat, AT_FDCWD, "", none, none, 0));
    CALL(syscall(SYS_execveat, open(".", O_RDONLY), "", none, none, AT_EMPTY_PATH));
}

int main(void)
{
    own_directory();
    waits();
    limits();
    parts();
    sizes();
    return 0;
}
