/* Each word of the records that calls fill in: what it is, or that it stays as it was. A record that is a word too short or too long, or
 * whose words lie at another place, is seen here, whatever is in it. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#define ROOM 512
enum kind { VALUES, PLACES };    /* values are printed, or only whether a word is written: time, load and numbers differ */

static unsigned char room[ROOM], first[ROOM];

/* A byte is written if it differs from what was there at one of two times. */
static int is_written(int at) { return first[at] != 0x5a || room[at] != 0xa5; }

static void show(const char *what, enum kind kind, long result, int error)
{
    int end = ROOM;
    while (end > 0 && !is_written(end - 1)) end--;
    if (result < 0) printf("%s: %s, %d", what, strerror(error), end);
    else if (kind == PLACES) printf("%s: %s, %d", what, result ? "more than 0" : "0", end);
    else printf("%s: %ld, %d", what, result, end);
    for (int at = 0; at < end; at += 4) {
        int count = is_written(at) + is_written(at + 1) + is_written(at + 2) + is_written(at + 3);
        if (count == 0) printf(" .");
        else if (count < 4) printf(" %d of 4", count);
        else if (kind == PLACES) printf(" w");
        else printf(" %x", *(unsigned *)(room + at));
    }
    puts("");
}

#define RECORD(kind, call) do { \
    memset(room, 0x5a, ROOM); \
    (void)(call); \
    memcpy(first, room, ROOM); \
    memset(room, 0xa5, ROOM); \
    long result_ = call; \
    show(#call, kind, result_, errno); } while (0)

static void files(void)
{
    int file = open("file", O_RDWR | O_CREAT, 0640), end[2];
    if (write(file, "some words", 10) != 10 || pipe(end)) exit(99);
    RECORD(PLACES, syscall(SYS_statfs, ".", room));
    RECORD(PLACES, syscall(SYS_fstatfs, file, room));
    RECORD(PLACES, syscall(SYS_statfs64, ".", 84, room));
    RECORD(PLACES, syscall(SYS_fstatfs64, file, 84, room));
    RECORD(PLACES, syscall(SYS_fstatfs64, file, 88, room));
    RECORD(PLACES, syscall(SYS_fstatfs64, file, 80, room));
    RECORD(PLACES, syscall(SYS_stat, "file", room));
    RECORD(PLACES, syscall(SYS_lstat, "file", room));
    RECORD(PLACES, syscall(SYS_fstat, file, room));
    RECORD(PLACES, syscall(SYS_stat64, "file", room));
    RECORD(PLACES, syscall(SYS_lstat64, "file", room));
    RECORD(PLACES, syscall(SYS_fstat64, file, room));
    RECORD(PLACES, syscall(SYS_fstatat64, AT_FDCWD, "file", room, 0));
    RECORD(PLACES, syscall(SYS_statx, AT_FDCWD, "file", 0, 0x7ff, room));
    RECORD(PLACES, syscall(SYS_readlink, "/proc/self/exe", room, 2));
    RECORD(VALUES, syscall(SYS_pipe, room) ? -1 : (close(*(int *)room), close(*(int *)(room + 4)), 0));
    RECORD(VALUES, syscall(SYS_ioctl, file, 0x541b, room));    /* FIONREAD */
    RECORD(VALUES, syscall(SYS__llseek, file, 0, 7, room, SEEK_SET));
    RECORD(VALUES, syscall(SYS_pread64, file, room, 5, 2, 0));
    RECORD(VALUES, syscall(SYS_fcntl64, file, F_GETLK64, memcpy(room, (struct flock64[]){{ F_WRLCK }}, sizeof(struct flock64))));
    RECORD(VALUES, syscall(SYS_fcntl, file, F_GETLK, memcpy(room, (struct flock[]){{ F_WRLCK }}, sizeof(struct flock))));
    RECORD(VALUES, syscall(SYS_fcntl64, file, 16, room));    /* F_GETOWN_EX */
}

/* What kind of file system a descriptor is of, the flags of its mount, and where its number comes from. */
static void system_of(const char *what, int file)
{
    unsigned system[16] = { 0 };
    struct stat64 status = { 0 };
    long result = syscall(SYS_fstatfs, file, system);
    syscall(SYS_fstat64, file, &status);
    printf("%s: %ld, type %x, flags %x, block %x, names %d, number %s\n", what, result, system[0], system[11], system[1], (int)system[9],
        !system[7] && !system[8] ? "none" : system[7] == (unsigned)status.st_dev ? "the device's" : "its own");
    close(file);
}

static void systems(void)
{
    int ends[2], pair[2];
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) exit(97);
    system_of("/proc", open("/proc", O_RDONLY));
    system_of("/dev/shm", open("/dev/shm", O_RDONLY));
    system_of("/dev", open("/dev", O_RDONLY));
    system_of("/dev/null", open("/dev/null", O_RDONLY));
    system_of("/sys", open("/sys", O_RDONLY));
    system_of("a pipe", ends[0]);
    system_of("a socket", pair[0]);
    system_of("memfd", memfd_create("x", 0));
    system_of("eventfd", eventfd(0, 0));
    system_of("epoll", epoll_create1(0));
    system_of("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
    system_of("signalfd", syscall(SYS_signalfd4, -1, (long[]){ 0, 0 }, 8, 0));
    system_of("userfaultfd", syscall(SYS_userfaultfd, 0));
    system_of("pidfd", syscall(SYS_pidfd_open, getpid(), 0));
    system_of("nothing", -1);
}

static void times(void)
{
    struct itimerspec late = { { 3, 0 }, { 1000, 0 } };
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), id;
    struct sigevent none = { .sigev_notify = SIGEV_NONE };
    timerfd_settime(timer, 0, &late, 0);
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &id)) exit(98);
    RECORD(PLACES, syscall(SYS_gettimeofday, room, 0));
    RECORD(VALUES, syscall(SYS_gettimeofday, 0, room));
    RECORD(PLACES, syscall(SYS_gettimeofday, room + 32, room));
    RECORD(PLACES, syscall(SYS_time, room) > 0 ? 0 : -1);
    RECORD(PLACES, syscall(SYS_times, room) != -1 ? 0 : -1);
    RECORD(PLACES, syscall(SYS_clock_gettime, CLOCK_REALTIME, room));
    RECORD(PLACES, syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, room));
    RECORD(VALUES, syscall(SYS_clock_getres, CLOCK_REALTIME_COARSE, room));
    RECORD(VALUES, syscall(SYS_clock_getres_time64, CLOCK_MONOTONIC, room));
    RECORD(VALUES, syscall(SYS_getitimer, ITIMER_REAL, room));
    RECORD(PLACES, syscall(SYS_timerfd_gettime, timer, room));
    RECORD(PLACES, syscall(SYS_timerfd_gettime64, timer, room));
    RECORD(VALUES, syscall(SYS_timer_gettime, id, room));
    RECORD(VALUES, syscall(SYS_timer_gettime64, id, room));
    RECORD(PLACES, syscall(SYS_sched_rr_get_interval, 0, room));
    RECORD(PLACES, syscall(SYS_getrusage, 0, room));
    RECORD(PLACES, syscall(SYS_sysinfo, room));
}

