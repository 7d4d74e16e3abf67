/* userfaultfd(2): who waits, what is read, which errors there are; and PAGEMAP_SCAN. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096, missing = 1, protect = 2, minor = 4 };
#define API 0xc018aa3fu
#define REGISTER 0xc020aa00u
#define UNREGISTER 0x8010aa01u
#define WAKE 0x8010aa02u
#define COPY 0xc028aa03u
#define ZERO 0xc020aa04u
#define MOVE 0xc028aa05u
#define PROTECT 0xc018aa06u
#define CONTINUE 0xc020aa07u
#define POISON 0xc020aa08u
#define SCAN 0xc0606610u

typedef uint64_t word;
static __thread FILE *out;    // where a thread that runs beside others collects what it has to say
#define printf(...) fprintf(out ? out : stdout, __VA_ARGS__)
static char *const at = (char *)0x20000000;
static char *const from = (char *)0x28000000;

static const char *error_of(long result) { return result == 0 ? "ok" : strerrorname_np(errno); }

static int open_faults(int flags, word features) {
    int fd = syscall(SYS_userfaultfd, flags);
    word api[3] = { 0xaa, features, 0 };
    if (fd < 0 || ioctl(fd, API, api) != 0) { printf("no userfaultfd: %s\n", strerror(errno)); exit(1); }
    return fd;
}

static char *map(char *where, int pages) {
    return mmap(where, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void registers(int fd, int first, int count, word mode) {
    word words[4] = { (word)(unsigned)(at + first * page), count * page, mode, 0 };
    int result = ioctl(fd, REGISTER, words);
    printf("register %d+%d mode %d: %s", first, count, (int)mode, error_of(result));
    if (result == 0) printf(", can %llx", words[3]);
    printf("\n");
}

static void copies(int fd, int to, int count, char value, word mode) {
    memset(from, value, count * page);
    word words[5] = { (word)(unsigned)(at + to * page), (word)(unsigned)from, count * page, mode, 77 };
    int result = ioctl(fd, COPY, words);
    printf("copy %d+%d: %s, %lld\n", to, count, error_of(result), (long long)words[4]);
}

static void fills(int fd, const char *name, unsigned request, int to, int count, word mode) {
    word words[4] = { (word)(unsigned)(at + to * page), count * page, mode, 77 };
    int result = ioctl(fd, request, words);
    printf("%s %d+%d: %s, %lld\n", name, to, count, error_of(result), (long long)words[3]);
}

static void protects(int fd, int first, int count, word mode) {
    word words[3] = { (word)(unsigned)(at + first * page), count * page, mode };
    printf("protect %d+%d mode %d: %s\n", first, count, (int)mode, error_of(ioctl(fd, PROTECT, words)));
}

static void shows(const word *message) {
    const unsigned char *bytes = (const unsigned char *)message;
    long offset = (long)message[2] - (long)at;
    if (bytes[0] == 0x12) printf("message: fault flags %lld at page %ld\n", message[1], offset / page);
    else if (bytes[0] == 0x13) printf("message: fork\n");
    else printf("message: %x at %ld, %llx %llx\n", bytes[0], ((long)message[1] - (long)at) / page, message[2], message[3]);
}

static int reads(int fd, word *message) {
    ssize_t count = read(fd, message, 32);
    if (count == 32) shows(message);
    else printf("read: %s\n", strerrorname_np(errno));
    return count == 32;
}

static void pagemap(int first, int count) {
    int fd = open("/proc/self/pagemap", O_RDONLY);
    for (int i = 0; i < count; i++) {
        word entry = 0;
        pread(fd, &entry, 8, ((unsigned)at / page + first + i) * 8LL);
        printf(" %d:%s%s%s%s", first + i, entry >> 63 & 1 ? "P" : "", entry >> 62 & 1 ? "S" : "", entry >> 61 & 1 ? "F" : "",
               entry >> 57 & 1 ? "W" : "");
    }
    printf("\n");
    close(fd);
}

// A thread that makes one access and says what it has seen.
struct access { pthread_t thread; volatile char *where; int writes; int seen; };

static void *make_access(void *argument) {
    struct access *one = argument;
    if (one->writes) *one->where = one->writes;
    one->seen = *one->where;
    return NULL;
}

static void start(struct access *one, int where, int writes) {
    *one = (struct access){ .where = at + where * page, .writes = writes };
    pthread_create(&one->thread, NULL, make_access, one);
}

static void finish(struct access *one) {
    pthread_join(one->thread, NULL);
    printf("the access has seen %d\n", one->seen);
}

static void asking(void) {
    printf("flags: %s\n", error_of(syscall(SYS_userfaultfd, 2) < 0 ? -1 : 0));
    int fd = syscall(SYS_userfaultfd, O_NONBLOCK | O_CLOEXEC);
    struct pollfd polled = { fd, POLLIN, 0 };
    poll(&polled, 1, 0);
    printf("before the api: poll %x\n", polled.revents);
    word message[4];
    reads(fd, message);
    registers(fd, 0, 1, missing);
    word wrong[3] = { 0xab, 0, 0 }, unknown[3] = { 0xaa, 1ull << 40, 9 }, right[3] = { 0xaa, 0, 0 };
    printf("wrong api: %s, %llx\n", error_of(ioctl(fd, API, wrong)), wrong[0]);
    printf("unknown feature: %s, %llx\n", error_of(ioctl(fd, API, unknown)), unknown[1]);
    printf("api: %s, has %llx, can %llx\n", error_of(ioctl(fd, API, right)), right[1] & 0x1ffff, right[2]);
    printf("api again: %s\n", error_of(ioctl(fd, API, right)));
    reads(fd, message);
    poll(&polled, 1, 0);
    printf("poll %x\n", polled.revents);
    printf("short read: %s\n", error_of(read(fd, message, 31) < 0 ? -1 : 0));
    printf("write: %s\n", error_of(write(fd, message, 32) < 0 ? -1 : 0));
    printf("unknown ioctl: %s\n", error_of(ioctl(fd, 0xaa77, 0)));
    char name[64] = "", path[64];
    sprintf(path, "/proc/self/fd/%d", fd);
    readlink(path, name, 63);
    printf("%s\n", name);
    close(fd);
    fd = open_faults(0, 0);
    polled.fd = fd;
    poll(&polled, 1, 0);
    printf("blocking: poll %x\n", polled.revents);
    close(fd);
}

static void registering(void) {
    int fd = open_faults(O_NONBLOCK, 0), other = open_faults(O_NONBLOCK, 0);
    map(at, 8);
    registers(fd, 0, 8, 0);
    registers(fd, 0, 8, 8);
    registers(fd, 0, 8, minor);
    registers(fd, 100, 1, missing);
    registers(fd, 0, 0, missing);
    registers(fd, 2, 2, missing);
    registers(other, 0, 8, missing);
    registers(fd, 4, 2, missing | protect);
    registers(other, 6, 1, protect);
    word range[2] = { (word)(unsigned)at + 1, page };
    printf("unaligned: %s\n", error_of(ioctl(fd, UNREGISTER, range)));
    copies(fd, 0, 1, 1, 0);
    copies(fd, 2, 4, 1, 0);
    copies(fd, 2, 1, 1, 2);
    copies(fd, 4, 1, 1, 4);
    fills(fd, "zero", ZERO, 4, 1, 2);
    protects(fd, 2, 1, 1);
    protects(fd, 4, 1, 3);
    fills(fd, "continue", CONTINUE, 4, 1, 0);
    munmap(at + 7 * page, page);
    registers(fd, 6, 4, missing);
    mprotect(at, page, PROT_NONE);
    registers(fd, 0, 1, missing);
    copies(fd, 0, 1, 5, 0);
    mprotect(at, page, PROT_READ);
    printf("and there is %d\n", at[0]);
    char *file = mmap(at + 16 * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, open("/proc/self/exe", O_RDONLY), 0);
    if (file == MAP_FAILED) printf("no file\n");
    registers(fd, 16, 1, missing);
    close(fd);
    close(other);
    munmap(at, 32 * page);
}

static void filling(void) {
    int fd = open_faults(O_NONBLOCK, 0);
    struct access one;
    word message[4];
    map(at, 8);
    registers(fd, 0, 8, missing);
    struct pollfd polled = { fd, POLLIN, 0 };
    start(&one, 1, 0);
    poll(&polled, 1, 5000);
    printf("poll %x\n", polled.revents);
    reads(fd, message);
    copies(fd, 1, 1, 11, 0);
    finish(&one);
    start(&one, 2, 22);
    poll(&polled, 1, 5000);
    reads(fd, message);
    fills(fd, "zero", ZERO, 2, 1, 0);
    finish(&one);
    copies(fd, 0, 3, 9, 0);
    fills(fd, "zero", ZERO, 3, 3, 0);
    copies(fd, 4, 1, 9, 0);
    pagemap(0, 8);

    start(&one, 6, 0);
    poll(&polled, 1, 5000);
    reads(fd, message);
    copies(fd, 6, 1, 66, 1);
    usleep(1000);
    word range[2] = { (word)(unsigned)(at + 6 * page), page };
    printf("wake: %s\n", error_of(ioctl(fd, WAKE, range)));
    finish(&one);

    int waits = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    epoll_ctl(waits, EPOLL_CTL_ADD, fd, &event);
    start(&one, 7, 0);
    printf("epoll %d\n", epoll_wait(waits, &event, 1, 5000));
    close(waits);
    close(fd);
    finish(&one);
    munmap(at, 8 * page);
}

static void protecting(int shared) {
    int fd = open_faults(O_NONBLOCK, 1 | 1 << 12 | 1 << 13);
    struct access one;
    word message[4];
    struct pollfd polled = { fd, POLLIN, 0 };
    mmap(at, 4 * page, PROT_READ | PROT_WRITE, (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    at[0] = 1;
    (void)*(volatile char *)(at + page);
    registers(fd, 0, 4, protect);
    protects(fd, 0, 3, 1);
    pagemap(0, 4);
    start(&one, 0, 33);
    poll(&polled, 1, 5000);
    reads(fd, message);
    protects(fd, 0, 1, 0);
    finish(&one);
    start(&one, 2, 44);
    poll(&polled, 1, 5000);
    reads(fd, message);
    pagemap(0, 4);
    protects(fd, 2, 1, 0);
    finish(&one);
    protects(fd, 0, 1, 1);
    mprotect(at, page, PROT_READ);
    mprotect(at, page, PROT_READ | PROT_WRITE);
    madvise(at + page, page, MADV_DONTNEED);
    pagemap(0, 4);
    fflush(stdout);
    if (fork() == 0) {
        pagemap(0, 4);
        at[0] = 5;
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    word range[2] = { (word)(unsigned)at, 4 * page };
    printf("unregister: %s\n", error_of(ioctl(fd, UNREGISTER, range)));
    pagemap(0, 4);
    at[0] = 6;
    close(fd);
    munmap(at, 4 * page);
}

static void minors(void) {
    int fd = open_faults(O_NONBLOCK, 1 << 10), file = memfd_create("shared", 0);
    struct access one;
    word message[4];
    struct pollfd polled = { fd, POLLIN, 0 };
    ftruncate(file, 4 * page);
    pwrite(file, "A", 1, 0);
    mmap(at, 6 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    registers(fd, 0, 6, minor);
    start(&one, 0, 0);
    poll(&polled, 1, 5000);
    reads(fd, message);
    fills(fd, "continue", CONTINUE, 0, 1, 0);
    finish(&one);
    fills(fd, "continue", CONTINUE, 0, 1, 0);
    fills(fd, "continue", CONTINUE, 1, 1, 0);
    fills(fd, "continue", CONTINUE, 5, 1, 0);
    copies(fd, 0, 1, 1, 0);
    copies(fd, 2, 1, 'C', 0);
    copies(fd, 5, 1, 1, 0);
    start(&one, 3, 0);    // not in the cache: no minor fault
    finish(&one);
    pagemap(0, 4);
    close(fd);
    close(file);
    munmap(at, 6 * page);
}

static sigjmp_buf back;
static void caught(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    siglongjmp(back, info->si_code);
}

static int touches(int where) {
    int code = sigsetjmp(back, 1);
    if (code == 0) (void)*(volatile char *)(at + where * page);
    return code;
}

static void failing(void) {
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
    sigaction(SIGBUS, &action, NULL);
    int fd = open_faults(O_NONBLOCK, 1 << 14);
    map(at, 4);
    registers(fd, 0, 4, missing);
    fills(fd, "poison", POISON, 1, 1, 0);
    fills(fd, "poison", POISON, 1, 1, 0);
    fills(fd, "zero", ZERO, 1, 1, 0);
    printf("touching it: SIGBUS code %d\n", touches(1));
    printf("reading into it: %s\n", error_of(pread(open("/proc/self/exe", O_RDONLY), at + page, 1, 0) == 1 ? 0 : -1));
    copies(fd, 1, 1, 8, 0);
    printf("%d\n", at[page]);
    close(fd);
    munmap(at, 4 * page);

    fd = open_faults(O_NONBLOCK, 1 << 7);
    map(at, 4);
    registers(fd, 0, 4, missing);
    printf("signals instead: SIGBUS code %d\n", touches(0));
    close(fd);
    munmap(at, 4 * page);

    fd = open_faults(1, 0);
    map(at, 4);
    registers(fd, 0, 4, missing);
    printf("a call, but only users may wait: %s\n", error_of(pread(open("/proc/self/exe", O_RDONLY), at, 4, 0) == 4 ? 0 : -1));
    close(fd);
    munmap(at, 4 * page);
}

static int pipes[2];
static char *told;
static void *make_calls(void *unused) {
    (void)unused;
    size_t length;
    out = open_memstream(&told, &length);
    char *into = at + 2 * page - 3;
    printf("read %d\n", (int)read(pipes[0], into, 8));
    printf("it says %.8s\n", into);
    printf("wrote %d\n", (int)write(pipes[1], at + 4 * page, 5));
    fclose(out);
    return NULL;
}

static void calling(void) {
    int fd = open_faults(0, 0);
    pthread_t thread;
    word message[4];
    map(at, 8);
    registers(fd, 0, 8, missing);
    pipe(pipes);
    write(pipes[1], "pipeline", 8);
    pthread_create(&thread, NULL, make_calls, NULL);
    for (int i = 0; i < 3; i++) {
        reads(fd, message);
        copies(fd, ((long)message[2] - (long)at) / page, 1, 'a' + i, 0);
    }
    pthread_join(thread, NULL);
    printf("%s", told);
    char got[6] = "";
    read(pipes[0], got, 5);
    printf("and got %s\n", got);
    close(fd);
    munmap(at, 8 * page);
}

// Changes of mappings: a reader tells what has happened, and those who change them wait for it.
static void *read_changes(void *argument) {
    size_t length;
    int fd = *(int *)argument;
    out = open_memstream(&told, &length);
    word message[4];
    while (reads(fd, message)) {
        unsigned char kind = *(unsigned char *)message;
        if (kind == 0x13) {
            int child = (int)message[1];
            printf("the child's descriptor is %s\n", fcntl(child, F_GETFD) >= 0 ? "there" : "missing");
            reads(child, message);
            copies(child, ((long)message[2] - (long)at) / page, 1, 'k', 0);
            close(child);
        }
        if (kind == 0x16 && message[2] == (word)(unsigned)(at + 40 * page)) break;
    }
    fclose(out);
    return NULL;
}

static void changing(void) {
    int fd = open_faults(0, 2 | 4 | 8 | 64);
    pthread_t thread;
    map(at, 8);
    map(at + 39 * page, 1);
    registers(fd, 0, 8, missing);
    registers(fd, 39, 1, missing);
    copies(fd, 0, 2, 3, 0);
    pthread_create(&thread, NULL, read_changes, &fd);
    madvise(at, page, MADV_DONTNEED);
    printf("removed\n");
    mremap(at, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, at + 20 * page);
    printf("moved: %d\n", at[21 * page]);
    munmap(at + 4 * page, 2 * page);
    printf("unmapped\n");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int seen = at[2 * page];
        _exit(seen == 'k' ? 7 : 8);
    }
    int status;
    waitpid(child, &status, 0);
    printf("forked: %d\n", WEXITSTATUS(status));
    munmap(at + 39 * page, page);
    pthread_join(thread, NULL);
    printf("%s", told);
    close(fd);
    munmap(at, 64 * page);
}

static void moving(void) {
    int fd = open_faults(O_NONBLOCK, 1 << 16);
    map(at, 8);
    map(from, 8);
    registers(fd, 0, 4, missing);
    from[0] = 1;
    from[2 * page] = 3;
    (void)*(volatile char *)(from + 3 * page);
    word words[5] = { (word)(unsigned)at, (word)(unsigned)from, 4 * page, 0, 77 };
    printf("move: %s", error_of(ioctl(fd, MOVE, words)));
    printf(", %lld\n", (long long)words[4]);
    words[0] += page, words[1] += page, words[2] -= page, words[3] = 2;
    printf("with holes: %s", error_of(ioctl(fd, MOVE, words)));
    printf(", %lld\n", (long long)words[4]);
    printf("%d %d\n", at[0], at[2 * page]);
    pagemap(0, 4);
    close(fd);
    munmap(at, 8 * page);
}

static void scans(const char *name, int first, int count, word flags, word mask, word any, word inverted, word wanted, int limit, int room) {
    word regions[3 * 8], argument[12] = { 96, flags, (word)(unsigned)(at + first * page), (word)(unsigned)(at + (first + count) * page), 0,
        room ? (word)(unsigned)regions : 0, room, limit, inverted, mask, any, wanted };
    int fd = open("/proc/self/pagemap", O_RDONLY);
    int result = ioctl(fd, SCAN, argument);
    printf("%s: %d%s%s, end %ld", name, result, result < 0 ? " " : "", result < 0 ? strerrorname_np(errno) : "",
           ((long)argument[4] - (long)at) / page);
    for (int i = 0; i < result; i++)
        printf(" [%ld-%ld %llx]", ((long)regions[3 * i] - (long)at) / page, ((long)regions[3 * i + 1] - (long)at) / page, regions[3 * i + 2]);
    printf("\n");
    close(fd);
}

static void scanning(void) {
    enum { allowed = 1, written = 2, file = 4, present = 8, zero = 32, all = 0x7f };
    int fd = open_faults(O_NONBLOCK, 1 << 15);
    map(at, 16);
    scans("not registered", 0, 16, 1, 0, 0, 0, all, 0, 8);
    scans("and not allowed", 0, 16, 2, 0, 0, 0, all, 0, 8);
    registers(fd, 0, 16, protect);
    protects(fd, 0, 16, 1);
    at[0] = at[3 * page] = at[4 * page] = 1;
    (void)*(volatile char *)(at + 6 * page);
    pagemap(0, 8);
    scans("everything", 0, 16, 0, 0, 0, 0, all, 0, 8);
    scans("written", 0, 16, 0, written, 0, 0, written, 0, 8);
    scans("two of them", 0, 16, 0, written, 0, 0, written, 2, 8);
    scans("one region", 0, 16, 0, written, 0, 0, written, 0, 1);
    scans("not written", 0, 16, 0, present, 0, written, all, 0, 8);
    scans("zero or file", 0, 16, 0, 0, zero | file, 0, zero | file, 0, 8);
    scans("take", 0, 16, 3, written, 0, 0, written, 0, 8);
    scans("again", 0, 16, 1, written, 0, 0, written, 0, 8);
    at[5 * page] = 1;
    scans("one more", 0, 16, 1, written, 0, 0, written | present, 0, 8);
    madvise(at, 2 * page, MADV_DONTNEED);
    scans("given up", 0, 8, 0, written, 0, 0, written | present, 0, 8);
    at[9 * page] = 2;
    scans("protect only", 0, 16, 1, 0, 0, 0, 0, 0, 0);
    scans("nothing left", 0, 16, 0, written, 0, 0, written, 0, 8);
    scans("wrong flags", 0, 16, 4, 0, 0, 0, all, 0, 8);
    scans("wrong category", 0, 16, 0, 1 << 20, 0, 0, all, 0, 8);
    close(fd);
    munmap(at, 16 * page);
}

static void said(const char *call, long result) { printf("%s: %ld %s\n", call, result, result < 0 ? strerrorname_np(errno) : ""); }

static void device(void) {
    char bytes[8] = "";
    int made, fd = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    printf("device: %s\n", fd < 0 ? "none" : "open");
    said("read of the device", read(fd, bytes, sizeof bytes));
    said("write of the device", write(fd, bytes, sizeof bytes));
    said("unknown request", ioctl(fd, 0xaa01, 0));
    said("unknown flags", ioctl(fd, 0xaa00, 4));
    made = ioctl(fd, 0xaa00, O_CLOEXEC | O_NONBLOCK);
    printf("made: %s\n", made < 0 ? "none" : "open");
    said("read before the handshake", read(made, bytes, sizeof bytes));
    close(made);
    close(fd);
}

int main(void) {
    map(from, 16);
    device();
    asking();
    registering();
    filling();
    protecting(0);
    protecting(1);
    minors();
    failing();
    calling();
    changing();
    moving();
    scanning();
    return 0;
}
