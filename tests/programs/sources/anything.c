/* Random calls about files, pipes, sockets, events and signals, one after another: anything SEED COUNT. A line for each: the call with its
   arguments, the result, and a sum of the bytes that it gave. The arguments follow from the seed alone, and all that the host may answer
   as it likes (times, numbers of inodes, blocks, addresses) is left out, so that two kernels must say the same lines. Nothing waits. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

enum { SLOTS = 14, LONG_NAME = 256 };

static uint64_t state;
static int slots[SLOTS];
static char bytes[1 << 17], longest[LONG_NAME], tooLong[LONG_NAME + 1], deep[PATH_MAX + 1];
static int number;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 32) % below;
}

#define CHOOSE(...) ((const long long[]){ __VA_ARGS__ }[draw(sizeof (const long long[]){ __VA_ARGS__ } / sizeof(long long))])

/* Some of the flags, often none. */
static int some(int count, const int *flags)
{
    int all = 0;
    for (int left = draw(3) ? (int)draw(2) : (int)draw(4); left > 0; left--) all |= flags[draw((uint32_t)count)];
    return all;
}
#define SOME(...) some((int)(sizeof (const int[]){ __VA_ARGS__ } / sizeof(int)), (const int[]){ __VA_ARGS__ })

static const char *name(void)
{
    static const char *const names[] = {
        "a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "l", "l/a", "p", "s", "k", ".",
        "d/s", "a/", "d/", "d/.", "d/..", "d/../a", "..", "../t", "", "no/where", "a/b", "./a", "d//a", "l/../a", longest, tooLong, deep,
    };
    return names[draw(draw(4) ? 14 : sizeof names / sizeof *names)];
}

static const char *shown(const char *path)
{
    return path == longest ? "(255)" : path == tooLong ? "(256)" : path == deep ? "(4096)" : path;
}

static int descriptor(void)
{
    int chosen = slots[draw(SLOTS)];
    if (chosen == -1) chosen = slots[draw(SLOTS)];
    return draw(40) ? chosen : (int)CHOOSE(-1, AT_FDCWD, 999, INT_MAX, INT_MIN);
}

static int directory(void) { return draw(6) ? AT_FDCWD : descriptor(); }

/* A result that is a descriptor goes into a slot; what was there is closed, so that numbers stay small. */
static long long kept(long long made)
{
    uint32_t slot = draw(SLOTS);
    if (made < 0) return made;
    if (slots[slot] >= 3) close(slots[slot]);
    slots[slot] = (int)made;
    return made;
}

static uint32_t sum(const void *from, long long length)
{
    uint32_t hash = 2166136261u;
    for (const unsigned char *at = from; length > 0; length--) hash = (hash ^ *at++) * 16777619u;
    return hash;
}

static long long offset(void)
{
    return draw(4) ? (long long)draw(9000)
        : CHOOSE(0, 1, -1, 4095, 4096, 4097, 8192, 65536, 100000, 0x7fffffff, 0x80000000ll, 0xffffffffll, 0x100000000ll, LLONG_MAX, LLONG_MIN);
}

static size_t length(void) { return draw(3) ? draw(600) : (size_t)CHOOSE(0, 1, 7, 8, 9, 4095, 4096, 4097, 5000, 65536, 70000); }

/* Never sticky and writable for all: what is opened there depends on settings of the host (fs.protected_regular). */
static mode_t mode(void) { return (mode_t)CHOOSE(0, 0600, 0644, 0755, 0777, 01755, 04755, 02755, 0400, 07755, 0170755); }

static void fill(size_t count)
{
    for (size_t i = 0; i < count; i++) bytes[i] = (char)(number * 31 + (int)i * 7 + (int)(i >> 8));
}

static void *memory(void) { return draw(60) == 0 ? (void *)(intptr_t)CHOOSE(0, -1, 0xc0000000) : bytes; }

static int error;    /* of the call, before anything else */

static void say(long long value, const char *call, ...) __attribute__((format(printf, 2, 3)));
static void say(long long value, const char *call, ...)
{
    va_list arguments;
    va_start(arguments, call);
    printf("%d: ", number);
    vprintf(call, arguments);
    va_end(arguments);
    if (value == -1) printf(" = %s\n", strerrorname_np(error) ? strerrorname_np(error) : "?");
    else printf(" = %lld\n", value);
}

