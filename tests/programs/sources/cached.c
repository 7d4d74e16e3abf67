/* What the page cache has of a file. */
#include "report.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct cached { unsigned long long pages, dirty, writeback, evicted, lately; };

static void cache(void)
{
    struct { unsigned long long offset, length; } range = { 0, 0 };
    struct cached cached;
    memset(&cached, 0x55, sizeof cached);
    char page[4096] = "page";
    int fd = memfd_create("cached", 0), pipes[2];
    for (int i = 0; i < 5; i++) write(fd, page, sizeof page);
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    CALL(cached.dirty);
    CALL(cached.writeback);
    ftruncate(fd, 40960);
    pwrite(fd, page, 1, 32768);
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    range.offset = 4095, range.length = 2;
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    range.offset = 8192, range.length = 1 << 20;
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    range.offset = 1 << 20, range.length = 0;
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    range.offset = -1ULL, range.length = -1ULL;
    CALL(syscall(451, fd, &range, &cached, 0));
    CALL(cached.pages + cached.evicted);
    range.offset = 0, range.length = 0;
    CALL(syscall(451, fd, &range, &cached, 1));
    CALL(syscall(451, 1000, &range, &cached, 0));
    CALL(syscall(451, 1000, (void *)8, &cached, 1));
    CALL(syscall(451, fd, (void *)8, &cached, 1));
    CALL(syscall(451, fd, &range, (void *)8, 0));
    pipe(pipes);
    CALL(memfd_create("huge", 4 | 16u << 26));
    CALL(memfd_create("huge", 4 | 0x20));
    CALL(memfd_create("huge", 4 | 1 << 24));
    CALL(memfd_create("both", 8 | 16));
    CALL(syscall(451, pipes[1], &range, &cached, 0));
    CALL(cached.pages);
    int file = open("cached", O_CREAT | O_RDWR, 0644);
    write(file, page, sizeof page);
    CALL(syscall(451, file, &range, &cached, 0));
    CALL(cached.pages);
    fsync(file);
    CALL(syscall(451, file, &range, &cached, 0));
    CALL(cached.pages);
    CALL(cached.dirty);
}

int main(void)
{
    own_directory();
    cache();
    return 0;
}
