/* Leases of files, who is told and who waits; watches of directories and what they tell; what the page cache has of a file. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static volatile int told, told_fd, told_code, told_signal;
static volatile long told_band;

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    told++;
    told_signal = signal;
    told_fd = info->si_fd;
    told_code = info->si_code;
    told_band = info->si_band;
}

static void rung(int signal) { (void)signal; }

static void handle(int signal)
{
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigaction(signal, &action, 0);
}

/* Whether the signal came, and what it says. */
static void heard(int line, int fd)
{
    if (told) printf("%d: told %d times, signal %s, code %d, band %lx, %s\n", line, told, told_signal == SIGIO ? "SIGIO" : told_signal >= SIGRTMIN ? "real-time" : "another",
                     told_code, told_signal == SIGIO ? 0 : told_band, told_signal == SIGIO || told_fd == fd ? "the descriptor" : "ANOTHER DESCRIPTOR");
    else printf("%d: told nothing\n", line);
    told = 0;
}
#define HEARD(fd) heard(__LINE__, fd)

static void given(void)
{
    int fd = open("leased", O_CREAT | O_RDWR, 0644), pipes[2], pair[2];
    CALL(fcntl(fd, F_GETLEASE));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    CALL(fcntl(fd, F_GETLEASE));
    HOLDS(fcntl(fd, F_GETOWN) == getpid());
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_GETOWN));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_SETLEASE, 3));
    CALL(fcntl(fd, F_SETLEASE, -1));
    CALL(fcntl(1000, F_SETLEASE, F_RDLCK));
    CALL(fcntl(1000, F_GETLEASE, 0));
    int reader = open("leased", O_RDONLY);
    CALL(fcntl(reader, F_SETLEASE, F_RDLCK));
    CALL(fcntl(reader, F_SETLEASE, F_WRLCK));
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    close(fd);
    CALL(fcntl(reader, F_SETLEASE, F_WRLCK));
    CALL(fcntl(reader, F_GETLEASE));
    CALL(fcntl(reader, F_SETLEASE, F_RDLCK));
    int other = open("leased", O_RDONLY), copy = dup(reader);
    CALL(fcntl(other, F_GETLEASE));
    CALL(fcntl(copy, F_GETLEASE));
    CALL(fcntl(other, F_SETLEASE, F_RDLCK));
    CALL(fcntl(other, F_SETLEASE, F_WRLCK));
    CALL(fcntl(other, F_GETLEASE));
    CALL(close(reader));
    CALL(fcntl(copy, F_GETLEASE));
    CALL(close(copy));
    CALL(fcntl(other, F_SETLEASE, F_WRLCK));
    int place = open("leased", O_PATH);
    CALL(fcntl(place, F_SETLEASE, F_RDLCK));
    CALL(fcntl(place, F_GETLEASE));
    CALL(fcntl(place, F_NOTIFY, DN_CREATE));
    close(place);
    close(other);

    int directory = open(".", O_RDONLY);
    CALL(fcntl(directory, F_SETLEASE, F_RDLCK));
    CALL(fcntl(directory, F_SETLEASE, F_UNLCK));
    CALL(fcntl(directory, F_GETLEASE));
    pipe(pipes);
    CALL(fcntl(pipes[0], F_SETLEASE, F_RDLCK));
    CALL(fcntl(pipes[0], F_SETLEASE, F_UNLCK));
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    CALL(fcntl(pair[0], F_SETLEASE, F_RDLCK));
    CALL(fcntl(pair[0], F_GETLEASE));
    int memory = memfd_create("memory", 0);
    CALL(fcntl(memory, F_SETLEASE, F_WRLCK));
    CALL(fcntl(memory, F_GETLEASE));
    close(memory);
}

