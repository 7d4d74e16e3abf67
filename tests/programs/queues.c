/* POSIX message queues: order, limits, waiting with a time, notification, what the descriptor says, and the errors. */
#include "report.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static char bytes[20000], name[60];
static void *volatile bad = (void *)8;
static volatile int told, code, value;

static void notified(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    told++;
    code = info->si_code;
    value = info->si_value.sival_int;
}

static struct timespec soon(long milliseconds)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += milliseconds * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static int events(int fd)
{
    struct pollfd one = { fd, POLLIN | POLLOUT, 0 };
    return poll(&one, 1, 0) < 0 ? -1 : one.revents;
}

static int take(mqd_t queue, int length)
{
    unsigned priority = 99;
    memset(bytes, 0, 100);
    int result = mq_receive(queue, bytes, length, &priority), error = errno;
    if (result >= 0) printf("[%u '%.20s'] ", priority, bytes);
    errno = error;
    return result;
}

static void openings(void)
{
    struct mq_attr attributes = { .mq_maxmsg = 3, .mq_msgsize = 16 }, none = { 0 };
    CALL(mq_open(name, O_RDWR));
    CALL(mq_open("noslash", O_RDWR));
    CALL(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
    CALL(mq_open("/", O_RDWR | O_CREAT, 0600, NULL));
    CALL(mq_open("/.", O_RDWR | O_CREAT, 0600, NULL));
    CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &none));
    attributes.mq_maxmsg = -1;
    CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &attributes));
    attributes.mq_maxmsg = 70000;
    CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &attributes));
    attributes.mq_maxmsg = 3;
    umask(027);
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0666, &attributes);
    HOLDS(queue >= 0);
    CALL(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
    CALL(mq_open(name, O_RDWR | O_WRONLY));
    CALL(fcntl(queue, F_GETFD));
    CALL(fcntl(queue, F_GETFL) & ~O_LARGEFILE);
    struct stat status;
    CALL(fstat(queue, &status));
    CALL(status.st_mode);
    CALL(status.st_size);
    CALL(mq_getattr(queue, &attributes));
    printf("%ld %ld %ld %ld\n", attributes.mq_flags, attributes.mq_maxmsg, attributes.mq_msgsize, attributes.mq_curmsgs);
    CALL(events(queue));
    CALL(take(queue, 16));
    CALL(mq_send(queue, "low", 3, 1));
    CALL(mq_send(queue, "high", 4, 7));
    CALL(mq_send(queue, "low too", 7, 1));
    CALL(mq_send(queue, "more", 4, 1));
    CALL(events(queue));
    CALL(pread(queue, bytes, 100, 0));
    printf("%s", bytes);
    CALL(take(queue, 15));
    CALL(take(queue, 16));
    CALL(take(queue, 16));
    CALL(take(queue, 100));
    CALL(take(queue, 100));
    CALL(mq_send(queue, bytes, 17, 1));
    CALL(mq_send(queue, bytes, 16, 32768));
    CALL(mq_send(queue, bytes, 16, 32767));
    CALL(mq_send(queue, "", 0, 0));
    CALL(mq_send(queue, bad, 5, 0));
    CALL(mq_getattr(queue, &attributes));
    CALL(attributes.mq_curmsgs);
    attributes.mq_flags = 1;
    CALL(mq_setattr(queue, &attributes, NULL));
    attributes.mq_flags = 0;
    CALL(mq_setattr(queue, &attributes, NULL));
    CALL(mq_getattr(queue, &attributes));
    CALL(attributes.mq_flags);
    CALL(mq_getattr(0, &attributes));
    CALL(mq_send(0, "x", 1, 0));
    CALL(mq_send(1000, "x", 1, 0));
    mqd_t reader = mq_open(name, O_RDONLY);
    CALL(mq_send(reader, "x", 1, 0));
    CALL(take(reader, 100));
    CALL(write(queue, "x", 1));
    CALL(mq_unlink(name));
    CALL(mq_unlink(name));
    CALL(take(reader, 100));
    CALL(mq_close(queue));
    CALL(mq_close(queue));
    CALL(mq_close(reader));
    queue = mq_open(name, O_RDWR | O_CREAT, 0600, NULL);
    CALL(mq_getattr(queue, &attributes));
    printf("%ld %ld %ld %ld\n", attributes.mq_flags, attributes.mq_maxmsg, attributes.mq_msgsize, attributes.mq_curmsgs);
    mq_close(queue);
    mq_unlink(name);
}

static void waits(void)
{
    int status;
    struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = 16 };
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
    struct timespec time = soon(20), wrong = { 0, -1 }, past = { 1, 0 };
    CALL(mq_timedreceive(queue, bytes, 16, 0, &time));
    CALL(mq_timedreceive(queue, bytes, 16, 0, &wrong));
    CALL(mq_timedreceive(queue, bytes, 16, 0, &past));
    if (!fork()) {
        usleep(20000);
        _exit(mq_send(queue, "one", 3, 0) + mq_send(queue, "two", 3, 5));
    }
    CALL(take(queue, 16));
    usleep(50000);
    CALL(take(queue, 16));
    wait(&status);
    CALL(status);
    CALL(mq_send(queue, "full", 4, 0));
    time = soon(20);
    CALL(mq_timedsend(queue, "x", 1, 0, &time));
    CALL(mq_timedsend(queue, "x", 1, 0, &past));
    struct sigaction action = { .sa_sigaction = notified, .sa_flags = SA_SIGINFO };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(mq_send(queue, "x", 1, 0));
    CALL(take(queue, 16));
    mq_close(queue);
    mq_unlink(name);
}

static void notices(void)
{
    int status;
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
    struct sigaction action = { .sa_sigaction = notified, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
    told = 0;
    CALL(syscall(SYS_mq_notify, 0, &event));
    CALL(mq_notify(queue, &event));
    CALL(mq_notify(queue, &event));
    if (!fork()) { CALL(mq_notify(queue, &event)); CALL(mq_notify(queue, 0)); _exit(0); }
    wait(&status);
    CALL(mq_send(queue, "x", 1, 0));
    CALL(told);
    CALL(code);
    CALL(value);
    CALL(mq_notify(queue, &event));
    CALL(mq_send(queue, "y", 1, 0));
    CALL(told);
    take(queue, 8192);
    take(queue, 8192);
    if (!fork()) { mq_send(queue, "z", 1, 0); _exit(0); }
    wait(&status);
    CALL(told);
    CALL(mq_notify(queue, &event));
    CALL(mq_notify(queue, NULL));
    take(queue, 8192);
    CALL(mq_send(queue, "z", 1, 0));
    CALL(told);
    event.sigev_notify = 77;
    CALL(mq_notify(queue, &event));
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = 99;
    CALL(mq_notify(queue, &event));
    event.sigev_notify = SIGEV_NONE;
    CALL(mq_notify(queue, &event));
    CALL(mq_notify(queue, &event));
    mq_close(queue);
    mq_unlink(name);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    sprintf(name, "/paging-queues-%d", getpid());
    openings();
    waits();
    notices();
    return 0;
}
