/* Files that are held while their names change: directories renamed under a descriptor, files without names, /proc/self/fd. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

static char own[256];

static char *relative(const char *path)
{
    static char text[512];
    size_t length = strlen(own);
    snprintf(text, sizeof text, "%s%s", strncmp(path, own, length) ? "" : "OWN", strncmp(path, own, length) ? path : path + length);
    return text;
}

static void tell_link(const char *format, int number)
{
    char path[64], target[512];
    snprintf(path, sizeof path, format, number);
    int count = readlink(path, target, sizeof target - 1);
    target[count < 0 ? 0 : count] = 0;
    printf("link: %s\n", relative(target));
}

static void tell_here(void)
{
    char path[512];
    printf("here: %s\n", getcwd(path, sizeof path) ? relative(path) : strerror(errno));
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) abort();
    close(fd);
}

static long size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) ? -1 : (long)status.st_size;
}

static int mode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) ? -1 : (int)status.st_mode;
}

static char *fd_path(int fd)
{
    static char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static void dots(void)
{
    CALL(mkdir("dot", 0755));
    CALL(rmdir("dot/."));
    CALL(rmdir("dot/.."));
    CALL(rmdir("/"));
    CALL(rename("dot/.", "other"));
    CALL(rename("dot/..", "other"));
    CALL(rename("dot", "dot/."));
    CALL(unlink("dot/."));
    CALL(unlink("dot/.."));
    CALL(unlink("/"));
    CALL(mkdir("dot/.", 0755));
    CALL(mkdir("dot/..", 0755));
    CALL(mkdir("dot/sub/", 0755));
    CALL(mkdir("nothing/sub", 0755));
    CALL(symlink("x", "dot/."));
    CALL(link("dot", "dot2"));
    CALL(rmdir("dot"));
    CALL(rename("dot", "dot/sub/x"));
    CALL(rmdir("dot/sub/"));
    write_file("plain", "x");
    CALL(unlink("plain/"));
    CALL(mkdir("plain/", 0755));
    CALL(open("plain/", O_RDONLY));
    CALL(open("fresh/", O_CREAT | O_RDWR, 0600));
    CALL(rename("plain", "plain2/"));
    CALL(rename("plain", "dot"));
    CALL(rename("dot", "plain"));
    CALL(stat("plain/.", &(struct stat){ 0 }));
    CALL(rmdir("dot"));
    CALL(unlink("plain"));
    CALL(link("missing", "dot3"));
    CALL(open("", O_RDONLY));
    CALL(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 8));
    CALL(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 3));
}

static void renamed(void)
{
    CALL(mkdir("one", 0755));
    CALL(mkdir("one/deep", 0755));
    write_file("one/deep/file", "hello");
    int directory = open("one/deep", O_RDONLY | O_DIRECTORY);
    CALL(chdir("one/deep"));
    CALL(rename("../../one", "../../two"));
    tell_here();
    tell_link("/proc/self/fd/%d", directory);
    tell_link("/proc/self/cwd", 0);
    CALL(size_of("file"));
    CALL(access("../deep/file", R_OK));
    CALL(openat(directory, "file", O_RDONLY) >= 0);
    CALL(mkdirat(directory, "made", 0700));
    CALL(access("../../two/deep/made", R_OK));
    CALL(unlinkat(directory, "made", AT_REMOVEDIR));
    CALL(chdir("../.."));
    tell_here();
    CALL(rename("two/deep", "elsewhere"));
    tell_link("/proc/self/fd/%d", directory);
    CALL(fchdir(directory));
    tell_here();
    CALL(unlink("file"));
    CALL(rmdir("../elsewhere"));
    tell_here();
    tell_link("/proc/self/cwd", 0);
    CALL(open("again", O_CREAT | O_RDWR, 0600));
    CALL(mkdir("again", 0700));
    char bytes[256];
    CALL(syscall(SYS_getdents64, directory, bytes, sizeof bytes));
    CALL(chdir(own));
    CALL(rmdir("two"));
}

static void nameless(void)
{
    write_file("gone", "0123456789");
    int fd = open("gone", O_RDWR);
    CALL(unlink("gone"));
    tell_link("/proc/self/fd/%d", fd);
    CALL(fchmod(fd, 0640));
    CALL(mode_of(fd));
    CALL(fchown(fd, 12, 34));
    struct stat status;
    CALL(fstat(fd, &status));
    CALL(status.st_uid * 1000 + status.st_gid);
    CALL(status.st_nlink);
    struct timespec times[2] = { { 1000, 0 }, { 2000, 0 } };
    CALL(futimens(fd, times));
    CALL(fstat(fd, &status));
    CALL(status.st_mtime);
    CALL(fchown(fd, 0, 0));
    CALL(chmod(fd_path(fd), 0600));
    CALL(mode_of(fd));
    CALL(chown(fd_path(fd), 7, 8));
    CALL(truncate(fd_path(fd), 4));
    CALL(fstat(fd, &status));
    CALL(status.st_size * 10000 + status.st_uid * 100 + status.st_gid);
    int again = open(fd_path(fd), O_RDONLY);
    char bytes[16] = "";
    CALL(read(again, bytes, sizeof bytes));
    puts(bytes);
    int cut = open(fd_path(fd), O_RDWR | O_TRUNC);
    HOLDS(cut >= 0);
    CALL(fstat(fd, &status));
    CALL(status.st_size);
    CALL(linkat(AT_FDCWD, fd_path(fd), AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
    CALL(stat(fd_path(fd), &status));
    CALL(access(fd_path(fd), R_OK));

    write_file("named", "abc");
    int named = open("named", O_RDONLY);
    CALL(linkat(AT_FDCWD, fd_path(named), AT_FDCWD, "second", AT_SYMLINK_FOLLOW));
    CALL(linkat(named, "", AT_FDCWD, "third", AT_EMPTY_PATH));
    struct { int words[24]; } wide;
    CALL(syscall(SYS_fstatat64, named, "", &wide, AT_EMPTY_PATH | 4));    // no flag is checked on the way to the open file itself
    CALL(syscall(SYS_fstatat64, AT_FDCWD, "", &wide, AT_EMPTY_PATH | 4));
    CALL(syscall(SYS_fstatat64, named, "second", &wide, AT_EMPTY_PATH | 4));
    CALL(syscall(SYS_fstatat64, named, 1, &wide, AT_EMPTY_PATH | 4));
    CALL(syscall(SYS_fstatat64, 99, 0, &wide, AT_EMPTY_PATH | 4));
    CALL(syscall(SYS_statx, named, "", AT_EMPTY_PATH | 4, 0, 1));
    CALL(syscall(SYS_statx, named, "second", AT_EMPTY_PATH | 4, 0, 1));
    CALL(mkdir("dead", 0700));
    int dead = open("dead", O_RDONLY);
    CALL(rmdir("dead"));
    CALL(mkdir("alive", 0700));
    CALL(linkat(AT_FDCWD, "alive", dead, "name", 0));    // the new name comes first
    CALL(linkat(AT_FDCWD, "alive", AT_FDCWD, "second", 0));
    CALL(linkat(AT_FDCWD, "alive", AT_FDCWD, "other", 0));
    CALL(rmdir("alive"));
    CALL(fstat(named, &status));
    CALL(status.st_nlink);
    CALL(size_of("second"));
    CALL(rename("named", "moved"));
    tell_link("/proc/self/fd/%d", named);
    CALL(unlink("moved"));
    tell_link("/proc/self/fd/%d", named);

    int temporary = open(".", O_TMPFILE | O_RDWR, 0600);
    HOLDS(temporary >= 0);
    CALL(write(temporary, "made late", 9));
    CALL(linkat(AT_FDCWD, fd_path(temporary), AT_FDCWD, "late", AT_SYMLINK_FOLLOW));
    CALL(size_of("late"));
    CALL(open("late", O_TMPFILE | O_RDWR, 0600));
    CALL(open(".", O_TMPFILE | O_RDONLY, 0600));

    CALL(chdir(fd_path(open("/", O_RDONLY))));
    CALL(chdir(own));
    CALL(size_of("/proc/self/cwd/late"));
    CALL(stat("/proc/self/root/proc", &status));
    int memory = memfd_create("note", MFD_ALLOW_SEALING);
    CALL(write(memory, "memory", 6));
    CALL(truncate(fd_path(memory), 3));
    CALL(fchmod(memory, 0600));
    CALL(mode_of(memory));
    int other = open(fd_path(memory), O_RDONLY);
    CALL(read(other, bytes, sizeof bytes));
    CALL(fcntl(other, F_ADD_SEALS, F_SEAL_GROW));
    CALL(close(open(fd_path(memory), O_RDWR | O_TRUNC)));
    CALL(fstat(memory, &status));
    CALL(status.st_size);
}

static void exchanged(void)
{
    CALL(mkdir("left", 0755));
    CALL(mkdir("right", 0755));
    write_file("left/l", "1");
    write_file("right/r", "22");
    CALL(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "right", 1));
    CALL(symlink("left/l", "to"));
    CALL(open("to", O_RDONLY | O_NOFOLLOW));
    CALL(lchown("to", 5, 6));
    struct stat status;
    CALL(lstat("to", &status));
    CALL(status.st_uid * 100 + status.st_gid);
    struct timespec times[2] = { { 5, 0 }, { 6, 0 } };
    CALL(utimensat(AT_FDCWD, "to", times, AT_SYMLINK_NOFOLLOW));
    CALL(lstat("to", &status));
    CALL(status.st_mtime);
    CALL(linkat(AT_FDCWD, "to", AT_FDCWD, "to2", 0));
    CALL(readlink("to2", (char[64]){ 0 }, 64));
    CALL(linkat(AT_FDCWD, "to", AT_FDCWD, "to3", AT_SYMLINK_FOLLOW));
    CALL(size_of("to3"));
    times[0].tv_nsec = times[1].tv_nsec = UTIME_OMIT;
    CALL(utimensat(AT_FDCWD, "nowhere", times, 0));
    CALL(symlink("loop", "loop"));
    CALL(open("loop", O_RDONLY));
    CALL(open("loop/x", O_RDONLY));
    CALL(symlink("nowhere", "dangling"));
    CALL(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600));
    CALL(close(open("dangling", O_CREAT | O_RDWR, 0600)));
    CALL(size_of("nowhere"));
}

static void kinds(void)
{
    struct stat status;
    CALL(mknod("socket", S_IFSOCK | 0755, 0));
    CALL(stat("socket", &status));
    CALL(status.st_mode);
    CALL(open("socket", O_RDONLY));
    CALL(mknod("plain", 0644, 0));
    CALL(mknod("directory", S_IFDIR | 0755, 0));
    CALL(mknod("odd", 0x5000 | 0755, 0));
    CALL(mkfifo("fifo", 0640));
    CALL(stat("fifo", &status));
    CALL(status.st_mode);
    int fifo = open("fifo", O_RDWR);
    CALL(mode_of(fifo));
    CALL(fchmod(fifo, 0600));
    CALL(mode_of(fifo));
    tell_link("/proc/self/fd/%d", fifo);
    CALL(open("fifo", O_WRONLY | O_NONBLOCK) >= 0);
    CALL(close(fifo));
    CALL(chroot("/"));
    CALL(chroot("/nowhere"));
    CALL(chroot("plain"));
    tell_here();
    CALL(open(".", O_RDONLY | O_TRUNC));
    CALL(open(".", O_RDONLY | O_CREAT, 0600));
    CALL(open(".", O_WRONLY));
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    HOLDS(directory >= 0);
    CALL(lseek(directory, 0, SEEK_SET));
}

/* A name is bytes: what is no UTF-8 stays what it is. */
static void bytes(void)
{
    write_file("\xfe" "1", "a");
    write_file("\xff" "1", "bb");
    write_file("\xc3\xa9", "ccc");
    CALL(size_of("\xfe" "1"));
    CALL(size_of("\xff" "1"));
    CALL(symlink("\xff" "1", "\x80"));
    CALL(size_of("\x80"));
    char name[8] = "";
    CALL(readlink("\x80", name, sizeof name));
    CALL((unsigned char)name[0]);
    CALL(mkdir("\x81", 0755));
    CALL(chdir("\x81"));
    char path[512] = "";
    if (!getcwd(path, sizeof path)) abort();
    CALL((unsigned char)path[strlen(path) - 1]);
    CALL(chdir(".."));
    DIR *directory = opendir(".");
    int found = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        if ((unsigned char)entry->d_name[0] >= 0x80) found += (unsigned char)entry->d_name[0];
    closedir(directory);
    CALL(found);
    CALL(unlink("\xfe" "1"));
    CALL(size_of("\xff" "1"));
    CALL(unlink("\xff" "1"));
    CALL(unlink("\x80"));
    CALL(unlink("\xc3\xa9"));
    CALL(rmdir("\x81"));
}

