/* What processes may share or leave to each other: directories (CLONE_FS); other roots. */
#include "report.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char stack[1 << 16];

static int move(void *unused)
{
    (void)unused;
    CALL(chdir("below"));
    CALL(umask(077));
    fflush(stdout);
    return 0;
}

static void directories(void)
{
    int status;
    char path[4096];
    struct stat told;
    CALL(mkdir("below", 0700));
    umask(022);
    for (int shares = 0; shares < 2; shares++) {
        fflush(stdout);
        pid_t child = clone(move, stack + sizeof stack, (shares ? CLONE_FS : 0) | SIGCHLD, 0);
        CALL(waitpid(child, &status, 0) == child);
        HOLDS(getcwd(path, sizeof path) && strstr(path, "below"));
        CALL(umask(022));
    }
    CALL(chdir(".."));
    CALL(stat("below", &told));
}

static void old_calls(void)
{
    struct timeval times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
    struct stat told;
    int folder = open(".", O_RDONLY | O_DIRECTORY), file = open("file", O_CREAT | O_RDWR, 0644);
    CALL(syscall(SYS_futimesat, folder, "file", times));
    CALL(fstat(file, &told));
    CALL(told.st_atime);
    CALL(told.st_mtime);
    times[0].tv_sec = 1200000000;
    CALL(syscall(SYS_futimesat, file, 0, times));
    CALL(fstat(file, &told));
    CALL(told.st_atime);
    times[0].tv_usec = 1000000;
    CALL(syscall(SYS_futimesat, folder, "file", times));
    CALL(syscall(SYS_futimesat, folder, "nothing", 0));
    CALL(syscall(SYS_futimesat, -1, "file", 0));
}

int main(void)
{
    chmod(own_directory(), 0755);
    directories();
    old_calls();
    return 0;
}