static void identity(void)
{
    RECORD(VALUES, syscall(SYS_getresuid32, room, room + 8, room + 16));
    RECORD(VALUES, syscall(SYS_getresgid32, room, room + 8, room + 16));
    RECORD(VALUES, syscall(SYS_getresuid, room, room + 8, room + 16));
    RECORD(VALUES, syscall(SYS_getrlimit, 3, room));
    RECORD(VALUES, syscall(SYS_ugetrlimit, 3, room));
    RECORD(VALUES, syscall(SYS_prlimit64, 0, 3, 0, room));
    RECORD(PLACES, syscall(SYS_capget, (int[]){ 0x20080522, 0 }, room));
    RECORD(PLACES, syscall(SYS_capget, (int[]){ 0x19980330, 0 }, room));
    RECORD(VALUES, syscall(SYS_prctl, 16, room, 0, 0, 0) ? -1 : 0);    /* PR_GET_NAME */
    RECORD(VALUES, syscall(SYS_prctl, 2, room, 0, 0, 0));    /* PR_GET_PDEATHSIG */
    RECORD(PLACES, syscall(SYS_getcpu, room, room + 8, 0));
    RECORD(PLACES, syscall(SYS_sched_getaffinity, 0, 128, room));
    RECORD(VALUES, syscall(SYS_sched_getparam, 0, room));
    RECORD(PLACES, syscall(SYS_sched_getattr, 0, room, 48, 0));
    RECORD(PLACES, syscall(SYS_sched_getattr, 0, room, 56, 0));
    RECORD(PLACES, syscall(SYS_sched_getaffinity, 0, 4, room));
    RECORD(PLACES, syscall(SYS_sched_getaffinity, 0, 12, room));
    RECORD(PLACES, syscall(SYS_sched_getaffinity, 0, 6, room));
    RECORD(PLACES, syscall(SYS_get_robust_list, 0, room, room + 8));
    int selector;
    __asm__("mov %%gs, %0" : "=r"(selector));
    RECORD(PLACES, syscall(SYS_get_thread_area, memcpy(room, (int[]){ selector >> 3 & 31 }, 4)));
    RECORD(VALUES, syscall(SYS_uname, room) ? -1 : (memset(room + 65, 0, 4 * 65), 0));    /* names and versions differ */
    RECORD(PLACES, syscall(SYS_getrandom, room, 11, 0));
}

