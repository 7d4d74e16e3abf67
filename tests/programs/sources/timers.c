/* Timers of timer_create, of descriptors, and signals through descriptors, together: the kinds of each, errors, and waits for them. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#define BEAT 30000000L    /* nanoseconds */

static void *volatile bad = (void *)8;

static int create(int clock, int kind, int signal, int thread, int *timer)
{
    struct sigevent event = { 0 };
    event.sigev_notify = kind;
    event.sigev_signo = signal;
    event.sigev_value.sival_int = 42;
    event._sigev_un._tid = thread;
    return syscall(SYS_timer_create, clock, &event, timer);
}

static int set(int timer, int flags, long first, long every)
{
    struct itimerspec time = { { every / 1000000000, every % 1000000000 }, { first / 1000000000, first % 1000000000 } };
    return syscall(SYS_timer_settime, timer, flags, &time, 0);
}

static void pass(long nanoseconds)
{
    struct timespec time = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
    while (nanosleep(&time, &time)) { }
}

/* Which clocks have timers, and the order of the errors. Linux: timer_create, do_timer_create. */
static void errors(void)
{
    struct itimerspec time = { { 0, 0 }, { 0, 1000000000 } }, old;
    int timer = -1;
    for (int clock = -8; clock < 13; clock++) {
        timer = -1;
        if (clock == 8 || clock == 9) continue;    /* alarms need the host's clock */
        CALL(create(clock, SIGEV_NONE, 0, 0, &timer));
        if (timer >= 0) CALL(syscall(SYS_timer_delete, timer));
    }
    for (int kind = -1; kind < 7; kind++) CALL(create(CLOCK_MONOTONIC, kind, SIGUSR1, getpid(), &timer));
    CALL(create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, 1, &timer));
    CALL(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 0, &timer));
    CALL(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65, 0, &timer));
    CALL(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGKILL, 0, &timer));
    CALL(create(12345, SIGEV_SIGNAL, SIGUSR1, 0, bad));
    CALL(syscall(SYS_timer_create, 12345, bad, &timer));
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, bad));
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, &timer));
    CALL(syscall(SYS_timer_settime, timer, 0, &time, 0));
    CALL(syscall(SYS_timer_settime, timer, 0, 0, 0));
    CALL(syscall(SYS_timer_settime, timer, 0, bad, 0));
    CALL(syscall(SYS_timer_settime, 9999, 0, &time, 0));
    time.it_value.tv_nsec = 0;
    time.it_value.tv_sec = 1000;
    CALL(syscall(SYS_timer_settime, timer, 0, &time, bad));
    CALL(syscall(SYS_timer_gettime, timer, &old));
    HOLDS(old.it_value.tv_sec == 999 || old.it_value.tv_sec == 1000);    /* it was set */
    CALL(syscall(SYS_timer_gettime, timer, bad));
    CALL(syscall(SYS_timer_gettime, 9999, &old));
    CALL(syscall(SYS_timer_getoverrun, timer));
    CALL(syscall(SYS_timer_getoverrun, 9999));
    CALL(syscall(SYS_timer_delete, 9999));
    struct { int64_t interval[2], first[2]; } wide = { { 5, 7 }, { 1LL << 33, 3 } };
    CALL(syscall(409, timer, 0, &wide, 0));    /* timer_settime64 */
    memset(&wide, 0, sizeof wide);
    CALL(syscall(408, timer, &wide));    /* timer_gettime64 */
    HOLDS(wide.interval[0] == 5 && wide.interval[1] == 7 && wide.first[0] == (1LL << 33));
    CALL(syscall(SYS_timer_delete, timer));
}

static volatile int rung, value, code;

static void ring(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    rung++;
    value = info->si_value.sival_int;
    code = info->si_code;
}

static void *wait_for_timer(void *result)
{
    sigset_t wanted;
    siginfo_t info;
    int timer;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGRTMIN + 2);
    pthread_sigmask(SIG_BLOCK, &wanted, 0);
    create(CLOCK_REALTIME, SIGEV_THREAD_ID, SIGRTMIN + 2, syscall(SYS_gettid), &timer);
    set(timer, 0, BEAT, 0);
    *(int *)result = sigwaitinfo(&wanted, &info) == SIGRTMIN + 2 && info.si_timerid == timer && info.si_value.sival_int == 42;
    syscall(SYS_timer_delete, timer);
    return 0;
}

static void signals(void)
{
    struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO };
    struct itimerspec left;
    pthread_t thread;
    int timer, result = 0;
    sigaction(SIGRTMIN + 1, &action, 0);
    CALL(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, 0, &timer));
    CALL(set(timer, 0, BEAT, BEAT));
    while (rung < 3) pause();
    HOLDS(value == 42 && code == SI_TIMER);
    CALL(set(timer, 0, 0, BEAT));
    CALL(syscall(SYS_timer_gettime, timer, &left));
    CALL(left.it_interval.tv_nsec + left.it_value.tv_nsec);
    rung = 0;
    CALL(set(timer, TIMER_ABSTIME, 1, 0));    /* a nanosecond after the host's start is long ago: it rings at once */
    while (!rung) pause();
    CALL(syscall(SYS_timer_gettime, timer, &left));
    CALL(left.it_value.tv_sec + left.it_value.tv_nsec);
    CALL(syscall(SYS_timer_delete, timer));
    pthread_create(&thread, 0, wait_for_timer, &result);
    pthread_join(thread, 0);
    CALL(result);
    CALL(create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, &timer));
    CALL(set(timer, 0, 1000000, 0));
    pass(BEAT);
    CALL(syscall(SYS_timer_gettime, timer, &left));
    CALL(left.it_value.tv_sec + left.it_value.tv_nsec);
    fflush(stdout);
    if (!fork()) {    /* a child has no timers */
        CALL(syscall(SYS_timer_gettime, timer, &left));
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    timer_t own;
    CALL(timer_create(CLOCK_THREAD_CPUTIME_ID, &(struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 }, &own));
    rung = 0;
    CALL(timer_settime(own, 0, &(struct itimerspec){ { 0, 0 }, { 0, BEAT } }, 0));
    pass(2 * BEAT);
    CALL(rung);
    while (!rung) idle();
    CALL(timer_delete(own));
}