#define TRY(call) ({ errno = 0; long long value_ = (long long)(call); error = errno; value_; })

static void showBytes(long long value, const char *what, int from)
{
    if (value > 0) printf("   %s(%d) %08x\n", what, from, sum(bytes, value));
}

static void showStatus(long long value, const struct stat *status)
{
    if (value) return;
    printf("   %o %u %u %u", status->st_mode, (unsigned)status->st_nlink, status->st_uid, status->st_gid);
    if (S_ISREG(status->st_mode) || S_ISLNK(status->st_mode)) printf(" %lld", (long long)status->st_size);
    printf("\n");
}

static void openOne(void)
{
    static const int more[] = {
        O_CREAT, O_CREAT, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_CLOEXEC, O_SYNC, O_DSYNC, O_NOATIME, O_TMPFILE,
    };
    int flags = (int)CHOOSE(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR, 3) | some(sizeof more / sizeof *more, more) | O_NONBLOCK;
    int at = directory();
    const char *path = name();
    mode_t rights = mode();
    say(kept(TRY(openat(at, path, flags, rights))), "openat(%d, %s, %#x, %#o)", at, shown(path), flags, rights);
}

static void duplicate(void)
{
    int from = descriptor(), to = (int)CHOOSE(20, 21, 22, 23, 3, -1, from), flags = SOME(O_CLOEXEC, O_NONBLOCK);
    switch (draw(4)) {
    case 0: say(kept(TRY(dup(from))), "dup(%d)", from); break;
    case 1: say(TRY(dup2(from, to == 3 ? 24 : to)), "dup2(%d, %d)", from, to); break;
    case 2: say(TRY(dup3(from, to == 3 ? 24 : to, flags)), "dup3(%d, %d, %#x)", from, to, flags); break;
    default: say(kept(TRY(fcntl(from, F_DUPFD_CLOEXEC, to))), "F_DUPFD(%d, %d)", from, to);
    }
    for (int i = 20; i <= 24; i++) if (draw(2)) close(i);
}

static void closeOne(void)
{
    uint32_t slot = draw(SLOTS);
    int from = slots[slot];
    if (from <= 2) return;
    say(TRY(close(from)), "close(%d)", from);
    slots[slot] = -1;
}

static void control(void)
{
    int from = descriptor(), seals = SOME(F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, 0x20, 0x80);
    int flags = SOME(O_APPEND, O_DSYNC, O_CREAT, O_NOATIME) | O_NONBLOCK;
    struct flock lock = { .l_type = (short)CHOOSE(F_RDLCK, F_WRLCK, F_UNLCK, 7), .l_whence = (short)CHOOSE(SEEK_SET, SEEK_CUR, SEEK_END, 3) };
    lock.l_start = offset(), lock.l_len = offset();
    int command = (int)CHOOSE(F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_GETLK, F_SETLK, F_GETPIPE_SZ, F_SETPIPE_SZ,
        F_ADD_SEALS, F_GET_SEALS, F_GETLEASE, F_GETSIG, F_GETOWN, 99);
    long long value;
    switch (command) {
    case F_SETFD: value = TRY(fcntl(from, command, flags = (int)draw(3))); break;
    case F_SETFL: value = TRY(fcntl(from, command, flags)); break;
    case F_SETPIPE_SZ: value = TRY(fcntl(from, command, flags = (int)CHOOSE(0, 1, 4096, 4097, 65536, 131072, -1))); break;
    case F_ADD_SEALS: value = TRY(fcntl(from, command, flags = seals)); break;
    default: value = TRY(fcntl(from, command, &lock)); flags = 0;
    }
    say(value, "fcntl(%d, %d, %#x, %d %d %lld %lld)", from, command, flags, lock.l_type, lock.l_whence, (long long)lock.l_start,
        (long long)lock.l_len);
}

