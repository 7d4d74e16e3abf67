/* Files, directories, links, descriptors, pipes, devices and /proc: what each call says, right and wrong. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>

static int file;
static char bytes[5001];
static struct stat status;

static void regular(void)
{
    struct iovec out[3] = { { "ab", 2 }, { 0, 0 }, { "cd", 2 } };
    char first[3], second[9];
    struct iovec in[2] = { { first, 2 }, { second, 9 } };
    CALL(open("a", O_RDONLY));
    file = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
    CALL(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
    CALL(fstat(file, &status));
    printf("%o %ld %d\n", status.st_mode, (long)status.st_size, (int)status.st_nlink);
    CALL(write(file, "hello world", 11));
    CALL(lseek(file, 0, SEEK_CUR));
    CALL(pread(file, bytes, 5, 6));
    CALL(pwrite(file, "WORLD", 5, 6));
    CALL(lseek(file, 0, SEEK_SET));
    CALL(read(file, bytes, 100));
    printf("%.11s\n", bytes);
    CALL(read(file, bytes, 100));
    CALL(writev(file, out, 3));
    CALL(lseek(file, 11, SEEK_SET));
    CALL(readv(file, in, 2));
    CALL(preadv(file, in, 2, 0));
    CALL(pwritev(file, out, 3, 100));
    CALL(lseek(file, 0, SEEK_END));
    CALL(lseek(file, 1000, SEEK_DATA));
    CALL(lseek(file, -5, SEEK_SET));
    CALL(lseek(file, 0, 99));
    CALL(readv(file, in, -1));
    CALL(pread(file, bytes, 1, -1));
    CALL(read(file, (void *)0x10000, 5));
    CALL(write(file, (void *)0x10000, 5));
    CALL(write(file, bytes, 0));
}

static void names(void)
{
    CALL(open("a/b", O_RDONLY));
    CALL(open("", O_RDONLY));
    CALL(open("a", O_DIRECTORY));
    CALL(open(".", O_RDWR));
    CALL(mkdir("d", 0777));
    CALL(mkdir("d", 0777));
    CALL(rmdir("a"));
    CALL(unlink("d"));
    CALL(rmdir("nope"));
    CALL(unlink("nope"));
    CALL(symlink("a", "l"));
    CALL(readlink("l", bytes, 100));
    CALL(readlink("a", bytes, 100));
    CALL(lstat("l", &status));
    printf("%o %ld\n", status.st_mode, (long)status.st_size);
    CALL(open("l", O_RDONLY | O_NOFOLLOW));
    CALL(symlink("self", "self"));
    CALL(open("self", O_RDONLY));
    CALL(link("a", "h"));
    CALL(stat("h", &status));
    printf("%d\n", (int)status.st_nlink);
    CALL(rename("h", "d/h"));
    CALL(access("d/h", R_OK | W_OK));
    CALL(access("d/x", F_OK));
    CALL(rename("d", "a"));
    CALL(rename("a", "d"));
    CALL(rmdir("d"));
    CALL(chmod("a", 0600));
    CALL(fchmod(file, 04755));
    CALL(fstat(file, &status));
    printf("%o\n", status.st_mode);
    CALL(umask(077));
    CALL(close(open("u", O_CREAT | O_WRONLY, 0666)));
    CALL(stat("u", &status));
    printf("%o\n", status.st_mode);
    CALL(umask(022));
    memset(bytes, 'x', 299);
    bytes[299] = 0;
    CALL(open(bytes, O_RDONLY));
    memset(bytes, '/', 5000);
    CALL(open(bytes, O_RDONLY));
    CALL(open("../../../../../../../../../../../../tmp/../..", O_RDWR));
}

static int by_name(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static void directories(void)
{
    char *found[64];
    int count = 0, directory = open("d", O_RDONLY);
    CALL(chdir("d"));
    CALL(stat("../a", &status));
    CALL(chdir(".."));
    CALL(chdir("a"));
    CALL(chdir("zz"));
    CALL(fchdir(directory));
    CALL(chdir(".."));
    CALL(openat(file, "h", O_RDONLY));
    CALL(openat(999, "h", O_RDONLY));
    CALL(unlinkat(directory, "h", AT_REMOVEDIR));
    CALL(unlinkat(directory, "h", 0));
    CALL(mkdirat(directory, "sub", 0700));
    CALL(unlinkat(directory, "sub", AT_REMOVEDIR));
    for (int i = 0; i < 30; i++) {
        sprintf(bytes, "d/f%02d", i);
        close(creat(bytes, 0644));
    }
    DIR *open_directory = opendir("d");
    for (struct dirent *entry; (entry = readdir(open_directory)); ) found[count++] = strdup(entry->d_name);
    closedir(open_directory);
    qsort(found, count, sizeof *found, by_name);
    for (int i = 0; i < count; i++) printf("%s ", found[i]);
    puts("");
    for (int i = 0; i < 30; i++) {
        sprintf(bytes, "d/f%02d", i);
        unlink(bytes);
    }
    close(directory);
    CALL(getcwd(bytes, 2) == NULL);
}

static void descriptors(void)
{
    CALL(fcntl(file, F_SETFL, O_APPEND));
    CALL(fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND));
    CALL(write(file, "end", 3));
    CALL(lseek(file, 0, SEEK_CUR));
    CALL(fcntl(file, F_GETFD));
    CALL(fcntl(file, F_SETFD, FD_CLOEXEC));
    CALL(fcntl(file, F_GETFD));
    CALL(fcntl(99, F_GETFD));
    CALL(fcntl(file, 9999));
    CALL(dup2(file, 50));
    CALL(dup2(file, file) == file);
    CALL(dup2(99, 5));
    CALL(dup3(file, file, 0));
    CALL(dup(-1));
    CALL(close(50));
    CALL(close(50));
    CALL(fcntl(file, F_DUPFD, 60));
    CALL(close(60));
    struct termios settings;
    CALL(ioctl(file, TCGETS, &settings));
    CALL(isatty(99));
    CALL(fsync(file));
    CALL(fsync(99));
}

static void sizes(void)
{
    CALL(truncate("a", 5));
    CALL(ftruncate(file, 5000));
    CALL(fstat(file, &status));
    printf("%ld\n", (long)status.st_size);
    CALL(truncate("d", 0));
    CALL(truncate("nope", 0));
    CALL(truncate("a", -1));
    CALL(ftruncate(99, 1));
    CALL(fallocate(file, 0, 0, 9000));
    CALL(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 19000));
    CALL(fstat(file, &status));
    printf("%ld\n", (long)status.st_size);
    CALL(fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 1));
    CALL(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CALL(pread(file, bytes, 1, 0));
    CALL(bytes[0]);
    CALL(posix_fadvise(file, 0, 0, 77));
    struct rlimit small = { 10000, 10000 };
    if (!fork()) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        CALL(pwrite(file, bytes, 300, 9900));
        int limited = open("limited", O_RDWR | O_CREAT, 0600);
        CALL(lseek(limited, 9990, SEEK_SET));
        CALL(write(limited, bytes, 300));
        CALL(write(limited, bytes, 1));
        signal(SIGXFSZ, SIG_DFL);
        _exit(write(limited, bytes, 1) == 1);
    }
    int ended;
    wait(&ended);
    HOLDS(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGXFSZ);
    struct timespec times[2] = { { 1000, 5 }, { 2000, 7 } };
    CALL(utimensat(AT_FDCWD, "a", times, 0));
    CALL(stat("a", &status));
    printf("%ld %ld %ld %ld\n", (long)status.st_atime, (long)status.st_atim.tv_nsec, (long)status.st_mtime, (long)status.st_mtim.tv_nsec);
}

static void pipes(void)
{
    int ends[2], waiting, total = 0, count;
    CALL(pipe(ends));
    CALL(write(ends[1], "xyz", 3));
    CALL(ioctl(ends[0], FIONREAD, &waiting));
    CALL(waiting);
    struct pollfd polled[2] = { { ends[0], POLLIN, 0 }, { ends[1], POLLOUT, 0 } };
    CALL(poll(polled, 2, 0));
    printf("%x %x\n", polled[0].revents, polled[1].revents);
    CALL(read(ends[0], bytes, 10));
    CALL(poll(polled, 1, 10));
    fcntl(ends[0], F_SETFL, O_NONBLOCK), fcntl(ends[1], F_SETFL, O_NONBLOCK);
    CALL(read(ends[0], bytes, 1));
    while ((count = write(ends[1], bytes, 400)) > 0) total += count;
    printf("held %d\n", total);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    struct timeval now = { 0, 0 };
    CALL(select(100, &in, &out, NULL, &now));
    printf("%d %d\n", FD_ISSET(ends[0], &in) != 0, FD_ISSET(ends[1], &out) != 0);
    close(ends[1]);
    while (read(ends[0], bytes, 400) > 0) ;
    CALL(read(ends[0], bytes, 1));
    CALL(poll(polled, 1, 0));
    printf("%x\n", polled[0].revents);
    CALL(lseek(ends[0], 0, SEEK_SET));
    CALL(pread(ends[0], bytes, 1, 0));
    close(ends[0]);
    int copy = open("copy", O_RDWR | O_CREAT, 0600);
    off_t offset = 0;
    CALL(lseek(file, 0, SEEK_SET));
    CALL(sendfile(copy, file, NULL, 5));
    CALL(sendfile(copy, file, &offset, 5));
    printf("%ld\n", (long)offset);
    close(copy);
}

static void devices(void)
{
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR), random = open("/dev/urandom", O_RDONLY);
    CALL(read(null, bytes, 5));
    CALL(write(null, (void *)0x10000, 5));
    CALL(read(zero, bytes, 5));
    CALL(read(zero, (void *)0x10000, 5));
    CALL(write(full, bytes, 5));
    CALL(read(full, bytes, 5));
    CALL(read(random, bytes, 50));
    CALL(stat("/dev/null", &status));
    printf("%o %x\n", status.st_mode, (int)status.st_rdev);
    struct statfs system;
    CALL(statfs("/proc", &system));
    printf("%lx\n", (long)system.f_type);
    CALL(statfs("/dev/shm", &system));
    printf("%lx\n", (long)system.f_type);
    CALL(access("/proc/self/exe", R_OK));
    CALL(open("/proc/nope", O_RDONLY));
    CALL(access("/proc/self/fd/0", F_OK));
    CALL(open("/dev/nope", O_RDWR));
    int shared = open("/dev/shm/program-files-test", O_RDWR | O_CREAT, 0600);
    HOLDS(shared > 0 && unlink("/dev/shm/program-files-test") == 0);
    CALL(write(shared, "kept", 4));
    CALL(pread(shared, bytes, 10, 0));
    CALL(fstat(shared, &status));
    CALL((int)status.st_nlink);
}

int main(void)
{
    umask(022);
    char *directory = own_directory();
    regular();
    names();
    directories();
    descriptors();
    sizes();
    pipes();
    devices();
    rmdir("d"), unlink("a"), unlink("l"), unlink("self"), unlink("u"), unlink("limited"), unlink("copy");
    CALL(chdir("/") || rmdir(directory));
    return 42;
}
