/* Timers that ring unheard, files opened for less than they are asked for, sendfile and splice at limits, threads that start programs. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define BEAT 40000000L    /* nanoseconds */

typedef int kernel_timer;

static kernel_timer new_timer(int signal, int kind)
{
    struct sigevent event = { 0 };
    event.sigev_notify = kind;
    event.sigev_signo = signal;
    event.sigev_value.sival_int = 42;
    event._sigev_un._tid = syscall(SYS_gettid);
    kernel_timer timer = -1;
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    return timer;
}

static int set_timer(kernel_timer timer, long every)
{
    struct itimerspec time = { { 0, every }, { 0, every } };
    return syscall(SYS_timer_settime, timer, 0, &time, 0);
}

static void pass(long beats)
{
    struct timespec time = { 0, beats * BEAT + BEAT / 2 };
    nanosleep(&time, 0);
}

/* The signal of a timer waits once, and says when it is taken how often it should have come. */
static void unheard(int signal, int kind)
{
    const struct timespec now = { 0, 0 };
    struct itimerspec left;
    siginfo_t info;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, 0);
    kernel_timer timer = new_timer(signal, kind);
    CALL(set_timer(timer, BEAT));
    pass(3);
    CALL(syscall(SYS_timer_gettime, timer, &left));
    HOLDS(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= BEAT && left.it_interval.tv_nsec == BEAT);
    CALL(sigtimedwait(&set, &info, &now));
    HOLDS(info.si_code == SI_TIMER && info.si_timerid == timer && info.si_value.sival_int == 42);
    HOLDS(info.si_overrun >= 2);
    HOLDS(info.si_overrun == syscall(SYS_timer_getoverrun, timer));

    set_timer(timer, 0);    /* what had rung before is not heard after */
    sigtimedwait(&set, &info, &now);
    CALL(set_timer(timer, BEAT));
    pass(2);
    CALL(set_timer(timer, 0));
    CALL(sigtimedwait(&set, &info, &now));
    CALL(set_timer(timer, BEAT));
    pass(2);
    CALL(syscall(SYS_timer_delete, timer));
    CALL(sigtimedwait(&set, &info, &now));
}

/* A timer's signal comes beside one that was there before. */
static void beside(void)
{
    const struct timespec now = { 0, 0 };
    siginfo_t info;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    kernel_timer timer = new_timer(SIGUSR1, SIGEV_THREAD_ID);
    set_timer(timer, BEAT);
    pass(2);
    CALL(sigtimedwait(&set, &info, &now));
    HOLDS(info.si_code != SI_TIMER);
    CALL(sigtimedwait(&set, &info, &now));
    HOLDS(info.si_code == SI_TIMER && info.si_overrun >= 1);
    syscall(SYS_timer_delete, timer);
}