static void transfer(void)
{
    int from = descriptor();
    size_t count = length(), first = count / 3;
    long long at = offset();
    void *where = memory();
    struct iovec parts[3] = { { bytes, first }, { bytes + first, 0 }, { bytes + first, count - first } };
    long long value;
    memset(bytes, 0, sizeof bytes);
    switch (draw(10)) {
    case 0: case 1: say(value = TRY(read(from, where, count)), "read(%d, %p, %zu)", from, where == bytes ? 0 : where, count); break;
    case 2: say(value = TRY(pread(from, bytes, count, at)), "pread(%d, %zu, %lld)", from, count, at); break;
    case 3: say(value = TRY(readv(from, parts, 3)), "readv(%d, %zu)", from, count); break;
    case 4: say(value = TRY(preadv(from, parts, 3, at)), "preadv(%d, %zu, %lld)", from, count, at); break;
    case 5: case 6: fill(count);
        say(TRY(write(from, where, count)), "write(%d, %p, %zu)", from, where == bytes ? 0 : where, count); return;
    case 7: fill(count); say(TRY(pwrite(from, bytes, count, at)), "pwrite(%d, %zu, %lld)", from, count, at); return;
    case 8: fill(count); say(TRY(writev(from, parts, 3)), "writev(%d, %zu)", from, count); return;
    default: fill(count);
        say(TRY(pwritev(from, parts, 3, at)), "pwritev(%d, %zu, %lld)", from, count, at); return;
    }
    showBytes(value, "bytes", from);
}

static void place(void)
{
    int from = descriptor(), whence = (int)CHOOSE(SEEK_SET, SEEK_SET, SEEK_CUR, SEEK_END, 5, -1);
    struct stat status;
    long long at = offset();
    if (!fstat(from, &status) && S_ISDIR(status.st_mode)) at = 0, whence = SEEK_SET;    /* its positions are the file system's */
    say(TRY(lseek(from, at, whence)), "lseek(%d, %lld, %d)", from, at, whence);
}

