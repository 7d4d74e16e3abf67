/* What calls about length, blocks and the page cache answer for every kind of file, by descriptor and by path. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static void opened(const char *name, int file)
{
    char path[32];
    printf("-- %s\n", name);
    CALL(ftruncate(file, 0));
    CALL(ftruncate(file, 5));
    CALL(fallocate(file, 0, 0, 10));
    CALL(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
    CALL(fsync(file));
    CALL(fdatasync(file));
    CALL(sync_file_range(file, 0, 0, 0));
    CALL(readahead(file, 0, 4096));
    CALL(posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED));
    CALL(syncfs(file));
    sprintf(path, "/proc/self/fd/%d", file);
    CALL(truncate(path, 0));
    CALL(truncate(path, 7));
    close(file);
}

static void named(const char *path)
{
    int file;
    printf("-- %s\n", path);
    CALL(truncate(path, 0));
    CALL(truncate(path, 5));
    CALL(truncate(path, -1));
    CALL(truncate(path, 0x7fffffff));
    if ((file = open(path, O_WRONLY | O_TRUNC)) >= 0) CALL(ftruncate(file, 1));
    close(file);
}

/* Arguments are checked before rights, rights before the device. Shared memory of /dev/zero ends as far in as the mapping is long. */
static void mapped_devices(void)
{
    static const char *const devices[] = { "/dev/zero", "/dev/null", "/dev/full" };
    static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
    static const int kinds[] = { 0, MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_SHARED_VALIDATE | 0x400000, 4,
        MAP_PRIVATE | MAP_GROWSDOWN, MAP_SHARED | MAP_GROWSDOWN, MAP_PRIVATE | MAP_FIXED };
    unsigned char core[2];
    for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++)
        for (unsigned j = 0; j < sizeof modes / sizeof *modes; j++) {
            int file = open(devices[i], modes[j]);
            printf("-- %s %d\n", devices[i], modes[j]);
            for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
                PLACE(mmap((char *)(k == 8), 4096, PROT_READ, kinds[k], file, 0));
                PLACE(mmap(0, 4096, PROT_READ | PROT_WRITE, kinds[k] & ~MAP_FIXED, file, 4096));
                PLACE(mmap(0, 0, PROT_WRITE, kinds[k], file, 0));
            }
            close(file);
        }
    int file = open("/dev/zero", O_RDWR);
    char *at = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4096);
    CALL(at[0] = 5);
    CALL(madvise(at, 2 * 4096, MADV_POPULATE_WRITE));
    CALL(mincore(at, 2 * 4096, core));
    CALL(core[0] + 2 * core[1]);
    close(file);
    file = open("/dev/zero", O_RDONLY);
    at = mmap(0, 2 * 4096, PROT_READ, MAP_SHARED, file, 4096);
    CALL(at[0] + at[4096]);
    CALL(mprotect(at, 4096, PROT_READ | PROT_WRITE));
    close(file);
}

static long blocks_of(int file)
{
    struct stat status;
    return fstat(file, &status) ? -1 : (long)status.st_blocks;
}

static int sealed(long length)
{
    int file = memfd_create("sealed", MFD_ALLOW_SEALING);
    return ftruncate(file, length) || fcntl(file, F_ADD_SEALS, F_SEAL_GROW) ? -1 : file;
}

static int alarms;

static void count(int signal) { alarms += signal == SIGXFSZ; }

/* A write takes page by page, whatever parts the bytes of a page are in, and also if some of them cannot be read. */
static void gathered(void)
{
    static const int lengths[][4] = { { 4000, 96, 904, 0 }, { 4000, 96, 904, 1 }, { 4000, 50, 500, 500 }, { 4096, 900, 4, 1 },
        { 4096, 904, 1, 0 }, { 0, 4096, 905, 0 }, { 0, 4000, 96, 5 }, { 5000, 0, 1, 0 } };
    static char bytes[3 * 4096];
    const struct rlimit limit = { 1 << 20, RLIM_INFINITY };
    char *bad = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *gone = bad + 4096;
    memset(bytes, 'x', sizeof bytes);
    munmap(gone, 4096);
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct iovec parts[3] = { { bytes, lengths[i][1] }, { bytes, lengths[i][2] }, { bytes, lengths[i][3] } };
        int file = sealed(5000);
        printf("-- at %d: %d, %d, %d\n", lengths[i][0], lengths[i][1], lengths[i][2], lengths[i][3]);
        CALL(pwritev(file, parts, 3, lengths[i][0]));
        CALL(blocks_of(file));
        CALL(lseek(file, lengths[i][0], SEEK_SET));
        CALL(writev(file, parts, 3));
        CALL(lseek(file, 0, SEEK_CUR));
        close(file);
    }
    for (int good = 0; good <= 3; good += 3) {
        struct iovec parts[2] = { { gone - good, good }, { gone, 901 } };
        int file = sealed(5000);
        CALL(pwritev(file, parts, 2, 4096));
        CALL(pwrite(file, gone - good, good + 902, 4096));
        CALL(blocks_of(file));
        CALL(pwrite(file, gone - good, good + 900, 4096));
        CALL(blocks_of(file));
        close(file);
    }
    signal(SIGXFSZ, count);
    setrlimit(RLIMIT_FSIZE, &limit);
    int file = memfd_create("limited", 0);
    for (int i = 0; i <= 10; i += 5) {
        struct iovec parts[2] = { { bytes, 10 - i }, { bytes, 3 } };
        CALL(pwritev(file, parts, 2, (1 << 20) - 10 + i));
        CALL(alarms);
    }
    close(file);
}