static void strangers(void)
{
    int fd = open("leased", O_RDONLY);
    fflush(stdout);
    if (!fork()) {
        setresuid(65534, 65534, 65534);
        CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
        CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
        CALL(fcntl(fd, F_SETLEASE, 7));
        CALL(fcntl(fd, F_GETLEASE));
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    close(fd);
}

/* A child that opens or cuts the file, and says how it went. */
static pid_t opener(int flags, int nonblocking)
{
    fflush(stdout);
    pid_t child = fork();
    if (child) return child;
    int result = flags >= 0 ? open("leased", flags | (nonblocking ? O_NONBLOCK : 0)) : truncate("leased", 3);
    printf("%s: %s\n", flags < 0 ? "cut" : "opened", result >= 0 ? "yes" : strerror(errno));
    fflush(stdout);
    _exit(0);
}

static int settled(pid_t child)
{
    int status;
    usleep(100000);
    return waitpid(child, &status, WNOHANG) == child;
}

static void broken(void)
{
    sigset_t none;
    sigemptyset(&none);
    handle(SIGIO);
    int fd = open("leased", O_RDWR);
    write(fd, "0123456789", 10);
    fcntl(fd, F_SETLEASE, F_WRLCK);
    int kinds[] = { O_RDONLY, O_WRONLY, O_RDWR | O_TRUNC, -1 };
    for (int i = 0; i < 4; i++) {
        pid_t child = opener(kinds[i], 0);
        while (!told) usleep(1000);
        HEARD(fd);
        HOLDS(!settled(child));
        CALL(fcntl(fd, F_GETLEASE));
        CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
        if (i == 0) CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
        CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
        waitpid(child, 0, 0);
        struct stat status;
        fstat(fd, &status);
        CALL(status.st_size);
        CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
        told = 0;
    }
    HEARD(fd);
    waitpid(opener(O_RDONLY, 1), 0, 0);
    HEARD(fd);
    waitpid(opener(O_RDONLY, 1), 0, 0);
    HEARD(fd);
    waitpid(opener(O_WRONLY, 1), 0, 0);
    HEARD(fd);
    CALL(fcntl(fd, F_GETLEASE));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(open("leased", O_RDONLY | O_NONBLOCK) >= 0);
    close(fd);
}

static void readers(void)
{
    int fd = open("read", O_CREAT | O_RDONLY, 0600), another = open("read", O_RDONLY);
    handle(SIGRTMIN + 2);
    CALL(fcntl(fd, F_SETSIG, SIGRTMIN + 2));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(another, F_SETLEASE, F_RDLCK));
    CALL(open("read", O_RDONLY | O_NONBLOCK) >= 0);
    HEARD(fd);
    CALL(open("read", O_WRONLY | O_NONBLOCK));
    HEARD(fd);
    CALL(fcntl(another, F_GETLEASE));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_GETSIG));
    CALL(close(another));
    CALL(open("read", O_WRONLY | O_NONBLOCK) >= 0);
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    HEARD(fd);
    CALL(truncate("missing", 1));
    CALL(truncate(".", 1));

    int own = open("own", O_CREAT | O_RDWR, 0600);
    CALL(fcntl(own, F_SETLEASE, F_WRLCK));
    struct sigaction action = { .sa_handler = rung };
    sigaction(SIGALRM, &action, 0);
    INTERRUPTED(open("own", O_RDONLY));
    INTERRUPTED(truncate("own", 5));
    CALL(fcntl(own, F_GETLEASE));
    told = 0;
    close(own);
    CALL(open("own", O_RDWR) >= 0);
}

static int watched;

#define WATCH(events) do { told = 0; CALL(fcntl(watched, F_NOTIFY, events)); } while (0)
#define TELLS(call) do { told = 0; errno = 0; long long value_ = (long long)(call); printf("%d: %s %s: told %d\n", __LINE__, #call, value_ < 0 ? strerror(errno) : "done", told); } while (0)