static void size(void)
{
    int from = descriptor();
    long long at = offset(), count = offset();
    const char *path = name();
    int how = (int)CHOOSE(0, 0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_PUNCH_HOLE, 0x100, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE,
        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
    if (at > 1 << 20 && at < 1ll << 40) at &= 0xfffff;    /* no gigabytes on the host's disk */
    if (count > 1 << 20) count &= 0xfffff;
    switch (draw(3)) {
    case 0: say(TRY(truncate(path, at)), "truncate(%s, %lld)", shown(path), at); break;
    case 1: say(TRY(ftruncate(from, at)), "ftruncate(%d, %lld)", from, at); break;
    default: say(TRY(fallocate(from, how, at, count)), "fallocate(%d, %#x, %lld, %lld)", from, how, at, count);
    }
}

static void makeName(void)
{
    int at = directory();
    const char *path = name(), *to = name();
    mode_t rights = mode();
    int kind = (int)CHOOSE(S_IFREG, S_IFIFO, S_IFSOCK, 0, S_IFDIR, S_IFLNK);
    switch (draw(4)) {
    case 0: case 1: say(TRY(mkdirat(at, path, rights & 07777)), "mkdirat(%d, %s, %#o)", at, shown(path), rights & 07777); break;
    case 2: say(TRY(symlinkat(to, at, path)), "symlinkat(%s, %d, %s)", shown(to), at, shown(path)); break;
    default: say(TRY(mknodat(at, path, (mode_t)kind | (rights & 0777), 0)), "mknodat(%d, %s, %#o)", at, shown(path), kind | (int)(rights & 0777));
    }
}

static void takeName(void)
{
    int at = directory(), flags = (int)CHOOSE(0, 0, AT_REMOVEDIR, AT_REMOVEDIR, 1);
    const char *path = name();
    if (draw(3)) say(TRY(unlinkat(at, path, flags)), "unlinkat(%d, %s, %#x)", at, shown(path), flags);
    else say(TRY(rmdir(path)), "rmdir(%s)", shown(path));
}

static void moveName(void)
{
    int at = directory(), to = directory();
    const char *path = name(), *other = name();
    if (path == tooLong || other == tooLong) path = other = "b";
    int flags = SOME(RENAME_NOREPLACE, 8), follow = SOME(AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, 1);
    if (draw(2)) {
        say(TRY(syscall(SYS_renameat2, at, path, to, other, flags)), "renameat2(%d, %s, %d, %s, %#x)", at, shown(path), to, shown(other), flags);
    } else {
        say(TRY(linkat(at, path, to, other, follow)), "linkat(%d, %s, %d, %s, %#x)", at, shown(path), to, shown(other), follow);
    }
}

static void look(void)
{
    int at = directory(), flags = SOME(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_NO_AUTOMOUNT, 1), from = descriptor();
    const char *path = name();
    struct stat status;
    struct statx more;
    long long value;
    size_t room = (size_t)CHOOSE(0, 1, 2, 100, 4096);
    switch (draw(6)) {
    case 0: case 1:
        say(value = TRY(fstatat(at, path, &status, flags)), "fstatat(%d, %s, %#x)", at, shown(path), flags);
        showStatus(value, &status);
        break;
    case 2:
        say(value = TRY(fstat(from, &status)), "fstat(%d)", from);
        showStatus(value, &status);
        break;
    case 3:
        say(value = TRY(syscall(SYS_statx, at, path, flags, 0x7ff, &more)), "statx(%d, %s, %#x)", at, shown(path), flags);
        if (!value) printf("   %o %u\n", more.stx_mode, more.stx_nlink);
        break;
    case 4:
        say(value = TRY(syscall(SYS_readlinkat, at, path, bytes, room)), "readlinkat(%d, %s, %zu)", at, shown(path), room);
        showBytes(value, "target", at);
        break;
    default:
        flags = SOME(AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1), room = (size_t)CHOOSE(R_OK, W_OK, X_OK, F_OK, 7, 8);
        say(TRY(syscall(SYS_faccessat2, at, path, (int)room, flags)), "faccessat2(%d, %s, %zu, %#x)", at, shown(path), room, flags);
    }
}

static void change(void)
{
    int at = directory(), flags = SOME(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1), from = descriptor();
    const char *path = name();
    mode_t rights = mode();
    int user = (int)CHOOSE(-1, 0, 1, 1000, -2), group = (int)CHOOSE(-1, 0, 1, 1000);
    struct timespec times[2] = { { draw(100), CHOOSE(0, 5, 999999999, 1000000000, UTIME_NOW, UTIME_OMIT, -1) }, { 7, CHOOSE(0, UTIME_OMIT) } };
    switch (draw(6)) {
    case 0: say(TRY(fchmod(from, rights)), "fchmod(%d, %#o)", from, rights); break;
    case 1: say(TRY(syscall(SYS_fchmodat, at, path, rights)), "fchmodat(%d, %s, %#o)", at, shown(path), rights); break;
    case 2: say(TRY(fchown(from, (uid_t)user, (gid_t)group)), "fchown(%d, %d, %d)", from, user, group); break;
    case 3: say(TRY(fchownat(at, path, (uid_t)user, (gid_t)group, flags)), "fchownat(%d, %s, %d, %d, %#x)", at, shown(path), user, group, flags);
        break;
    case 4: say(TRY(syscall(SYS_utimensat_time64, at, path, (long long[]){ times[0].tv_sec, times[0].tv_nsec, 7, times[1].tv_nsec }, flags)),
            "utimensat(%d, %s, %ld, %ld, %#x)", at, shown(path), times[0].tv_nsec, times[1].tv_nsec, flags);
        break;
    default: rights &= 0777; say(TRY(umask(rights)), "umask(%#o)", rights); umask(022);
    }
}

static int byName(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

/* All names of a directory, in an order of their own. */
static void list(void)
{
    static struct { long long inode, next; unsigned short length; unsigned char kind; char name[]; } *entry;
    int at = descriptor(), count = 0;
    char *names[256];
    if (lseek(at, 0, SEEK_SET)) return;
    long long value = TRY(syscall(SYS_getdents64, at, bytes, sizeof bytes));
    say(value > 0 ? 1 : value, "getdents64(%d)", at);
    for (long long i = 0; i < value && count < 256; i += entry->length) {
        entry = (void *)(bytes + i);
        names[count++] = entry->name;
        entry->name[-1] = entry->kind;
    }
    qsort(names, (size_t)count, sizeof *names, byName);
    for (int i = 0; i < count; i++) printf("   %d %s\n", names[i][-1], strlen(names[i]) > 100 ? "(long)" : names[i]);
}

/* For one call the work goes on elsewhere. */
static void go(void)
{
    const char *path = name();
    int at = descriptor(), byName = (int)draw(2);
    long long value = byName ? TRY(chdir(path)) : TRY(fchdir(at));
    say(value, "%s(%s, %d)", byName ? "chdir" : "fchdir", shown(path), at);
}

static void makePipe(void)
{
    int ends[2], flags = SOME(O_CLOEXEC, O_NONBLOCK, O_APPEND) | O_NONBLOCK;
    long long value = TRY(pipe2(ends, flags));
    say(value, "pipe2(%#x)", flags);
    if (!value) kept(ends[0]), kept(ends[1]);
}

static void makePair(void)
{
    int ends[2], kind = (int)CHOOSE(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM, SOCK_RAW, 9);
    int domain = (int)CHOOSE(AF_UNIX, AF_UNIX, AF_UNIX, AF_UNIX, 77), protocol = (int)CHOOSE(0, 0, 0, 1, 5);
    long long value = TRY(socketpair(domain, kind | SOCK_NONBLOCK, protocol, ends));
    say(value, "socketpair(%d, %d, %d)", domain, kind, protocol);
    if (!value) kept(ends[0]), kept(ends[1]);
}

static void move(void)
{
    int from = descriptor(), to = descriptor(), available = -7;
    long long start = offset();
    size_t count = length();
    int seeks = (int)CHOOSE(0, 0, 1);
    loff_t in = start;
    long long value;
    struct stat source, target;    /* a pipe's pages are filled differently by sendfile here */
    int copies = !fstat(from, &source) && !fstat(to, &target) && S_ISREG(source.st_mode) && !S_ISFIFO(target.st_mode);
    if (draw(3) && copies) {
        value = TRY(sendfile(to, from, seeks ? &in : 0, count));
        say(value, "sendfile(%d, %d, %d %lld, %zu)", to, from, seeks, start, count);
        if (in != start) printf("   at %lld\n", (long long)in);
    } else {
        value = TRY(ioctl(from, FIONREAD, &available));
        say(value, "FIONREAD(%d)", from);
        if (!value) printf("   %d\n", available);
    }
}

/* An address of a socket: a name in the file system, a hidden name, none, or one that is cut. */
static socklen_t address(struct sockaddr_un *made, const char **what)
{
    const char *path = *what = (const char *)(uintptr_t)CHOOSE((uintptr_t)"s", (uintptr_t)"s", (uintptr_t)"d/s", (uintptr_t)"a", (uintptr_t)"");
    memset(made, 0, sizeof *made);
    made->sun_family = (sa_family_t)(draw(30) ? AF_UNIX : AF_INET6);
    if (*path) {
        strcpy(made->sun_path, path);
        return draw(20) ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + draw(2)) : (socklen_t)CHOOSE(0, 1, 2, 200, -1);
    }
    snprintf(made->sun_path + 1, sizeof made->sun_path - 1, "%s %u", getenv("HOME"), draw(2));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(made->sun_path + 1));
}

