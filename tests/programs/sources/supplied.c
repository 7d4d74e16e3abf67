/* Calls whose arguments and results lie in pages that a monitor thread supplies (userfaultfd): each waits for it and succeeds. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { page = 4096, pages = 6, missing = 1 };
#define API 0xc018aa3fu
#define REGISTER 0xc020aa00u
#define COPY 0xc028aa03u

static char *const at = (char *)0x20000000;
static char source[page] __attribute__((aligned(4096)));
static int faults_fd;
static volatile int reports, order[64];

static void *monitor(void *unused) {
    struct { uint8_t event, reserved[7]; uint64_t flags, address, extra; } message;
    while (read(faults_fd, &message, sizeof message) == sizeof message) {
        if (message.event != 0x12) { reports += 100; continue; }
        if (reports < 64) order[reports] = ((int)message.address - (int)at) / page * 10 + (int)(message.flags & 1);
        reports++;
        uint64_t words[5] = { message.address & ~4095ull, (uintptr_t)source, page, 0, 0 };
        ioctl(faults_fd, COPY, words);
    }
    return unused;
}

static void supply(int shared) {
    faults_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
    uint64_t api[3] = { 0xaa, 0, 0 }, words[4] = { (uintptr_t)at, pages * page, missing, 0 };
    ioctl(faults_fd, API, api);
    mmap(at, pages * page, 3, (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ioctl(faults_fd, REGISTER, words);
    pthread_t thread;
    pthread_create(&thread, NULL, monitor, NULL);
}

static int both[2];
static char bytes[3 * page];
static struct iovec parts[3] = { { (char *)0x20000ffe, 4 }, { (char *)0x20002fff, 3 }, { (char *)0x20004000, 9 } };
static struct iovec whole = { bytes, sizeof bytes }, remote[2] = { { (char *)0x20000800, 0x1000 }, { (char *)0x20003800, 0x1801 } };

static int reap(void) {
    int child = fork();
    if (child == 0) _exit(7);
    int found = waitpid(child, (int *)(at + page), 0), again = waitpid(child, NULL, 0);
    return (found == child) * 100 + (again < 0 && errno == ECHILD) * 10 + (*(int *)(at + page) == 0x700);
}

static int accepts(void) {
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0supplied" };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, (void *)&name, 11);
    listen(listener, 3);
    connect(client, (void *)&name, 11);
    *(socklen_t *)bytes = 20;
    int made = accept(listener, (void *)(at + page), (socklen_t *)bytes);
    return (made > client) * 100 + *(socklen_t *)bytes;
}

static int receives(void) {
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3, .msg_control = at + 3 * page - 8, .msg_controllen = 64 };
    struct msghdr *in_page = (void *)(at + 5 * page);
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec out = { "0123456789abcdef", 16 };
    struct msghdr sent = { .msg_iov = &out, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&sent);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    *(int *)CMSG_DATA(header) = 0;
    sendmsg(both[0], &sent, 0);
    int count = recvmsg(both[1], &message, 0);
    int next = recv(both[1], bytes, 1, MSG_DONTWAIT);
    *in_page = message;
    return count * 10 + (next < 0 && errno == EAGAIN);
}

static int datagram(void) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    write(pair[0], "0123456789abcdef", 16);
    write(pair[0], "x", 1);
    return readv(pair[1], parts, 3) * 100 + read(pair[1], bytes, 5) * 10 + (bytes[0] == 'x');
}

static int piped(int writes) {
    int ends[2];
    pipe(ends);
    if (writes) return writev(ends[1], parts, 3) * 100 + read(ends[0], bytes, 50);
    write(ends[1], "0123456789abcdefgh", 18);
    return readv(ends[0], parts, 3) * 100 + read(ends[0], bytes, 50);
}

static int events(void) {
    int poller = epoll_create1(0), counter = eventfd(5, 0), second = eventfd(6, 0);
    struct epoll_event one = { EPOLLIN, { .u32 = 3 } };
    epoll_ctl(poller, EPOLL_CTL_ADD, counter, &one);
    epoll_ctl(poller, EPOLL_CTL_ADD, second, &one);
    int found = epoll_wait(poller, (void *)(at + page - sizeof one), 4, 0);
    int count = read(counter, at + 3 * page - 4, 8);
    return found * 100 + count * 10 + (*(uint64_t *)(at + 3 * page - 4) == 5);
}

static int polls(void) {
    struct pollfd *set = (void *)(at + 2 * page - sizeof *set);
    set[0] = (struct pollfd){ both[0], POLLOUT, 0 };
    set[1] = (struct pollfd){ both[1], POLLIN | POLLOUT, 0 };
    return poll(set, 2, 0);
}

static int signalled(void) {
    sigset_t *set = (void *)(at + page), old;
    sigemptyset(&old);
    sigaddset(&old, SIGUSR1);
    sigprocmask(SIG_BLOCK, &old, NULL);
    raise(SIGUSR1);
    siginfo_t *info = (void *)(at + 3 * page - 12);
    memcpy(set, &old, sizeof old);
    return sigtimedwait(set, info, &(struct timespec){ 0, 0 }) * 10 + sigtimedwait(set, NULL, &(struct timespec){ 0, 0 });
}

static int interrupted;
static void count_signal(int signal) { interrupted += signal; }

static int outlasts(void) {    // a signal does not end the wait for a page in a call
    signal(SIGALRM, count_signal);
    struct itimerval soon = { { 0, 0 }, { 0, 100 } };
    setitimer(ITIMER_REAL, &soon, NULL);
    int file = memfd_create("s", 0);
    ftruncate(file, pages * page);
    int count = read(file, at, pages * page);
    for (int i = 0; i < 1000 && interrupted == 0; i++) usleep(100);
    reports = 0;    // Linux may report a page twice
    return count + (interrupted == SIGALRM);
}

static int cloned_words(void) {
    int child = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, at + page, 0, 0);
    if (child == 0) _exit(0);
    int status;
    waitpid(child, &status, 0);
    return *(int *)(at + page) == child;
}

static int other_process(int writes) {    // a child's memory, which its own monitor supplies; this one's buffer as well
    int ends[2], ready[2];
    pipe(ends);
    pipe(ready);
    int child = fork();
    if (child == 0) {
        reports = 0;
        supply(0);
        write(ready[1], "x", 1);
        read(ends[0], bytes, 1);
        usleep(1000);
        int seen = 0;
        for (int i = 0; i < pages * page; i++) seen += at[i] == 9;
        printf("  the other has seen %d reports, bytes %d\n", reports, seen);
        _exit(0);
    }
    read(ready[0], bytes, 1);
    memset(bytes, 9, sizeof bytes);
    supply(0);
    struct iovec own = { at + page / 2, 2 * page };
    for (int i = 0; writes && i < 2 * page; i++) at[page / 2 + i] = 9;
    int count = writes ? process_vm_writev(child, &own, 1, remote, 2, 0) : process_vm_readv(child, &own, 1, remote, 2, 0);
    write(ends[1], "x", 1);
    waitpid(child, NULL, 0);
    return count;
}

static int on_stack(void) {    // the frame of a signal, on an alternate stack that the monitor supplies
    stack_t stack = { .ss_sp = at, .ss_size = pages * page };
    struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_ONSTACK };
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return interrupted;
}

static int vectored_out(void) {
    struct iovec *in_page = (void *)(at + page - 4);
    struct iovec two[2] = { { "abc", 3 }, { "de", 2 } };
    memcpy(in_page, two, sizeof two);
    madvise(at, pages * page, MADV_DONTNEED);
    int file = memfd_create("v", 0);
    return writev(file, in_page, 2);    // the monitor's bytes: no pieces
}

static int mlock2_again(void) { return syscall(SYS_mlock2, at + page, 3 * page, 0); }

static void *unmaps(void *unused) {
    usleep(2000);
    munmap(at + 2 * page, 2 * page);
    return unused;
}

static int cancelled(void) {    // the area goes while a call waits for a page before it
    pthread_t thread;
    pthread_create(&thread, NULL, unmaps, NULL);
    pthread_join(thread, NULL);
    int result = mlock(at + page, page) * 10 + (mlock(at, pages * page) < 0 && errno == ENOMEM);
    return result;
}

static int run(int which) {
    int file = memfd_create("w", 0), zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
    switch (which) {
        case 0: return mlock(at, 3 * page);
        case 1: return mlock(at + page + 1, 1);
        case 2: return syscall(SYS_mlock2, at, 3 * page, MLOCK_ONFAULT);
        case 3: return mlockall(MCL_CURRENT);
        case 4: return mlockall(MCL_CURRENT | MCL_ONFAULT);
        case 5: return madvise(at, 3 * page, 22);
        case 6: return madvise(at + page, 3 * page, 23);
        case 7: munmap(at + 2 * page, page); return madvise(at, pages * page, 23);
        case 8: munmap(at + 2 * page, page); return mlock(at, pages * page);
        case 9: mprotect(at + page, page, 0); return mlock(at, pages * page);
        case 10: return munmap(at + 3 * page, 3 * page), syscall(SYS_mlock2, at, 3 * page, 1),
                 mremap(at, 3 * page, 5 * page, 0) != MAP_FAILED;
        case 11: return munmap(at + 3 * page, 3 * page), mlock(at, 3 * page), mremap(at, 3 * page, 5 * page, 0) != MAP_FAILED;
        case 12: return mprotect(at, 3 * page, 1), syscall(SYS_mlock2, at, 3 * page, 1), mprotect(at, 3 * page, 3);
        case 13: return read(zero, at, 3 * page);
        case 14: return write(null, at, 3 * page);
        case 15: return write(file, at, 3 * page) + lseek(file, 0, SEEK_CUR);
        case 16: ftruncate(file, 4 * page); return read(file, at + 5, 2 * page) + lseek(file, 0, SEEK_CUR);
        case 17: return pwrite(file, at + 100, 2 * page, 50) + lseek(file, 0, SEEK_END);
        case 18: return writev(file, parts, 3) * 100 + lseek(file, 0, SEEK_END);
        case 19: ftruncate(file, 4 * page); return readv(file, parts, 3) * 100 + lseek(file, 0, SEEK_CUR);
        case 20: ftruncate(file, 12); return preadv(file, parts, 3, 5);
        case 21: return pwritev(file, parts, 3, page - 3) * 100000 + lseek(file, 0, SEEK_END);
        case 22: at[page] = 1; return write(file, at + page, 2 * page);
        case 23: return process_vm_readv(getpid(), &whole, 1, remote, 2, 0);
        case 24: return process_vm_writev(getpid(), &whole, 1, remote, 2, 0);
        case 25: return process_vm_readv(getpid(), parts, 3, &whole, 1, 0);
        case 26: return process_vm_writev(getpid(), parts, 3, &whole, 1, 0);
        case 27: return process_vm_readv(getpid(), parts, 3, remote, 2, 0);
        case 28: return process_vm_writev(getpid(), &(struct iovec){ at, page + 1 }, 1, &(struct iovec){ at + 2 * page, page + 1 }, 1, 0);
        case 29: return pread(open("/proc/self/mem", O_RDONLY), bytes, 100, (uintptr_t)at);
        case 30: return pwrite(open("/proc/self/mem", O_RDWR), bytes, 100, (uintptr_t)at);
        case 31: return syscall(SYS_futex, at, 1, 1, 0, 0, 0);
        case 32: return reap();
        case 33: return accepts();
        case 34: return receives();
        case 35: return datagram();
        case 36: return piped(0);
        case 37: return piped(1);
        case 38: return events();
        case 39: return polls();
        case 40: return signalled();
        case 41: return outlasts();
        case 42: return getrandom(at + page - 5, 10, 0);
        case 43: return pipe((int *)(at + page - 4)) * 10 + (*(int *)(at + page - 4) < *(int *)(at + page));
        case 44: return socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)(at + page - 4));
        case 45: return clock_gettime(CLOCK_MONOTONIC, (void *)(at + page - 4)) + gettimeofday((void *)(at + 2 * page), NULL);
        case 46: return uname((void *)(at + page - 70));
        case 47: return fstat(file, (void *)(at + page - 30)) + statfs("/", (void *)(at + 3 * page - 30)) * 10;
        case 48: return getcwd(at + page - 1, 100) != NULL;
        case 49: return syscall(SYS_getdents64, open("/proc/self/task", O_RDONLY), at + page - 30, 300) > 0;
        case 50: ftruncate(file, page); *(off_t *)bytes = 3; return sendfile(both[0], file, (void *)memcpy(at + page, bytes, 8), 10);
        case 51: return sendto(both[0], at + page - 3, 2 * page, 0, NULL, 0);
        case 52: return getrusage(0, (void *)(at + page - 9)) + (times((void *)(at + 2 * page)) == -1) * 10;
        case 53: return sigaltstack(NULL, (void *)(at + page - 4)) + sigaction(SIGUSR2, NULL, (void *)bytes) * 10;
        case 54: return getgroups(5, (void *)(at + page)) < 0 ? -errno : 0;
        case 55: return mincore(bytes - (uintptr_t)bytes % page, page, (void *)(at + page));
        case 56: return open(strcpy(at + page - 3, "/dev/null"), O_RDONLY) > 0;
        case 57: return open(at + 2 * page, O_RDONLY) < 0 ? errno : 0;
        case 58: return cloned_words();
        case 59: return other_process(0);
        case 60: return other_process(1);
        case 61: return nanosleep((void *)(at + page), NULL) * 10 + select(0, (void *)(at + 2 * page), NULL, NULL, (void *)(at + 3 * page - 4));
        case 62: return getsockname(both[0], (void *)(at + page), (socklen_t *)memset(at + 2 * page, 4, 1));
        case 63: return getsockopt(both[0], SOL_SOCKET, SO_TYPE, at + page, (socklen_t *)memset(at + 2 * page, 4, 1));
        case 64: return ioctl(both[0], FIONREAD, at + page);
        case 65: return readlink("/proc/self/exe", at + page - 2, 100) > 2;
        case 66: return getresuid((void *)(at + page), (void *)(at + 2 * page), (void *)(at + 3 * page));
        case 67: return shmctl(shmget(IPC_PRIVATE, page, 0600), IPC_STAT, (void *)(at + page - 8));
        case 68: return fcntl(file, F_GETLK, memset(at + page - 2, 0, 1)) * 10 + getitimer(ITIMER_REAL, (void *)(at + 2 * page - 4));
        case 69: return on_stack();
        case 70: return vectored_out();
        case 71: return madvise(at, 3 * page, MADV_WILLNEED) + madvise(at, 3 * page, MADV_COLD) + madvise(at, 3 * page, MADV_PAGEOUT);
        case 72: return mlock(at, 2 * page) + munlock(at, page) + mlock2_again();
        case 73: return cancelled();
        default: return -1;
    }
}

int main(int count, char **words) {
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int shared = 0; shared < 2; shared++) {
        for (int which = 0; which < 74; which++) {
            if (count > 1 && atoi(words[1]) != which) continue;
            int child = fork();
            if (child == 0) {
                alarm(5);
                socketpair(AF_UNIX, SOCK_STREAM, 0, both);
                fcntl(both[0], F_SETFL, O_NONBLOCK);
                if (which != 59 && which != 60) supply(shared);
                errno = 0;
                int result = run(which), error = errno;
                usleep(1000);
                printf("%s %d: %d %s, %d reports:", shared ? "shared" : "private", which, result, result < 0 ? strerrorname_np(error) : "", reports);
                for (int i = 0; i < reports && i < 64; i++) printf(" %d", order[i]);
                printf("\n");
                _exit(0);
            }
            int status;
            waitpid(child, &status, 0);
            if (status != 0) printf("%d ends with status %x\n", which, status);
        }
    }
    return 0;
}
