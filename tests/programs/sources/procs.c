/* Files of /proc whose process is another one by now, or gone; process 1; what the machine has done. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char secret[] = "secret";

static void directories(void)
{
    static const char *names[] = { "/proc", "/proc/self", "/proc/self/fd", "/proc/sys/kernel", "/sys", "/sys/devices/system/cpu" };
    for (int i = 0; i < 6; i++) {
        int file = open(names[i], O_RDONLY | O_DIRECTORY);
        CALL(lseek(file, 0, SEEK_END));
        CALL(lseek(file, 0, SEEK_CUR));
        CALL(lseek(file, -1, SEEK_END));
        CALL(lseek(file, -1, SEEK_CUR));
        CALL(lseek(file, 0, SEEK_SET));
        close(file);
    }
}

static void gone(void)
{
    char path[40], text[200];
    struct stat told;
    int hold[2], status;
    char byte;
    CALL(pipe(hold));
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) != 0);
    }
    snprintf(path, sizeof path, "/proc/%d", child);
    int folder = open(path, O_RDONLY | O_DIRECTORY), files = openat(folder, "fd", O_RDONLY | O_DIRECTORY);
    int comm = openat(folder, "comm", O_RDONLY), maps = openat(folder, "maps", O_RDONLY), memory = openat(folder, "mem", O_RDONLY);
    int environment = openat(folder, "environ", O_RDONLY), vector = openat(folder, "auxv", O_RDONLY);
    HOLDS(pread(memory, text, 3, (long)secret) == 3 && !memcmp(text, "sec", 3));
    for (int waited = 0; waited < 2; waited++) {
        if (!waited) {
            siginfo_t info;
            close(hold[1]);
            CALL(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
        } else {
            wait(&status);
        }
        CALL(readlinkat(folder, "exe", text, sizeof text));
        CALL(readlinkat(folder, "nothing", text, sizeof text));
        CALL(openat(folder, "stat", O_RDONLY) >= 0);
        CALL(openat(folder, ".", O_RDONLY) >= 0);
        CALL(fstatat(folder, "..", &told, 0));
        CALL(openat(folder, "fd/0", O_RDONLY) >= 0);
        CALL(access(path, F_OK));
        CALL(openat(files, "0", O_RDONLY) >= 0);
        CALL(pread(memory, text, 3, (long)secret));
        CALL(pread(maps, text, 3, 0));
        CALL(pread(environment, text, 3, 0));
        HOLDS(pread(vector, text, 3, 0) == 3);
        CALL(pread(comm, text, 3, 0));
    }
}

/* what was opened before execve shows the memory of before, and that is gone */
static void executed(void)
{
    char text[200], path[200] = "";
    int status, ready[2], hold[2];
    CALL(pipe(ready));
    CALL(pipe(hold));
    HOLDS(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        close(ready[0]);
        close(hold[1]);
        dup2(ready[1], 100);
        dup2(hold[0], 101);
        if (read(hold[0], text, 1) == 1) execl(path, "procs", "again", (char *)0);
        _exit(1);
    }
    static const char *names[] = { "mem", "maps", "smaps", "smaps_rollup", "environ", "pagemap", "auxv", "cmdline", "stat", "clear_refs" };
    int files[10];
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "/proc/%d/%s", child, names[i]);
        files[i] = open(text, i == 9 ? O_WRONLY : O_RDONLY);
        HOLDS(files[i] >= 0);
    }
    HOLDS(pread(files[0], text, 6, (long)secret) == 6 && !memcmp(text, secret, 6));
    HOLDS(pread(files[1], text, 8, 0) == 8);
    CALL(write(hold[1], "x", 1));
    close(ready[1]);
    CALL(read(ready[0], text, 1));
    CALL(pread(files[0], text, 6, (long)secret));
    for (int i = 1; i < 9; i++) {
        errno = 0;
        long count = pread(files[i], text, 8, 0);
        printf("%s: %ld %s\n", names[i], count, count < 0 ? strerror(errno) : "");
    }
    snprintf(text, sizeof text, "/proc/%d/mem", child);
    int now = open(text, O_RDONLY);
    HOLDS(pread(now, text, 6, (long)secret) == 6 && !memcmp(text, "SECRET", 6));
    close(hold[1]);
    wait(&status);
    CALL(status);
}

