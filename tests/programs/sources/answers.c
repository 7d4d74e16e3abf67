/* Which of several errors comes first, and numbers that are cut rather than refused. */
#include "report.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The target comes before the signal. Linux: kill_pid_info, __kill_pgrp_info, check_kill_permission. */
static void signals_and_targets(void)
{
    CALL(kill(0x3ffffff, 99));
    CALL(kill(-0x3ffffff, 99));
    CALL(kill(0x3ffffff, 0));
    CALL(kill(getpid(), 99));
    CALL(kill(1, 99));
    CALL(kill(0, 99));
    CALL(kill(0, 0));
}

/* Linux: ksys_mmap_pgoff, mincore. */
static void descriptors_and_places(char *page)
{
    unsigned char core[2] = { 9, 9 };
    PLACE(mmap(0, 4 << 20, PROT_READ, MAP_SHARED | MAP_HUGETLB, 99, 0));
    PLACE(mmap(0, 4 << 20, PROT_READ, MAP_SHARED | MAP_HUGETLB, open("/dev/zero", O_RDONLY), 0));
    CALL(syscall(SYS_mincore, page, 8192, (void *)0xfffff000));
    CALL(syscall(SYS_mincore, page, 8192, core));
    CALL(core[0] * 10 + core[1]);    /* of the page before the hole */
    CALL(syscall(SYS_mincore, page, 8192, (void *)16));
    CALL(syscall(SYS_mincore, page + 1, 8192, (void *)0xfffff000));
    CALL(syscall(SYS_mincore, 0xbffff000, 0xf0000000, (void *)0xfffff000));
}

/* Both words of FUTEX_WAKE_OP are aligned. Linux: futex_wake_op, get_futex_key. */
static void two_words(void)
{
    static int words[3];
    char *second = (char *)&words[1];
    CALL(syscall(SYS_futex, words, FUTEX_WAKE_OP, 1, 1, second + 2, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)));
    CALL(syscall(SYS_futex, words, FUTEX_WAKE_OP, 1, 1, second + 1, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)));
    CALL(syscall(SYS_futex, 0x1000, FUTEX_WAKE_OP, 1, 1, second + 1, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)));
    CALL(words[1]);
    CALL(syscall(SYS_futex, words, FUTEX_WAKE_OP, 1, 1, second, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)));
    CALL(words[1]);
}

/* Pieces beyond MAX_RW_COUNT are cut; only a piece that is negative alone is refused. Linux: __import_iovec. */
static void long_pieces(char *page)
{
    int nowhere = open("/dev/null", O_WRONLY), nothing = open("/dev/null", O_RDONLY);
    struct iovec parts[3] = { { page, 0x7fffffff }, { page, 0x7fffffff }, { page, 1 } };
    CALL(writev(nowhere, parts, 1));
    CALL(writev(nowhere, parts, 2));
    CALL(writev(nowhere, parts, 3));
    CALL(readv(nothing, parts, 3));
    parts[2].iov_len = 0x80000000;
    CALL(writev(nowhere, parts, 3));
    CALL(readv(nothing, parts, 3));
}

/* 8: MFD_NOEXEC_SEAL, which allows seals although MFD_ALLOW_SEALING is not given. Linux: memfd_create in mm/memfd.c. */
static void sealed_modes(void)
{
    struct stat status;
    for (unsigned flags = 0; flags < 16; flags++) {
        if (flags & MFD_HUGETLB) continue;    /* whether there are huge pages depends on the machine */
        int file = syscall(SYS_memfd_create, "sealed", flags);
        CALL(flags);
        CALL(fstat(file, &status) ? -1 : (int)status.st_mode);
        CALL(fcntl(file, F_GET_SEALS));
        CALL(fchmod(file, 0777));
        CALL(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
        close(file);
    }
}

/* Old calls have 16-bit numbers; larger ones are 65534. Linux: kernel/uid16.c. Only root can become someone else. */
static void short_numbers(void)
{
    unsigned words[3] = { 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa };
    CALL(syscall(165, &words[0], &words[1], &words[2]));
    HOLDS(words[0] >> 16 == 0xaaaa && words[1] >> 16 == 0xaaaa && words[2] >> 16 == 0xaaaa);
    CALL(syscall(171, &words[0], &words[1], &words[2]));
    HOLDS(words[0] >> 16 == 0xaaaa && words[1] >> 16 == 0xaaaa && words[2] >> 16 == 0xaaaa);
    if (getuid() != 0) return;
    CALL(syscall(SYS_setresgid32, 65535, 65536, 65537));
    CALL(syscall(SYS_setresuid32, 65536, 65535, 65534));
    for (int call = 0; call < 2; call++) {
        CALL(syscall(call ? 171 : 165, &words[0], &words[1], &words[2]));
        CALL(words[0]);
        CALL(words[1]);
        CALL(words[2]);
    }
    CALL(syscall(24));
    CALL(syscall(49));
    CALL(syscall(47));
    CALL(syscall(50));
}

/* Version 1 of shmat is refused; the other numbers there mean nothing. Linux: ksys_ipc. */
static void versions(void)
{
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    for (unsigned version = 0; version < 4; version++) {
        void *place = 0;
        CALL(version);
        CALL(syscall(SYS_ipc, 21 | version << 16, id, 0, &place, 0));
        HOLDS(place != 0);
        if (place) CALL(shmdt(place));
    }
    CALL(shmctl(id, IPC_RMID, 0));
}

int main(void)
{
    own_directory();
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    signals_and_targets();
    descriptors_and_places(page);
    two_words();
    long_pieces(page);
    sealed_modes();
    versions();
    short_numbers();
    return 0;
}
