/* AF_UNIX: pairs, names, connections, messages with files and credentials, full buffers, shutdown, poll and the errors of each. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

static int pair[2];
static void *volatile bad = (void *)8;
static char bytes[300000];

static struct sockaddr_un name(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

static int named(int call, int fd, const char *path)
{
    struct sockaddr_un address = name(path);
    socklen_t length = path[0] ? sizeof address : offsetof(struct sockaddr_un, sun_path) + 4;
    if (!path[0]) memcpy(address.sun_path, "\0abc", 4);
    return call ? connect(fd, (void *)&address, length) : bind(fd, (void *)&address, length);
}

static int events(int fd, int wanted)
{
    struct pollfd one = { fd, wanted, 0 };
    return poll(&one, 1, 0) < 0 ? -1 : one.revents;
}

static int option(int fd, int which)
{
    int value = -77;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, which, &value, &length) ? -1 : value;
}

static void told(int line, const char *what, int fd, int (*call)(int, struct sockaddr *, socklen_t *))
{
    char room[200];
    socklen_t length = sizeof room;
    memset(room, 'x', sizeof room);
    int result = call(fd, (void *)room, &length);
    printf("%d: %s = %d %s, %d bytes, family %d, '%s'\n", line, what, result, result ? strerror(errno) : "", result ? 0 : (int)length, room[0], !result && length > 2 ? (room[2] ? room + 2 : room + 3) : "");
}
#define TOLD(call, fd) told(__LINE__, #call "(" #fd ")", fd, call)

static void makings(void)
{
    CALL(socket(AF_UNIX, 77, 0));
    CALL(socket(AF_UNIX, SOCK_STREAM, 5));
    CALL(socket(AF_UNIX, SOCK_RDM, 0));
    CALL(socket(500, SOCK_STREAM, 0));
    CALL(socket(AF_UNIX, SOCK_STREAM | 0x100000, 0));
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, bad));
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 1, pair));
    HOLDS(pair[1] == pair[0] + 1);
    CALL(option(pair[0], SO_TYPE));
    CALL(option(pair[0], SO_DOMAIN));
    CALL(option(pair[0], SO_PROTOCOL));
    CALL(option(pair[0], SO_ACCEPTCONN));
    CALL(option(pair[0], SO_SNDBUF));
    CALL(option(pair[0], SO_ERROR));
    CALL(option(pair[0], 999));
    CALL(option(0, SO_TYPE));
    CALL(fcntl(pair[0], F_GETFL) & ~O_LARGEFILE);
    struct stat status;
    CALL(fstat(pair[0], &status));
    CALL(status.st_mode);
    CALL(lseek(pair[0], 0, SEEK_SET));
    CALL(pread(pair[0], bytes, 1, 0));
    CALL(ftruncate(pair[0], 0));
    TOLD(getsockname, pair[0]);
    TOLD(getpeername, pair[0]);
    CALL(listen(pair[0], 1));
    CALL(accept(pair[0], 0, 0));
    CALL(recv(1000, bytes, 1, 0));
    CALL(recv(1, bytes, 1, 0));
    struct ucred who;
    socklen_t length = sizeof who;
    CALL(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &who, &length));
    HOLDS(who.pid == getpid() && who.uid == geteuid() && who.gid == getegid() && length == sizeof who);
    int value = 5000;
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CALL(option(pair[0], SO_SNDBUF));
    value = 1;
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CALL(option(pair[0], SO_SNDBUF));
    value = 100000;
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CALL(option(pair[0], SO_SNDBUF));
    value = 1;
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    CALL(option(pair[0], SO_REUSEADDR));
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, &value, 2));
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, 4));
    CALL(setsockopt(pair[0], 6, 1, &value, 4));
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, bad, 4));
    close(pair[0]);
    close(pair[1]);
}

static void streams(void)
{
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    CALL(recv(pair[0], bytes, 10, 0));
    CALL(events(pair[0], POLLIN | POLLOUT | POLLRDHUP));
    CALL(write(pair[1], "hello", 5));
    CALL(write(pair[1], " world", 6));
    CALL(ioctl(pair[0], FIONREAD, bytes));
    CALL(*(int *)bytes);
    CALL(recv(pair[0], bytes, 3, MSG_PEEK));
    CALL(recv(pair[0], bytes, 100, MSG_PEEK));
    CALL(recv(pair[0], bytes, 7, 0));
    printf("%.7s\n", bytes);
    CALL(read(pair[0], bytes, 100));
    printf("%.4s\n", bytes);
    struct iovec parts[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
    CALL(writev(pair[1], parts, 3));
    CALL(recv(pair[0], bytes, 5, MSG_TRUNC));
    CALL(write(pair[1], bad, 5));
    CALL(write(pair[1], "", 0));
    CALL(read(pair[0], bytes, 0));
    CALL(send(pair[1], "x", 1, MSG_DONTWAIT));
    CALL(recv(pair[0], bad, 5, 0));
    CALL(recv(pair[0], bytes, 5, MSG_DONTWAIT));
    struct sockaddr_un where = name("/nowhere");
    CALL(sendto(pair[1], "x", 1, 0, (void *)&where, sizeof where));
    for (int size = 1, total; size <= 100000; size = size * 9 + 1) {
        total = 0;
        for (int count; (count = send(pair[0], bytes, size, 0)) > 0;) total += count;
        printf("writes of %d fill it with %d, %d\n", size, total, errno == EAGAIN);
        CALL(events(pair[0], POLLOUT));
        CALL(events(pair[1], POLLIN | POLLOUT));
        while (total > 0) {
            int count = read(pair[1], bytes, sizeof bytes);
            if (count <= 0) break;
            total -= count;
        }
        CALL(total);
        CALL(events(pair[0], POLLOUT));
    }
    CALL(shutdown(pair[0], 3));
    CALL(shutdown(pair[0], SHUT_WR));
    CALL(send(pair[0], "x", 1, MSG_NOSIGNAL));
    CALL(read(pair[1], bytes, 1));
    CALL(events(pair[1], POLLIN | POLLOUT | POLLRDHUP));
    CALL(events(pair[0], POLLIN | POLLOUT | POLLRDHUP));
    CALL(send(pair[1], "back", 4, 0));
    CALL(read(pair[0], bytes, 10));
    CALL(shutdown(pair[1], SHUT_RDWR));
    CALL(events(pair[0], POLLIN | POLLOUT | POLLRDHUP));
    CALL(send(pair[1], "x", 1, MSG_NOSIGNAL));
    CALL(read(pair[0], bytes, 10));
    close(pair[0]);
    close(pair[1]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    send(pair[0], "unread", 6, 0);
    close(pair[1]);
    CALL(events(pair[0], POLLIN | POLLOUT | POLLRDHUP));
    CALL(read(pair[0], bytes, 10));
    CALL(read(pair[0], bytes, 10));
    CALL(send(pair[0], "x", 1, MSG_NOSIGNAL));
    close(pair[0]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    send(pair[1], "kept", 4, 0);
    close(pair[1]);
    CALL(read(pair[0], bytes, 10));
    CALL(read(pair[0], bytes, 10));
    int status;
    if (!fork()) { write(pair[0], "x", 1); _exit(0); }
    wait(&status);
    CALL(WTERMSIG(status));
    close(pair[0]);
    int fresh = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(events(fresh, POLLIN | POLLOUT));
    CALL(recv(fresh, bytes, 1, 0));
    CALL(send(fresh, bytes, 1, 0));
    TOLD(getpeername, fresh);
    CALL(shutdown(fresh, SHUT_RD));
    CALL(close(fresh));
}

static void packets(int type)
{
    printf("type %d\n", type);
    CALL(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
    CALL(recv(pair[0], bytes, 10, 0));
    CALL(send(pair[1], "hello", 5, 0));
    CALL(send(pair[1], "", 0, 0));
    CALL(send(pair[1], "third", 5, 0));
    CALL(ioctl(pair[0], FIONREAD, bytes));
    CALL(*(int *)bytes);
    CALL(recv(pair[0], bytes, 2, MSG_PEEK));
    CALL(recv(pair[0], bytes, 2, MSG_PEEK | MSG_TRUNC));
    CALL(recv(pair[0], bytes, 2, 0));
    CALL(recv(pair[0], bytes, 2, 0));
    struct iovec parts[2] = { { bytes, 2 }, { bytes + 2, 2 } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    CALL(recvmsg(pair[0], &message, 0));
    CALL(message.msg_flags);
    CALL(send(pair[0], bytes, sizeof bytes, 0));
    CALL(writev(pair[0], parts, 2));
    CALL(read(pair[1], bytes, 100));
    int count = 0;
    while (send(pair[0], bytes, 1000, 0) > 0) count++;
    CALL(count);
    CALL(events(pair[0], POLLOUT));
    CALL(shutdown(pair[0], SHUT_WR));
    CALL(send(pair[0], "x", 1, 0));
    CALL(events(pair[1], POLLIN | POLLOUT | POLLRDHUP));
    while (recv(pair[1], bytes, 2000, 0) > 0) count--;
    CALL(count);
    CALL(recv(pair[1], bytes, 10, 0));
    CALL(send(pair[1], "x", 1, 0));
    CALL(close(pair[0]));
    CALL(events(pair[1], POLLIN | POLLOUT | POLLRDHUP));
    CALL(send(pair[1], "x", 1, 0));
    CALL(send(pair[1], "x", 1, 0));
    CALL(recv(pair[1], bytes, 10, 0));
    CALL(close(pair[1]));
}

static void names(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0), datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un address = name("listener");
    CALL(bind(listener, (void *)&address, 1));
    CALL(bind(listener, (void *)&address, 200));
    CALL(bind(listener, bad, 20));
    CALL(listen(listener, 1));
    CALL(named(0, listener, "no/where"));
    umask(027);
    CALL(named(0, listener, "listener"));
    CALL(named(0, listener, "again"));
    CALL(named(0, fd, "listener"));
    struct stat status;
    CALL(stat("listener", &status));
    CALL(status.st_mode);
    CALL(open("listener", O_RDWR));
    TOLD(getsockname, listener);
    CALL(named(1, fd, "listener"));
    CALL(named(1, fd, "nothing"));
    CALL(open("plain", O_CREAT | O_RDWR, 0600) > 0);
    CALL(named(1, fd, "plain"));
    CALL(listen(listener, 1));
    CALL(named(1, datagram, "listener"));
    CALL(events(listener, POLLIN | POLLOUT));
    CALL(option(listener, SO_ACCEPTCONN));
    CALL(fcntl(listener, F_SETFL, O_NONBLOCK));
    CALL(accept(listener, 0, 0));
    CALL(named(1, fd, "listener"));
    CALL(named(1, fd, "listener"));
    CALL(named(1, listener, "listener"));
    CALL(send(fd, "early", 5, 0));
    TOLD(getpeername, fd);
    CALL(events(listener, POLLIN | POLLOUT));
    int second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), third = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CALL(named(1, second, "listener"));
    CALL(named(1, third, "listener"));
    CALL(accept4(listener, 0, 0, 0x123));
    struct sockaddr_un from;
    socklen_t length = sizeof from;
    int accepted = accept4(listener, (void *)&from, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    HOLDS(accepted > 0);
    CALL(length);
    CALL(fcntl(accepted, F_GETFD));
    CALL(fcntl(accepted, F_GETFL) & ~O_LARGEFILE);
    TOLD(getsockname, accepted);
    TOLD(getpeername, accepted);
    CALL(recv(accepted, bytes, 10, 0));
    CALL(send(accepted, "answer", 6, 0));
    CALL(read(fd, bytes, 10));
    CALL(close(listener));
    CALL(send(second, "x", 1, MSG_NOSIGNAL));
    CALL(recv(second, bytes, 1, 0));
    CALL(named(1, third, "listener"));
    CALL(close(accepted));
    CALL(read(fd, bytes, 10));
    CALL(unlink("listener"));
    CALL(named(1, third, "listener"));
    int unlinked = socket(AF_UNIX, SOCK_DGRAM, 0);
    CALL(named(0, unlinked, "unlinked"));
    CALL(unlink("unlinked"));
    CALL(open("unlinked", O_CREAT | O_RDWR, 0600) > 0);
    CALL(named(1, third, "unlinked"));    /* a file that may have the inode of the socket */
    int hidden = socket(AF_UNIX, SOCK_STREAM, 0), another = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(named(0, hidden, ""));
    CALL(named(0, hidden, ""));
    TOLD(getsockname, hidden);
    CALL(listen(hidden, 5));
    CALL(named(0, another, ""));
    CALL(close(hidden));
    CALL(named(0, another, ""));
    address.sun_family = AF_UNIX;
    CALL(bind(third, (void *)&address, 2));
    length = sizeof from;
    CALL(getsockname(third, (void *)&from, &length));
    CALL(length);
    length = 1;
    CALL(getsockname(third, (void *)&from, &length));
    CALL(length);
    length = -1;
    CALL(getsockname(third, (void *)&from, &length));
}

