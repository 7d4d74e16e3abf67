/* POSIX message queues: order, limits, waiting with a time, notification, what the descriptor says, and the errors. */
#include "report.h"
#include <fcntl.h>
#include <mqueue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
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

/* What the kernel writes for the C library's thread: the last byte of the cookie says why. */
static void heard(int socket)
{
    char cookie[40] = { 0 };
    int length = recv(socket, cookie, sizeof cookie, MSG_DONTWAIT), error = errno;
    if (length < 0) printf("    nothing: %s\n", strerror(error));
    else printf("    %d bytes, '%.5s', %d\n", length, cookie, cookie[31]);
}

static void kernel_words(void)
{
    char cookie[32] = "hello", state[100];
    struct sockaddr_nl address;
    socklen_t length = sizeof address;
    int domain, pair[2], unix_socket = socket(AF_UNIX, SOCK_DGRAM, 0), status;
    int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
    HOLDS(link >= 0);
    CALL(socket(AF_NETLINK, SOCK_STREAM, 0));
    CALL(socket(AF_NETLINK, SOCK_RAW, 99));
    CALL(socketpair(AF_NETLINK, SOCK_RAW, 0, pair));
    CALL(listen(link, 1));
    CALL(accept(link, 0, 0));
    CALL(getsockname(link, (struct sockaddr *)&address, &length));
    printf("%d %d %d %d\n", (int)length, address.nl_family, address.nl_pid, address.nl_groups);
    CALL(getpeername(link, (struct sockaddr *)&address, &length));
    length = sizeof domain;
    CALL(getsockopt(link, SOL_SOCKET, SO_DOMAIN, &domain, &length));
    CALL(domain);
    CALL(getsockopt(link, SOL_SOCKET, SO_TYPE, &domain, &length));
    CALL(domain);
    CALL(events(link));
    heard(link);
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
    struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_signo = link, .sigev_value.sival_ptr = cookie };
    CALL(syscall(SYS_mq_notify, queue, &event));
    CALL(syscall(SYS_mq_notify, queue, &event));
    lseek(queue, 0, SEEK_SET);
    CALL(read(queue, state, 40));
    printf("%.38s\n", state);
    CALL(mq_send(queue, "x", 1, 0));
    CALL(events(link));
    heard(link);
    heard(link);
    CALL(syscall(SYS_mq_notify, queue, &event));
    CALL(mq_send(queue, "x", 1, 0));
    heard(link);
    CALL(mq_notify(queue, 0));
    heard(link);
    CALL(syscall(SYS_mq_notify, queue, &event));
    pid_t child = fork();
    if (!child) { CALL(mq_notify(queue, 0)); _exit(0); }
    CALL(waitpid(child, &status, 0) == child);
    heard(link);
    CALL(mq_close(queue));
    length = sizeof address;
    CALL(recvfrom(link, state, 32, 0, (struct sockaddr *)&address, &length));
    printf("%d %d %d %d\n", (int)length, address.nl_family, address.nl_pid, state[31]);
    queue = mq_open(name, O_RDWR);
    event.sigev_signo = unix_socket;
    CALL(syscall(SYS_mq_notify, queue, &event));
    event.sigev_signo = queue;
    CALL(syscall(SYS_mq_notify, queue, &event));
    event.sigev_signo = 1000;
    CALL(syscall(SYS_mq_notify, queue, &event));
    CALL(syscall(SYS_mq_notify, 1000, &event));
    event.sigev_value.sival_ptr = bad;
    CALL(syscall(SYS_mq_notify, queue, &event));
    mq_close(queue);
    mq_unlink(name);
    close(link);
    close(unix_socket);
}

static sem_t called;
static volatile int given;

static void in_a_thread(union sigval value)
{
    given = value.sival_int;
    sem_post(&called);
}

static void by_thread(void)
{
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
    struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = in_a_thread, .sigev_value.sival_int = 17 };
    sem_init(&called, 0, 0);
    for (int i = 0; i < 3; i++)
    {
        event.sigev_value.sival_int++;
        CALL(mq_notify(queue, &event));
        if (i == 1)    /* and again, after it was taken back */
        {
            CALL(mq_notify(queue, 0));
            CALL(mq_notify(queue, &event));
        }
        CALL(mq_send(queue, "x", 1, 0));
        CALL(sem_wait(&called));
        CALL(given);
        take(queue, 8192);
    }
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
    kernel_words();
    by_thread();
    return 0;
}