static void names(void)
{
    mkdir("watched", 0700);
    mkdir("elsewhere", 0700);
    int file = open("watched/file", O_CREAT | O_RDWR, 0600);
    watched = open("watched", O_RDONLY);
    CALL(fcntl(file, F_NOTIFY, DN_CREATE));
    CALL(fcntl(1000, F_NOTIFY, DN_CREATE));
    CALL(fcntl(watched, F_NOTIFY, 0));
    CALL(fcntl(file, F_NOTIFY, 0));
    WATCH(DN_CREATE);
    HOLDS(fcntl(watched, F_GETOWN) == getpid());
    TELLS(mkdir("watched/one", 0700));
    TELLS(mkdir("watched/two", 0700));
    CALL(fcntl(watched, F_SETSIG, SIGRTMIN + 2));
    WATCH(DN_CREATE);
    mkdir("watched/three", 0700);
    HEARD(watched);
    WATCH(DN_CREATE | DN_MULTISHOT);
    TELLS(close(open("watched/four", O_CREAT | O_RDWR, 0600)));
    TELLS(close(open("watched/four", O_CREAT | O_RDWR | O_TRUNC, 0600)));
    TELLS(mkdir("watched/four", 0700));
    TELLS(mknod("watched/pipe", S_IFIFO | 0600, 0));
    TELLS(symlink("nowhere", "watched/symbolic"));
    TELLS(link("watched/file", "watched/hard"));
    TELLS(link("watched/file", "elsewhere/hard"));
    TELLS(mkdir("watched/one/below", 0700));
    TELLS(unlink("watched/pipe"));
    TELLS(rename("watched/symbolic", "watched/renamed"));
    TELLS(rename("elsewhere/hard", "watched/moved"));
    TELLS(rename("watched/file", "watched/hard"));
    TELLS(rename("watched/moved", "elsewhere/moved"));
    WATCH(0);
    WATCH(DN_DELETE | DN_MULTISHOT);
    TELLS(unlink("watched/renamed"));
    TELLS(unlink("watched/renamed"));
    TELLS(rmdir("watched/two"));
    TELLS(rmdir("watched/one"));
    TELLS(rename("watched/hard", "watched/harder"));
    TELLS(rename("watched/harder", "elsewhere/harder"));
    TELLS(rename("elsewhere/harder", "watched/hard"));
    TELLS(mkdir("watched/five", 0700));
    WATCH(0);
    WATCH(DN_RENAME | DN_MULTISHOT);
    TELLS(rename("watched/four", "watched/five"));
    TELLS(rename("watched/four", "watched/six"));
    TELLS(rename("watched/six", "elsewhere/six"));
    TELLS(rename("elsewhere/six", "watched/six"));
    TELLS(syscall(SYS_renameat2, AT_FDCWD, "watched/six", AT_FDCWD, "watched/five", RENAME_EXCHANGE));
    TELLS(rename("watched", "moved"));
    TELLS(rename("moved/six", "moved/seven"));
    TELLS(rename("moved", "watched"));
    CALL(fcntl(watched, F_NOTIFY, DN_DELETE));
    TELLS(unlink("watched/file"));
    WATCH(0);
}