static int again(void)
{
    char byte;
    memcpy(secret, "SECRET", 6);
    if (write(100, "x", 1) != 1) return 1;
    return read(101, &byte, 1) != 0;
}

static void first(void)
{
    char line[200];
    int parent = -1, id = -1, listed = 0;
    FILE *status = fopen("/proc/1/status", "r");
    struct rlimit limit;
    while (fgets(line, sizeof line, status)) {
        sscanf(line, "PPid:\t%d", &parent);
        sscanf(line, "Pid:\t%d", &id);
        if (!strncmp(line, "Tgid:\t1\n", 8)) listed++;
        if (!strncmp(line, "Uid:\t0\t0\t0\t0\n", 13)) listed++;
    }
    fclose(status);
    CALL(parent);
    CALL(id);
    CALL(listed);
    status = fopen("/proc/1/stat", "r");
    HOLDS(fscanf(status, "%d", &id) == 1 && id == 1);
    fclose(status);
    HOLDS(getpgid(1) >= 0);
    HOLDS(getsid(1) >= 0);
    CALL(kill(1, 0));
    CALL(syscall(SYS_tgkill, 1, 1, 0));
    CALL(prlimit(1, RLIMIT_NOFILE, 0, &limit));
    CALL(setpgid(1, 1));
    CALL(waitpid(1, 0, WNOHANG));
    struct pollfd ended = { syscall(SYS_pidfd_open, 1, 0), POLLIN, 0 };
    CALL(poll(&ended, 1, 0));
    int folder = open("/proc/1", O_RDONLY | O_DIRECTORY);
    CALL(openat(folder, "cmdline", O_RDONLY) >= 0);
}

struct activity { long long user, system, idle, switches; int names; };

static struct activity look(void)
{
    static const char *names[] = { "cpu ", "cpu0 ", "intr ", "ctxt ", "btime ", "processes ", "procs_running ", "procs_blocked ",
        "softirq " };
    struct activity now = { 0 };
    char line[20000];
    FILE *file = fopen("/proc/stat", "r");
    while (fgets(line, sizeof line, file)) {
        for (int i = 0; i < 9; i++) now.names |= !strncmp(line, names[i], strlen(names[i])) << i;
        if (!strncmp(line, "cpu ", 4)) sscanf(line, "cpu  %lld %*d %lld %lld", &now.user, &now.system, &now.idle);
        sscanf(line, "ctxt %lld", &now.switches);
    }
    fclose(file);
    return now;
}

static void activities(void)
{
    struct activity before = look(), after = before;
    volatile unsigned work = 0;
    int status;
    CALL(before.names);
    while (after.user < before.user + 2) {
        for (int i = 0; i < 10000000; i++) work += i;
        after = look();
    }
    HOLDS(after.user > before.user);
    before = after;
    while (after.system < before.system + 2) {
        for (int i = 0; i < 1000; i++) close(-1);
        after = look();
    }
    HOLDS(after.system > before.system);
    before = after;
    usleep(500000);
    after = look();
    HOLDS(after.idle >= before.idle);    /* a busy host is never idle */
    HOLDS(after.user >= before.user && after.system >= before.system);
    signal(SIGCHLD, SIG_IGN);
    before = look();
    fflush(stdout);
    if (!fork()) {
        struct rusage own;
        do {    /* a fast processor makes any fixed number of turns in less than two ticks */
            for (int i = 0; i < 10000000; i++) work += i;
            getrusage(RUSAGE_SELF, &own);
        } while (!own.ru_utime.tv_sec && own.ru_utime.tv_usec < 60000);
        _exit(0);
    }
    CALL(wait(&status));
    after = look();
    HOLDS(after.user >= before.user + 2);    /* nobody has waited for it, but its time was spent */
    HOLDS(after.switches > before.switches);
}

int main(int count, char **words)
{
    if (count > 1 && !strcmp(words[1], "again")) return again();
    own_directory();
    directories();
    gone();
    executed();
    first();
    activities();
    return 0;
}
