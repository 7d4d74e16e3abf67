/* Every memory call: what it refuses, in which order, and what it does. */
#include "report.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define HOLE ((void *)0x10000)

static char *p, *shown;
static int file, reads, writes;

static void mapping(void)
{
    int ends[2], directory = open("/", O_RDONLY | O_DIRECTORY), named = open("/", O_PATH), zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
    PLACE(mmap(0, 0, 3, ANONYMOUS, -1, 0));
    PLACE(mmap(0, PAGE, 3, MAP_PRIVATE, -1, 0));
    PLACE(mmap(0, PAGE, 3, MAP_ANONYMOUS, -1, 0));
    PLACE(mmap((void *)1, PAGE, 3, ANONYMOUS | MAP_FIXED, -1, 0));
    PLACE(mmap(0, PAGE, 3, MAP_SHARED, reads, 0));
    PLACE(mmap(0, PAGE, 1, MAP_SHARED, reads, 0));
    PLACE(mmap(0, PAGE, 3, MAP_PRIVATE, reads, 0));
    PLACE(mmap(0, PAGE, 1, MAP_PRIVATE, writes, 0));
    PLACE(mmap(0, PAGE, 2, MAP_SHARED, writes, 0));
    PLACE(mmap(p, PAGE, 3, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    PLACE(mmap(0, PAGE, 3, MAP_SHARED_VALIDATE | MAP_SYNC, file, 0));
    PLACE(mmap(0, PAGE, 3, MAP_SHARED_VALIDATE | (1 << 25), file, 0));
    PLACE(mmap(0, -PAGE, 3, ANONYMOUS, -1, 0));
    PLACE(mmap(0, PAGE, 1, MAP_PRIVATE, directory, 0));
    PLACE(mmap(0, PAGE, 1, MAP_PRIVATE, named, 0));
    PLACE(mmap(0, PAGE, 3, MAP_PRIVATE, zero, 0));
    PLACE(mmap(0, PAGE, 3, MAP_SHARED, zero, 0));
    PLACE(mmap(0, PAGE, 3, MAP_PRIVATE, null, 0));
    CALL(pipe(ends) == 0);
    PLACE(mmap(0, PAGE, 1, MAP_PRIVATE, ends[0], 0));
    PLACE(mmap(0, PAGE, 1, MAP_PRIVATE, ends[1], 0));
    CALL(munmap(p + 1, PAGE));
    CALL(munmap(p, 0));
    CALL(munmap(HOLE, PAGE));
}

static void rights(void)
{
    CALL(mprotect(p + 1, PAGE, 1));
    CALL(mprotect(p, 0, 1));
    CALL(mprotect(p, PAGE, 0x40));
    CALL(mprotect(HOLE, PAGE, 1));
    CALL(mprotect(shown, PAGE, 3));
    CALL(mprotect(p, PAGE, PROT_GROWSDOWN | 1));
    CALL(mprotect(p, PAGE, PROT_GROWSUP | 1));
    CALL(mprotect(p, PAGE, 3));
}

static void moving(void)
{
    PLACE(mremap(p + 1, PAGE, PAGE, 0));
    PLACE(mremap(p, PAGE, 0, 0));
    PLACE(mremap(p, PAGE, PAGE, MREMAP_FIXED, p));
    PLACE(mremap(HOLE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    PLACE(mremap(p, PAGE, PAGE, 8));
    PLACE(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE));
    PLACE(mremap(p, 0, PAGE, MREMAP_MAYMOVE));
    PLACE(mremap(p, PAGE, 3 * PAGE, 0));
    char *moved = mmap(0, 2 * PAGE, 3, ANONYMOUS, -1, 0);
    strcpy(moved, "taken along");
    moved = mremap(moved, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    puts(moved);
}

static void advice(void)
{
    static const int kinds[] = { 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 1212, -1 };    /* 100 and 101 poison the page */
    CALL(madvise(p + 1, PAGE, MADV_NORMAL));
    CALL(madvise(p, 0, MADV_NORMAL));
    CALL(madvise(HOLE, PAGE, MADV_DONTNEED));
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        printf("advice %d\n", kinds[i]);
        CALL(madvise(p, PAGE, kinds[i]));
        CALL(madvise(shown, PAGE, kinds[i] == MADV_REMOVE ? MADV_NORMAL : kinds[i]));
    }
}

static void residency(void)
{
    unsigned char there[8] = { 0 };
    p[2 * PAGE] = 1;
    CALL(mincore(p + 1, PAGE, there));
    CALL(mincore(p, PAGE, (void *)-1));
    CALL(mincore(p, PAGE, NULL));
    CALL(mincore(HOLE, PAGE, there));
    CALL(mincore(p, -1, there));
    CALL(mincore(p, 0, there));
    CALL(mincore(p, 4 * PAGE, there));
    for (int i = 0; i < 4; i++) printf("%d", there[i] & 1);
    puts("");
}

static void syncing_and_locking(void)
{
    CALL(msync(p + 1, PAGE, MS_SYNC));
    CALL(msync(p, PAGE, MS_SYNC | MS_ASYNC));
    CALL(msync(p, PAGE, 0x40));
    CALL(msync(HOLE, PAGE, MS_SYNC));
    CALL(msync(p, PAGE, MS_INVALIDATE | MS_SYNC));
    CALL(mlock(p, PAGE));
    CALL(msync(p, PAGE, MS_INVALIDATE));
    CALL(madvise(p, PAGE, MADV_DONTNEED));
    CALL(munlock(p, PAGE));
    CALL(mlock(HOLE, PAGE));
    CALL(mlock(p + 1, PAGE));
    CALL(munlock(HOLE, PAGE));
    CALL(syscall(SYS_mlock2, p, PAGE, 2));
    CALL(syscall(SYS_mlock2, p, PAGE, 1));
    CALL(mlockall(0));
    CALL(mlockall(8));
    CALL(mlockall(MCL_ONFAULT));
    CALL(mlockall(MCL_CURRENT));
    CALL(munlockall());
}

static void limits(void)
{
    struct rlimit page = { PAGE, PAGE }, none = { 0, 0 }, small = { 1 << 20, 1 << 20 };
    if (!fork()) {
        if (getuid() == 0 && (setgid(65534) || setuid(65534))) _exit(1);
        setrlimit(RLIMIT_MEMLOCK, &page);
        CALL(mlock(p, 2 * PAGE));
        CALL(mlock(p, PAGE));
        CALL(mlockall(MCL_CURRENT));
        PLACE(mmap(0, 2 * PAGE, 3, ANONYMOUS | MAP_LOCKED, -1, 0));
        setrlimit(RLIMIT_MEMLOCK, &none);
        CALL(mlock(p, PAGE));
        PLACE(mmap(0, 2 * PAGE, 3, ANONYMOUS | MAP_LOCKED, -1, 0));
        CALL(munlock(p, PAGE));
        CALL(mlockall(MCL_CURRENT));
        _exit(0);
    }
    wait(NULL);
    if (!fork()) {
        setrlimit(RLIMIT_AS, &small);
        PLACE(mmap(0, 2 << 20, 3, ANONYMOUS, -1, 0));
        PLACE(sbrk(4 << 20));
        _exit(0);
    }
    wait(NULL);
    if (!fork()) {
        setrlimit(RLIMIT_DATA, &small);
        PLACE(mmap(0, 2 << 20, 3, ANONYMOUS, -1, 0));
        PLACE(sbrk(4 << 20));
        _exit(0);
    }
    wait(NULL);
}

static void files(void)
{
    char bytes[16] = { 0 };
    char *s = mmap(0, 3 * PAGE, 3, MAP_SHARED, file, 0), *own = mmap(0, 3 * PAGE, 3, MAP_PRIVATE, file, 0);
    s[0] = 'a', s[PAGE] = 'b', s[2 * PAGE] = 'c';
    CALL(pread(file, bytes, 1, PAGE));
    puts(bytes);
    CALL(pwrite(file, "B", 1, PAGE));
    printf("%c %c\n", s[PAGE], own[PAGE]);
    own[PAGE] = 'x';
    CALL(pwrite(file, "C", 1, PAGE));
    printf("%c %c\n", s[PAGE], own[PAGE]);
    CALL(syscall(SYS_remap_file_pages, p, PAGE, 0, 0, 0));
    CALL(syscall(SYS_remap_file_pages, s, PAGE, 0, 2, 0));
    CALL(syscall(SYS_remap_file_pages, s, PAGE, 1, 2, 0));
    printf("%c%c\n", s[0], s[PAGE]);
    if (!fork()) {
        s[1] = 'f', own[1] = 'f';
        _exit(0);
    }
    wait(NULL);
    printf("%c %d\n", s[1], own[1]);
    int memory = memfd_create("sealed", MFD_ALLOW_SEALING);
    CALL(ftruncate(memory, PAGE));
    CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
    PLACE(mmap(0, PAGE, 3, MAP_SHARED, memory, 0));
    PLACE(mmap(0, PAGE, 1, MAP_SHARED, memory, 0));
    CALL(write(memory, "a", 1));
    CALL(fcntl(memory, F_GET_SEALS));
    int sparse = memfd_create("sparse", 0);
    CALL(ftruncate(sparse, 20000));
    CALL(lseek(sparse, 0, SEEK_DATA));
    CALL(lseek(sparse, 0, SEEK_HOLE));
    CALL(pwrite(sparse, "a", 1, 2 * PAGE));
    unsigned char *whole = mmap(0, 5 * PAGE, 3, MAP_SHARED, sparse, 0);
    CALL(whole[4 * PAGE]);
    CALL(lseek(sparse, 0, SEEK_DATA));
    CALL(lseek(sparse, 2 * PAGE + 5, SEEK_DATA));
    CALL(lseek(sparse, 2 * PAGE, SEEK_HOLE));
    CALL(lseek(sparse, 3 * PAGE, SEEK_DATA));
    CALL(lseek(sparse, 4 * PAGE, SEEK_HOLE));
    CALL(lseek(sparse, 20000, SEEK_HOLE));
    CALL(pwrite(sparse, (void *)16, 1, 5 * PAGE));
    CALL(lseek(sparse, 0, SEEK_END));
}

int main(void)
{
    char *directory = own_directory();
    file = open("file", O_RDWR | O_CREAT, 0600), reads = open("file", O_RDONLY), writes = open("file", O_WRONLY);
    CALL(ftruncate(file, 3 * PAGE));
    p = mmap(0, 4 * PAGE, 3, ANONYMOUS, -1, 0), shown = mmap(0, PAGE, 1, MAP_SHARED, reads, 0);
    mapping();
    rights();
    moving();
    advice();
    residency();
    syncing_and_locking();
    limits();
    files();
    unlink("file");
    return chdir("/") || rmdir(directory);
}
