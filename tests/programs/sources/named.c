/* Descriptors that only name a file (O_PATH), descriptors of another kind, and a sealed file that is appended to. */
#include "report.h"
#include <fcntl.h>
#include <dirent.h>
#include <linux/memfd.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
static int counter;    /* something that an epoll may watch */

/* Every call that looks for one kind of descriptor, given another one: only named, none at all, or a pipe. */
static void every_kind(int fd)
{
    struct epoll_event event = { EPOLLIN, { 0 } };
    char bytes[256];
    CALL(epoll_ctl(fd, EPOLL_CTL_ADD, counter, &event));
    CALL(epoll_wait(fd, &event, 1, 0));
    CALL(waitid(P_PIDFD, fd, 0, WEXITED) < 0 && errno == ECHILD ? 0 : -1);
    CALL(listen(fd, 1));
    CALL(send(fd, bytes, 1, 0));
    CALL(flock(fd, LOCK_UN));
    CALL(syscall(SYS_getdents64, fd, bytes, sizeof bytes) < 0 ? -1 : 0);
}

static void only_named(void)
{
    int file = open("named.file", O_CREAT | O_RDWR, 0600), epoll = epoll_create1(0);
    CALL(write(file, "0123456789", 10));
    int path = open("named.file", O_PATH), folder = open(".", O_PATH | O_DIRECTORY);
    char bytes[256];
    struct stat status;
    struct statfs about;
    struct pollfd asked = { path, POLLIN, 0 };
    struct epoll_event event = { EPOLLIN, { 0 } };
    fd_set in;
    HOLDS(path >= 0 && folder >= 0);
    every_kind(path);
    every_kind(folder);
    CALL(read(path, bytes, 1));
    CALL(write(path, bytes, 1));
    CALL(pread(path, bytes, 1, 0));
    CALL(lseek(path, 0, SEEK_SET));
    CALL(ftruncate(path, 0));
    CALL(fallocate(path, 0, 0, 1));
    CALL(fsync(path));
    CALL(syncfs(path));
    CALL(sync_file_range(path, 0, 0, 0));
    CALL(posix_fadvise(path, 0, 0, 0));
    CALL(readahead(path, 0, 1));
    CALL(ioctl(path, 0x5421, bytes));
    CALL(fchmod(path, 0600));
    CALL(fchown(path, -1, -1));
    HOLDS(mmap(0, 4096, PROT_READ, MAP_SHARED, path, 0) == MAP_FAILED);
    CALL(fstat(path, &status));
    HOLDS(status.st_size == 10);
    CALL(fstatfs(path, &about));
    CALL(fcntl(path, F_GETFD));
    CALL(fcntl(path, F_SETFD, FD_CLOEXEC));
    CALL(fcntl(path, F_GETFD));
    CALL(fcntl(path, F_SETFL, O_APPEND));
    CALL(fcntl(path, F_GETOWN));
    CALL(fcntl(path, F_GETLK, bytes));
    CALL(fcntl(path, F_GETPIPE_SZ));
    CALL(fcntl(path, F_GET_SEALS));
    CALL(close(dup(path)));
    CALL(poll(&asked, 1, 0));
    HOLDS(asked.revents == POLLNVAL);
    FD_ZERO(&in);
    FD_SET(path, &in);
    struct timeval none = { 0, 0 };
    CALL(select(path + 1, &in, 0, 0, &none));
    CALL(epoll_ctl(epoll, EPOLL_CTL_ADD, path, &event));
    CALL(faccessat(folder, "named.file", R_OK, 0));
    close(path);
    CALL(unlinkat(folder, "named.file", 0));
    close(folder);
    close(file);
    close(epoll);
}

static void other_kinds(void)
{
    int ends[2];
    HOLDS(pipe(ends) == 0);
    every_kind(ends[0]);
    every_kind(1000);
    every_kind(-1);
    close(ends[0]);
    close(ends[1]);
}

/* A place that is only named can be handed to another process. */
static void handed_on(void)
{
    int ends[2], path = open("/", O_PATH | O_DIRECTORY);
    char byte = 'x', control[CMSG_SPACE(sizeof(int))];
    struct iovec part = { &byte, 1 };
    struct msghdr message = { 0, 0, &part, 1, control, sizeof control, 0 };
    HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &path, sizeof path);
    CALL(sendmsg(ends[0], &message, 0));
    CALL(recvmsg(ends[1], &message, 0));
    int got = -1;
    memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
    CALL(read(got, &byte, 1));
    struct stat status;
    CALL(fstat(got, &status));
    HOLDS(S_ISDIR(status.st_mode));
    close(got);
    close(path);
    close(ends[0]);
    close(ends[1]);
}

/* F_SEAL_GROW is asked about the place that O_APPEND has moved the write to. */
static void sealed(void)
{
    int file = memfd_create("sealed", MFD_ALLOW_SEALING);
    struct stat status;
    CALL(write(file, "0123456789", 10));
    CALL(fcntl(file, F_SETFL, O_APPEND));
    CALL(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    CALL(pwrite(file, "x", 1, 0));
    CALL(lseek(file, 0, SEEK_SET));
    CALL(write(file, "x", 1));
    CALL(fstat(file, &status));
    HOLDS(status.st_size == 10);
    CALL(fcntl(file, F_SETFL, 0));
    CALL(pwrite(file, "x", 1, 0));
    CALL(pwrite(file, "x", 1, 10));
    close(file);
}

int main(void)
{
    const char *folder = getenv("TMPDIR");
    HOLDS(chdir(folder ? folder : "/tmp") == 0);
    counter = eventfd(0, 0);
    only_named();
    other_kinds();
    handed_on();
    sealed();
    return 0;
}
