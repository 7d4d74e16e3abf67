/* What calls about length, blocks and the page cache answer for every kind of file, by descriptor and by path. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

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
    CALL(copy_file_range(file, 0, file, 0, 0, 0));
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

int main(void)
{
    static const char *const paths[] = { "/proc/self/comm", "/proc/self/clear_refs", "/proc/self/mem", "/proc/sys/vm/max_map_count",
        "/proc/self/maps", "/proc/self/oom_score_adj", "/proc/self/coredump_filter", "/dev/null", "/dev/zero", "/dev/full",
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
    return 0;
}