static void handler(int number) { (void)number; }

static void signals(void)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigset_t set;
    sigaction(SIGUSR1, &action, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, 0);
    RECORD(PLACES, syscall(SYS_rt_sigaction, SIGUSR1, 0, room, 8));
    RECORD(PLACES, syscall(SYS_sigaction, SIGUSR1, 0, room));
    RECORD(VALUES, syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, room, 8));
    RECORD(VALUES, syscall(SYS_sigprocmask, SIG_BLOCK, 0, room));
    RECORD(VALUES, (raise(SIGUSR2), syscall(SYS_rt_sigpending, room, 8)));
    RECORD(VALUES, syscall(SYS_rt_sigpending, room, 4));
    RECORD(PLACES, (raise(SIGUSR2), syscall(SYS_rt_sigtimedwait, &set, room, (int[]){ 0, 0 }, 8)));
    RECORD(PLACES, syscall(SYS_sigaltstack, 0, room));
    RECORD(VALUES, syscall(SYS_waitid, P_ALL, 0, room, WEXITED, room + 256));    /* no child: the record is written even so */
    RECORD(VALUES, syscall(SYS_waitid, 9, 0, room, WEXITED, room + 256));
    RECORD(VALUES, syscall(SYS_waitid, P_ALL, 0, 8, WEXITED, 0));
    RECORD(PLACES, fork() ? syscall(SYS_waitid, P_ALL, 0, room, WEXITED, room + 256) : (_exit(5), 0));
    RECORD(PLACES, fork() ? syscall(SYS_wait4, -1, room, 0, room + 8) : (_exit(5), 0));
}

/* Control messages whose lengths are no multiple of a word: the next begins at the next word. */
static void messages(void)
{
    int pair[2], number = dup(1);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    for (int odd = 0; odd < 4; odd++) {
        char extra[64] = { 0 };
        struct iovec data = { "m", 1 };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = extra };
        struct cmsghdr *header = (struct cmsghdr *)extra;
        *header = (struct cmsghdr){ .cmsg_len = sizeof *header + odd, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
        int next = sizeof *header + (odd + 3) / 4 * 4;
        header = (struct cmsghdr *)(extra + next);
        *header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(header), &number, 4);
        message.msg_controllen = next + CMSG_LEN(4);
        printf("odd by %d: %zd", odd, sendmsg(pair[0], &message, MSG_DONTWAIT));
        memset(extra, 0, sizeof extra);
        message.msg_controllen = sizeof extra;
        char byte;
        data.iov_base = &byte;
        printf(", %zd", recvmsg(pair[1], &message, MSG_DONTWAIT));
        printf(", %u %u\n", (unsigned)message.msg_controllen, (unsigned)((struct cmsghdr *)extra)->cmsg_len);
    }
    RECORD(VALUES, syscall(SYS_getsockname, pair[0], room, memcpy(room + 128, (int[]){ 100 }, 4)));
    RECORD(PLACES, syscall(SYS_getsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, room, memcpy(room + 128, (int[]){ 100 }, 4)));
    RECORD(VALUES, syscall(SYS_getsockopt, pair[0], SOL_SOCKET, SO_TYPE, room, memcpy(room + 128, (int[]){ 3 }, 4)));
    int poll = epoll_create1(0), event = eventfd(3, 0);
    epoll_ctl(poll, EPOLL_CTL_ADD, event, &(struct epoll_event){ .events = EPOLLIN, .data.u64 = 0x1122334455667788 });
    RECORD(VALUES, syscall(SYS_epoll_wait, poll, room, 4, 0));
    RECORD(VALUES, syscall(SYS_poll, memcpy(room, (int[]){ event, 5 }, 8), 1, 0));
    RECORD(VALUES, syscall(SYS_mincore, (uintptr_t)room & -4096, 4096, room + 100));
}

#define IPC_64 0x100

static void segments(void)
{
    int memory = syscall(SYS_shmget, 0, 8192, 0600);
    RECORD(PLACES, syscall(SYS_shmctl, memory, 2 | IPC_64, room));    /* IPC_STAT */
    RECORD(PLACES, syscall(SYS_shmctl, memory, 2, room));
    RECORD(PLACES, syscall(SYS_shmctl, 0, 3 | IPC_64, room) < 0 ? -1 : 0);    /* IPC_INFO */
    RECORD(PLACES, syscall(SYS_shmctl, 0, 14, room) < 0 ? -1 : 0);    /* SHM_INFO */
    syscall(SYS_shmctl, memory, 0, 0);
}