static void contents(void)
{
    char text[16] = "abc";
    struct iovec parts[2] = { { text, 3 }, { text, 3 } };
    int file = open("watched/contents", O_CREAT | O_RDWR, 0600), other = open("other", O_CREAT | O_RDWR, 0600), pipes[2];
    pipe(pipes);
    WATCH(DN_MODIFY | DN_MULTISHOT);
    TELLS(write(file, "0123456789", 10));
    TELLS(write(file, text, 0));
    TELLS(pwrite(file, text, 3, 100));
    TELLS(writev(file, parts, 2));
    TELLS(syscall(SYS_write, file, 8, 3));
    TELLS(ftruncate(file, 5));
    TELLS(truncate("watched/contents", 7));
    TELLS(ftruncate(file, 7));
    TELLS(syscall(SYS_fallocate, file, 0, 0, 0, 100, 0));
    TELLS(close(open("watched/contents", O_WRONLY | O_TRUNC)));
    TELLS(write(file, text, 3));
    TELLS(lseek(file, 0, SEEK_SET));
    TELLS(read(file, text, 3));
    TELLS(write(other, text, 3));
    TELLS(lseek(other, 0, SEEK_SET));
    TELLS(sendfile(file, other, 0, 3));
    TELLS(copy_file_range(other, &(loff_t){ 0 }, file, 0, 2, 0));
    TELLS(write(pipes[1], "12345", 5));
    TELLS(splice(pipes[0], 0, file, 0, 5, 0));
    TELLS(chmod("watched/contents", 0600));
    WATCH(0);
    WATCH(DN_ACCESS | DN_MULTISHOT);
    TELLS(lseek(file, 0, SEEK_SET));
    TELLS(read(file, text, 3));
    TELLS(pread(file, text, 3, 1000));
    TELLS(pread(file, text, 3, 1));
    TELLS(readv(file, parts, 2));
    TELLS(sendfile(other, file, &(off_t){ 0 }, 3));
    TELLS(splice(file, &(loff_t){ 0 }, pipes[1], 0, 3, 0));
    TELLS(copy_file_range(file, &(loff_t){ 0 }, other, 0, 2, 0));
    TELLS(close(open("watched/contents", O_RDONLY)));
    static char entries[4096];
    int again = open("watched", O_RDONLY);
    TELLS(syscall(SYS_getdents64, again, entries, sizeof entries) > 0);
    TELLS(syscall(SYS_getdents64, again, entries, sizeof entries));
    TELLS(mkdir("watched/eight", 0700));
    WATCH(0);
    WATCH(DN_ATTRIB | DN_MULTISHOT);
    struct timespec omit[2] = { { 0, UTIME_OMIT }, { 5, 0 } };
    TELLS(chmod("watched/contents", 0640));
    TELLS(fchmod(file, 0600));
    TELLS(chmod("watched", 0700));
    TELLS(chown("watched/contents", -1, -1));
    TELLS(fchown(file, getuid(), getgid()));
    TELLS(utimensat(AT_FDCWD, "watched/contents", 0, 0));
    TELLS(utimensat(AT_FDCWD, "watched/contents", omit, 0));
    TELLS(link("watched/contents", "elsewhere/contents"));
    TELLS(chmod("elsewhere/contents", 0640));
    TELLS(unlink("elsewhere/contents"));
    TELLS(unlink("watched/contents"));
    TELLS(fchmod(file, 0600));
    int copy = dup(watched);
    TELLS(chmod("watched", 0700));
    CALL(close(copy));
    TELLS(chmod("watched", 0700));
    copy = dup(watched);
    CALL(close(watched));
    TELLS(chmod("watched", 0700));
    watched = copy;
    WATCH(DN_ATTRIB | DN_MULTISHOT);
    if (!fork()) _exit(0);
    wait(0);
    TELLS(chmod("watched", 0700));
    fflush(stdout);
    told = 0;
    if (!fork()) {
        close(watched);
        chmod("watched", 0700);
        _exit(0);
    }
    wait(0);
    HOLDS(told == 1);
    close(watched);
}

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

/* A child that executes the program itself or a script, and says so. */
static pid_t executor(const char *path)
{
    fflush(stdout);
    pid_t child = fork();
    if (child) return child;
    execl(path, path, "again", NULL);
    printf("not executed: %s\n", strerror(errno));
    fflush(stdout);
    _exit(1);
}

/* Linux: execve opens the program, and the interpreter, for reading: do_open_execat, do_dentry_open. */
static void programs(void)
{
    static char bytes[65536], line[512];
    int from = open("/proc/self/exe", O_RDONLY), to = open("program", O_CREAT | O_WRONLY, 0700), status;
    for (long count; (count = read(from, bytes, sizeof bytes)) > 0;) write(to, bytes, count);
    close(to);
    to = open("script", O_CREAT | O_WRONLY, 0700);
    dprintf(to, "#!%s/program\n", getcwd(line, sizeof line));
    close(to);
    int fd = open("program", O_RDONLY);
    for (int i = 0; i < 2; i++) {
        told = 0;
        CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
        pid_t child = executor(i ? "script" : "program");
        while (!told) usleep(1000);
        HEARD(fd);
        HOLDS(!settled(child));
        CALL(fcntl(fd, F_GETLEASE));
        CALL(fcntl(fd, F_SETLEASE, i ? F_UNLCK : F_RDLCK));
        CALL(waitpid(child, &status, 0) == child);
        CALL(status);
        HEARD(fd);
    }
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(waitpid(executor("program"), &status, 0) > 0);
    CALL(status);
    HEARD(fd);
    close(fd);
    fd = open("program", O_RDWR);
    told = 0;
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    pid_t child = executor("program");
    while (!told) usleep(1000);
    HOLDS(!settled(child));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(waitpid(child, &status, 0) == child);
    CALL(status);
    close(fd);
}

int main(int count, char **words)
{
    if (count > 1) return printf("executed with %s\n", words[count - 1]) < 0;
    own_directory();
    given();
    strangers();
    broken();
    readers();
    programs();
    names();
    contents();
    cache();
    return 0;
}