static void ring(int signal) { (void)signal; }

/* Opening a FIFO waits for the other side. */
static void fifos(void)
{
    CALL(mkfifo("pipe", 0600));
    int order[2];
    if (pipe(order)) abort();
    pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        if (write(order[1], "a", 1) != 1) _exit(1);
        int fd = open("pipe", O_WRONLY);
        _exit(write(fd, "through", 7) == 7 ? 0 : 2);
    }
    int fd = open("pipe", O_RDONLY);
    HOLDS(fd >= 0);
    fcntl(order[0], F_SETFL, O_NONBLOCK);
    char text[16] = "";
    CALL(read(order[0], text, 1));    /* the writer was there before the open came back */
    CALL(read(fd, text, sizeof text));
    CALL(waitpid(child, 0, 0) == child);
    CALL(read(fd, text, sizeof text));
    close(fd);
    child = fork();
    if (child == 0) {
        usleep(50000);
        fd = open("pipe", O_RDONLY);
        _exit(read(fd, text, 3) == 3 ? 0 : 3);
    }
    fd = open("pipe", O_WRONLY);
    HOLDS(fd >= 0);
    CALL(write(fd, "abc", 3));
    CALL(waitpid(child, 0, 0) == child);
    close(fd);
    CALL(open("pipe", O_WRONLY | O_NONBLOCK));
    fd = open("pipe", O_RDONLY | O_NONBLOCK);
    CALL(read(fd, text, 1));
    close(fd);
    struct sigaction action = { .sa_handler = ring };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(open("pipe", O_RDONLY));
    INTERRUPTED(open("pipe", O_WRONLY));
    CALL(open("pipe", O_WRONLY | O_NONBLOCK));
}