static void opening(void)
{
    char byte;
    struct stat status;
    int file = open("file", O_CREAT | O_RDWR, 0644);
    write(file, "twelve bytes", 12);
    CALL(fstat(file, &status));
    CALL(status.st_blocks);
    CALL(fsync(file));
    CALL(fstat(file, &status));
    CALL(status.st_blocks);
    CALL(pwrite(file, "more", 4, 40000));
    int cut = open("file", O_RDONLY | O_TRUNC);
    CALL(fstat(cut, &status));
    CALL(status.st_size);
    CALL(write(cut, "x", 1));
    CALL(pread(file, &byte, 1, 0));
    close(cut);
    int neither = open("file", O_WRONLY | O_RDWR);
    HOLDS(neither >= 0);
    CALL(read(neither, &byte, 1));
    CALL(write(neither, "x", 1));
    CALL(fcntl(neither, F_GETFL) & O_ACCMODE);
    CALL(ftruncate(neither, 3));
    PLACE(mmap(0, 4096, PROT_READ, MAP_PRIVATE, neither, 0));
    close(neither);
    mkfifo("fifo", 0644);
    CALL(open("fifo", O_WRONLY | O_RDWR | O_NONBLOCK));
    CALL(syscall(SYS_getdents64, open(".", O_DIRECTORY), &status, -1));
    CALL(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
    CALL(syscall(SYS_utimensat, file, NULL, NULL, 0));
    close(file);
}

static void sending(void)
{
    char block[4096] = "";
    off_t offset = 0, before = -1;
    int from = open("source", O_CREAT | O_RDWR, 0644), to = open("target", O_CREAT | O_RDWR | O_TRUNC, 0644);
    for (int i = 0; i < 100; i++) write(from, block, sizeof block);
    CALL(sendfile(to, from, &offset, 1000000));
    CALL(offset);
    CALL(sendfile(to, from, &before, 0));
    CALL(sendfile(to, open(".", O_DIRECTORY), NULL, 1));
    int self = memfd_create("self", 0);
    write(self, "x", 1);
    offset = 0;
    CALL(sendfile(self, self, &offset, 300000));
    CALL(lseek(self, 0, SEEK_CUR));

    int ends[2];
    struct rlimit limit = { 409600 + 100, 1 << 20 };
    pipe(ends);
    write(ends[1], block, sizeof block);
    signal(SIGXFSZ, SIG_IGN);
    lseek(to, 0, SEEK_END);
    CALL(setrlimit(RLIMIT_FSIZE, &limit));
    offset = 0;
    CALL(sendfile(to, from, &offset, 200));
    CALL(read(ends[0], block, sizeof block));
    close(from), close(to), close(self);
}

static long changed(const char *path)
{
    struct stat status;
    return lstat(path, &status) ? -1 : status.st_mtime;
}

/* A directory changes when its names do, and sleeping takes time. */
static void directories(void)
{
    mkdir("room", 0755);
    mkdir("other", 0755);
    long made = changed("room");
    sleep(2);
    close(open("room/file", O_CREAT | O_WRONLY, 0644));
    HOLDS(changed("room") >= made + 2);
    mkdir("room/inner", 0755);
    symlink("file", "room/link");
    HOLDS(changed("room/inner") >= made + 2 && changed("room/link") >= made + 2);
    HOLDS(changed("other") < made + 2);
    sleep(2);
    rename("room/file", "other/file");
    HOLDS(changed("room") >= made + 4 && changed("other") >= made + 4);
    HOLDS(changed("other/file") < made + 4);
    sleep(2);
    unlink("other/file");
    rmdir("room/inner");
    HOLDS(changed("room") >= made + 6 && changed("other") >= made + 6);
}

static void *alone(void *unused)
{
    (void)unused;
    struct stat status;
    CALL(stat("/proc/thread-self/task", &status));
    CALL(stat("/proc/self/task", &status));
    CALL(status.st_nlink);
    return 0;
}

static void thread_and_process(void)
{
    pthread_t thread;
    char name[64];
    pthread_create(&thread, 0, alone, 0);
    pthread_join(thread, 0);
    CALL(syscall(SYS_setuid, -1));
    CALL(syscall(SYS_setgid, -1));
    CALL(setuid(-1));
    CALL(setgid(-1));

    snprintf(name, sizeof name, "/proc/%d/comm", getpid());
    pid_t child = fork();
    if (!child) {
        int comm = open(name, O_WRONLY);
        CALL(write(comm, "other", 5));
        exit(0);
    }
    siginfo_t info;
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    waitpid(child, 0, 0);
}

static volatile int by_first, by_other;

static void sample(int signal)
{
    (void)signal;
    if (syscall(SYS_gettid) == getpid()) by_first++;
    else by_other++;
}

static void *works(void *unused)
{
    struct itimerval every = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };
    setitimer(ITIMER_PROF, &every, 0);
    for (clock_t begun = clock(); clock() - begun < CLOCKS_PER_SEC * 2 / 5;)
        for (volatile int i = 0; i < 100000; i++) ;
    setitimer(ITIMER_PROF, &never, 0);
    return unused;
}

/* Who uses the time is told that it is over. */
static void profiling(void)
{
    pthread_t thread;
    signal(SIGPROF, sample);
    pthread_create(&thread, 0, works, 0);
    pthread_join(thread, 0);
    HOLDS(by_other > by_first);
}

static void *starts(void *self)
{
    execl(self, self, "again", NULL);
    return 0;
}

/* A thread that starts a program becomes the first one; a descriptor of what it was is at its end, one of the first is not. */
static void starting(char *self)
{
    pid_t child = fork();
    if (!child) {
        pthread_t thread;
        pthread_create(&thread, 0, starts, self);
        pthread_join(thread, 0);
        exit(1);
    }
    int status = 0;
    struct pollfd first = { syscall(SYS_pidfd_open, child, 0), POLLIN, 0 };
    HOLDS(waitpid(child, &status, 0) == child);
    CALL(WEXITSTATUS(status));
    CALL(poll(&first, 1, 0));
}

int main(int count, char **words)
{
    if (count > 1) return syscall(SYS_gettid) == getpid() ? 7 : 8;
    char self[256];
    HOLDS(realpath(words[0], self) != NULL);
    own_directory();
    unheard(SIGRTMIN, SIGEV_SIGNAL);
    unheard(SIGRTMIN + 1, SIGEV_THREAD_ID);
    unheard(SIGUSR2, SIGEV_SIGNAL);
    beside();
    opening();
    directories();
    profiling();
    thread_and_process();
    starting(self);
    sending();
    return 0;
}
