/* Reads and writes with flags, several messages by one call, and signals that carry a value: preadv2, pwritev2, sendmmsg, recvmmsg,
   rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define DSYNC 2
#define SYNC 4
#define NOWAIT 8
#define APPEND 0x10
#define NOAPPEND 0x20

static void *volatile bad = (void *)8;
static char room[70000], other[70000];

static long readv2(int fd, void *at, size_t length, long long offset, int flags)
{
    struct iovec one[2] = { { at, length }, { room + 60000, 3 } };
    return syscall(SYS_preadv2, fd, one, 2, (long)offset, (long)(offset >> 32), flags);
}

static long writev2(int fd, const void *at, size_t length, long long offset, int flags)
{
    struct iovec one[2] = { { (void *)at, length }, { "+", 1 } };
    return syscall(SYS_pwritev2, fd, one, 2, (long)offset, (long)(offset >> 32), flags);
}

static void content(int fd)
{
    char bytes[200];
    ssize_t length = pread(fd, bytes, sizeof bytes - 1, 0);
    bytes[length < 0 ? 0 : length] = 0;
    printf("  at %lld of '%s'\n", (long long)lseek(fd, 0, SEEK_CUR), bytes);
}

static volatile int taken;
static siginfo_t last;

static void handle(int signal, siginfo_t *info, void *context)
{
    taken++;
    last = *info;
}

static void vectors(void)
{
    int file = open("file", O_RDWR | O_CREAT, 0600), only = open("file", O_WRONLY), back = open("file", O_RDONLY);
    CALL(writev2(file, "abcdef", 6, 0, 0));
    content(file);
    CALL(writev2(file, "ghi", 3, -1, 0));
    content(file);
    CALL(writev2(file, "XY", 2, 1, DSYNC));
    CALL(writev2(file, "Z", 1, 3, SYNC));
    content(file);
    CALL(writev2(file, "end", 3, 2, APPEND));
    content(file);
    CALL(writev2(file, "END", 3, -1, APPEND));
    content(file);
    CALL(writev2(file, "both", 4, 0, APPEND | NOAPPEND));
    CALL(writev2(file, "no", 2, 0, 0x10000));
    CALL(writev2(file, "no", 2, 0, 0x40000000));
    CALL(writev2(file, "no", 2, -2, 0));
    CALL(readv2(file, room, 4, -2, 0));
    CALL(readv2(file, room, 4, 0, 0x10000));
    CALL(readv2(file, room, 4, 0, APPEND | NOAPPEND));
    CALL(readv2(file, room, 4, 0, APPEND));
    CALL(readv2(file, room, 4, 1, DSYNC));
    printf("  '%.4s' '%.3s'\n", room, room + 60000);
    CALL(readv2(file, room, 4, 1, NOWAIT));
    CALL(readv2(file, room, 4, -1, 0));
    CALL(readv2(only, room, 4, 0, 0x10000));
    CALL(readv2(back, room, 4, 0, 0));
    CALL(writev2(back, "no", 2, 0, 0x10000));
    CALL(readv2(99, room, 4, -1, 0x10000));
    CALL(readv2(99, room, 4, -5, 0x10000));
    CALL(readv2(file, bad, 4, 0, 0x10000));
    CALL(readv2(file, bad, 4, 0, 0));
    CALL(syscall(SYS_preadv2, file, bad, 2, 0, 0, 0x10000));
    CALL(syscall(SYS_preadv2, file, bad, 0, 0, 0, 0x10000));
    CALL(syscall(SYS_preadv2, file, room, 2000, 0, 0, 0x10000));
    CALL(syscall(SYS_pwritev2, file, bad, 0, 0, 0, 0x10000));
    int appends = open("file", O_RDWR | O_APPEND);
    CALL(writev2(appends, "1", 1, 0, 0));
    content(appends);
    CALL(writev2(appends, "2", 1, 0, NOAPPEND));
    content(appends);
    CALL(writev2(appends, "3", 1, -1, NOAPPEND));
    content(appends);
    CALL(fcntl(appends, F_GETFL) & (O_APPEND | O_NONBLOCK | O_DSYNC));
    int memory = memfd_create("m", 0);
    CALL(writev2(memory, "abc", 3, 0, 0));
    CALL(writev2(memory, "abc", 3, 0, NOWAIT));
    CALL(readv2(memory, room, 3, 0, NOWAIT));
    CALL(writev2(memory, "abc", 3, 0, APPEND | SYNC));
    content(memory);
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR), text = open("/proc/self/status", O_RDONLY), directory = open(".", O_RDONLY);
    CALL(readv2(zero, room, 4, 0, NOWAIT));
    CALL(writev2(null, room, 4, 0, NOWAIT));
    CALL(writev2(null, room, 4, -1, APPEND));
    CALL(readv2(text, room, 4, 0, 0));
    CALL(readv2(text, room, 4, 0, NOWAIT));
    CALL(readv2(text, room, 4, 0, DSYNC));
    CALL(readv2(directory, room, 4, 0, 0));
    CALL(readv2(directory, room, 4, 0, NOWAIT));
    int memory_of = open("/proc/self/mem", O_RDWR), map = open("/proc/self/pagemap", O_RDONLY);
    CALL(readv2(memory_of, room, 4, (unsigned long)other, 0));
    CALL(readv2(memory_of, room, 4, (unsigned long)other, DSYNC));
    CALL(readv2(memory_of, room, 4, (unsigned long)other, 1));
    CALL(readv2(map, room, 8, 0, DSYNC));
}

static void streams(void)
{
    int ends[2], pair[2], event = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    CALL(pipe(ends));
    CALL(readv2(ends[0], room, 4, -1, NOWAIT));
    CALL(readv2(ends[0], room, 4, 0, NOWAIT));
    CALL(writev2(ends[1], "pipe", 4, -1, NOWAIT));
    CALL(writev2(ends[1], "pipe", 4, -1, APPEND | SYNC));
    CALL(readv2(ends[0], room, 40, -1, NOWAIT));
    CALL(writev2(ends[1], room, 65000, -1, NOWAIT));
    CALL(writev2(ends[1], room, 65000, -1, NOWAIT));
    CALL(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
    INTERRUPTED(writev2(ends[1], room, 65000, -1, 0));
    close(ends[0]);
    CALL(taken = 0);
    CALL(writev2(ends[1], room, 4, -1, 0x100));
    CALL(taken);
    CALL(writev2(ends[1], room, 4, -1, 0));
    CALL(taken);
    signal(SIGPIPE, SIG_DFL);
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CALL(readv2(pair[0], room, 4, -1, NOWAIT));
    CALL(writev2(pair[1], "sock", 4, -1, NOWAIT));
    CALL(readv2(pair[0], room, 4, 0, 0));
    CALL(readv2(pair[0], room, 4, -1, 0));
    INTERRUPTED(readv2(pair[0], room, 4, -1, 0));
    CALL(readv2(event, room, 8, -1, NOWAIT));
    CALL(readv2(timer, room, 8, -1, NOWAIT));
    CALL(mkfifo("fifo", 0600));
    int fifo = open("fifo", O_RDWR);
    CALL(readv2(fifo, room, 4, -1, NOWAIT));
}

static struct mmsghdr several[20];
static struct iovec pieces[20];

static struct mmsghdr *outgoing(int count, size_t length)
{
    memset(several, 0, sizeof several);
    for (int i = 0; i < count; i++)
    {
        memset(room + i * 10, 'a' + i, 10);
        pieces[i] = (struct iovec){ room + i * 10, length + i };
        several[i].msg_hdr.msg_iov = &pieces[i];
        several[i].msg_hdr.msg_iovlen = 1;
        several[i].msg_len = 777;
    }
    return several;
}

static struct mmsghdr *incoming(int count, size_t length)
{
    outgoing(count, 0);
    for (int i = 0; i < count; i++) pieces[i] = (struct iovec){ other + i * 100, length };
    memset(other, 0, 2000);
    return several;
}

static void lengths(int count)
{
    printf(" ");
    for (int i = 0; i < count; i++) printf(" %u/%x '%.3s'", several[i].msg_len, several[i].msg_hdr.msg_flags, other + i * 100);
    printf("\n");
}

static int drained(int fd)
{
    int count = 0;
    while (recv(fd, other, sizeof other, MSG_DONTWAIT) > 0) count++;
    return count;
}

static int left_of(int fd)
{
    int value = -77;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) ? -1 : value;
}

static void messages(void)
{
    int pair[2], stream[2];
    struct timespec time = { 0, 30000000 };
    CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    CALL(sendmmsg(pair[0], outgoing(3, 2), 3, 0));
    lengths(3);
    CALL(recvmmsg(pair[1], incoming(5, 3), 5, MSG_DONTWAIT, 0));
    lengths(5);
    CALL(left_of(pair[1]));
    CALL(recvmmsg(pair[1], incoming(2, 3), 2, MSG_DONTWAIT, 0));
    CALL(recvmmsg(pair[1], several, 0, MSG_DONTWAIT, 0));
    CALL(sendmmsg(pair[0], several, 0, 0));
    CALL(sendmmsg(pair[0], outgoing(4, 2), 4, MSG_DONTWAIT));
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, 0));
    lengths(4);
    CALL(recvmmsg(pair[1], incoming(6, 8), 6, MSG_WAITFORONE, 0));
    lengths(2);
    CALL(sendmmsg(pair[0], outgoing(3, 2), 3, 0));
    CALL(recvmmsg(pair[1], incoming(2, 8), 2, MSG_PEEK, 0));
    lengths(2);
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, &time));
    lengths(3);
    HOLDS(time.tv_sec == 0 && time.tv_nsec > 0 && time.tv_nsec <= 30000000);
    time.tv_nsec = 0;
    CALL(sendmmsg(pair[0], outgoing(3, 2), 3, 0));
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, &time));
    lengths(3);
    HOLDS(time.tv_sec == 0 && time.tv_nsec == 0);
    time.tv_nsec = 1000000000;
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, &time));
    time = (struct timespec){ -1, 0 };
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, &time));
    CALL(recvmmsg(99, incoming(3, 8), 3, 0, &time));
    CALL(syscall(SYS_recvmmsg, 99, several, 1, 0, bad));
    CALL(recvmmsg(99, incoming(3, 8), 3, 0, 0));
    CALL(recvmmsg(0, incoming(3, 8), 0, 0, 0));
    CALL(sendmmsg(99, several, 1, 0));
    CALL(sendmmsg(99, several, 0, 0));
    CALL(drained(pair[1]));
    /* errors after some */
    outgoing(4, 2);
    several[2].msg_hdr.msg_iov = bad;
    CALL(sendmmsg(pair[0], several, 4, 0));
    lengths(4);
    CALL(drained(pair[1]));
    outgoing(4, 2);
    several[0].msg_hdr.msg_iov = bad;
    CALL(sendmmsg(pair[0], several, 4, 0));
    CALL(sendmmsg(pair[0], (void *)bad, 2, 0));
    CALL(recvmmsg(pair[1], (void *)bad, 2, MSG_DONTWAIT, 0));
    outgoing(3, 2);
    CALL(sendmmsg(pair[0], several, 3, 0));
    incoming(3, 8);
    several[1].msg_hdr.msg_iov = bad;
    CALL(recvmmsg(pair[1], several, 3, 0, 0));
    lengths(3);
    CALL(left_of(pair[1]));
    CALL(left_of(pair[1]));
    CALL(drained(pair[1]));
    CALL(sendmmsg(pair[0], outgoing(3, 2), 3, 0));
    incoming(3, 8);
    several[1].msg_hdr.msg_iov = bad;
    CALL(recvmmsg(pair[1], several, 3, 0, 0));
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, MSG_DONTWAIT, 0));    /* the error of before */
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, MSG_DONTWAIT, 0));
    /* a page that cannot hold the length */
    char *edge = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(edge + 4096, 4096);
    CALL(sendmmsg(pair[0], outgoing(2, 2), 2, 0));
    incoming(2, 8);
    struct mmsghdr *final = (void *)(edge + 4096 - sizeof(struct mmsghdr) - 28);
    memcpy(final, several, sizeof *several + 28);
    CALL(recvmmsg(pair[1], final, 2, 0, 0));
    CALL(left_of(pair[1]));
    CALL(drained(pair[1]));
    /* waits */
    CALL(sendmmsg(pair[0], outgoing(1, 2), 1, 0));
    INTERRUPTED(recvmmsg(pair[1], incoming(3, 8), 3, 0, 0));
    lengths(3);
    CALL(drained(pair[1]));
    CALL(left_of(pair[1]) >= 0);
    INTERRUPTED(recvmmsg(pair[1], incoming(3, 8), 3, 0, 0));
    if (!fork())
    {
        for (int i = 0; i < 3; i++) usleep(20000), send(pair[0], "late", 4, 0);
        _exit(0);
    }
    CALL(recvmmsg(pair[1], incoming(3, 8), 3, 0, 0));
    lengths(3);
    wait(0);
    if (!fork())
    {
        usleep(20000);
        CALL(recvmmsg(pair[1], incoming(20, 8), 20, 0, 0));
        _exit(0);
    }
    CALL(sendmmsg(pair[0], outgoing(20, 2), 20, 0));
    lengths(20);
    wait(0);
    /* a full queue */
    for (int i = 0; i < 2; i++)
    {
        outgoing(9, 2);
        for (int j = 0; j < 9; j++) pieces[j] = (struct iovec){ room, 60000 };
        CALL(sendmmsg(pair[0], several, 9, MSG_DONTWAIT));
        lengths(9);
    }
    outgoing(9, 2);
    for (int j = 0; j < 9; j++) pieces[j] = (struct iovec){ room, 60000 };
    CALL(recv(pair[1], other, sizeof other, 0));
    INTERRUPTED(sendmmsg(pair[0], several, 9, 0));
    INTERRUPTED(sendmmsg(pair[0], several, 9, 0));
    CALL(drained(pair[1]));
    /* streams */
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
    CALL(sendmmsg(stream[0], outgoing(3, 2), 3, 0));
    lengths(3);
    CALL(recvmmsg(stream[1], incoming(5, 4), 5, MSG_DONTWAIT, 0));
    lengths(5);
    CALL(left_of(stream[1]));
    CALL(sendmmsg(stream[0], outgoing(2, 2), 2, 0));
    INTERRUPTED(recvmmsg(stream[1], incoming(4, 4), 4, MSG_WAITALL, 0));
    lengths(4);
    CALL(sendmmsg(stream[0], outgoing(3, 2), 3, 0));
    CALL(shutdown(stream[0], SHUT_WR));
    CALL(recvmmsg(stream[1], incoming(5, 4), 5, 0, 0));
    lengths(5);
    CALL(sendmmsg(stream[0], outgoing(2, 2), 2, MSG_NOSIGNAL));
    CALL(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
    /* names and descriptors */
    int named = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un to = { AF_UNIX, "to" }, from = { AF_UNIX, "from" }, seen[2];
    bind(named, (void *)&to, sizeof to);
    bind(sender, (void *)&from, sizeof from);
    outgoing(2, 2);
    several[0].msg_hdr.msg_name = &to, several[0].msg_hdr.msg_namelen = sizeof to;
    CALL(sendmmsg(sender, several, 2, 0));    /* the second has no name */
    several[1].msg_hdr.msg_name = &to, several[1].msg_hdr.msg_namelen = sizeof to;
    CALL(sendmmsg(sender, several + 1, 1, 0));
    incoming(2, 8);
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < 2; i++) several[i].msg_hdr.msg_name = &seen[i], several[i].msg_hdr.msg_namelen = sizeof seen[i];
    CALL(recvmmsg(named, several, 2, 0, 0));
    lengths(2);
    printf("  %s %s %u\n", seen[0].sun_path, seen[1].sun_path, several[1].msg_hdr.msg_namelen);
    unsigned long words[5] = { (long)pair[0], (long)outgoing(2, 2), 2, 0, 0 };
    CALL(syscall(SYS_socketcall, 20, words));
    words[0] = pair[1], words[1] = (long)incoming(2, 8);
    CALL(syscall(SYS_socketcall, 19, words));
    lengths(2);
    CALL(syscall(SYS_socketcall, 21, words));
    CALL(syscall(SYS_socketcall, 19, bad));
    words[4] = (long)bad;
    CALL(syscall(SYS_socketcall, 19, words));
}