static void streams(void)
{
    int ends[2], event = eventfd(3, 0), file = open("file", O_RDWR), directory = open("/dev/shm", O_RDONLY);
    int out = open("out", O_RDWR | O_CREAT, 0600);
    sigset_t set;
    struct flock mine = { .l_type = F_WRLCK, .l_start = 2, .l_len = 3 };
    if (pipe(ends) || write(ends[1], "abc", 3) != 3) exit(96);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    int signals = syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK);
    RECORD(PLACES, (raise(SIGUSR2), syscall(SYS_read, signals, room, 300)));
    RECORD(VALUES, (eventfd_write(event, 2), syscall(SYS_read, event, room, 20)));
    RECORD(VALUES, syscall(SYS_ioctl, ends[0], 0x541b, room));    /* FIONREAD */
    RECORD(VALUES, (lseek(directory, 0, SEEK_SET), syscall(SYS_getdents64, directory, room, 20)));
    RECORD(VALUES, (memset(room, 0, 8), syscall(SYS_sendfile, out, file, room, 4)));
    RECORD(VALUES, (memset(room, 0, 8), syscall(SYS_sendfile64, out, file, room, 4)));
    fcntl(file, F_SETLK, &mine);
    RECORD(PLACES, fork() ? (wait(0), 0) : (fcntl(file, F_GETLK, &mine), _exit(0), 0));
    RECORD(VALUES, syscall(SYS_select, 8, memset(room, 255, 4), memset(room + 8, 0, 4), 0, (int[]){ 0, 0 }) < 0 ? -1 : 0);
    RECORD(VALUES, syscall(SYS_recvfrom, ends[0], room, 4, 0, 0, 0));
    RECORD(VALUES, syscall(SYS_readv, file, (struct iovec[]){ { room, 2 }, { room + 8, 3 } }, 2));
    RECORD(VALUES, syscall(SYS_preadv, file, (struct iovec[]){ { room, 2 }, { room + 8, 300 } }, 2, 4, 0));
}

/* sendfile from a file into itself: pages of the pipe are those that it writes to. */
static void into_itself(int from, int to, int length)
{
    static unsigned char bytes[20000];
    int source = open("itself", O_RDWR | O_CREAT | O_TRUNC, 0600), target = open("itself", O_RDWR);
    unsigned sum = 0;
    for (int i = 0; i < 8000; i++) bytes[i] = i * 7 + i / 256;
    if (write(source, bytes, 8000) != 8000) exit(95);
    lseek(source, from, SEEK_SET), lseek(target, to, SEEK_SET);
    printf("%d bytes from %d to %d: %ld", length, from, to, (long)syscall(SYS_sendfile, target, source, 0, length));
    int end = pread(source, bytes, sizeof bytes, 0);
    for (int i = 0; i < end; i++) sum = sum * 31 + bytes[i];
    printf(", %d, %x\n", end, sum);
    close(source), close(target);
}

static void memory(void)
{
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 7;
    int user = syscall(SYS_userfaultfd, 0), maps = open("/proc/self/maps", O_RDONLY), pagemap = open("/proc/self/pagemap", O_RDONLY);
    RECORD(PLACES, syscall(SYS_pread64, pagemap, room, 24, (uintptr_t)page >> 12 << 3, 0));
    RECORD(VALUES, syscall(SYS_mincore, page, 8192, room));
    RECORD(VALUES, syscall(SYS_process_vm_readv, getpid(), (struct iovec[]){ { room, 9 } }, 1, (struct iovec[]){ { page, 5 } }, 1, 0));
    struct { unsigned long long size, flags, address, words[11]; } query = { sizeof query, 0, (uintptr_t)page };
    RECORD(PLACES, syscall(SYS_ioctl, maps, 0xc0686611, memcpy(room, &query, 24), memset(room + 24, 0, 80)));    /* PROCMAP_QUERY */
    RECORD(PLACES, syscall(SYS_ioctl, user, 0xc018aa3f, memcpy(room, (unsigned long long[]){ 0xaa, 0 }, 16)));    /* UFFDIO_API */
    RECORD(VALUES, syscall(SYS_futex, memset(room, 0, 4), 0, 1, (int[]){ 0, 0 }, 0, 0));
    RECORD(VALUES, syscall(SYS_futex, memset(room, 0, 4), 5, 1, 1, room + 8, 0x00001000));    /* FUTEX_WAKE_OP */
    RECORD(VALUES, syscall(SYS_getgroups32, 0, room));
}

int main(void)
{
    own_directory();
    umask(022);
    files();
    systems();
    times();
    identity();
    signals();
    messages();
    segments();
    streams();
    into_itself(0, 5000, 12000);
    into_itself(0, 4096, 9000);
    into_itself(5000, 0, 12000);
    into_itself(100, 4196, 9000);
    memory();
    return 0;
}
