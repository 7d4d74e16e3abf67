/* Files of /proc that were opened while their process lived, and are read when it is a zombie, and when it is no more. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {
    "cmdline", "environ", "maps", "smaps", "smaps_rollup", "statm", "stat", "status", "comm", "limits", "pagemap", "auxv", "mem",
    "oom_score_adj", "clear_refs", "map_files", "fd", "mounts", "mountinfo",
};

#define NAMES ((int)(sizeof names / sizeof *names))

static int opened[NAMES];

/* Whether there is something, nothing, or an error: the words themselves differ from kernel to kernel. */
static void look(const char *when)
{
    static char bytes[1 << 16];
    for (int i = 0; i < NAMES; i++) {
        errno = 0;
        int count = pread(opened[i], bytes, sizeof bytes, 0);
        int isTold = !strcmp(names[i], "cmdline") || !strcmp(names[i], "environ") || !strcmp(names[i], "maps")
            || !strcmp(names[i], "smaps") || !strcmp(names[i], "statm") || !strcmp(names[i], "stat")
            || !strcmp(names[i], "pagemap") || !strcmp(names[i], "auxv") || !strcmp(names[i], "fd");
        if (isTold) printf("%s %s: %s %s\n", when, names[i], count > 0 ? "something" : count == 0 ? "nothing" : "-1",
            count < 0 ? strerror(errno) : "");
    }
}

int main(void)
{
    char path[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    int ready[2];
    CALL(pipe(ready));
    pid_t child = fork();
    if (child == 0) {
        if (write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char byte;
    CALL(read(ready[0], &byte, 1));
    for (int i = 0; i < NAMES; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", child, names[i]);
        opened[i] = open(path, strcmp(names[i], "clear_refs") ? O_RDONLY : O_WRONLY);
        HOLDS(opened[i] >= 0);
    }
    CALL(kill(child, SIGKILL));
    CALL(waitid(P_PID, child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
    look("zombie");
    HOLDS(write(opened[14], "1", 1) <= 1);
    CALL(waitpid(child, 0, 0) == child);
    look("reaped");
    HOLDS(write(opened[14], "1", 1) <= 1);
    return 0;
}
