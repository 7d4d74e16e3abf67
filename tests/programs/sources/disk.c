/* Takes the disk until it is full, in the way that its first argument names; the second is how many MiB there are. */
#define _GNU_SOURCE
#include "report.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

enum { MIB = 1 << 20, FILES_MAX = 100000 };

static char block[65536];

static const char *name_of(int error)
{
    return error == 0 ? "fine" : error == ENOSPC ? "ENOSPC" : strerror(error);
}

/* The count of a call that has just been made, and its error. */
static void tell(const char *what, long long count)
{
    printf("%s: %lld, %s\n", what, count, name_of(errno));
    errno = 0;
}

static int make(const char *path)
{
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (fd < 0) printf("%s: %s\n", path, strerror(errno));
    return fd;
}

/* Writes until it may not. */
static long long fill(int fd, ssize_t (*put)(int, long long))
{
    long long total = 0;
    for (ssize_t count; (count = put(fd, total)) > 0;) total += count;
    return total;
}

static ssize_t by_write(int fd, long long at) { (void)at; return write(fd, block, sizeof block); }
static ssize_t by_pwrite(int fd, long long at) { return pwrite64(fd, block, 40000, at); }
static ssize_t by_single(int fd, long long at) { return pwrite64(fd, block, 1, at * 4096) == 1 ? 1 : -1; }

static ssize_t by_writev(int fd, long long at)
{
    struct iovec parts[] = { { block, 1000 }, { block, 30000 }, { block, 5000 } };
    (void)at;
    return writev(fd, parts, 3);
}

static void written(ssize_t (*put)(int, long long), int scale)
{
    int fd = make("full");
    long long total = fill(fd, put);
    tell("KiB", total * scale / 1024);
    errno = 0;
    tell("overwritten", pwrite(fd, block, 100, 0));    /* needs no room */
    errno = 0;
    tell("cut", ftruncate(fd, 0));
    lseek(fd, 0, SEEK_SET);
    tell("again KiB", fill(fd, put) * scale / 1024);
    close(fd);
    errno = 0;
    tell("unlinked", unlink("full"));
    fd = make("full");
    tell("once more KiB", fill(fd, put) * scale / 1024);
    close(fd);
    unlink("full");
}

static void allocated(long mib)
{
    int fd = make("allocated");
    int result = fallocate64(fd, 0, 0, 100LL << 30);
    tell("100 GiB", result);
    ftruncate(fd, 0);
    errno = 0;
    tell("half", fallocate64(fd, 0, 0, mib * (long long)MIB / 2));
    tell("rest KiB", fill(make("full"), by_write) / 1024);
    errno = 0;
    tell("write into what was allocated", pwrite64(fd, block, sizeof block, MIB));
    errno = 0;
    tell("allocate it again", fallocate64(fd, 0, 0, MIB));
    errno = 0;
    tell("hole", fallocate64(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 2 * MIB));
    tell("into the room KiB", fill(make("full2"), by_write) / 1024);
    struct statfs64 told;
    statfs64(".", &told);
    printf("free: %lld KiB\n", (long long)(told.f_bavail * told.f_bsize / 1024 & ~63));
}

static void long_holes(void)
{
    int fd = make("long");
    tell("a hole of 1 TiB", ftruncate64(fd, 1LL << 40));
    errno = 0;
    tell("its last byte", pwrite64(fd, block, 1, (1LL << 40) - 1));
}

static sigjmp_buf refused;

static void on_bus_error(int signal)
{
    (void)signal;
    siglongjmp(refused, 1);
}

/* Stores into pages until one is SIGBUS. */
static long store(char *at, long length)
{
    volatile long i = 0;
    if (sigsetjmp(refused, 1)) errno = EFAULT;
    else for (; i < length; i += 4096) at[i] = 1;
    return i;
}

/* A store into a hole of a full disk is SIGBUS; one into a page that has its room is not. */
static void mapped(long mib)
{
    struct sigaction action = { .sa_handler = on_bus_error };
    sigaction(SIGBUS, &action, 0);
    int fd = make("mapped");
    long length = 2 * mib * MIB;
    ftruncate(fd, length);
    char *at = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    long stored = store(at, length);
    printf("stored KiB: %ld, %s\n", stored / 1024, errno == EFAULT ? "SIGBUS" : "fine");
    errno = 0;
    int zero = open("/dev/zero", O_RDONLY);
    tell("read into a hole", read(zero, at + length - 4096, 1));
    tell("written to a file", pwrite(fd, block, 4096, length - 4096));
    errno = 0;
    tell("over what was stored", pwrite(fd, block, 65536, 0));
    tell("msync", msync(at, length, MS_SYNC));
    tell("stored again", store(at, stored) == stored ? 0 : -1);
    tell("msync", msync(at, length, MS_SYNC));
    store(at, length);
    errno = 0;
    tell("cut", ftruncate(fd, mib * MIB / 2));
    tell("longer", ftruncate(fd, length));
    stored = store(at, length);
    printf("stored KiB: %ld, %s\n", stored / 1024, errno == EFAULT ? "SIGBUS" : "fine");
    errno = 0;
    tell("msync", msync(at, length, MS_SYNC));
    munmap(at, length);
    close(zero);
}

