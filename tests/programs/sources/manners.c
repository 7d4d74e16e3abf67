/* What a process says of itself: prctl; and what /proc shows of it and to whom. */
#include "report.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void controls(void)
{
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_GET_TIMING));
    CALL(prctl(PR_SET_TIMING, 1));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 1, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_PDEATHSIG, 65));
    CALL(prctl(9999));
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
    static const char *names[] = { "environ", "auxv", "mem", "pagemap", "fd", "fdinfo", "map_files", "maps",
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
    const char *kernel[] = { "cap_last_cap", "ngroups_max" };
    for (int i = 0; i < 2; i++) {
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
}

int main(void)
{
    own_directory();
    controls();
    shown();
    return 0;
}
