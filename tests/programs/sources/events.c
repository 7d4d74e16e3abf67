/* epoll by level and by edge, eventfd, timerfd, signalfd: what each says, when, and the errors. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

static struct epoll_event got[10];
static void *volatile bad = (void *)8;
static uint64_t words[20];
#define word words[0]

static void alarmed(int signal) { (void)signal; }

static int add(int epoll, int operation, int fd, unsigned events, uint64_t data)
{
    struct epoll_event event = { .events = events, .data.u64 = data };
    return epoll_ctl(epoll, operation, fd, &event);
}

static int look(int epoll, int most, int milliseconds)
{
    int count = epoll_wait(epoll, got, most, milliseconds), error = errno;
    for (int i = 0; i < count; i++) printf("<%x %llu> ", got[i].events, (unsigned long long)got[i].data.u64);
    errno = error;
    return count;
}

static int events(int fd)
{
    struct pollfd one = { fd, POLLIN | POLLOUT, 0 };
    return poll(&one, 1, 0) < 0 ? -1 : one.revents;
}

static void levels(void)
{
    int pipes[2], pair[2], file = open("file", O_CREAT | O_RDWR, 0600);
    pipe2(pipes, O_NONBLOCK);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    CALL(epoll_create(0));
    CALL(epoll_create1(1));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    HOLDS(epoll >= 0 && fcntl(epoll, F_GETFD) == 1);
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[0], EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[0], EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 0x123456789ULL));
    CALL(add(epoll, EPOLL_CTL_ADD, file, EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_ADD, 1000, EPOLLIN, 1));
    CALL(add(file, EPOLL_CTL_ADD, pipes[0], EPOLLIN, 1));
    CALL(add(1000, EPOLL_CTL_ADD, pipes[0], EPOLLIN, 1));
    CALL(add(epoll, 9, pipes[0], EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_MOD, pipes[1], EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_DEL, pipes[1], EPOLLIN, 1));
    CALL(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[1], bad));
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[1], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
    CALL(look(epoll, 0, 0));
    CALL(look(epoll, -1, 0));
    CALL(look(1000, 5, 0));
    CALL(look(file, 5, 0));
    CALL(epoll_wait(epoll, bad, 5, 0));
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    CALL(add(epoll, EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLRDHUP, 2));
    CALL(look(epoll, 5, 20));
    CALL(events(epoll));
    CALL(write(pipes[1], "x", 1));
    CALL(events(epoll));
    CALL(look(epoll, 5, -1));
    CALL(write(pair[1], "y", 1));
    CALL(look(epoll, 1, 0));
    CALL(look(epoll, 1, 0));
    CALL(look(epoll, 1, 0));
    CALL(shutdown(pair[1], SHUT_WR));
    CALL(add(epoll, EPOLL_CTL_DEL, pipes[0], 0, 0));
    CALL(look(epoll, 5, 0));
    CALL(close(pair[1]));
    CALL(look(epoll, 5, 0));
    CALL(close(pair[0]));
    CALL(look(epoll, 5, 0));
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[1], EPOLLOUT | EPOLLONESHOT, 7));
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    CALL(add(epoll, EPOLL_CTL_MOD, pipes[1], EPOLLOUT | EPOLLONESHOT, 8));
    CALL(look(epoll, 5, 0));
    int copy = dup(pipes[0]);
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[0], EPOLLIN, 1));
    CALL(add(epoll, EPOLL_CTL_ADD, copy, EPOLLIN, 2));
    CALL(close(pipes[0]));
    CALL(look(epoll, 5, 0));
    CALL(close(copy));
    CALL(look(epoll, 5, 0));
    int outer = epoll_create(1), third = epoll_create(1), status;
    CALL(add(outer, EPOLL_CTL_ADD, epoll, EPOLLIN, 5));
    CALL(add(epoll, EPOLL_CTL_ADD, outer, EPOLLIN, 5));
    CALL(add(third, EPOLL_CTL_ADD, outer, EPOLLIN, 6));
    CALL(look(third, 5, 0));
    int event = eventfd(0, 0);
    CALL(add(epoll, EPOLL_CTL_ADD, event, EPOLLIN, 9));
    CALL(eventfd_write(event, 3));
    CALL(look(third, 5, 0));
    CALL(look(outer, 5, 0));
    eventfd_read(event, &word);
    if (!fork()) { usleep(30000); eventfd_write(event, 1); _exit(0); }
    CALL(look(third, 5, -1));
    wait(&status);
    eventfd_read(event, &word);
    struct sigaction action = { .sa_handler = alarmed, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(look(third, 5, -1));
    sigset_t mask;
    sigfillset(&mask);
    ring_every(30000);
    CALL(epoll_pwait(third, got, 5, 60, &mask));
    ring_every(0);
}

/* Chains of epolls, each of which watches the next: made from the end that is watched, from the other one, and by joining two. */
static void chains(void)
{
    enum { LENGTH = 9 };
    int chain[LENGTH];
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < LENGTH; i++) chain[i] = epoll_create1(0);
        for (int i = 0; i + 1 < LENGTH; i++) {
            int at = way ? i : LENGTH - 2 - i;
            CALL(add(chain[at], EPOLL_CTL_ADD, chain[at + 1], EPOLLIN, (uint64_t)i));
        }
        for (int i = 0; i < LENGTH; i++) close(chain[i]);
    }
    for (int first = 1; first <= 5; first++) {
        for (int i = 0; i < LENGTH; i++) chain[i] = epoll_create1(0);
        for (int i = 0; i + 1 < 6; i++) if (i + 1 != first) CALL(add(chain[i], EPOLL_CTL_ADD, chain[i + 1], EPOLLIN, 1));
        CALL(add(chain[first - 1], EPOLL_CTL_ADD, chain[first], EPOLLIN, 2));
        CALL(add(chain[5], EPOLL_CTL_ADD, chain[0], EPOLLIN, 3));
        for (int i = 0; i < LENGTH; i++) close(chain[i]);
    }
}

