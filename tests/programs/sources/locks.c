/* Locks of bytes and of files between processes, programs that nobody may write, seals of a memory file; with the errors. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int fd, status;

static int set(int file, int command, int type, long long start, long long length)
{
    struct flock64 lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    return fcntl64(file, command, &lock);
}

/* What another process would find in the way. */
static void seen(int line, long long start, long long length, int type)
{
    fflush(stdout);
    pid_t parent = getpid();
    if (!fork()) {
        struct flock64 lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
        int result = fcntl64(fd, F_GETLK64, &lock);
        printf("%d: %d, %s %lld %lld %s\n", line, result, lock.l_type == F_UNLCK ? "free" : lock.l_type == F_RDLCK ? "read" : "write", (long long)lock.l_start, (long long)lock.l_len,
               lock.l_pid == parent ? "of the parent" : lock.l_pid == -1 ? "of a file" : "of nobody");
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}
#define SEEN(start, length, type) seen(__LINE__, start, length, type)

static void alarmed(int signal) { (void)signal; }

static void ranges(void)
{
    fd = open("locked", O_CREAT | O_RDWR, 0600);
    int reader = open("locked", O_RDONLY), writer = open("locked", O_WRONLY);
    write(fd, "0123456789", 10);
    CALL(set(fd, F_SETLK64, F_WRLCK, 10, 10));
    SEEN(0, 10, F_RDLCK);
    SEEN(0, 11, F_RDLCK);
    SEEN(15, 1, F_RDLCK);
    SEEN(20, 0, F_WRLCK);
    CALL(set(fd, F_SETLK64, F_RDLCK, 14, 2));
    SEEN(0, 0, F_WRLCK);
    SEEN(14, 1, F_RDLCK);
    SEEN(14, 1, F_WRLCK);
    SEEN(16, 0, F_WRLCK);
    CALL(set(fd, F_SETLK64, F_UNLCK, 12, 6));
    SEEN(12, 6, F_WRLCK);
    SEEN(12, 7, F_WRLCK);
    CALL(set(fd, F_SETLK64, F_WRLCK, 12, 6));
    SEEN(0, 0, F_RDLCK);
    CALL(set(fd, F_SETLK64, F_RDLCK, 0, 0));
    SEEN(100, 1, F_WRLCK);
    CALL(set(fd, F_SETLK64, F_UNLCK, 0, 0));
    SEEN(0, 0, F_WRLCK);
    struct flock64 lock = { .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -4, .l_len = 2 };
    CALL(fcntl64(fd, F_SETLK64, &lock));
    SEEN(0, 0, F_WRLCK);
    lock = (struct flock64){ .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 0, .l_len = -3 };
    CALL(fcntl64(fd, F_SETLK64, &lock));
    SEEN(8, 0, F_WRLCK);
    lock.l_whence = 7;
    CALL(fcntl64(fd, F_SETLK64, &lock));
    CALL(set(fd, F_SETLK64, 9, 0, 1));
    CALL(set(fd, F_SETLK64, F_WRLCK, -1, 1));
    CALL(set(fd, F_SETLK64, F_WRLCK, 5, -6));
    CALL(set(fd, F_SETLK64, F_WRLCK, 0x7FFFFFFFFFFFFFFFLL, 2));
    CALL(set(fd, F_GETLK64, F_UNLCK, 0, 1));
    CALL(set(reader, F_SETLK64, F_WRLCK, 0, 1));
    CALL(set(writer, F_SETLK64, F_RDLCK, 0, 1));
    CALL(set(1000, F_SETLK64, F_RDLCK, 0, 1));
    CALL(fcntl64(fd, F_SETLK64, (void *)8));
    CALL(set(fd, F_SETLK64, F_WRLCK, 0, 0));
    if (!fork()) {
        CALL(set(fd, F_SETLK64, F_WRLCK, 0, 1));
        CALL(set(fd, F_SETLK64, F_RDLCK, 0, 1));
        CALL(set(fd, F_SETLK64, F_UNLCK, 0, 0));
        close(fd);
        _exit(0);
    }
    wait(&status);
    SEEN(0, 0, F_RDLCK);
    CALL(close(dup(reader)));
    SEEN(0, 0, F_RDLCK);
    struct { short type, whence; int start, length, process; } small = { F_WRLCK, SEEK_SET, 3, 4, 0 };
    CALL(syscall(SYS_fcntl, fd, F_SETLK, &small));
    SEEN(0, 0, F_RDLCK);
    CALL(syscall(SYS_fcntl, fd, F_GETLK, &small));
    CALL(small.type);
    set(fd, F_SETLK64, F_UNLCK, 0, 0);
}

static void waits(void)
{
    int ready[2], go[2];
    char byte;
    pipe(ready);
    pipe(go);
    CALL(set(fd, F_SETLK64, F_WRLCK, 0, 1));
    pid_t child = fork();
    if (!child) {
        set(fd, F_SETLK64, F_WRLCK, 1, 1);
        write(ready[1], "r", 1);
        _exit(set(fd, F_SETLKW64, F_WRLCK, 0, 1) ? errno : 0);
    }
    read(ready[0], &byte, 1);
    usleep(200000);    /* nothing that both kernels have tells that it waits */
    CALL(set(fd, F_SETLK64, F_UNLCK, 0, 1));
    CALL(set(fd, F_SETLKW64, F_WRLCK, 1, 1));
    waitpid(child, &status, 0);
    CALL(WEXITSTATUS(status));
    CALL(set(fd, F_SETLK64, F_UNLCK, 0, 0));
    child = fork();
    if (!child) { set(fd, F_SETLK64, F_WRLCK, 0, 0); write(ready[1], "r", 1); read(go[0], &byte, 1); _exit(0); }
    read(ready[0], &byte, 1);
    struct sigaction action = { .sa_handler = alarmed };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(set(fd, F_SETLKW64, F_WRLCK, 1, 1));
    write(go[1], "g", 1);
    CALL(set(fd, F_SETLKW64, F_WRLCK, 1, 1));
    waitpid(child, &status, 0);
    CALL(set(fd, F_SETLK64, F_UNLCK, 0, 0));
}

static void wholes(void)
{
    int other = open("locked", O_RDONLY), copy = dup(fd);
    CALL(flock(fd, LOCK_EX));
    CALL(flock(copy, LOCK_EX | LOCK_NB));
    CALL(flock(other, LOCK_SH | LOCK_NB));
    CALL(flock(other, LOCK_UN));
    CALL(flock(fd, LOCK_SH));
    CALL(flock(other, LOCK_SH | LOCK_NB));
    CALL(flock(fd, LOCK_EX | LOCK_NB));
    CALL(set(fd, F_SETLK64, F_WRLCK, 0, 0));
    CALL(set(fd, F_SETLK64, F_UNLCK, 0, 0));
    CALL(flock(other, LOCK_EX | LOCK_NB));
    if (!fork()) { usleep(30000); flock(other, LOCK_UN); _exit(0); }
    CALL(flock(fd, LOCK_EX));
    wait(&status);
    CALL(close(fd));
    CALL(flock(other, LOCK_EX | LOCK_NB));
    CALL(close(copy));
    CALL(flock(other, LOCK_EX | LOCK_NB));
    CALL(flock(other, 0));
    CALL(flock(other, 3));
    CALL(flock(1000, LOCK_SH));
    int directory = open(".", O_RDONLY), again = open(".", O_RDONLY);
    CALL(flock(directory, LOCK_EX));
    CALL(flock(again, LOCK_EX | LOCK_NB));
    CALL(close(directory));
    CALL(flock(again, LOCK_EX | LOCK_NB));
}

static void programs(const char *self)
{
    char bytes[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open("copy", O_CREAT | O_WRONLY, 0700), count;
    while ((count = read(from, bytes, sizeof bytes)) > 0) write(to, bytes, count);
    CALL(open("/proc/self/exe", O_WRONLY));
    CALL(open(self, O_RDWR));
    CALL(truncate(self, 5));
    CALL(execl("./copy", "copy", "sleeps", NULL));
    close(to);
    int executed[2];
    pipe2(executed, O_CLOEXEC);
    pid_t child = fork();
    if (!child) { execl("./copy", "copy", "sleeps", NULL); _exit(9); }
    close(executed[1]);
    CALL(read(executed[0], bytes, 1));    /* ends with the child's execve */
    CALL(open("copy", O_WRONLY));
    CALL(open("copy", O_RDWR | O_TRUNC));
    CALL(access("copy", W_OK));
    CALL(open("copy", O_RDONLY) > 0);
    kill(child, SIGKILL);
    wait(&status);
    CALL(WTERMSIG(status));
    CALL(open("copy", O_WRONLY) > 0);
}

static void seals(void)
{
    int memory = syscall(SYS_memfd_create, "sealed", 2);
    ftruncate(memory, 8192);
    char *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0), *only = mmap(0, 8192, PROT_READ, MAP_SHARED, memory, 0);
    strcpy(shared, "kept");
    CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(munmap(shared, 8192));
    CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(munmap(only, 8192));
    shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, memory, 0);
    CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(memory, F_GET_SEALS));
    shared[0] = 'K';
    PLACE(mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0));
    only = mmap(0, 8192, PROT_READ, MAP_SHARED, memory, 0);
    CALL(strcmp(only, "kept"));
    CALL(mprotect(only, 8192, PROT_READ | PROT_WRITE));
    CALL(mprotect(only, 8192, PROT_READ));
    CALL(write(memory, "x", 1));
    CALL(fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    memory = syscall(SYS_memfd_create, "future", 2);
    ftruncate(memory, 8192);
    shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    CALL(fcntl(memory, F_ADD_SEALS, 16));
    shared[0] = 'x';
    PLACE(mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0));
    only = mmap(0, 8192, PROT_READ, MAP_SHARED, memory, 0);
    CALL(only[0]);
    CALL(mprotect(only, 8192, PROT_READ | PROT_WRITE));
    CALL(write(memory, "y", 1));
}

static void processes(void)
{
    char name[100], target[300];
    double load;
    int running, all, last;
    FILE *average = fopen("/proc/loadavg", "r");
    HOLDS(fscanf(average, "%lf %lf %lf %d/%d %d", &load, &load, &load, &running, &all, &last) == 6 && all >= running && last >= getpid());
    int mapped = open("mapped", O_CREAT | O_RDWR, 0600);
    ftruncate(mapped, 8192);
    char *at = mmap(0, 8192, PROT_READ, MAP_SHARED, mapped, 0);
    sprintf(name, "/proc/self/map_files/%lx-%lx", (long)at, (long)at + 8192);
    int length = readlink(name, target, sizeof target - 1);
    HOLDS(length > 7 && !strncmp(target + length - 7, "/mapped", 7));
    sprintf(name, "/proc/self/map_files/%lx-%lx", (long)at, (long)at + 4096);
    CALL(readlink(name, target, sizeof target));
}

int main(int argc, char **argv)
{
    if (argc > 1) { sleep(60); return 0; }
    char self[4096];
    self[readlink("/proc/self/exe", self, sizeof self - 1)] = 0;
    own_directory();
    ranges();
    waits();
    wholes();
    programs(self);
    seals();
    processes();
    return 0;
}