static void datagrams(void)
{
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), c = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CALL(named(0, a, "a"));
    CALL(named(0, b, "b"));
    CALL(listen(a, 1));
    CALL(accept(a, 0, 0));
    CALL(send(b, "x", 1, 0));
    struct sockaddr_un to = name("a"), from;
    CALL(sendto(b, "to a", 4, 0, (void *)&to, sizeof to));
    CALL(sendto(c, "from c", 6, 0, (void *)&to, sizeof to));
    to = name("nobody");
    CALL(sendto(b, "x", 1, 0, (void *)&to, sizeof to));
    socklen_t length = sizeof from;
    CALL(recvfrom(a, bytes, 10, 0, (void *)&from, &length));
    printf("%d %s\n", (int)length, from.sun_path);
    length = sizeof from;
    CALL(recvfrom(a, bytes, 10, 0, (void *)&from, &length));
    CALL(length);
    CALL(named(1, c, "a"));
    int count = 0;
    while (send(c, "x", 1, 0) == 1) count++;
    CALL(count);
    CALL(events(c, POLLOUT));
    CALL(recv(a, bytes, 10, 0));
    CALL(events(c, POLLOUT));
    CALL(named(1, a, "b"));
    CALL(send(c, "x", 1, 0));
    CALL(named(1, c, "a"));
    CALL(named(1, b, "a"));
    struct sockaddr none = { .sa_family = AF_UNSPEC };
    CALL(connect(b, &none, sizeof none));
    CALL(send(b, "x", 1, 0));
    CALL(close(a));
    CALL(send(c, "x", 1, 0));
    CALL(send(c, "x", 1, 0));
}