static void edges(void)
{
    int pipes[2], pair[2], epoll = epoll_create1(0);
    char bytes[200000];
    memset(bytes, 0, sizeof bytes);
    pipe2(pipes, O_NONBLOCK);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    CALL(add(epoll, EPOLL_CTL_ADD, pipes[0], EPOLLIN | EPOLLET, 1));
    CALL(look(epoll, 5, 0));
    write(pipes[1], "ab", 2);
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    write(pipes[1], "c", 1);
    CALL(look(epoll, 5, 0));
    read(pipes[0], bytes, 1);
    CALL(look(epoll, 5, 0));
    CALL(add(epoll, EPOLL_CTL_MOD, pipes[0], EPOLLIN | EPOLLET, 2));
    CALL(look(epoll, 5, 0));
    close(pipes[1]);
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    CALL(add(epoll, EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 3));
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    write(pair[1], "x", 1);
    CALL(look(epoll, 5, 0));
    write(pair[1], "y", 1);
    CALL(look(epoll, 5, 0));
    while (write(pair[0], bytes, 50000) > 0) { }
    CALL(look(epoll, 5, 0));
    while (read(pair[1], bytes, 200000) > 0) { }
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    close(pair[1]);
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
    int event = eventfd(0, EFD_NONBLOCK);
    CALL(add(epoll, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLET, 4));
    CALL(look(epoll, 5, 0));
    eventfd_write(event, 1);
    CALL(look(epoll, 5, 0));
    eventfd_write(event, 1);
    CALL(look(epoll, 5, 0));
    CALL(look(epoll, 5, 0));
}

static void counters(void)
{
    int status;
    CALL(eventfd(0, 2));
    int event = eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC);
    CALL(fcntl(event, F_GETFL) & ~O_LARGEFILE);
    CALL(events(event));
    CALL(read(event, &word, 4));
    CALL(read(event, &word, 8));
    CALL(word);
    CALL(read(event, &word, 8));
    CALL(events(event));
    word = -1;
    CALL(write(event, &word, 8));
    word = -2;
    CALL(write(event, &word, 7));
    CALL(write(event, &word, 8));
    CALL(events(event));
    word = 1;
    CALL(write(event, &word, 8));
    CALL(lseek(event, 0, SEEK_SET));
    CALL(pread(event, &word, 8, 0));
    int semaphore = eventfd(0, EFD_SEMAPHORE);
    if (!fork()) { usleep(20000); eventfd_write(semaphore, 2); _exit(0); }
    CALL(read(semaphore, &word, 8));
    CALL(word);
    CALL(read(semaphore, &word, 100));
    CALL(events(semaphore));
    wait(&status);
    struct stat information;
    CALL(fstat(semaphore, &information));
    CALL(information.st_mode);
}

