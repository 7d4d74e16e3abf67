/* Who a thread is: raw calls change the caller alone, a child begins as its maker, and a capability that was dropped is missed. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static unsigned header[2] = { 0x20080522, 0 }, sets[6];

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

static void capabilities(void)
{
    CALL(syscall(SYS_capget, header, sets));
    close(open("closed", O_CREAT | O_RDWR, 0200));
    close(open("fixed", O_CREAT | O_RDWR, 0400));
    mkdir("locked", 0700);
    close(open("locked/file", O_CREAT | O_RDWR, 0600));
    chmod("locked", 0);
    HOLDS(open("closed", O_RDONLY) >= 0);
    HOLDS(open("locked/file", O_RDONLY) >= 0);
    sets[0] &= ~(1u << 1);    /* CAP_DAC_OVERRIDE; CAP_DAC_READ_SEARCH stays */
    CALL(syscall(SYS_capset, header, sets));
    HOLDS(open("closed", O_RDONLY) >= 0);
    CALL(open("fixed", O_WRONLY));
    HOLDS(open("locked/file", O_RDONLY) >= 0);
    CALL(open("locked/new", O_CREAT | O_RDWR, 0600));
    sets[0] &= ~(1u << 2);
    CALL(syscall(SYS_capset, header, sets));
    CALL(open("closed", O_RDONLY));
    CALL(open("fixed", O_WRONLY));
    CALL(open("locked/file", O_RDONLY));
    CALL(open("locked", O_RDONLY));
    CALL(truncate("fixed", 0));
    CALL(rename("fixed", "locked/fixed"));
    sets[0] |= 6;
    CALL(syscall(SYS_capset, header, sets));
    HOLDS(open("locked/file", O_RDONLY) >= 0);
}

int main(void)
{
    own_directory();
    if (geteuid() != 0) return 0;    /* nothing to change or drop */
    threads();
    capabilities();
    return 0;
}