static void talk(void)
{
    struct sockaddr_un there;
    const char *what;
    socklen_t room = address(&there, &what), given = (socklen_t)CHOOSE(0, 1, 2, 5, sizeof there);
    int from = descriptor(), kind = (int)CHOOSE(SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM), backlog = (int)CHOOSE(0, 1, 5, -1);
    int how = (int)CHOOSE(SHUT_RD, SHUT_WR, SHUT_RDWR, 3), flags = (int)CHOOSE(SOCK_CLOEXEC, 0, 4);
    long long value;
    switch (draw(7)) {
    case 0: say(kept(TRY(socket(AF_UNIX, kind | SOCK_NONBLOCK, 0))), "socket(%d)", kind); return;
    case 1: say(TRY(bind(from, (struct sockaddr *)&there, room)), "bind(%d, %d %s, %d)", from, there.sun_family, what, (int)(*what ? room : 0));
        return;
    case 2: say(TRY(listen(from, backlog)), "listen(%d, %d)", from, backlog); return;
    case 3: say(TRY(connect(from, (struct sockaddr *)&there, room)), "connect(%d, %d %s, %d)", from, there.sun_family, what,
                (int)(*what ? room : 0));
        return;
    case 4: say(kept(TRY(accept4(from, 0, 0, flags | SOCK_NONBLOCK))), "accept4(%d, %#x)", from, flags); return;
    case 5: say(TRY(shutdown(from, how)), "shutdown(%d, %d)", from, how); return;
    default:
        memset(bytes, 0, sizeof there);
        value = how & 1 ? TRY(getsockname(from, (struct sockaddr *)bytes, &given)) : TRY(getpeername(from, (struct sockaddr *)bytes, &given));
        say(value, "%s(%d)", how & 1 ? "getsockname" : "getpeername", from);
        if (!value && bytes[2]) printf("   %u %08x\n", given, sum(bytes, given < 20 ? (int)given : 20));
    }
}

