/* Rules that gVisor's tests and stress-ng ask for: files held by calls that wait, ends of pipes, nice values, what others may look at. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static int ends[2];
static long taken;
static char bytes[1 << 20];

static void *read_one(void *fd)
{
    taken = read(*(int *)fd, bytes, 10);
    return 0;
}

static void *accept_one(void *fd)
{
    taken = accept(*(int *)fd, 0, 0) >= 0;
    return 0;
}

static void pause_briefly(void) { usleep(300000); }

/* a call that waits goes on with its file, though the number is closed, or another file's */
static void held(void)
{
    pthread_t thread;
    CALL(pipe(ends));
    pthread_create(&thread, 0, read_one, &ends[0]);
    pause_briefly();
    CALL(close(ends[0]));
    CALL(write(ends[1], "hello", 5));
    pthread_join(thread, 0);
    CALL(taken);
    signal(SIGPIPE, SIG_IGN);
    CALL(write(ends[1], "hello", 5));
    CALL(close(ends[1]));

    int other = open("other", O_RDWR | O_CREAT, 0600);
    CALL(write(other, "wrong bytes", 11));
    CALL(lseek(other, 0, SEEK_SET));
    CALL(pipe(ends));
    pthread_create(&thread, 0, read_one, &ends[0]);
    pause_briefly();
    HOLDS(dup2(other, ends[0]) == ends[0]);
    CALL(write(ends[1], "right", 5));
    pthread_join(thread, 0);
    CALL(taken);
    HOLDS(!memcmp(bytes, "right", 5));
    CALL(close(ends[0]));
    CALL(close(ends[1]));

    struct { unsigned short family; char path[20]; } name = { AF_UNIX, "" };
    socklen_t length = 2;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(bind(server, (void *)&name, length));
    length = sizeof name;
    CALL(getsockname(server, (void *)&name, &length));
    CALL(listen(server, 1));
    pthread_create(&thread, 0, accept_one, &server);
    pause_briefly();
    CALL(close(server));
    CALL(connect(client, (void *)&name, length));
    pthread_join(thread, 0);
    CALL(taken);
}

static volatile sig_atomic_t broken;

static void note(int signal) { broken += signal == SIGPIPE; }

static void *write_much(void *unused)
{
    (void)unused;
    taken = write(ends[1], bytes, sizeof bytes);
    return 0;
}

static void pipes(void)
{
    pthread_t thread;
    struct iovec part = { bytes, 4 };
    struct statfs told;
    signal(SIGPIPE, note);
    CALL(pipe(ends));
    CALL(pread(ends[1], bytes, 4, 0));
    CALL(pwrite(ends[0], bytes, 4, 0));
    CALL(preadv(ends[1], &part, 1, 0));
    CALL(pwritev(ends[0], &part, 1, 0));
    CALL(fstatfs(ends[0], &told));
    CALL(told.f_type);
    CALL(told.f_bsize + told.f_namelen + told.f_blocks);
    pthread_create(&thread, 0, write_much, 0);
    pause_briefly();
    CALL(close(ends[0]));
    pthread_join(thread, 0);
    CALL(taken);     /* what was in it already */
    CALL(broken);    /* and the signal */
    CALL(write(ends[1], bytes, 1));
    CALL(broken);
    CALL(fstatfs(socket(AF_UNIX, SOCK_STREAM, 0), &told));
    CALL(told.f_type);
}

/* another user may neither set the processors of a child nor read what its memory holds */
static void others(void)
{
    int status, ready[2], proc = open("/proc", O_RDONLY | O_DIRECTORY);    /* another user may not search the way there */
    if (geteuid() != 0) return;
    CALL(pipe(ready));
    pid_t child = fork();
    if (!child) {
        char byte;
        close(ready[1]);
        if (read(ready[0], &byte, 1)) _exit(1);
        _exit(0);
    }
    fflush(stdout);
    if (!fork()) {
        cpu_set_t all;
        char path[40];
        close(ready[1]);
        memset(&all, 0xFF, sizeof all);
        if (setgid(12345) || setuid(12345)) _exit(1);
        CALL(sched_setaffinity(child, sizeof all, &all));
        CALL(prctl(PR_SET_MM, 0, 0, 0, 0));
        for (const char *file = "maps\0smaps\0statm\0"; *file; file += strlen(file) + 1) {
            snprintf(path, sizeof path, "%d/%s", child, file);
            CALL(openat(proc, path, O_RDONLY) < 0 ? errno : 0);
        }
        HOLDS(openat(proc, "self/maps", O_RDONLY) >= 0);
        fflush(stdout);
        _exit(0);
    }
    wait(&status);    /* the first child goes on until the pipe is closed */
    close(ready[1]);
    wait(&status);
}

static void root_of_proc(void)
{
    struct stat told;
    CALL(stat("/proc", &told));
    CALL(told.st_ino);
}

/* memfd_create's own descriptor does not stand in the way of execve; one that was opened for writing does */
static void executed(void)
{
    int status, file = syscall(SYS_memfd_create, "program", 0), self = open("/proc/self/exe", O_RDONLY);
    char path[40], *words[] = { "program", "again", 0 }, *none[] = { 0 };
    long count;
    while ((count = read(self, bytes, sizeof bytes)) > 0)
        if (write(file, bytes, count) != count) return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    fflush(stdout);
    for (int writes = 0; writes < 2; writes++) {
        int writer = writes ? open(path, O_WRONLY) : -1;
        if (!fork()) {
            syscall(SYS_execveat, file, "", words, none, AT_EMPTY_PATH);
            _exit(errno);
        }
        wait(&status);
        CALL(status >> 8);
        close(writer);
    }
}

int main(int count, char **words)
{
    if (count > 1 && !strcmp(words[1], "again")) return 77;
    own_directory();
    held();
    pipes();
    others();
    root_of_proc();
    executed();
    return 0;
}
