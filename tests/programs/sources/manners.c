/* What a process says of itself: prctl, scheduling attributes, priorities of input and output; and what /proc shows of it and to whom. */
#include "report.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { SET_ATTRIBUTES = 351, GET_ATTRIBUTES = 352, SET_IO = 289, GET_IO = 290, NORMAL = 2 << 13, FIRST = 1 << 13 };

static void controls(void)
{
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_SET_TIMERSLACK, 1000));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_SET_TIMERSLACK, 0));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_GET_TIMING));
    CALL(prctl(PR_SET_TIMING, 1));
    CALL(prctl(PR_GET_SECUREBITS));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 1, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_PDEATHSIG, 65));
    CALL(prctl(PR_CAPBSET_READ, 99));
    CALL(prctl(9999));
}

static void orphans(void)
{
    int is = -1, ends[2], status;
    CALL(prctl(PR_GET_CHILD_SUBREAPER, &is));
    CALL(is);
    CALL(prctl(PR_SET_CHILD_SUBREAPER, 1));
    CALL(prctl(PR_GET_CHILD_SUBREAPER, &is));
    CALL(is);
    if (pipe(ends)) abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_GET_CHILD_SUBREAPER, &is);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            char byte;
            if (read(ends[0], &byte, 1) != 1) _exit(9);
            _exit(7);
        }
        _exit(is);
    }
    CALL(waitpid(child, &status, 0) == child);
    CALL(WEXITSTATUS(status));
    CALL(waitpid(-1, &status, WNOHANG));
    CALL(write(ends[1], "x", 1));
    CALL(waitpid(-1, &status, 0) > 0);
    CALL(WEXITSTATUS(status));
    CALL(waitpid(-1, &status, 0));
    child = fork();
    if (child == 0) {
        if (fork() == 0) _exit(5);
        usleep(50000);
        _exit(6);
    }
    CALL(waitpid(child, &status, 0) == child);
    CALL(waitpid(-1, &status, 0) > 0);
    CALL(WEXITSTATUS(status));
    CALL(prctl(PR_SET_CHILD_SUBREAPER, 0));
}

static struct { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long times[3]; unsigned clamps[2]; }
    attributes;

static void show(void)
{
    attributes.nice = attributes.priority = 99;
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, sizeof attributes, 0));
    printf("%u %u %d %u\n", attributes.size, attributes.policy, attributes.nice, attributes.priority);
    memset(&attributes, 0, sizeof attributes);
}

static void scheduling(void)
{
    show();
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 48, 0));
    CALL(attributes.size);
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 47, 0));
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 8192, 0));
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 48, 1));
    CALL(syscall(GET_ATTRIBUTES, 0, 0, 48, 0));
    CALL(syscall(GET_ATTRIBUTES, -1, &attributes, 48, 0));
    CALL(syscall(GET_ATTRIBUTES, 0x3ffffff, &attributes, 48, 0));
    memset(&attributes, 0, sizeof attributes);
    attributes.size = 48;
    attributes.nice = 5;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(getpriority(PRIO_PROCESS, 0));
    show();
    attributes.size = 40;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(attributes.size);
    attributes.policy = 9;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    attributes.policy = SCHED_FIFO;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    attributes.priority = 100;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    memset(&attributes, 0, sizeof attributes);
    attributes.policy = SCHED_BATCH;
    attributes.nice = 30;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    show();
    attributes.flags = 1 << 20;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 1));
    CALL(syscall(SET_ATTRIBUTES, 0, 0, 0));
    CALL(syscall(SET_ATTRIBUTES, 0, 1, 0));
}

static void input_and_output(void)
{
    CALL(syscall(GET_IO, 1, 0));
    CALL(syscall(SET_IO, 1, 0, NORMAL | 7));
    CALL(syscall(GET_IO, 1, 0));
    CALL(syscall(GET_IO, 1, getpid()));
    CALL(syscall(GET_IO, 1, 0x3ffffff));
    CALL(syscall(GET_IO, 9, 0));
    CALL(syscall(SET_IO, 9, 0, NORMAL));
    CALL(syscall(SET_IO, 1, 0x3ffffff, NORMAL));
    CALL(syscall(SET_IO, 1, 0, 5 << 13));
    CALL(syscall(SET_IO, 1, 0, 7));
    CALL(syscall(SET_IO, 1, 0, 0));
    CALL(syscall(GET_IO, 1, 0));
}

static void mode(const char *name)
{
    struct stat status;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", name);
    CALL(stat(path, &status));
    printf("%s %o\n", name, status.st_mode);
}

static void shown(void)
{
    static const char *names[] = { "environ", "auxv", "mem", "pagemap", "io", "syscall", "personality", "fd", "fdinfo", "map_files", "maps",
        "status", "cmdline", "comm", "oom_score_adj" };
    char text[256] = "", path[64];
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) mode(names[i]);
    int file = open("file", O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    CALL(write(file, "12345", 5));
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    int info = open(path, O_RDONLY), position = -1;
    unsigned flags = 0;
    HOLDS(read(info, text, 255) > 0 && sscanf(text, "pos:\t%d\nflags:\t%o\n", &position, &flags) == 2);
    printf("%d %o\n", position, flags);
    CALL(open("/proc/self/fdinfo/999", O_RDONLY));
    const char *kernel[] = { "domainname", "cap_last_cap", "overflowgid", "overflowuid", "ngroups_max" };
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/proc/sys/kernel/%s", kernel[i]);
        memset(text, 0, sizeof text);
        CALL(read(open(path, O_RDONLY), text, 255) > 0);
        printf("%s %s", kernel[i], text);
    }
    char other[64] = "";
    CALL(read(open("/proc/sys/kernel/random/uuid", O_RDONLY), text, 60));
    CALL(read(open("/proc/sys/kernel/random/uuid", O_RDONLY), other, 60));
    HOLDS(strcmp(text, other) != 0 && text[14] == '4');
    CALL(read(open("/proc/sys/kernel/random/boot_id", O_RDONLY), text, 60));
    CALL(read(open("/proc/sys/kernel/random/boot_id", O_RDONLY), other, 60));
    HOLDS(strncmp(text, other, 37) == 0);
    CALL(read(open("/proc/devices", O_RDONLY), text, 60) > 0);
    FILE *io = fopen("/proc/self/io", "r");
    long long before, after;
    HOLDS(fscanf(io, "rchar: %*d wchar: %lld", &before) == 1);
    CALL(write(file, text, 60));
    fclose(io);
    io = fopen("/proc/self/io", "r");
    HOLDS(fscanf(io, "rchar: %*d wchar: %lld", &after) == 1);
    HOLDS(after - before >= 60);
}

int main(void)
{
    own_directory();
    controls();
    orphans();
    scheduling();
    input_and_output();
    shown();
    return 0;
}
