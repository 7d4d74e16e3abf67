/* Numbers at which a rule turns: the last that is good and the first that is not, for one call after another. */
#include "report.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

/* As many pieces as there may be, and one more; and a length that is too long by one. Linux: import_iovec, __copy_msghdr. */
static void pieces(void)
{
    static struct iovec parts[1026];
    static char bytes[1026];
    int file = open("pieces", O_CREAT | O_RDWR, 0600), ends[2], pair[2];
    CALL(pipe(ends));
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    for (int i = 0; i < 1026; i++) parts[i].iov_base = bytes + i, parts[i].iov_len = 1, bytes[i] = (char)i;
    int counts[] = { -1, 0, 1, 8, 9, 1023, 1024, 1025 };
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int count = counts[i];
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
        CALL(count);
        CALL(syscall(SYS_writev, file, parts, count));
        CALL(lseek(file, 0, SEEK_SET));
        CALL(syscall(SYS_readv, file, parts, count));
        CALL(pwritev(file, parts, count, 100));
        CALL(preadv(file, parts, count, 50));
        CALL(syscall(SYS_writev, ends[1], parts, count));
        if (count > 0 && count <= 1024) CALL(syscall(SYS_readv, ends[0], parts, count));
        CALL(sendmsg(pair[0], &message, MSG_DONTWAIT));
        CALL(recvmsg(pair[1], &message, MSG_DONTWAIT));
    }
    struct iovec two[2] = { { bytes, 1 }, { bytes, 0x7fffffff } };
    CALL(lseek(file, 0, SEEK_SET));
    CALL(readv(file, two, 1));
    two[1].iov_len = 0x80000000;
    CALL(readv(file, two, 2));
    CALL(close(file) | close(ends[0]) | close(ends[1]) | close(pair[0]) | close(pair[1]));
}

/* A process whose three users are these. */
static int has_users(uid_t real, uid_t effective, uid_t saved)
{
    uid_t r, e, s;
    return !getresuid(&r, &e, &s) && r == real && e == effective && s == saved;
}

static void show_users(const char *what)
{
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s), getresgid(&gr, &ge, &gs);
    printf("%s: users %d %d %d, groups %d %d %d\n", what, r, e, s, gr, ge, gs);
}

/* setreuid and setregid from every state to every other one: when the saved user follows. Linux: __sys_setreuid, __sys_setregid. */
static void users(void)
{
    static const int from[][3] = { { 0, 0, 0 }, { 11, 0, 0 }, { 11, 0, 22 }, { 11, 22, 33 }, { 0, 11, 0 }, { 11, 11, 0 }, { 11, 22, 22 } };
    static const int to[] = { -1, 0, 11, 22, 33 };
    int status;
    if (geteuid() != 0) return;
    for (unsigned i = 0; i < sizeof from / sizeof from[0]; i++) {
        for (int r = 0; r < 5; r++) for (int e = 0; e < 5; e++) {
            fflush(stdout);
            if (!fork()) {
                if (setresgid(from[i][0], from[i][1], from[i][2]) || setresuid(from[i][0], from[i][1], from[i][2])) _exit(1);
                printf("%d %d %d to %d %d\n", from[i][0], from[i][1], from[i][2], to[r], to[e]);
                CALL(setregid(to[r], to[e]));
                CALL(setreuid(to[r], to[e]));
                show_users("now");
                fflush(stdout);
                _exit(0);
            }
            wait(&status);
        }
    }
    HOLDS(has_users(0, 0, 0));
}

/* How many descriptors there can be, and what is closed that gets no number: the other side is told. Linux: do_prlimit, alloc_fd. */
static void descriptors(void)
{
    int status, ends[2], more[2];
    char byte;
    fflush(stdout);
    if (!fork()) {
        static const unsigned hard[] = { 0xffffffff, 0x7ffffffe, (1 << 20) + 1, 1 << 20, (1 << 20) - 1 };
        struct rlimit old, high = { 40, 40 };
        int may = !setrlimit(RLIMIT_NICE, &high);
        for (int i = 0; i < 5; i++) {
            struct rlimit most = { 20, hard[i] };
            getrlimit(RLIMIT_NOFILE, &old);
            int is_allowed = hard[i] <= 1 << 20 && (may || hard[i] <= old.rlim_max);
            HOLDS((syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &(uint64_t[2]){ 20, hard[i] }, 0) == 0) == is_allowed);
            HOLDS((setrlimit(RLIMIT_NOFILE, &most) == 0) == is_allowed);
        }
        CALL(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &(uint64_t[2]){ 20, 20 }, 0));
        CALL(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &(uint64_t[2]){ 21, 20 }, 0));
        int last = 0;
        CALL(pipe2(ends, O_NONBLOCK));
        while ((status = open("/dev/null", O_RDONLY)) >= 0) last = status;
        CALL(errno == EMFILE && last == 19);
        CALL(dup(ends[1]));
        CALL(fcntl(ends[1], F_DUPFD, 5));
        CALL(fcntl(ends[1], F_DUPFD, 19));
        CALL(fcntl(ends[1], F_DUPFD, 20));
        CALL(dup2(ends[1], 20));
        CALL(dup2(ends[1], 19));
        CALL(pipe(more));
        CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, more));
        close(18);
        CALL(pipe(more));    /* room for one of both */
        CALL(open("/dev/null", O_RDONLY));
        CALL(read(ends[0], &byte, 1));
        close(19);
        close(ends[1]);
        CALL(read(ends[0], &byte, 1));    /* nobody has the other end */
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}

/* What cannot be mapped says so, unless the rights are missing for it. Linux: do_mmap asks for rights before file_has_valid_mmap_hooks. */
static void mappings(void)
{
    int ends[2], pair[2];
    CALL(pipe(ends));
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CALL(mkfifo("fifo", 0600));
    int files[] = {
        open(".", O_RDONLY | O_DIRECTORY), ends[0], ends[1], pair[0], eventfd(0, 0), epoll_create1(0),
        open("fifo", O_RDWR), open("/proc/self/maps", O_RDONLY), open("/proc", O_RDONLY), open(".", O_PATH),
    };
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (int rights = 0; rights < 8; rights++) {
            CALL(rights);
            PLACE(mmap(0, 4096, rights, MAP_PRIVATE, files[i], 0));
            PLACE(mmap(0, 4096, rights, MAP_SHARED, files[i], 0));
            PLACE(mmap(0, 4096, rights, MAP_SHARED_VALIDATE, files[i], 0));
        }
        PLACE(mmap(0, 0, PROT_READ, MAP_PRIVATE, files[i], 0));
        close(files[i]);
    }
}

/* Ranges to the end of 32 bits, and beyond. Linux: do_mseal, with sums of 64 bits. */
static void sealed(void)
{
    static const unsigned ranges[][2] = {
        { 0xfffff000, 1 }, { 0xfffff000, 4096 }, { 0xffffe000, 4096 }, { 0xffffe000, 0x3000 }, { 0xfffff000, 0xfffff001 }, { 4096, -1 },
        { 4096, 0xfffff000 }, { 4096, 0xffffefff }, { 0, -1 }, { 0xc0000000, 4096 }, { 0x8000000, 0xf8000000 }, { 0x8000001, 1 },
        { 0x8000001, 0 }, { 0xfffff000, 0 },
    };
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) CALL(syscall(462, ranges[i][0], ranges[i][1], 0));    /* mseal */
    CALL(syscall(462, 0x8000000, 4096, 1));
}

int main(void)
{
    own_directory();
    pieces();
    users();
    descriptors();
    mappings();
    sealed();
    return 0;
}