static void option(void)
{
    int from = descriptor(), value = (int)CHOOSE(0, 1, 2, -1, 5000), level = (int)CHOOSE(SOL_SOCKET, SOL_SOCKET, SOL_SOCKET, SOL_SOCKET, 6, 77);
    socklen_t room = (socklen_t)CHOOSE(0, 2, 4, 4, 4, 4, 8, -1);
    int which = (int)CHOOSE(SO_TYPE, SO_ERROR, SO_ACCEPTCONN, SO_DOMAIN, SO_PROTOCOL, SO_REUSEADDR, SO_KEEPALIVE,
        SO_OOBINLINE, SO_BROADCAST, 200);
    if (draw(2)) {
        say(TRY(setsockopt(from, level, which, &value, room)), "setsockopt(%d, %d, %d, %d, %d)", from, level, which, value, (int)room);
        return;
    }
    value = 0;
    long long result = TRY(getsockopt(from, level, which, &value, &room));
    say(result, "getsockopt(%d, %d, %d)", from, level, which);
    if (!result) printf("   %d %u\n", value, room);
}

/* What carries descriptors carries one. */
static void message(void)
{
    int from = descriptor(), carried = descriptor(), isSend = (int)draw(2), has = (int)draw(3), given = -1;
    int flags = SOME(MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_EOR, MSG_DONTROUTE, MSG_CMSG_CLOEXEC) | MSG_DONTWAIT | MSG_NOSIGNAL;
    size_t count = draw(4) ? draw(300) : (size_t)CHOOSE(0, 1, 5000);
    struct iovec part = { bytes, count };
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } extra;
    memset(&extra, 0, sizeof extra);
    struct msghdr whole = { .msg_iov = &part, .msg_iovlen = 1 };
    struct stat status;
    if (isSend && !fstat(carried, &status) && S_ISSOCK(status.st_mode)) has = 1;    /* sockets in sockets are collected at some time */
    if (!has) whole.msg_control = &extra, whole.msg_controllen = sizeof extra;
    long long value;
    if (isSend) {
        fill(count);
        extra.header.cmsg_len = CMSG_LEN(sizeof(int)), extra.header.cmsg_level = SOL_SOCKET;
        extra.header.cmsg_type = draw(20) ? SCM_RIGHTS : 9;
        memcpy(CMSG_DATA(&extra.header), &carried, sizeof carried);
        say(TRY(sendmsg(from, &whole, flags)), "sendmsg(%d, %zu, %d, %#x)", from, count, has ? -9 : carried, flags);
        return;
    }
    say(value = TRY(recvmsg(from, &whole, flags)), "recvmsg(%d, %zu, %#x)", from, count, flags);
    showBytes(value < (long long)count ? value : (long long)count, "message", from);
    if (value == -1) return;
    printf("   flags %#x, %zu of control\n", whole.msg_flags, has ? 0 : (size_t)whole.msg_controllen);
    if (has || !whole.msg_controllen || extra.header.cmsg_type != SCM_RIGHTS) return;
    memcpy(&given, CMSG_DATA(&extra.header), sizeof given);
    kept(given);
}

