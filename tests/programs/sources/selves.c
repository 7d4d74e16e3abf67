/* Who a thread is: raw calls change the caller alone, and a child begins as its maker. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void *other(void *unused)
{
    CALL(syscall(SYS_setresgid32, -1, 4242, -1));
    CALL(syscall(SYS_getegid32));
    CALL(syscall(SYS_setresuid32, 4343, 4343, 4343));
    CALL(syscall(SYS_getuid32));
    CALL(open("mine", O_RDONLY));
    CALL(syscall(SYS_setresuid32, 0, 0, 0));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        CALL(syscall(SYS_getuid32));
        CALL(syscall(SYS_getegid32));
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, 0, 0);
    return unused;
}

static void threads(void)
{
    pthread_t thread;
    close(open("mine", O_CREAT | O_RDWR, 0600));
    pthread_create(&thread, 0, other, 0);
    pthread_join(thread, 0);
    CALL(syscall(SYS_getuid32));
    CALL(syscall(SYS_getegid32));
    CALL(open("mine", O_RDONLY) >= 0);
}

int main(void)
{
    own_directory();
    if (geteuid() != 0) return 0;    /* nothing to change or drop */
    threads();
    return 0;
}