static void timers(void)
{
    struct itimerspec time = { { 0, 20000000 }, { 0, 30000000 } }, old;
    CALL(timerfd_create(2, 0));
    CALL(timerfd_create(CLOCK_MONOTONIC, 1));
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    CALL(read(timer, &word, 8));
    CALL(events(timer));
    CALL(timerfd_settime(timer, 8, &time, 0));
    CALL(timerfd_settime(0, 0, &time, 0));
    CALL(timerfd_settime(1000, 0, &time, 0));
    CALL(timerfd_settime(timer, 0, &time, &old));
    HOLDS(old.it_value.tv_nsec == 0 && old.it_interval.tv_nsec == 0);
    CALL(timerfd_gettime(timer, &old));
    HOLDS(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 30000000 && old.it_interval.tv_nsec == 20000000);
    CALL(timerfd_gettime(0, &old));
    usleep(100000);
    CALL(events(timer));
    CALL(read(timer, &word, 4));
    CALL(read(timer, &word, 8));
    HOLDS(word >= 4 && word < 1000);    /* a busy host sleeps long */
    CALL(fcntl(timer, F_SETFL, 0));
    CALL(read(timer, &word, 8));
    HOLDS(word >= 1 && word < 1000);
    struct pollfd one = { timer, POLLIN, 0 };
    CALL(poll(&one, 1, -1));
    int epoll = epoll_create(1);
    add(epoll, EPOLL_CTL_ADD, timer, EPOLLIN, 3);
    read(timer, &word, 8);
    CALL(look(epoll, 5, 1000));
    memset(&time, 0, sizeof time);
    CALL(timerfd_settime(timer, 0, &time, &old));
    HOLDS(old.it_interval.tv_nsec == 20000000);
    CALL(look(epoll, 5, 50));
    clock_gettime(CLOCK_MONOTONIC, &time.it_value);
    time.it_value.tv_sec -= 1;
    CALL(timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, 0));
    CALL(read(timer, &word, 8));
    CALL(word);
    time.it_value.tv_nsec = 1000000000;
    CALL(timerfd_settime(timer, 0, &time, 0));
}

static void signals(void)
{
    struct signalfd_siginfo info[2];
    sigset_t set;
    int status;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, 0);
    CALL(syscall(SYS_signalfd4, -1, &set, 4, 0));
    CALL(signalfd(-1, &set, 1));
    CALL(signalfd(0, &set, 0));
    CALL(signalfd(1000, &set, 0));
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    CALL(read(fd, info, sizeof info));
    CALL(events(fd));
    kill(getpid(), SIGUSR1);
    CALL(events(fd));
    CALL(read(fd, info, 100));
    kill(getpid(), SIGRTMIN);
    CALL(read(fd, info, sizeof info));
    HOLDS(info[0].ssi_signo == SIGUSR1 && info[0].ssi_code == 0 && info[0].ssi_pid == (unsigned)getpid() && info[0].ssi_uid == getuid());
    HOLDS(info[1].ssi_signo == (unsigned)SIGRTMIN && info[1].ssi_code == SI_USER && info[1].ssi_pid == (unsigned)getpid());
    CALL(read(fd, info, sizeof info));
    CALL(fcntl(fd, F_SETFL, 0));
    pid_t child = fork();
    if (!child) { usleep(20000); _exit(6); }
    CALL(read(fd, info, sizeof info));
    HOLDS(info[0].ssi_signo == SIGCHLD && info[0].ssi_code == CLD_EXITED && info[0].ssi_status == 6 && info[0].ssi_pid == (unsigned)child);
    wait(&status);
    int epoll = epoll_create(1);
    add(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 3);
    CALL(look(epoll, 5, 10));
    raise(SIGUSR1);
    CALL(look(epoll, 5, 10));
    sigdelset(&set, SIGUSR1);
    HOLDS(signalfd(fd, &set, 0) == fd);
    CALL(look(epoll, 5, 10));
    CALL(write(fd, info, sizeof info));
}

int main(void)
{
    own_directory();
    levels();
    chains();
    edges();
    counters();
    timers();
    signals();
    return 0;
}