static void event(void)
{
    int from = descriptor(), kind = (int)CHOOSE(EFD_SEMAPHORE, 0, 1 << 5);
    unsigned start = (unsigned)CHOOSE(0, 1, 5, -1);
    const char *path = name();
    int seals = SOME(MFD_ALLOW_SEALING, MFD_ALLOW_SEALING, MFD_CLOEXEC, 0x40);
    switch (draw(3)) {
    case 0: say(kept(TRY(eventfd(start, kind | EFD_NONBLOCK))), "eventfd(%u, %#x)", start, kind); break;
    case 1: say(kept(TRY(memfd_create(path, (unsigned)seals))), "memfd_create(%s, %#x)", shown(path), seals); break;
    default:
        start = (unsigned)(start ? CHOOSE(1, 7, 100, -1) : 0);
        say(TRY(write(from, &(uint64_t){ start == UINT_MAX ? UINT64_MAX - 1 : start }, 8)), "write(%d, number %u)", from, start);
    }
}

static void await(void)
{
    static const int masks[] = { POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLHUP };
    int from = descriptor(), what = descriptor(), most = (int)CHOOSE(1, 1, 8, 0, -1);
    int action = (int)CHOOSE(EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, 9);
    struct epoll_event wanted = { .events = (unsigned)some(7, masks), .data.u32 = (unsigned)number }, got[8];
    struct pollfd all[4];
    wanted.events |= (unsigned)SOME(EPOLLET, EPOLLONESHOT, EPOLLWAKEUP, EPOLLET);
    for (int i = 0; i < 4; i++) all[i] = (struct pollfd){ .fd = descriptor(), .events = (short)some(7, masks) };
    long long value;
    switch (draw(5)) {
    case 0: say(kept(TRY(epoll_create1((int)draw(20) / 19))), "epoll_create1()"); break;
    case 1: case 2: say(TRY(epoll_ctl(from, action, what, &wanted)), "epoll_ctl(%d, %d, %d, %#x)", from, action, what, wanted.events); break;
    case 3: say(value = TRY(epoll_wait(from, got, most, 0)), "epoll_wait(%d, %d)", from, most);
        for (int i = 0; i < value; i++) printf("   %u %#x\n", got[i].data.u32, got[i].events);
        break;
    default: say(TRY(poll(all, 4, 0)), "poll(%d %#x, %d %#x, %d %#x, %d %#x)", all[0].fd, all[0].events, all[1].fd, all[1].events,
                 all[2].fd, all[2].events, all[3].fd, all[3].events);
        printf("   %#x %#x %#x %#x\n", all[0].revents, all[1].revents, all[2].revents, all[3].revents);
    }
}

static void map(void)
{
    int from = descriptor(), rights = (int)CHOOSE(PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE, PROT_NONE, PROT_READ | PROT_EXEC);
    int flags = (int)CHOOSE(MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, 0);
    size_t count = (size_t)CHOOSE(1, 4096, 5000, 8192, 0);
    long long at = CHOOSE(0, 0, 0, 4096, 1);
    char *made = (char *)(intptr_t)TRY((intptr_t)mmap(0, count, rights, flags, from, (off_t)at));
    say(made == MAP_FAILED ? -1 : 0, "mmap(%zu, %d, %d, %d, %lld)", count, rights, flags, from, at);
    if (made == MAP_FAILED) return;
    struct stat status;
    if (rights == (PROT_READ | PROT_WRITE) && !fstat(from, &status) && status.st_size > at) {
        made[(status.st_size - at - 1) % 4096] ^= (char)number;
        printf("   %08x\n", sum(made, status.st_size - at < 4096 ? status.st_size - at : 4096));
    }
    munmap(made, count);
}

