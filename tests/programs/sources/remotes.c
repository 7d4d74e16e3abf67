/* process_vm_readv and process_vm_writev: which pages are made, copied and dirty, and where a call ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096 };
static char *const at = (char *)0x20000000;
static char bytes[64 * page];

static char *map(char *where, int pages, int rights) {
    return mmap(where, pages * page, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void pagemap(const char *what, char *from, int count) {
    static uint64_t words[2048];
    int fd = open("/proc/self/pagemap", O_RDONLY), present = 0;
    pread(fd, words, count * 8, (uintptr_t)from / page * 8LL);
    close(fd);
    printf("  %s:", what);
    for (int i = 0; i < count; i++) present += words[i] >> 63;
    if (count > 16) printf(" %d of %d", present, count);
    else for (int i = 0; i < count; i++)
        printf(" %d%s%s", (int)(words[i] >> 63), words[i] >> 56 & 1 ? "x" : "", words[i] >> 61 & 1 ? "f" : "");
    printf("\n");
}

static int moves(const char *what, int writes, int who, struct iovec *own, int owns, struct iovec *remote, int remotes) {
    errno = 0;
    int count = writes ? process_vm_writev(who, own, owns, remote, remotes, 0) : process_vm_readv(who, own, owns, remote, remotes, 0);
    printf("%s: %d %s\n", what, count, count < 0 ? strerrorname_np(errno) : "");
    return count;
}

static int one(const char *what, int writes, char *own, size_t length, char *remote, size_t remote_length) {
    return moves(what, writes, getpid(), &(struct iovec){ own, length }, 1, &(struct iovec){ remote, remote_length }, 1);
}

static long faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static void shared_since_fork(void) {
    map(at, 6, 3);
    for (int i = 0; i < 5; i++) at[i * page] = i + 1;
    if (fork() == 0) {
        pagemap("child", at, 6);
        one("read by the child", 0, bytes, 2 * page, at + 100, page);
        one("untouched", 0, bytes, 10, at + 5 * page, 10);
        pagemap("child", at, 6);
        one("written", 1, bytes, 10, at + 3 * page - 5, 10);
        pagemap("child", at, 6);
        long before = faults();
        for (int i = 0; i < 6; i++) at[i * page] = 9;
        printf("  faults of stores %ld\n", faults() - before);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    pagemap("parent", at, 6);
    int ends[2], status;
    pipe(ends);
    int child = fork();
    if (child == 0) {
        read(ends[0], bytes, 1);
        pagemap("child read by the parent", at, 6);
        printf("  bytes %d %d %d\n", at[0], at[page], at[2 * page]);
        fflush(stdout);
        _exit(0);
    }
    bytes[0] = 77;
    moves("of the child", 0, child, &(struct iovec){ bytes + page, page }, 1, &(struct iovec){ at, page }, 1);
    moves("of the child", 1, child, &(struct iovec){ bytes, 1 }, 1, &(struct iovec){ at + page, page }, 1);
    pagemap("parent", at, 6);
    printf("  bytes %d %d\n", at[0], at[page]);
    fflush(stdout);
    write(ends[1], "x", 1);
    waitpid(child, &status, 0);
}

static void of_files(void) {
    int file = memfd_create("m", 0);
    ftruncate(file, 3 * page + 100);
    char *shared = mmap(at, 5 * page, 3, MAP_SHARED | MAP_FIXED, file, 0);
    char *own = mmap(at + 5 * page, 5 * page, 3, MAP_PRIVATE | MAP_FIXED, file, 0);
    memset(bytes, 7, sizeof bytes);
    struct iovec two[2] = { { shared, 4 }, { own, 4 } }, swapped[2] = { { own + page, 4 }, { shared + page, 4 } };
    struct iovec source = { bytes, page + 4 };
    moves("two pieces", 1, getpid(), &source, 1, two, 2);
    printf("  shared %d private %d, at 100 %d %d\n", shared[0], own[0], shared[100], own[100]);
    moves("private first", 1, getpid(), &source, 1, swapped, 2);
    printf("  shared %d private %d\n", shared[page], own[page]);
    one("one piece over both", 1, bytes, 5 * page, shared + 2 * page, 5 * page);
    pagemap("areas", at, 10);
    one("beyond the end", 1, bytes, 4 * page, shared + 2 * page, 4 * page);
    one("read beyond the end", 0, bytes, 3 * page, own + 2 * page, 3 * page);
    pagemap("areas", at, 10);
    printf("  bytes %d %d %d\n", shared[2 * page], shared[3 * page], own[2 * page]);
    char *again = mmap(at + 16 * page, page, 3, MAP_PRIVATE | MAP_FIXED, file, 0);    // the remote page is the local buffer's, too
    for (int i = 0; i < 100; i++) shared[i] = i;
    one("onto itself", 0, again + 1, 100, again, 100);
    printf("  bytes %d %d %d %d\n", again[1], again[2], again[50], again[100]);
    munmap(at, 20 * page);
    close(file);
}

static void bad_places(void) {
    char *nothing = (char *)0x30000000;
    map(at, 16, 3);
    struct iovec bad = { nothing, 16 * page }, pieces[3] = { { at, 3 * page }, { at + 5 * page, page }, { at + 8 * page, 2 * page } };
    moves("to nothing", 0, getpid(), &bad, 1, pieces, 3);
    pagemap("remote", at, 12);
    moves("from nothing", 1, getpid(), &bad, 1, pieces, 3);
    pagemap("remote", at, 12);
    map(at, 16, 3);
    struct iovec ends[2] = { { bytes, 3 * page + 10 }, { nothing, page } };
    moves("from a buffer that ends", 1, getpid(), ends, 2, pieces, 3);
    pagemap("remote", at, 12);
    map(at, 16, 3);
    mprotect(at + 2 * page, page, 0);
    mprotect(at + 3 * page, page, 1);
    mprotect(at + 4 * page, page, 4);
    mprotect(at + 5 * page, page, 2);
    one("write over closed pages", 1, bytes, 6 * page, at, 6 * page);
    one("read over closed pages", 0, bytes, 6 * page, at, 6 * page);
    one("write of a read-only page", 1, bytes, page, at + 3 * page, page);
    one("read of a page to execute", 0, bytes, page, at + 4 * page, page);
    one("read of a page to write", 0, bytes, page, at + 5 * page, page);
    one("write of a page to write", 1, bytes, page, at + 5 * page, page);
    pagemap("remote", at, 8);
    munmap(at + 6 * page, page);
    one("over a hole", 1, bytes, 4 * page, at + 5 * page, 4 * page);
    one("into a hole", 0, bytes, page, at + 6 * page, page);
    one("no bytes", 0, bytes, 0, at + 6 * page, page);
    one("no remote bytes", 0, bytes, 10, at + 6 * page, 0);
    one("the kernel's", 0, bytes, 10, (char *)0xc0000000, 10);
    one("to the top", 0, bytes, 3 * page, (char *)0xfffff000, 2 * page);
    struct iovec gaps[4] = { { at, 0 }, { at + 1, 1 }, { at + 6 * page, 0 }, { at + 2, 5 } };
    moves("empty pieces", 0, getpid(), &(struct iovec){ bytes, 3 }, 1, gaps, 4);
    moves("pieces to pieces", 0, getpid(), gaps, 4, gaps, 4);
    char *grows = mmap(at + 32 * page, 4 * page, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    one("below a growing area", 1, bytes, page, grows - page, page);
    one("up to a growing area", 0, bytes, 2 * page, grows - page, 2 * page);
    moves("no such process", 0, 0x3fffffff, &(struct iovec){ bytes, 3 }, 1, gaps, 4);
    errno = 0;
    int flagged = syscall(SYS_process_vm_readv, getpid(), gaps, 1, gaps, 1, 1);
    printf("flags: %d %s\n", flagged, strerrorname_np(errno));
    munmap(at, 64 * page);
}

static void at_once(void) {    // so many pages are pinned before a byte is copied
    char *many = map(at, 2000, 3);
    char *nothing = (char *)0x30000000;
    one("to nothing", 0, nothing, 2000 * page, many, 2000 * page);
    pagemap("remote", many, 2000);
    map(at, 2000, 3);
    one("from nothing", 1, nothing, 2000 * page, many + 100, 1500 * page);
    pagemap("remote", many, 2000);
    map(at, 2000, 3);
    one("a few bytes", 1, bytes, 10, many + 5 * page, 100 * page);
    pagemap("remote", many, 2000);
    munmap(at, 2000 * page);
}

static void soft_dirty_and_protected(void) {
    map(at, 4, 3);
    at[0] = at[page] = 1;
    mprotect(at, page, 1);
    long before = faults();
    one("read of a read-only page", 0, bytes, page, at, page);
    one("read of nothing yet", 0, bytes, page, at + 2 * page, page);
    one("write of nothing yet", 1, bytes, page, at + 3 * page, page);
    printf("  faults %d\n", faults() - before > 0);
    pagemap("areas", at, 4);
    char *shared = mmap(at + 8 * page, 2 * page, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    one("read of shared memory", 0, bytes, page, shared, page);
    one("write of shared memory", 1, bytes, page, shared + page, page);
    pagemap("shared", shared, 2);
    munmap(at, 16 * page);
}

int main(void) {
    setvbuf(stdout, NULL, _IOFBF, 65536);
    shared_since_fork();
    of_files();
    bad_places();
    at_once();
    soft_dirty_and_protected();
    return 0;
}