static void seen(void)
{
    int *words = (int *)&last;
    printf("  %d taken: %d code %d, %s %d, value %d\n", taken, last.si_signo, last.si_code, words[3] == getpid() ? "own" : "other",
        words[4], words[5]);
    memset(&last, 0, sizeof last);
}

static siginfo_t *told(int signal, int code, int value)
{
    static siginfo_t info;
    memset(&info, 0, sizeof info);
    int *words = (int *)&info;
    (words[0] = signal, words[2] = code, words[3] = getpid(), words[4] = 4321, words[5] = value);
    return &info;
}

static long queue(int pid, int signal, siginfo_t *info) { return syscall(SYS_rt_sigqueueinfo, pid, signal, info); }

static long queue_thread(int group, int thread, int signal, siginfo_t *info)
{
    return syscall(SYS_rt_tgsigqueueinfo, group, thread, signal, info);
}

static long send_by(int descriptor, int signal, siginfo_t *info, unsigned flags)
{
    return syscall(SYS_pidfd_send_signal, descriptor, signal, info, flags);
}

static void *second(void *descriptor)
{
    int thread = syscall(SYS_gettid), own = *(int *)descriptor;
    CALL(queue(getpid(), SIGUSR1, told(SIGUSR1, SI_USER, 1)));    /* not the caller's own number */
    CALL(queue(thread, SIGUSR1, told(SIGUSR1, SI_USER, 1)));
    seen();
    CALL(queue_thread(getpid(), thread, SIGUSR1, told(SIGUSR1, SI_TKILL, 2)));
    seen();
    CALL(queue_thread(getpid(), getpid(), SIGUSR1, told(SIGUSR1, SI_TKILL, 2)));
    CALL(queue_thread(getpid() + 1, thread, SIGUSR1, told(SIGUSR1, SI_QUEUE, 2)));
    CALL(send_by(own, SIGUSR1, told(SIGUSR1, SI_USER, 3), 0));
    CALL(send_by(-10000, SIGUSR1, told(SIGUSR1, SI_USER, 4), 0));
    seen();
    CALL(send_by(-10000, SIGUSR1, 0, 0));
    printf("  code %d\n", last.si_code);
    CALL(send_by(-10001, SIGUSR1, told(SIGUSR1, SI_USER, 4), 0));
    return 0;
}