static void hold(void)
{
    int from = descriptor(), how = (int)CHOOSE(LOCK_SH, LOCK_EX, LOCK_UN, LOCK_SH | LOCK_EX, 0), which = (int)draw(6);
    long long at = offset(), count = offset();
    int advice = (int)CHOOSE(POSIX_FADV_NORMAL, POSIX_FADV_DONTNEED, POSIX_FADV_WILLNEED, 6, -1), flags = SOME(1, 2, 4, 8);
    switch (draw(5)) {
    case 0: case 1: say(TRY(flock(from, how | LOCK_NB)), "flock(%d, %d)", from, how); break;
    case 2: say(TRY(which & 1 ? fsync(from) : fdatasync(from)), "fsync or fdatasync(%d)", from); break;
    case 3: say(TRY(posix_fadvise(from, at, count, advice)), "posix_fadvise(%d, %lld, %lld, %d)", from, at, count, advice); break;
    default: say(TRY(sync_file_range(from, at, count, (unsigned)flags)), "sync_file_range(%d, %lld, %lld, %#x)", from, at, count, flags);
    }
}

/* All signals that are sent here are blocked, and wait until somebody takes them. */
static void signalOne(void)
{
    int which = (int)CHOOSE(SIGUSR1, SIGUSR2, SIGRTMIN + 1, SIGRTMIN + 2, 0, 65, -1);
    sigset_t set, waiting;
    siginfo_t got;
    long long value;
    sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGRTMIN + 1);
    if (draw(2)) sigaddset(&set, SIGUSR2);
    switch (draw(4)) {
    case 0: say(TRY(kill(getpid(), which)), "kill(%d)", which); break;
    case 1: say(TRY(tgkill(getpid(), getpid(), which)), "tgkill(%d)", which); break;
    case 2: say(value = TRY(sigtimedwait(&set, &got, &(struct timespec){ 0, 0 })), "sigtimedwait(%d)", sigismember(&set, SIGUSR2));
        if (value > 0) printf("   %d\n", got.si_code);
        break;
    default: say(TRY(sigpending(&waiting)), "sigpending()");
        printf("   %d %d %d %d\n", sigismember(&waiting, SIGUSR1), sigismember(&waiting, SIGUSR2), sigismember(&waiting, SIGRTMIN + 1),
            sigismember(&waiting, SIGRTMIN + 2));
    }
}

static void (*const kinds[])(void) = {
    openOne, openOne, openOne, openOne, openOne, duplicate, closeOne, control, control, transfer, transfer, transfer, transfer, transfer, place,
    size, size, makeName, makeName, takeName, takeName, moveName, moveName, look, look, look, change, change, list, go, makePipe, makePair, move,
    move, move, talk, talk, talk, option, message, message, message, event, await, await, await, map, hold, signalOne, signalOne, signalOne,
};

int main(int count, char **arguments)
{
    char *home = own_directory();
    int calls = count > 2 ? atoi(arguments[2]) : 500;
    sigset_t blocked;
    if (mkdir("in", 0755) || chdir("in") || mkdir("work", 0755) || chdir("work")) return 1;
    sprintf(bytes, "%s/in/work", home);
    if (setenv("HOME", bytes, 1)) return 1;
    state = 88172645463325252ull + 7919ull * (count > 1 ? (unsigned)atoi(arguments[1]) : 1);
    for (int i = 0; i < 20; i++) draw(2);
    memset(longest, 'n', sizeof longest - 1), memset(tooLong, 'm', sizeof tooLong - 1), memset(deep, '/', sizeof deep - 1);
    for (int i = 0; i < SLOTS; i++) slots[i] = -1;
    for (int i = 3; i < 64; i++) close(i);
    umask(022), signal(SIGPIPE, SIG_IGN), signal(SIGIO, SIG_IGN);
    sigfillset(&blocked), sigdelset(&blocked, SIGSEGV), sigprocmask(SIG_BLOCK, &blocked, 0);
    if (mkdir("d", 0755) || mkdir("d/e", 0755) || symlink("d", "l") || mkfifo("p", 0644)) return 1;
    slots[0] = creat("a", 0644), slots[1] = open("d", O_RDONLY), slots[2] = open("d/a", O_RDWR | O_CREAT, 0644);
    for (number = 1; number <= calls; number++) {
        void (*kind)(void) = kinds[draw(sizeof kinds / sizeof *kinds)];
        kind();
        if (kind != go && chdir(getenv("HOME"))) printf("home is gone\n");
    }
    return 0;
}
