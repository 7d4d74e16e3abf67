/* Which times of files calls change, and that the clock says the same: fs/inode.c touch_atime, inode_set_ctime_current, setattr_copy. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static const long long slack = 15000000;    /* the kernel takes times of files from its last tick */

static long long nanoseconds(struct timespec time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return nanoseconds(time);
}

/* What is new about one of the times: nothing, that it is the present, or another time. */
static char kind(char letter, struct timespec before, struct timespec after, long long from, long long to)
{
    long long time = nanoseconds(after);
    if (time == nanoseconds(before)) return '-';
    return time >= from - slack && time <= to ? letter : '?';
}

static struct stat seen;
static long long from;

static void begin(const char *path)
{
    usleep(30000);
    lstat(path, &seen);
    from = now();
}

static void end(int line, const char *call, const char *path)
{
    struct stat status;
    long long to = now();
    lstat(path, &status);
    printf("%d: %s: %s %c%c%c\n", line, call, path, kind('a', seen.st_atim, status.st_atim, from, to),
           kind('m', seen.st_mtim, status.st_mtim, from, to), kind('c', seen.st_ctim, status.st_ctim, from, to));
}

/* The times of one path, and of what is there under another one afterwards. */
#define CHANGES(path, call) do { begin(path); (void)!(call); end(__LINE__, #call, path); } while (0)
#define MOVES(path, to, call) do { begin(path); (void)!(call); end(__LINE__, #call, to); } while (0)

/* All three times are the present. */
#define MAKES(path, call) do { usleep(30000); from = now(); (void)!(call); memset(&seen, 0, sizeof seen); end(__LINE__, #call, path); } while (0)

static int list(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory)) count++;
    if (directory) closedir(directory);
    return count;
}

static void files(void)
{
    char text[16];
    struct stat status;
    struct timespec access_only[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } }, old[2] = { { 1000, 5 }, { 2000, 7 } };
    int fd;
    MAKES("file", fd = open("file", O_CREAT | O_RDWR, 0600));
    CHANGES("file", write(fd, "0123456789", 10));
    CHANGES("file", pread(fd, text, 5, 0));
    CHANGES("file", pread(fd, text, 5, 0));
    CHANGES("file", chmod("file", 0640));
    CHANGES("file", pread(fd, text, 5, 0));
    CHANGES("file", fchmod(fd, 0600));
    CHANGES("file", chown("file", getuid(), getgid()));
    CHANGES("file", fchown(fd, -1, -1));
    CHANGES("file", link("file", "hard"));
    CHANGES("file", unlink("hard"));
    MOVES("file", "renamed", rename("file", "renamed"));
    CHANGES("renamed", utimensat(AT_FDCWD, "renamed", access_only, 0));
    CHANGES("renamed", utimensat(AT_FDCWD, "renamed", old, 0));
    CALL(stat("renamed", &status));
    CALL(nanoseconds(status.st_atim));
    CALL(nanoseconds(status.st_mtim));
    CHANGES("renamed", truncate("renamed", 3));
    CHANGES("renamed", ftruncate(fd, 8));
    CHANGES("renamed", close(open("renamed", O_RDWR | O_TRUNC)));
    CHANGES("renamed", close(open("renamed", O_RDONLY)));
    CHANGES("renamed", fsync(fd));
    CHANGES("renamed", write(fd, text, 3));
    CHANGES("renamed", fsync(fd));
    CHANGES("renamed", close(fd));
    CHANGES("renamed", chmod("renamed", 0600));
    MAKES("pipe", mkfifo("pipe", 0600));
    CHANGES("pipe", chmod("pipe", 0640));
    CHANGES("pipe", utimensat(AT_FDCWD, "pipe", access_only, 0));
    MAKES("other", close(open("other", O_CREAT | O_RDWR, 0600)));
}

