/* fork, vfork, execve, wait in its forms, groups and sessions, shared memory and futexes between processes. */
#include "report.h"
#include <linux/futex.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static int *word;

static int futex_wait(int *at, int value, int milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    return syscall(SYS_futex, at, FUTEX_WAIT, value, &time, 0, 0);
}

static int futex_wake(int *at) { return syscall(SYS_futex, at, FUTEX_WAKE, 1, 0, 0, 0); }

static void checkpoints(void)
{
    int status;
    pid_t child = fork();
    if (!child) {
        word[0] = 1;
        futex_wake(&word[0]);
        _exit(futex_wait(&word[1], 0, 30000) == 0 ? 23 : 24);
    }
    while (!word[0]) futex_wait(&word[0], 0, 1000);
    while (futex_wake(&word[1]) == 0) usleep(1000);     /* until the child waits there, however busy the host */
    HOLDS(waitpid(child, &status, 0) == child);
    CALL(WEXITSTATUS(status));
    CALL(futex_wait(&word[2], 0, 10));
    CALL(futex_wait(&word[2], 1, 10));
}

static void endings(void)
{
    int status;
    siginfo_t info;
    pid_t child = fork();
    if (!child) { pause(); _exit(0); }
    kill(child, SIGKILL);
    HOLDS(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    child = fork();
    if (!child) { raise(SIGSTOP); while (!word[3]) usleep(1000); _exit(4); }
    HOLDS(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(child, SIGCONT);
    HOLDS(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    word[3] = 1;     /* a child that had ended already would be reaped instead */
    HOLDS(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED && info.si_status == 4);
    HOLDS(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4);
    child = fork();
    if (!child) *(volatile int *)8 = 0;
    waitpid(child, &status, 0);
    CALL(status & 0x7F);
    child = fork();
    if (!child) abort();
    waitpid(child, &status, 0);
    CALL(status & 0x7F);
    CALL(waitpid(-1, &status, 0));
    CALL(waitpid(-1, &status, 0x4000));
    child = fork();
    if (!child) { while (!word[4]) usleep(1000); _exit(0); }
    CALL(waitpid(child, &status, WNOHANG));
    word[4] = 1;
    HOLDS(waitpid(child, &status, 0) == child);
    child = vfork();
    if (!child) _exit(9);
    waitpid(child, &status, 0);
    CALL(WEXITSTATUS(status));
}

static void groups(void)
{
    int status;
    pid_t child = fork();
    if (!child) {
        HOLDS(setpgid(0, 0) == 0 && getpgid(0) == getpid() && getpgrp() == getpid());
        if (!fork()) pause();
        if (!fork()) pause();
        signal(SIGTERM, SIG_IGN);
        CALL(kill(0, SIGTERM));
        HOLDS(wait(&status) > 0 && WTERMSIG(status) == SIGTERM);
        HOLDS(wait(&status) > 0 && WTERMSIG(status) == SIGTERM);
        CALL(setsid());
        _exit(0);
    }
    waitpid(child, &status, 0);
    child = fork();
    if (!child) {
        HOLDS(setsid() == getpid() && getsid(0) == getpid());
        CALL(setpgid(0, 0));
        _exit(0);
    }
    waitpid(child, &status, 0);
    CALL(kill(-999999, SIGTERM));
    CALL(setpgid(999999, 0));
    CALL(getpgid(999999));
}

static void programs(char *self)
{
    int status;
    fflush(stdout);
    char *environment[] = { "COLOUR=blue", NULL };
    if (!fork()) { execle(self, self, "second", "", NULL, environment); _exit(126); }
    wait(&status);
    CALL(WEXITSTATUS(status));
    if (!fork()) {
        if (geteuid() == 0) { CALL(setresgid(1234, 1235, 1236)); CALL(setresuid(1237, 0, 1239)); }     /* real and effective ones differ: secure */
        execl(self, self, "who", NULL);
        _exit(126);
    }
    wait(&status);
    CALL(WEXITSTATUS(status));
    CALL(execl("/nowhere", "x", NULL));
    CALL(execl("/", "x", NULL));
    CALL(execl("/dev/null", "x", NULL));
    FILE *popened = popen("exit 3", "r");
    if (popened) pclose(popened);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2) {
        CALL(getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid() && getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
        CALL(getauxval(AT_SECURE));
        return 78;
    }
    if (argc > 1) {
        printf("%s %d '%s' %s\n", argv[1], argc, argv[2], getenv("COLOUR"));
        return 77;
    }
    word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    checkpoints();
    endings();
    groups();
    programs("/proc/self/exe");
    return 300;
}
