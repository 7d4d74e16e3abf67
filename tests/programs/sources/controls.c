/* What the kernel's own tests ask of a process's settings: prctl(2), capabilities, what stays over fork and execve; segments marked for removal. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { SET_MERGE = 67, GET_MERGE = 68, SET_MDWE = 65, GET_MDWE = 66, GET_AUXV = 0x41555856, MRELEASE = 448, PKEY_MPROTECT = 380 };

static char *program;

static char *anonymous(int protection) { return mmap(0, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

/* The calls of a child: its settings end with it. */
static void apart(void (*calls)(void))
{
    int status;
    fflush(stdout);
    if (!fork()) { calls(); fflush(stdout); _exit(0); }
    wait(&status);
    CALL(status);
}

static void gain_none(void)
{
    char *readable = anonymous(PROT_READ), *writable = anonymous(PROT_READ | PROT_WRITE), *code = anonymous(PROT_READ | PROT_EXEC);
    char *both = anonymous(PROT_READ | PROT_WRITE | PROT_EXEC);
    int file = memfd_create("code", 0);
    CALL(ftruncate(file, 8192));
    CALL(prctl(SET_MDWE, 1, 0, 0, 0));
    CALL(prctl(GET_MDWE, 0, 0, 0, 0));
    CALL(prctl(SET_MDWE, 1, 0, 0, 0));
    CALL(prctl(SET_MDWE, 0, 0, 0, 0));
    CALL(prctl(SET_MDWE, 3, 0, 0, 0));
    PLACE(anonymous(PROT_READ | PROT_WRITE | PROT_EXEC));
    PLACE(anonymous(PROT_WRITE | PROT_EXEC));
    PLACE(anonymous(PROT_EXEC));
    PLACE(anonymous(PROT_READ | PROT_EXEC));
    PLACE(mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, file, 0));
    PLACE(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0));
    PLACE(mmap(readable, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    CALL(readable[0]);    /* a refused call unmaps nothing */
    CALL(mprotect(readable, 4096, PROT_READ | PROT_EXEC));
    CALL(mprotect(writable, 4096, PROT_READ | PROT_EXEC));
    CALL(mprotect(writable, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    CALL(mprotect(code, 4096, PROT_READ | PROT_WRITE));
    CALL(mprotect(code, 4096, PROT_READ | PROT_EXEC));
    CALL(mprotect(both, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    CALL(mprotect(both, 4096, PROT_READ | PROT_EXEC));
    CALL(mprotect(both, 4096, PROT_EXEC));
    CALL(mprotect(both, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    CALL(syscall(PKEY_MPROTECT, writable, 4096, PROT_READ | PROT_EXEC, -1));
    int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
    PLACE(shmat(segment, 0, SHM_EXEC));
    PLACE(shmat(segment, 0, SHM_EXEC | SHM_RDONLY));
    CALL(shmctl(segment, IPC_RMID, 0));
    PLACE(mremap(both, 4096, 8192, MREMAP_MAYMOVE));
    fflush(stdout);
    if (!fork()) { CALL(prctl(GET_MDWE, 0, 0, 0, 0)); PLACE(anonymous(7)); fflush(stdout); _exit(0); }
    wait(0);
    execl(program, program, "again", (char *)0);
    CALL(-1);
}

static void gain_none_here(void)
{
    CALL(prctl(SET_MDWE, 3, 0, 0, 0));
    CALL(prctl(GET_MDWE, 0, 0, 0, 0));
    CALL(prctl(SET_MDWE, 1, 0, 0, 0));
    PLACE(anonymous(7));
    fflush(stdout);
    if (!fork()) { CALL(prctl(GET_MDWE, 0, 0, 0, 0)); PLACE(anonymous(7)); fflush(stdout); _exit(0); }
    wait(0);
    execl(program, program, "again", (char *)0);
}

static void refused_settings(void)
{
    CALL(prctl(GET_MDWE, 0, 0, 0, 0));
    CALL(prctl(SET_MDWE, 2, 0, 0, 0));
    CALL(prctl(SET_MDWE, 4, 0, 0, 0));
    CALL(prctl(SET_MDWE, 1, 1, 0, 0));
    CALL(prctl(SET_MDWE, 1, 0, 0, 1));
    CALL(prctl(GET_MDWE, 1, 0, 0, 0));
    CALL(prctl(SET_MDWE, 0, 0, 0, 0));
    PLACE(anonymous(7));
}

static void vector_of_the_program(void)
{
    char given[1024], file[1024];
    int at = open("/proc/self/auxv", O_RDONLY), count = read(at, file, sizeof file);
    memset(given, 1, sizeof given);
    CALL(prctl(GET_AUXV, given, sizeof given, 0, 1));
    CALL(prctl(GET_AUXV, given, sizeof given, 1, 0));
    CALL(prctl(GET_AUXV, 1, 8, 0, 0));
    HOLDS(prctl(GET_AUXV, given, 8, 0, 0) >= count);
    HOLDS(!memcmp(given, file, 8) && given[8] == 1);
    HOLDS(prctl(GET_AUXV, given, sizeof given, 0, 0) >= count && !memcmp(given, file, count));
    HOLDS(prctl(GET_AUXV, 0, 0, 0, 0) == prctl(GET_AUXV, given, sizeof given, 0, 0));
}

static void huge_pages(void)
{
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 2, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 3, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 2, 1, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 2, 0, 0));
    fflush(stdout);
    if (!fork()) { CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)); fflush(stdout); _exit(0); }
    wait(0);
    CALL(prctl(PR_SET_THP_DISABLE, 5, 0, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

struct header { unsigned version; int pid; };
struct data { unsigned effective, permitted, inheritable; };

static int of_status(const char *name, unsigned long long *set)
{
    char text[4096] = "", *found;
    int file = open("/proc/self/status", O_RDONLY);
    if (read(file, text, sizeof text - 1) < 0) return 0;
    close(file);
    found = strstr(text, name);
    *set = found ? strtoull(found + strlen(name), 0, 16) : 0;
    return found != 0;
}

static void capabilities(void)
{
    struct header one = { 0x19980330, 0 }, two = { 0x20071026, 0 }, three = { 0x20080522, 0 }, unknown = { 7, 0 };
    struct data had[2], sets[2];
    unsigned long long effective, permitted, bounding, inheritable;
    CALL(syscall(SYS_capget, &unknown, 0));
    HOLDS(unknown.version == 0x20080522);
    unknown.version = 7;
    CALL(syscall(SYS_capget, &unknown, had));
    CALL(syscall(SYS_capget, 1, had));
    CALL(syscall(SYS_capget, &three, 1));
    CALL(syscall(SYS_capget, &three, 0));
    CALL(syscall(SYS_capget, &three, had));
    HOLDS(of_status("CapEff:", &effective) && effective == (had[0].effective | (unsigned long long)had[1].effective << 32));
    HOLDS(of_status("CapPrm:", &permitted) && permitted == (had[0].permitted | (unsigned long long)had[1].permitted << 32));
    HOLDS(of_status("CapInh:", &inheritable) && inheritable == (had[0].inheritable | (unsigned long long)had[1].inheritable << 32));
    memset(sets, 0x55, sizeof sets);
    CALL(syscall(SYS_capget, &one, sets));
    HOLDS(sets[0].effective == had[0].effective && sets[1].effective == 0x55555555);
    CALL(syscall(SYS_capget, &two, sets));
    HOLDS(!memcmp(sets, had, sizeof sets));
    three.pid = getpid();
    CALL(syscall(SYS_capget, &three, sets));
    three.pid = -1;
    CALL(syscall(SYS_capget, &three, sets));
    three.pid = 0x3FFFFFFF;
    CALL(syscall(SYS_capget, &three, sets));
    CALL(syscall(SYS_capset, &three, sets));
    three.pid = getppid();
    CALL(syscall(SYS_capset, &three, sets));
    three.pid = 0;
    CALL(syscall(SYS_capset, &three, 1));
    unknown.version = 7;
    CALL(syscall(SYS_capset, &unknown, sets));
    CALL(syscall(SYS_capset, &three, had));
    for (int i = 0; i < 64; i += 3) {
        int read = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
        HOLDS(i > 40 || (of_status("CapBnd:", &bounding) && read == (int)(bounding >> i & 1)));
        if (i > 40) CALL(read);
    }

    sets[0] = had[0], sets[1] = had[1];
    sets[0].effective &= ~(1u << 24);    /* CAP_SYS_RESOURCE: now to raise a limit needs it back */
    CALL(syscall(SYS_capset, &three, sets));
    HOLDS(of_status("CapEff:", &permitted) && permitted == (effective & ~(1ull << 24)));
    sets[0].permitted &= ~(1u << 24);
    CALL(syscall(SYS_capset, &three, sets));
    sets[0].permitted = had[0].permitted;
    if (had[0].permitted & 1u << 24) CALL(syscall(SYS_capset, &three, sets));
    else CALL((errno = EPERM, -1));
    sets[0].permitted &= ~(1u << 24);
    sets[0].effective = had[0].effective | 1u << 24;
    CALL(syscall(SYS_capset, &three, sets));    /* effective, and not permitted */
    sets[0].effective &= ~(1u << 24);
    sets[0].inheritable = sets[0].permitted;
    CALL(syscall(SYS_capset, &three, sets));
    HOLDS(of_status("CapInh:", &inheritable) && (unsigned)inheritable == sets[0].inheritable);
    sets[0].inheritable = sets[1].inheritable = 0;
    CALL(syscall(SYS_capset, &three, sets));
    int file = open("/proc/self/oom_score_adj", O_RDWR);
    CALL(write(file, "-1000", 5));
    if (effective >> 8 & 1) {    /* CAP_SETPCAP */
        CALL(prctl(PR_CAPBSET_DROP, 25, 0, 0, 0));
        CALL(prctl(PR_CAPBSET_READ, 25, 0, 0, 0));
        HOLDS(of_status("CapBnd:", &bounding) && !(bounding >> 25 & 1));
        CALL(prctl(PR_CAPBSET_DROP, 64, 0, 0, 0));
        sets[0].effective &= ~(1u << 8);
        CALL(syscall(SYS_capset, &three, sets));
        CALL(prctl(PR_CAPBSET_DROP, 24, 0, 0, 0));
        fflush(stdout);
        execl(program, program, "bounded", (char *)0);
    }
}

static void dump_filter(void)
{
    char text[32];
    int file = open("/proc/self/coredump_filter", O_RDWR);
    static const char *given[] = { "0x7f\n", "33", "021", "0xfff", "-1", "x", "", "0x", "4294967296", "+7" };
    for (int i = 0; i < 10; i++) {
        CALL(pwrite(file, given[i], strlen(given[i]), 0));
        memset(text, 0, sizeof text);
        CALL(pread(file, text, sizeof text, 0));
        printf("%s", text);
    }

    fflush(stdout);
    if (!fork()) {
        file = open("/proc/self/coredump_filter", O_RDONLY);
        CALL(read(file, text, sizeof text));
        printf("%s", text);
        fflush(stdout);
        _exit(0);
    }

    wait(0);
    struct stat status;
    CALL(stat("/proc/self/coredump_filter", &status) ? -1 : status.st_mode);
    CALL(access("/proc/thread-self/coredump_filter", F_OK));
}

static void keys(void)
{
    char *page = anonymous(PROT_READ);
    CALL(syscall(PKEY_MPROTECT, page, 0, PROT_READ, 15));
    CALL(syscall(PKEY_MPROTECT, page + 1, 0, PROT_READ, 15));
    CALL(syscall(PKEY_MPROTECT, page, 4096, PROT_READ, 15));
    CALL(syscall(PKEY_MPROTECT, page, 4096, PROT_READ | PROT_WRITE, -1));
    CALL(syscall(381, 1, 0));
    CALL(syscall(381, 0, 4));
    CALL(syscall(382, 15));
    CALL(syscall(382, -1));
    CALL(syscall(382, 16));
}

static void uptime(void)
{
    int later = 0;
    for (int i = 0; i < 300; i++) {
        char text[64] = "";
        unsigned seconds = 0, hundredths = 0;
        struct timespec now;
        int file = open("/proc/uptime", O_RDONLY);
        if (read(file, text, sizeof text - 1) < 0) exit(98);
        close(file);
        clock_gettime(CLOCK_BOOTTIME, &now);
        sscanf(text, "%u.%u", &seconds, &hundredths);
        later += now.tv_sec * 100LL + now.tv_nsec / 10000000 < seconds * 100LL + hundredths;
    }

    CALL(later);
}

static void huge_file(void)
{
    struct stat status;
    int file = memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING);
    HOLDS(file >= 0);
    CALL(fstat(file, &status) ? -1 : status.st_mode);
    CALL(status.st_size);
    HOLDS(status.st_blksize >= 2 << 20);
    CALL(write(file, "x", 1));
    CALL(read(file, &status, 1));
    CALL(ftruncate(file, 4096));
    CALL(ftruncate(file, 16 << 20));
    CALL(fstat(file, &status) ? -1 : status.st_size);
    CALL(fcntl(file, F_GET_SEALS));
    CALL(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
    CALL(ftruncate(file, 0));
    CALL(lseek(file, 0, SEEK_END));
    PLACE(mmap(0, 16 << 20, PROT_READ, MAP_SHARED, file, 4096));
    PLACE(mmap(0, 16 << 20, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0));
    CALL(fallocate(file, 0, 0, 4096 - 8192));
    CALL(close(file));
    CALL(memfd_create("huge", MFD_HUGETLB | 30 << 26) < 0 && errno == EINVAL);
    CALL(memfd_create("huge", MFD_HUGETLB | 13 << 26));
    CALL(memfd_create("huge", 21 << 26));
}

/* A removed segment ends with its last attachment, though remap_file_pages only meant to map it again. Linux: shm_mmap. */
static void removed_segment(void)
{
    for (int pages = 1; pages <= 3; pages++) {
        for (int first = 0; first < pages && first < 2; first++) {
            for (int attachments = 1; attachments <= 2; attachments++) {
                unsigned char resident;
                struct shmid_ds status;
                int id = shmget(IPC_PRIVATE, 4096 * pages, IPC_CREAT | 0600);
                char *at = shmat(id, 0, 0), *other = attachments > 1 ? shmat(id, 0, 0) : 0;
                printf("%d pages from %d, %d attached\n", pages, first, attachments);
                CALL(syscall(SYS_remap_file_pages, at, 4096 * pages, 0, 0, 0));
                CALL(shmctl(id, IPC_RMID, 0));
                CALL(syscall(SYS_remap_file_pages, at, 4096 * pages, 1, 0, 0));    /* refused before anything is unmapped */
                CALL(syscall(SYS_remap_file_pages, at + 4096 * first, 4096 * (pages - first), 0, 0, 0));
                CALL(mincore(at, 4096, &resident));
                CALL(shmctl(id, IPC_STAT, &status) ? -1 : (long)status.shm_nattch);
                CALL(syscall(SYS_remap_file_pages, at, 4096 * pages, 0, 0, 0));
                CALL(shmctl(id, IPC_STAT, &status) ? -1 : (long)status.shm_nattch);
                if (other) shmdt(other);
                shmdt(at);
            }
        }
    }
}

static void merge(void)
{
    char text[512], *before = anonymous(3), *line;
    int file = open("/proc/self/ksm_stat", O_RDONLY);
    CALL(read(file, text, sizeof text) > 0);
    CALL(prctl(GET_MERGE, 0, 0, 0, 0));
    CALL(prctl(GET_MERGE, 1, 0, 0, 0));
    CALL(prctl(SET_MERGE, 1, 1, 0, 0));
    CALL(prctl(SET_MERGE, 1, 0, 0, 0));
    CALL(prctl(GET_MERGE, 0, 0, 0, 0));
    char *after = anonymous(3);
    for (int which = 0; which < 2; which++) {
        FILE *maps = fopen("/proc/self/smaps", "r");
        char range[32], all[4096];
        int inside = 0, found = -1;
        snprintf(range, sizeof range, "%08lx-", (long)(which ? after : before) & ~0xFFFL);
        while (fgets(all, sizeof all, maps)) {
            if (strstr(all, "-") == all + 8) {
                unsigned long first = strtoul(all, 0, 16), end = strtoul(all + 9, 0, 16), at = (unsigned long)(which ? after : before);
                inside = first <= at && at < end;
            } else if (inside && !strncmp(all, "VmFlags:", 8)) {
                found = strstr(all, " mg") != 0;
            }
        }

        fclose(maps);
        CALL(found);
    }

    memset(text, 0, sizeof text);
    CALL(pread(file, text, sizeof text - 1, 0) > 0);
    for (line = strtok(text, "\n"); line; line = strtok(0, "\n"))
        if (strstr(line, "merge")) puts(line);
    fflush(stdout);
    if (!fork()) { CALL(prctl(GET_MERGE, 0, 0, 0, 0)); fflush(stdout); _exit(0); }
    wait(0);
    CALL(prctl(SET_MERGE, 0, 0, 0, 0));
    CALL(prctl(GET_MERGE, 0, 0, 0, 0));
    CALL(madvise(before, 4096, MADV_MERGEABLE));
    memset(text, 0, sizeof text);
    CALL(pread(file, text, sizeof text - 1, 0) > 0);
    for (line = strtok(text, "\n"); line; line = strtok(0, "\n"))
        if (strstr(line, "merge")) puts(line);
}

static void release_of_a_killed_process(void)
{
    int status, ready[2];
    char byte;
    if (pipe(ready)) exit(97);
    fflush(stdout);
    int child = fork();
    if (!child) { memset(malloc(1 << 20), 1, 1 << 20); if (write(ready[1], "x", 1) != 1) _exit(1); for (;;) pause(); }
    if (read(ready[0], &byte, 1) != 1) exit(97);
    int descriptor = syscall(434, child, 0);
    CALL(syscall(MRELEASE, descriptor, 1));
    CALL(syscall(MRELEASE, descriptor, 0));    /* nobody has killed it */
    CALL(syscall(MRELEASE, 0, 0));
    CALL(syscall(MRELEASE, -1, 0));
    CALL(kill(child, SIGKILL));
    int released = syscall(MRELEASE, descriptor, 0);
    HOLDS(released == 0 || errno == ESRCH);    /* it may have ended by itself */
    CALL(waitpid(child, &status, 0) == child ? status : -1);
    CALL(syscall(MRELEASE, descriptor, 0));
}

int main(int count, char **words)
{
    program = words[0];
    if (count > 1) {
        CALL(prctl(GET_MDWE, 0, 0, 0, 0));
        PLACE(anonymous(7));
        CALL(prctl(PR_CAPBSET_READ, 25, 0, 0, 0) == (words[1][0] == 'a'));
        return 0;
    }

    apart(refused_settings);
    apart(gain_none);
    apart(gain_none_here);
    apart(vector_of_the_program);
    apart(huge_pages);
    apart(capabilities);
    apart(dump_filter);
    apart(keys);
    apart(uptime);
    apart(huge_file);
    apart(removed_segment);
    apart(merge);
    apart(release_of_a_killed_process);
    return 0;
}