static void directories(void)
{
    struct stat status;
    struct timespec old[2] = { { 1000, 5 }, { 2000, 7 } };
    MAKES("directory", mkdir("directory", 0700));
    CHANGES("directory", close(open("directory/file", O_CREAT | O_RDWR, 0600)));
    CHANGES("directory", close(open("directory/file", O_RDWR)));
    CHANGES("directory", list("directory"));
    CHANGES("directory", list("directory"));
    CHANGES("directory", rename("directory/file", "directory/renamed"));
    CHANGES("directory", list("directory"));
    CHANGES("directory", link("directory/renamed", "directory/hard"));
    CHANGES("directory/hard", unlink("directory/renamed"));
    CHANGES("directory", mkdir("directory/below", 0700));
    CHANGES("directory/below", rename("directory/hard", "directory/below/hard"));
    CHANGES("directory", rename("directory/below/hard", "directory/hard"));
    CHANGES("directory", rmdir("directory/below"));
    CHANGES("directory", symlink("nowhere", "directory/link"));
    CHANGES("directory", chmod("directory", 0750));
    CHANGES("directory", unlink("directory/link"));
    CHANGES("directory", unlink("directory/missing"));
    MOVES("directory", "moved", rename("directory", "moved"));
    CHANGES("moved", list("moved"));
    CHANGES("moved", utimensat(AT_FDCWD, "moved", old, 0));
    CALL(stat("moved", &status));
    CALL(nanoseconds(status.st_atim));
    CALL(nanoseconds(status.st_mtim));
    CHANGES("moved", list("moved"));
}

static void links(void)
{
    char text[64];
    struct stat status;
    struct timespec old[2] = { { 1000, 5 }, { 2000, 7 } };
    MAKES("link", symlink("moved", "link"));
    CHANGES("link", lstat("link", &status));
    CHANGES("link", readlink("link", text, sizeof text));
    CHANGES("link", readlink("link", text, sizeof text));
    CHANGES("link", lchown("link", getuid(), getgid()));
    CHANGES("link", stat("link", &status));
    CHANGES("link", stat("link/hard", &status));
    CHANGES("link", utimensat(AT_FDCWD, "link", old, AT_SYMLINK_NOFOLLOW));
    CALL(lstat("link", &status));
    CALL(nanoseconds(status.st_atim));
    CHANGES("link", stat("link", &status));
    MOVES("link", "moved/link", rename("link", "moved/link"));
}

/* Stores through shared mappings: the fault that makes a page writable sets the times. Linux: file_update_time in page_mkwrite. */
static void mapped(void)
{
    static char bytes[4 * 4096];
    const size_t length = sizeof bytes;
    int fd = open("mapped", O_CREAT | O_RDWR, 0600);
    CALL(write(fd, bytes, length));
    usleep(30000);    /* the kernel's ticks are coarse, so that a mapping at once is as old as the write */
    volatile char *own = mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    volatile char *fresh = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *pages;
    CHANGES("mapped", fresh[0]++);    /* no read before: a write fault in memory files, too */
    CHANGES("mapped", fresh[1]++);
    CHANGES("mapped", munmap((void *)fresh, length));
    CHANGES("mapped", own[4096]++);
    CHANGES("mapped", pages = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    bytes[0] = pages[0] + pages[4096] + pages[8192] + pages[12288];
    CHANGES("mapped", pages[4096]++);
    CHANGES("mapped", pages[4097]++);
    CHANGES("mapped", msync((void *)pages, length, MS_ASYNC));
    CHANGES("mapped", msync((void *)pages, length, MS_SYNC));
    CHANGES("mapped", pages[4096]++);    /* clean since: a fault again */
    CHANGES("mapped", fsync(fd));
    CHANGES("mapped", pages[8192]++);
    CHANGES("mapped", fdatasync(fd));
    CHANGES("mapped", mprotect((void *)pages, length, PROT_READ));
    CHANGES("mapped", mprotect((void *)pages, length, PROT_READ | PROT_WRITE));
    CHANGES("mapped", madvise((void *)pages, length, MADV_DONTNEED));
    CHANGES("mapped", pages[8192]++);
    CHANGES("mapped", close(fd));
    CHANGES("mapped", pages[12288]++);
    fflush(stdout);
    if (!fork()) {
        CHANGES("mapped", pages[0]++);
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    CHANGES("mapped", munmap((void *)pages, length));
    fd = open("mapped", O_RDWR);
    CHANGES("mapped", pages = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0));
    CHANGES("mapped", read(open("/dev/zero", O_RDONLY), (void *)(pages + 8192), 1));    /* the kernel's store */
    CHANGES("mapped", munmap((void *)pages, length));
    close(fd);
}

int main(void)
{
    char memory[64];
    own_directory();
    files();
    mapped();
    directories();
    links();
    sprintf(memory, "/dev/shm/stamps.%d", getpid());
    CALL(mkdir(memory, 0700));
    CALL(chdir(memory));
    files();
    mapped();
    directories();
    links();
    return 0;
}
