/* What a kernel answers that was built without leases, F_NOTIFY, extended attributes, message queues, semaphores of System V,
   futexes with owners, and some calls that nearly no program makes. */
#include "report.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

int main(void)
{
    char value[16];
    own_directory();
    int file = open("tried", O_CREAT | O_RDWR, 0600), directory = open(".", O_RDONLY);
    CALL(fcntl(file, F_SETLEASE, F_RDLCK));
    CALL(fcntl(file, F_GETLEASE) == F_UNLCK);
    CALL(fcntl(directory, F_NOTIFY, DN_CREATE));
    CALL(setxattr("tried", "user.a", "v", 1, 0));
    CALL(lgetxattr("tried", "user.a", value, sizeof value));
    CALL(flistxattr(file, value, sizeof value));
    CALL(removexattr("tried", "user.a"));
    CALL(syscall(SYS_mq_open, "queue", O_RDWR | O_CREAT, 0600, 0));
    CALL(syscall(SYS_futex, value, FUTEX_LOCK_PI, 0, 0, 0, 0));
    CALL(syscall(SYS_ipc, 2, 0, 1, 0600, 0, 0));
    CALL(syscall(393, 0, 1, 0600));    /* semget */
    CALL(syscall(SYS_ipc, 13, 0, 0600, 0, 0, 0));
    CALL(syscall(399, 0, 0600));    /* msgget */
    static const int missing[] = { SYS_ustat, SYS_setfsuid32, SYS_splice, SYS_tee, SYS_vmsplice,
        SYS_kcmp, SYS_unshare, 437, 438, 449 };
    for (int i = 0; i < (int)(sizeof missing / sizeof *missing); i++) CALL(syscall(missing[i], 0, 0, 0, 0, 0));
    CALL(syscall(381, 0, 0));    /* pkey_alloc: no key of the processor */
    return 0;
}