/* tmpfs, which lies in memory. */
static void shared_memory(void)
{
    char base[64], path[128], other[128];
    struct stat status;
    snprintf(base, sizeof base, "/dev/shm/program.%d", getpid());
    CALL(mkdir(base, 0700));
    snprintf(path, sizeof path, "%s/file", base);
    snprintf(other, sizeof other, "%s/other", base);
    write_file(path, "in memory");
    CALL(size_of(path));
    CALL(link(path, other));
    CALL(stat(other, &status));
    CALL(status.st_nlink * 1000 + status.st_size);
    CALL(rename(path, other));
    CALL(unlink(path));
    CALL(size_of(other));
    CALL(symlink("other", path));
    CALL(size_of(path));
    CALL(rmdir(base));
    int fd = open(other, O_RDWR);
    char *map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    HOLDS(map != MAP_FAILED && !memcmp(map, "in memory", 9));
    map[0] = 'I';
    char text[16] = "";
    CALL(pread(fd, text, 15, 0));
    puts(text);
    CALL(fchmod(fd, 0444));
    CALL(mode_of(fd));
    CALL(fchown(fd, 3, 4));
    CALL(fstat(fd, &status));
    CALL(status.st_uid * 10 + status.st_gid);
    CALL(chdir(base));
    CALL(mkdir("sub", 0755));
    CALL(stat(".", &status));
    CALL(status.st_nlink);
    CALL(rename("sub", "sub/x"));
    CALL(rename("sub", "bus"));
    CALL(access("bus/..", X_OK));
    CALL(chdir("bus"));
    CALL(chdir(".."));
    CALL(unlink("file"));
    CALL(unlink("other"));
    CALL(fstat(fd, &status));
    CALL(status.st_nlink);
    CALL(mkfifo("bus/fifo", 0600));
    CALL(open("bus/fifo", O_RDWR) >= 0);
    CALL(rmdir("bus"));
    CALL(unlink("bus/fifo"));
    CALL(rmdir("bus"));
    CALL(chdir(own));
    CALL(rmdir(base));
    CALL(rename("nowhere", "/dev/shm/x"));
    CALL(link("nowhere", "/dev/shm/x"));
}

int main(int count, char **arguments)
{
    strcpy(own, own_directory());
    umask(022);
    char path[512];
    if (!getcwd(path, sizeof path)) abort();
    strcpy(own, path);
    (void)count;
    (void)arguments;
    dots();
    renamed();
    nameless();
    exchanged();
    kinds();
    bytes();
    fifos();
    shared_memory();
    return 0;
}