static void queues(void)
{
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    sigaction(SIGRTMIN, &action, 0);
    int own = getpid();
    CALL(sigqueue(own, SIGUSR1, (union sigval){ 55 }));
    printf("  %d %d\n", last.si_code, last.si_value.sival_int);
    static const int codes[] = { SI_QUEUE, SI_TIMER, SI_MESGQ, SI_ASYNCIO, SI_SIGIO, SI_TKILL, -60, -1000, SI_USER, SI_KERNEL, 1, 77 };
    for (int i = 0; i < (int)(sizeof codes / sizeof *codes); i++)
    {
        CALL(queue(own, SIGUSR1, told(SIGUSR1, codes[i], 100 + i)));
        seen();
    }
    CALL(queue(own, SIGUSR1, told(SIGUSR2, SI_QUEUE, 7)));    /* the number is the argument's */
    seen();
    CALL(queue(own, SIGUSR1, bad));
    CALL(queue(own, 0, told(0, SI_QUEUE, 7)));
    CALL(queue(own, 65, told(65, SI_QUEUE, 7)));
    CALL(queue(own, -1, told(-1, SI_QUEUE, 7)));
    CALL(queue(0, SIGUSR1, told(SIGUSR1, SI_QUEUE, 7)));
    CALL(queue(-own, SIGUSR1, told(SIGUSR1, SI_QUEUE, 7)));
    CALL(queue(999999, SIGUSR1, told(SIGUSR1, SI_QUEUE, 7)));
    CALL(queue(999999, SIGUSR1, told(SIGUSR1, SI_USER, 7)));
    CALL(queue(999999, 77, told(77, SI_QUEUE, 7)));
    CALL(queue_thread(own, own, SIGUSR1, told(SIGUSR1, SI_QUEUE, 8)));
    seen();
    CALL(queue_thread(0, own, SIGUSR1, told(SIGUSR1, SI_QUEUE, 8)));
    CALL(queue_thread(own, 0, SIGUSR1, told(SIGUSR1, SI_QUEUE, 8)));
    CALL(queue_thread(own, 0, SIGUSR1, bad));
    CALL(queue_thread(own, 999999, SIGUSR1, told(SIGUSR1, SI_QUEUE, 8)));
    CALL(queue_thread(own, own, 0, told(0, SI_QUEUE, 8)));
    CALL(queue_thread(own, own, 99, told(0, SI_QUEUE, 8)));
    /* in order */
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 3; i++) CALL(queue(own, SIGRTMIN, told(SIGRTMIN, SI_QUEUE, 200 + i)));
    for (int i = 0; i < 3; i++)
    {
        siginfo_t info;
        CALL(sigwaitinfo(&set, &info) == SIGRTMIN);
        printf("  %d %d %d\n", info.si_code, info.si_value.sival_int, (int)info.si_uid);
    }
    sigprocmask(SIG_SETMASK, &old, 0);
    /* another process */
    int child = fork();
    if (!child)
    {
        pause();
        seen();
        pause();
        seen();
        pause();
        _exit(3);
    }
    usleep(30000);
    CALL(queue(child, SIGUSR1, told(SIGUSR1, SI_USER, 9)));
    CALL(queue(child, SIGUSR1, told(SIGUSR1, SI_TKILL, 9)));
    CALL(queue(child, SIGUSR1, told(SIGUSR1, SI_QUEUE, 9)));
    usleep(30000);
    int descriptor = syscall(SYS_pidfd_open, child, 0), itself = syscall(SYS_pidfd_open, own, 0);
    CALL(send_by(descriptor, SIGUSR1, told(SIGUSR1, SI_USER, 10), 0));
    CALL(send_by(descriptor, SIGUSR1, told(SIGUSR2, SI_QUEUE, 10), 0));
    CALL(send_by(descriptor, SIGUSR1, told(SIGUSR1, SI_QUEUE, 10), 0));
    usleep(30000);
    CALL(send_by(descriptor, 0, 0, 0));
    CALL(send_by(descriptor, 99, 0, 0));
    CALL(send_by(descriptor, SIGUSR1, bad, 0));
    CALL(send_by(descriptor, SIGUSR1, 0, 8));
    CALL(send_by(descriptor, SIGUSR1, 0, 3));
    CALL(send_by(descriptor, SIGUSR1, 0, 4));    /* no leader of a group */
    CALL(send_by(99, SIGUSR1, 0, 0));
    CALL(send_by(99, SIGUSR1, 0, 8));
    CALL(send_by(1, SIGUSR1, 0, 0));
    CALL(send_by(itself, SIGUSR1, told(SIGUSR1, SI_USER, 11), 0));
    seen();
    CALL(send_by(itself, SIGUSR1, 0, 0));
    seen();
    CALL(send_by(itself, SIGUSR1, 0, 1));
    seen();
    CALL(send_by(itself, SIGUSR1, told(SIGUSR1, SI_QUEUE, 12), 2));
    seen();
    int process = open("/proc/self", O_RDONLY | O_DIRECTORY), path = open("/proc/self", O_PATH | O_DIRECTORY), plain = open(".", O_RDONLY);
    CALL(send_by(process, SIGUSR1, 0, 0));
    seen();
    CALL(send_by(path, SIGUSR1, 0, 0));
    CALL(send_by(plain, SIGUSR1, 0, 0));
    CALL(send_by(descriptor, SIGKILL, 0, 0));
    siginfo_t ended;
    CALL(waitid(P_PID, child, &ended, WEXITED | WNOWAIT));
    CALL(send_by(descriptor, SIGUSR1, 0, 0));
    CALL(queue(child, SIGUSR1, told(SIGUSR1, SI_QUEUE, 9)));
    CALL(wait(0) == child);
    CALL(send_by(descriptor, SIGUSR1, 0, 0));
    CALL(send_by(descriptor, 99, 0, 0));
    int leader = fork();
    if (!leader)
    {
        setpgid(0, 0);
        pause();
        _exit(4);
    }
    usleep(30000);
    int of_leader = syscall(SYS_pidfd_open, leader, 0), status;
    CALL(send_by(of_leader, SIGTERM, told(SIGTERM, SI_USER, 1), 4));
    CALL(send_by(of_leader, SIGTERM, 0, 4));
    CALL(waitpid(leader, &status, 0) == leader);
    CALL(status);
    pthread_t thread;
    pthread_create(&thread, 0, second, &itself);
    pthread_join(thread, 0);
}

int main(void)
{
    own_directory();
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
    sigaction(SIGALRM, &action, 0);
    sigaction(SIGPIPE, &action, 0);
    vectors();
    streams();
    messages();
    queues();
    return 0;
}