static void look(int file)
{
    unsigned char core[4];
    char *at = mmap(0, sizeof core * 4096, PROT_READ, MAP_SHARED, file, 0);
    CALL(mincore(at, sizeof core * 4096, core));
    for (unsigned i = 0; i < sizeof core; i++) CALL(core[i]);
    munmap(at, sizeof core * 4096);
    CALL(blocks_of(file));
    CALL(lseek(file, 0, SEEK_END));
    CALL(lseek(file, 0, SEEK_DATA));
    CALL(lseek(file, 0, SEEK_HOLE));
}

/* A write that faults has taken the page: it stays behind the end of the file until a truncation. */
static void behind_the_end(void)
{
    static const long starts[][2] = { { 4096, 4096 }, { 4096, 8192 }, { 0, 0 }, { 100, 4097 }, { 4096, 100 } };
    char *bad = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *gone = bad + 2 * 4096;
    munmap(gone, 4096);
    for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++)
        for (int good = 0; good <= 4096; good += 4096) {
            int file = memfd_create("short", 0);
            printf("-- %d bytes and a bad one at %ld of %ld\n", good, starts[i][1], starts[i][0]);
            CALL(ftruncate(file, starts[i][0]));
            CALL(pwrite(file, gone - good, good + 1, starts[i][1]));
            look(file);
            CALL(ftruncate(file, lseek(file, 0, SEEK_END)));
            look(file);
            CALL(pwrite(file, gone - good, good + 1, starts[i][1]));
            CALL(ftruncate(file, 3 * 4096));
            look(file);
            close(file);
        }
}

int main(void)
{
    static const char *const paths[] = { "/proc/self/comm", "/proc/self/clear_refs", "/proc/self/mem", "/proc/sys/vm/max_map_count",
        "/proc/self/maps", "/proc/self/oom_score_adj", "/dev/null", "/dev/zero", "/dev/full",
        "/proc/self/pagemap", "/proc/version", "/proc/self/environ", "/proc/self", "/proc/self/status", "/proc/meminfo", "/dev/shm", ".",
        "/proc/self/task", "tmp/lengths", "/proc/self/exe" };
    int ends[2];
    close(open("tmp/lengths", O_CREAT | O_RDWR, 0600));
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) named(paths[i]);
    CALL(pipe(ends));
    opened("the end to read of a pipe", ends[0]);
    opened("the end to write", ends[1]);
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    opened("a socket", ends[0]);
    opened("epoll", epoll_create1(0));
    opened("eventfd", eventfd(0, 0));
    opened("memfd", memfd_create("lengths", MFD_ALLOW_SEALING));
    opened("a directory", open(".", O_RDONLY));
    opened("/dev/null", open("/dev/null", O_RDWR));
    opened("/dev/zero", open("/dev/zero", O_RDWR));
    opened("comm", open("/proc/self/comm", O_RDWR));
    opened("maps", open("/proc/self/maps", O_RDONLY));
    opened("mem", open("/proc/self/mem", O_RDWR));
    opened("pagemap", open("/proc/self/pagemap", O_RDONLY));
    opened("a directory of /proc", open("/proc/self", O_RDONLY));
    opened("version", open("/proc/version", O_RDONLY));
    opened("a path alone", open("tmp/lengths", O_PATH));
    opened("a file to read", open("tmp/lengths", O_RDONLY));
    opened("a file", open("tmp/lengths", O_RDWR));
    CALL(mkfifo("tmp/fifo", 0600));
    opened("a FIFO", open("tmp/fifo", O_RDWR));
    opened("a file in memory", open("/dev/shm/lengths", O_RDWR | O_CREAT, 0600));
    CALL(unlink("/dev/shm/lengths"));
    unlink("tmp/fifo");
    mapped_devices();
    behind_the_end();
    gathered();
    return 0;
}