/* An unlinked file that was stored to through a mapping gives its room back with its last user. */
static void dropped(long mib)
{
    for (int i = 0; i < 4; i++)
    {
        int fd = make("dropped");
        long length = mib * MIB / 2;
        ftruncate(fd, length);
        char *at = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        unlink("dropped");
        tell("stored", store(at, length) == length ? 0 : -1);
        close(fd);
        munmap(at, length);
    }

    tell("KiB", fill(make("full"), by_write) / 1024);
}

static void names(void)
{
    char path[32];
    int count = 0;
    for (int kind = 0, error = 0; count < FILES_MAX && error == 0; kind = (kind + 1) % 4) {
        snprintf(path, sizeof path, "n%d", ++count);
        int result = kind == 0 ? mkdir(path, 0700) : kind == 1 ? symlink("anywhere", path) : kind == 2 ? mknod(path, S_IFIFO | 0600, 0)
            : open(path, O_CREAT | O_WRONLY, 0600);
        error = result < 0 ? errno : 0;
        if (kind == 3 && !error) close(result);
        errno = error;
        if (error) tell("names", count >= 400 && count <= 1200);
    }
    tell("link", link("n4", "linked"));
    int made = 0;
    while (++made < count) {
        snprintf(path, sizeof path, "n%d", made);
        if (remove(path)) tell(path, made);
    }
    errno = 0;
    tell("a name again", mkdir("again", 0700));
}

/* What is unlinked but held in any way keeps its room; what is let go gives it back, many times. */
static void unlinked(long mib)
{
    int held = -1;
    for (int i = 0; i < 3; i++) {
        int fd = i == 0 ? make("gone") : open(".", O_TMPFILE | O_RDWR, 0600);
        tell("KiB", fill(fd, by_write) / 1024);
        if (i == 0) unlink("gone");
        close(fd);
    }
    int fd = make("gone");
    fallocate64(fd, 0, 0, mib * (long long)MIB / 2);
    held = open("gone", O_PATH);
    close(fd);
    unlink("gone");
    for (int i = 0; i < 3; i++) {    /* opened by its descriptor again, and closed: still there */
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", held);
        close(open(path, O_RDONLY));
        fd = make("other");
        tell("beside what is held KiB", fill(fd, by_write) / 1024);
        close(fd);
    }
    close(held);
    fd = make("other");
    tell("alone KiB", fill(fd, by_write) / 1024);
}

static void streamed(void)
{
    int fd = open("/proc/self/fd/1", O_WRONLY);
    long long total = fill(fd, by_write);
    int error = errno;
    if (ftruncate(1, 0)) exit(3);
    lseek(1, 0, SEEK_SET);
    errno = error;
    tell("KiB", total / 1024);
}

int main(int count, char **arguments)
{
    const char *kind = count > 1 ? arguments[1] : "";
    long mib = count > 2 ? atol(arguments[2]) : 1;
    static char text[65536];
    setvbuf(stdout, text, _IOFBF, sizeof text);    /* standard output may lie on the same disk */
    if (!strcmp(kind, "write")) written(by_write, 1);
    if (!strcmp(kind, "pwrite")) written(by_pwrite, 1);
    if (!strcmp(kind, "writev")) written(by_writev, 1);
    if (!strcmp(kind, "single")) written(by_single, 4096);
    if (!strcmp(kind, "allocate")) allocated(mib);
    if (!strcmp(kind, "hole")) long_holes();
    if (!strcmp(kind, "mapped")) mapped(mib);
    if (!strcmp(kind, "dropped")) dropped(mib);
    if (!strcmp(kind, "names")) names();
    if (!strcmp(kind, "unlinked")) unlinked(mib);
    if (!strcmp(kind, "stream")) streamed();
    for (int fd = 3; fd < 16; fd++) close(fd);
    static const char *const left[] = { "full", "full2", "allocated", "long", "mapped", "gone", "other" };
    for (unsigned i = 0; i < sizeof left / sizeof *left; i++) unlink(left[i]);
    return fflush(stdout) != 0;
}
