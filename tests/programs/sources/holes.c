/* One call over much that does not exist: holes of 8 TiB in a file and in memory, and the widest ranges of memory. */
#include "report.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define TERABYTES (8LL << 40)

struct range { uint64_t offset, length; };
struct counts { uint64_t cached, dirty, writeback, evicted, lately; };

static long cached(int file, long long length)
{
    struct range range = { 0, (uint64_t)length };
    struct counts counts = { 0 };
    long result = syscall(451, file, &range, &counts, 0);
    return result ? result : (long)counts.dirty;
}

/* What a file that is nearly all hole answers; the last of its pages is not. */
static void over(int file)
{
    char byte = 'x';
    CALL(ftruncate(file, TERABYTES));
    CALL(lseek(file, 0, SEEK_DATA));
    CALL(lseek(file, 0, SEEK_HOLE));
    CALL(pwrite(file, &byte, 1, TERABYTES - 1));
    CALL(lseek(file, 0, SEEK_DATA));
    CALL(lseek(file, TERABYTES - 1, SEEK_HOLE));
    for (int advice = 0; advice < 6; advice++) CALL(posix_fadvise(file, 0, 0, advice));
    CALL(posix_fadvise(file, 4096, TERABYTES - 8192, POSIX_FADV_WILLNEED));
    CALL(readahead(file, 0, 0x7fffffff));
    CALL(readahead(file, 1LL << 40, 0xffffffff));
    CALL(syscall(SYS_sync_file_range, file, 0, 0, 0, 0, 7));
    CALL(cached(file, 0) >= 0);
    CALL(cached(file, TERABYTES) >= 0);
    CALL(fsync(file));
    CALL(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, TERABYTES));
    CALL(lseek(file, 0, SEEK_DATA));
    char *map = mmap(0, 1 << 30, PROT_READ | PROT_WRITE, MAP_SHARED, file, 1LL << 40);
    HOLDS(map != MAP_FAILED);
    CALL(madvise(map, 1 << 30, MADV_WILLNEED));
    CALL(madvise(map, 1 << 30, MADV_COLD));
    CALL(madvise(map, 1 << 30, MADV_PAGEOUT));
    CALL(msync(map, 1 << 30, MS_SYNC));
    CALL(msync(map, 1 << 30, MS_ASYNC | MS_INVALIDATE));
    map[1 << 29] = 1;
    CALL(madvise(map, 1 << 30, MADV_DONTNEED));
    CALL(map[1 << 29]);
    CALL(madvise(map, 1 << 30, MADV_REMOVE));
    CALL(map[1 << 29]);
    CALL(munmap(map, 1 << 30));
    CALL(ftruncate(file, 0));
    CALL(ftruncate(file, TERABYTES));
}

static void through(int file)
{
    int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
    CALL(lseek(file, 0, SEEK_SET));
    CALL(sendfile(null, file, 0, 0x7fffffff));
    static char block[1 << 20];
    static struct iovec parts[1024];
    for (int i = 0; i < 1024; i++) parts[i] = (struct iovec){ block, sizeof block };
    CALL(preadv(file, parts, 512, 1LL << 40));
    CALL(readv(zero, parts, 512));
    CALL(writev(null, parts, 1024));
    CALL(process_vm_readv(getpid(), parts, 512, parts, 512, 0));
}

static void memory(void)
{
    char *map = mmap(0, 0x60000000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    HOLDS(map != MAP_FAILED);
    CALL(madvise(map, 0x60000000, MADV_WILLNEED));
    CALL(madvise(map, 0x60000000, MADV_FREE));
    CALL(madvise(map, 0x60000000, MADV_COLD));
    CALL(madvise(map, 0x60000000, MADV_PAGEOUT));
    CALL(madvise(map, 0x60000000, MADV_DONTNEED));
    CALL(mprotect(map, 0x60000000, PROT_READ));
    CALL(mprotect(map, 0x60000000, PROT_READ | PROT_WRITE));
    CALL(munmap(map, 0x60000000));
}

int main(void)
{
    own_directory();
    int file = open("hole", O_CREAT | O_RDWR, 0644);
    over(file);
    through(file);
    over(memfd_create("hole", 0));
    memory();
    unlink("hole");
    return 0;
}