static int alarm_file(int flags, long first, long every)
{
    int file = timerfd_create(CLOCK_MONOTONIC, flags);
    struct itimerspec time = { { 0, every }, { 0, first } };
    if (timerfd_settime(file, 0, &time, 0)) exit(98);
    return file;
}

static void alarmed(int signal) { (void)signal; }

static void files(void)
{
    uint64_t count = 0;
    struct itimerspec time = { { 5, 7 }, { 0, 0 } }, old = { { 0, 0 }, { 0, 0 } };
    int file = alarm_file(0, BEAT, 0), epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    struct pollfd one = { file, POLLIN | POLLOUT, 0 };
    fd_set set;
    CALL(poll(&one, 1, 0));
    CALL(poll(&one, 1, -1));
    CALL(one.revents);
    CALL(read(file, &count, 8));
    CALL(count);
    CALL(fcntl(file, F_SETFL, O_NONBLOCK));
    CALL(read(file, &count, 8));
    CALL(read(file, &count, 7));
    CALL(write(file, &count, 8));
    CALL(timerfd_settime(file, 0, &time, 0));    /* off, with an interval that it keeps */
    CALL(timerfd_gettime(file, &old));
    CALL(old.it_interval.tv_sec + old.it_interval.tv_nsec + old.it_value.tv_sec + old.it_value.tv_nsec);
    CALL(timerfd_settime(file, 16, &time, 0));
    CALL(syscall(SYS_timerfd_settime, file, 0, &time, bad));
    CALL(timerfd_create(2, 0));
    CALL(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | 2));
    close(file);

    file = alarm_file(TFD_NONBLOCK, BEAT, BEAT);
    epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    CALL(epoll_wait(epoll, &event, 1, -1));
    CALL(epoll_wait(epoll, &event, 1, 100));    /* unread it stands still: no other edge */
    HOLDS(read(file, &count, 8) == 8 && count >= 4);
    CALL(epoll_wait(epoll, &event, 1, -1));
    FD_ZERO(&set);
    FD_SET(file, &set);
    CALL(select(file + 1, &set, 0, 0, 0));
    CALL(FD_ISSET(file, &set) != 0);
    close(file);

    file = alarm_file(0, BEAT, 0);
    fflush(stdout);
    if (!fork()) {
        CALL(read(file, &count, 8));
        CALL(count);
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    INTERRUPTED(read(file, &count, 8));
    close(file);
    close(epoll);
}

static void *send_to_process(void *unused)
{
    pass(BEAT);
    kill(getpid(), SIGUSR1);
    return unused;
}

static void signal_files(void)
{
    struct signalfd_siginfo info[3];
    struct epoll_event event = { .events = EPOLLIN };
    sigset_t set, all;
    pthread_t thread;
    int timer, epoll = epoll_create1(0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    int file = signalfd(-1, &set, 0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    CALL(epoll_wait(epoll, &event, 1, 0));
    pthread_create(&thread, 0, send_to_process, 0);
    CALL(epoll_wait(epoll, &event, 1, -1));
    pthread_join(thread, 0);
    kill(getpid(), SIGUSR2);
    memset(info, 1, sizeof info);
    CALL(read(file, info, sizeof info));    /* both */
    CALL(info[0].ssi_signo * 100 + info[1].ssi_signo);
    HOLDS(info[0].ssi_code == SI_USER && info[0].ssi_pid == (unsigned)getpid() && info[0].ssi_uid == getuid());
    create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 0, &timer);
    (void)syscall(SYS_timer_settime, timer, 0, &(struct itimerspec){ { 0, 0 }, { 0, BEAT } }, 0);
    CALL(read(file, info, sizeof info));
    HOLDS(info[0].ssi_code == SI_TIMER && info[0].ssi_tid == (unsigned)timer && info[0].ssi_int == 42 && info[0].ssi_overrun == 0);
    CALL(read(file, info, 127));
    CALL(fcntl(file, F_SETFL, O_NONBLOCK));
    CALL(read(file, info, sizeof info));
    CALL(write(file, info, sizeof info));
    raise(SIGHUP);
    CALL(read(file, info, sizeof info));    /* not in its set */
    sigaddset(&set, SIGHUP);
    CALL(signalfd(file, &set, 0) == file);
    CALL(read(file, info, sizeof info));
    HOLDS(info[0].ssi_code == SI_TKILL);
    close(file);
    pthread_sigmask(SIG_UNBLOCK, &all, 0);
    syscall(SYS_timer_delete, timer);
}

static void described(int file)
{
    char path[64], line[200];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    FILE *lines = fopen(path, "r");
    while (lines && fgets(line, sizeof line, lines))
        if (strncmp(line, "mnt_id", 6) && strncmp(line, "ino", 3) && strncmp(line, "it_value", 8)) printf("%s", line);
    if (lines) fclose(lines);
}

static void descriptions(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    struct itimerspec time = { { 3, 4 }, { 1L << 30, 0 } };
    int timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
    described(timer);
    CALL(timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, 0));
    described(timer);
    described(signalfd(-1, &set, SFD_CLOEXEC));
}

int main(void)
{
    struct sigaction action = { .sa_handler = alarmed };
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGALRM, &action, 0);
    errors();
    signals();
    files();
    signal_files();
    descriptions();
    return 0;
}
