/* Calls that wait keep the files they began with; whom an event wakes. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

static long taken;
static int failed, from, to;

static void pause_briefly(void) { usleep(300000); }

static void *run(void *call)
{
    errno = 0;
    taken = ((long (*)(void))call)();
    failed = errno;
    return 0;
}

static pthread_t begin(long (*call)(void))
{
    pthread_t thread;
    pthread_create(&thread, 0, run, call);
    pause_briefly();
    return thread;
}

static void end(pthread_t thread, const char *what)
{
    pthread_join(thread, 0);
    report(0, what, taken, failed);
}

/* another process holds the lock until the pipe is closed */
static int others_lock(const char *name, int whole)
{
    int hold[2], ready[2];
    char byte;
    if (pipe(hold) || pipe(ready)) exit(98);
    fflush(stdout);
    if (!fork()) {
        int file = open(name, O_RDWR);
        struct flock lock = { .l_type = F_WRLCK };
        close(hold[1]);
        if (whole ? flock(file, LOCK_EX) : fcntl(file, F_SETLK, &lock)) _exit(1);
        close(ready[1]);
        if (read(hold[0], &byte, 1)) _exit(1);
        _exit(0);
    }
    close(hold[0]);
    close(ready[1]);
    if (read(ready[0], &byte, 1)) exit(98);
    close(ready[0]);
    return hold[1];
}

static long lock_range(void)
{
    struct flock lock = { .l_type = F_WRLCK };
    return fcntl(from, F_SETLKW, &lock);
}

static long lock_whole(void) { return flock(from, LOCK_EX); }

/* the descriptor is another file's while the call waits: the lock is that of the first file, and goes with it, or comes too late */
static void locks(void)
{
    static const struct { long (*call)(void); int whole; const char *name; } kinds[] = {
        { lock_range, 0, "F_SETLKW" }, { lock_whole, 1, "flock" },
    };
    int other = open("other", O_RDWR | O_CREAT, 0600), status;
    for (int i = 0; i < 2; i++)
        for (int again = 0; again < 2; again++) {
            struct flock asked = { .l_type = F_WRLCK };
            from = open("locked", O_RDWR | O_CREAT, 0600);
            int same = again ? dup(from) : -1, hold = others_lock("locked", kinds[i].whole);
            pthread_t thread = begin(kinds[i].call);
            HOLDS(dup2(other, from) == from);
            close(hold);
            end(thread, kinds[i].name);
            wait(&status);
            fflush(stdout);
            if (!fork()) {    /* whether somebody has it now */
                int mine = open("locked", O_RDWR);
                CALL(fcntl(mine, F_GETLK, &asked));
                CALL(asked.l_type);
                CALL(flock(mine, LOCK_EX | LOCK_NB));
                fflush(stdout);
                _exit(0);
            }
            wait(&status);
            close(from);
            if (again) close(same);
        }
    close(other);
}

static long send_file(void) { return sendfile(to, from, 0, 5); }

/* a file that goes while a pipe is full */
static void sending(void)
{
    int target[2], other = open("empty", O_RDWR | O_CREAT, 0600);
    char bytes[65536] = "";
    if (pipe(target)) exit(98);
    from = open("sent", O_RDWR | O_CREAT, 0600);
    to = target[1];
    CALL(write(from, "hello", 5));
    CALL(lseek(from, 0, SEEK_SET));
    CALL(write(to, bytes, sizeof bytes));
    pthread_t thread = begin(send_file);
    HOLDS(dup2(other, from) == from);
    CALL(read(target[0], bytes, sizeof bytes));
    end(thread, "sendfile");
    CALL(read(target[0], bytes, 100));
    for (int *fd = (int[]){ from, to, target[0], other, -1 }; *fd >= 0; fd++) close(*fd);
}

static long wait_for_child(void)
{
    siginfo_t told;
    return waitid(P_PIDFD, from, &told, WEXITED);
}

static void children(void)
{
    int hold[2];
    char byte;
    if (pipe(hold)) exit(98);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) != 0);
    }
    from = syscall(SYS_pidfd_open, child, 0);
    pthread_t thread = begin(wait_for_child);
    CALL(close(from));
    close(hold[1]);
    end(thread, "waitid");
    close(hold[0]);
}

static volatile int woken;

static void *wait_alone(void *epoll)
{
    struct epoll_event event;
    if (epoll_wait(*(int *)epoll, &event, 1, 5000) == 1) __sync_fetch_and_add(&woken, 1);
    return 0;
}

/* an event wakes all that wait for it */
static void alone(void)
{
    static const unsigned kinds[] = { EPOLLIN, EPOLLIN | EPOLLET };
    for (int kind = 0; kind < 2; kind++) {
        pthread_t threads[3];
        int fds[2], epolls[3], later = epoll_create1(0);
        char byte = 0;
        struct epoll_event event = { .events = kinds[kind] };
        if (pipe(fds)) exit(98);
        woken = 0;
        for (int i = 0; i < 3; i++) {
            epolls[i] = epoll_create1(0);
            CALL(epoll_ctl(epolls[i], EPOLL_CTL_ADD, fds[0], &event));
            pthread_create(&threads[i], 0, wait_alone, &epolls[i]);
        }
        pause_briefly();
        CALL(epoll_ctl(later, EPOLL_CTL_ADD, fds[0], &event));
        for (int i = 0; i < 3; i++) {
            CALL(write(fds[1], &byte, 1));
            pause_briefly();
            CALL(woken);
            CALL(read(fds[0], &byte, 1));
        }
        for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
        CALL(epoll_wait(later, &event, 1, 0));
        CALL(write(fds[1], &byte, 1));
        CALL(epoll_wait(later, &event, 1, 0));
        CALL(epoll_wait(later, &event, 1, 0));
        for (int i = 0; i < 3; i++) close(epolls[i]);
        (close(later), close(fds[0]), close(fds[1]));
    }
}

/* what nobody asks for is told all the same, unless the item is spent; a pipe belongs to somebody */
static void ends(void)
{
    int fds[2], epoll = epoll_create1(0);
    struct epoll_event event = { .events = 0 };
    struct stat told;
    CALL(pipe(fds));
    CALL(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    CALL(epoll_wait(epoll, &event, 1, 0));
    CALL(fchmod(fds[0], 0751));
    CALL(fchown(fds[1], getuid(), getgid()));
    CALL(fstat(fds[1], &told));
    CALL(told.st_mode);
    HOLDS(told.st_uid == getuid() && told.st_gid == getgid());
    CALL(close(fds[1]));
    CALL(epoll_wait(epoll, &event, 1, 0));
    CALL(event.events);
    event.events = EPOLLONESHOT;
    CALL(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event));
    CALL(epoll_wait(epoll, &event, 1, 0));
    CALL(epoll_wait(epoll, &event, 1, 0));
    close(fds[0]);
    close(epoll);
}

int main(void)
{
    own_directory();
    locks();
    sending();
    children();
    alone();
    ends();
    return 0;
}