static int pass(int fd, const int *files, int count, int flags)
{
    char control[CMSG_SPACE(300 * sizeof(int))];
    struct iovec part = { "f", 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), files, count * sizeof(int));
    return sendmsg(fd, &message, flags);
}

static int taken[10];

static int take(int fd, int room, int flags)
{
    char control[400];
    memset(taken, 0, sizeof taken);
    struct iovec part = { bytes, 10 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room };
    int result = recvmsg(fd, &message, flags);
    printf("received %d, flags %x, control %d", result, message.msg_flags, (int)message.msg_controllen);
    if (result >= 0)
        for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
            printf(" [%d %d]", head->cmsg_type, (int)head->cmsg_len);
            if (head->cmsg_type == SCM_RIGHTS) memcpy(taken, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
        }
    printf("\n");
    return result;
}

static void files(void)
{
    int pipes[2];
    pipe(pipes);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    CALL(pass(pair[0], pipes, 2, 0));
    CALL(write(pair[0], "more", 4));
    CALL(take(pair[1], 400, MSG_CMSG_CLOEXEC));
    CALL(fcntl(taken[1], F_GETFD));
    CALL(write(taken[1], "through", 7));
    CALL(read(pipes[0], bytes, 100));
    CALL(close(taken[0]));
    CALL(close(taken[1]));
    CALL(take(pair[1], 400, 0));
    CALL(write(pair[0], "before", 6));
    CALL(pass(pair[0], pipes, 1, 0));
    CALL(write(pair[0], "after", 5));
    CALL(take(pair[1], 400, MSG_PEEK));
    close(taken[0]);
    CALL(take(pair[1], 400, 0));
    close(taken[0]);
    CALL(take(pair[1], 400, 0));
    CALL(pass(pair[0], pipes, 2, 0));
    CALL(take(pair[1], CMSG_LEN(4), 0));
    close(taken[0]);
    CALL(pass(pair[0], pipes, 2, 0));
    CALL(take(pair[1], 0, 0));
    CALL(pass(pair[0], pipes, 2, 0));
    CALL(read(pair[1], bytes, 10));
    int missing = 1000, many[300] = { 0 };
    CALL(pass(pair[0], &missing, 1, 0));
    CALL(pass(pair[0], many, 254, 0));
    CALL(pass(pair[0], &pipes[1], 1, 0));
    close(pipes[1]);
    CALL(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
    CALL(read(pipes[0], bytes, 1));
    close(pair[1]);
    CALL(read(pipes[0], bytes, 1));
    close(pair[0]);
    close(pipes[0]);
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
    char control[CMSG_SPACE(12)];
    struct iovec part = { "c", 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){ CMSG_LEN(12), SOL_SOCKET, 99 };
    CALL(sendmsg(pair[0], &message, 0));
    head->cmsg_len = 5;
    CALL(sendmsg(pair[0], &message, 0));
    message.msg_iovlen = 2000;
    CALL(sendmsg(pair[0], &message, 0));
    close(pair[0]);
    close(pair[1]);
}

static void alarmed(int signal) { (void)signal; }

static void waits(void)
{
    int status;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (!fork()) {
        usleep(30000);
        write(pair[1], "ab", 2);
        usleep(30000);
        write(pair[1], "cd", 2);
        for (int i = 0; i < 300; i++) read(pair[1], bytes, 1000);
        close(pair[0]);
        while (read(pair[1], bytes, 30000) > 0) { }
        _exit(0);
    }
    CALL(recv(pair[0], bytes, 4, MSG_WAITALL));
    printf("%.4s\n", bytes);
    CALL(send(pair[0], bytes, sizeof bytes, 0));
    CALL(send(pair[0], bytes, sizeof bytes, 0));
    CALL(shutdown(pair[0], SHUT_WR));
    wait(&status);
    struct timeval little = { 0, 50000 };
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &little, sizeof little));
    CALL(setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &little, sizeof little));
    CALL(recv(pair[0], bytes, 4, 0));
    HOLDS(send(pair[1], bytes, sizeof bytes, 0) < (int)sizeof bytes);
    CALL(send(pair[1], bytes, 1, 0));
    little.tv_usec = 1000000;
    CALL(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &little, sizeof little));
    close(pair[0]);
    close(pair[1]);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    struct sigaction action = { .sa_handler = alarmed };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(recv(pair[0], bytes, 4, 0));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(named(0, listener, "waiting"));
    CALL(listen(listener, 0));
    if (!fork()) {
        int one = socket(AF_UNIX, SOCK_STREAM, 0), two = socket(AF_UNIX, SOCK_STREAM, 0);
        int failed = named(1, one, "waiting") + named(1, two, "waiting");
        send(one, "one", 3, 0);
        send(two, "two", 3, 0);
        _exit(failed ? 1 : 0);
    }
    usleep(50000);
    for (int i = 0; i < 2; i++) {
        int accepted = accept(listener, 0, 0);
        struct ucred who;
        socklen_t length = sizeof who;
        CALL(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &length));
        HOLDS(who.pid != getpid());
        fd_set set;
        FD_ZERO(&set);
        FD_SET(accepted, &set);
        CALL(select(accepted + 1, &set, 0, 0, 0));
        CALL(read(accepted, bytes, 10));
        printf("%.3s\n", bytes);
        close(accepted);
    }
    wait(&status);
    CALL(WEXITSTATUS(status));
    INTERRUPTED(accept(listener, 0, 0));
    CALL(shutdown(listener, SHUT_RDWR));
    CALL(accept(listener, 0, 0));
}

static void multiplexed(void)
{
    unsigned long words[6] = { AF_UNIX, SOCK_STREAM, 0, (unsigned long)pair };
    CALL(syscall(SYS_socketcall, 0, words));
    CALL(syscall(SYS_socketcall, 30, words));
    CALL(syscall(SYS_socketcall, 8, 8));
    CALL(syscall(SYS_socketcall, 8, words));
    unsigned long text[4] = { pair[0], (unsigned long)"abc", 3, 0 };
    CALL(syscall(SYS_socketcall, 9, text));
    unsigned long room[4] = { pair[1], (unsigned long)bytes, 10, 0 };
    CALL(syscall(SYS_socketcall, 10, room));
    CALL(syscall(SYS_recvfrom, pair[1], bytes, 10, MSG_DONTWAIT, 0, 0));
}

int main(void)
{
    own_directory();
    signal(SIGPIPE, SIG_DFL);
    makings();
    streams();
    packets(SOCK_DGRAM);
    names();
    datagrams();
    files();
    waits();
    multiplexed();
    return 0;
}
