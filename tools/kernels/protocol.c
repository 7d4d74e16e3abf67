/* The protocol of `paging conform` (docs/CONFORMANCE.md), and the start as the first program of a machine. */
#include "kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define LINE_DEVICE "/dev/ttyS1"
#define DAEMON "/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define CALLS "mmap munmap mprotect mremap madvise msync mlock munlock mlock2 mlockall munlockall brk mincore open openro openwo opendir " \
    "close ftruncate fsync pread pwrite punch load load32 store store32 add fill sum copyin copyout fork exit rlimit maps areas resident " \
    "pagemap vm faults"
#define POOL_CALLS "memfd fallocate fsize prctl pool setpool usage"

static const struct { const char *name; long long value; } constants[] = {
    { "PROT_NONE", 0 }, { "PROT_READ", 1 }, { "PROT_WRITE", 2 }, { "PROT_EXEC", 4 }, { "PROT_SEM", 8 },
    { "PROT_GROWSDOWN", 0x01000000 }, { "PROT_GROWSUP", 0x02000000 }, { "MAP_SHARED", 1 }, { "MAP_PRIVATE", 2 },
    { "MAP_SHARED_VALIDATE", 3 }, { "MAP_FIXED", 0x10 }, { "MAP_ANONYMOUS", 0x20 }, { "MAP_GROWSDOWN", 0x100 },
    { "MAP_DENYWRITE", 0x800 }, { "MAP_EXECUTABLE", 0x1000 }, { "MAP_LOCKED", 0x2000 }, { "MAP_NORESERVE", 0x4000 },
    { "MAP_POPULATE", 0x8000 }, { "MAP_NONBLOCK", 0x10000 }, { "MAP_STACK", 0x20000 }, { "MAP_HUGETLB", 0x40000 }, { "MAP_SYNC", 0x80000 },
    { "MAP_FIXED_NOREPLACE", 0x100000 }, { "MREMAP_MAYMOVE", 1 }, { "MREMAP_FIXED", 2 }, { "MREMAP_DONTUNMAP", 4 },
    { "MADV_NORMAL", 0 }, { "MADV_RANDOM", 1 }, { "MADV_SEQUENTIAL", 2 }, { "MADV_WILLNEED", 3 }, { "MADV_DONTNEED", 4 },
    { "MADV_FREE", 8 }, { "MADV_REMOVE", 9 }, { "MADV_DONTFORK", 10 }, { "MADV_DOFORK", 11 }, { "MADV_MERGEABLE", 12 },
    { "MADV_UNMERGEABLE", 13 }, { "MADV_HUGEPAGE", 14 }, { "MADV_NOHUGEPAGE", 15 }, { "MADV_DONTDUMP", 16 }, { "MADV_DODUMP", 17 },
    { "MADV_WIPEONFORK", 18 }, { "MADV_KEEPONFORK", 19 }, { "MADV_COLD", 20 }, { "MADV_PAGEOUT", 21 }, { "MADV_POPULATE_READ", 22 },
    { "MADV_POPULATE_WRITE", 23 }, { "MADV_DONTNEED_LOCKED", 24 }, { "MADV_COLLAPSE", 25 }, { "MADV_GUARD_INSTALL", 102 },
    { "MADV_GUARD_REMOVE", 103 }, { "MS_ASYNC", 1 }, { "MS_INVALIDATE", 2 }, { "MS_SYNC", 4 }, { "MLOCK_ONFAULT", 1 },
    { "MCL_CURRENT", 1 }, { "MCL_FUTURE", 2 }, { "MCL_ONFAULT", 4 }, { "RLIMIT_DATA", RLIMIT_DATA }, { "RLIMIT_STACK", RLIMIT_STACK },
    { "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK }, { "RLIMIT_AS", RLIMIT_AS }, { "RLIM_INFINITY", -1 }, { "MFD_CLOEXEC", 1 },
    { "MFD_ALLOW_SEALING", 2 }, { "MFD_HUGETLB", 4 }, { "MFD_NOEXEC_SEAL", 8 }, { "MFD_EXEC", 16 }, { "FALLOC_FL_KEEP_SIZE", 1 },
    { "FALLOC_FL_PUNCH_HOLE", 2 }, { "FALLOC_FL_COLLAPSE_RANGE", 8 }, { "FALLOC_FL_ZERO_RANGE", 16 }, { "PR_SET_THP_DISABLE", 41 },
    { "PR_GET_THP_DISABLE", 42 }, { "PR_THP_DISABLE_EXCEPT_ADVISED", 2 },
};

/* MAP_HUGE_2MB, MFD_HUGE_1GB: the logarithm of the size, shifted by 26. */
static int read_huge(const char *term, long long *value)
{
    const char *at = strstr(term, "_HUGE_");
    char *unit;
    if (!at || (strncmp(term, "MAP_", 4) && strncmp(term, "MFD_", 4))) return 0;
    unsigned long long size = strtoull(at + 6, &unit, 10) << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 30);
    if (!size) return 0;
    *value |= (long long)__builtin_ctzll(size) << 26;
    return 1;
}

/* PROT_READ|0x40: a term is a name or a number. */
static int read_number(char *text, long long *value)
{
    *value = 0;
    for (char *rest, *term = strtok_r(text, "|", &rest); term; term = strtok_r(NULL, "|", &rest)) {
        size_t i = 0, count = sizeof constants / sizeof *constants;
        while (i < count && strcmp(constants[i].name, term)) i++;
        if (i < count) *value |= constants[i].value;
        else if (*term == '-') *value |= strtoll(term, NULL, 0);
        else if (*term >= '0' && *term <= '9') *value |= (long long)strtoull(term, NULL, 0);
        else if (!read_huge(term, value)) return 0;
    }
    return 1;
}

static const char *begin(char *line)
{
    struct header header = { 0 };
    char *rest;
    strtok_r(line, "(", &rest);
    for (char *item; (item = strtok_r(NULL, ",) ", &rest));) {
        char *value = strchr(item, '=');
        if (!value) continue;
        *value++ = 0;
        long long number = strtoll(value, NULL, 0);
        if (!strcmp(item, "layout")) header.is_classic = !strcmp(value, "classic");
        else if (!strcmp(item, "task_size") && number != TASK_SIZE_I386) return "task_size is 0xc0000000";
        else if (!strcmp(item, "stack_limit")) header.stack_limit = number;
        else if (!strcmp(item, "brk")) header.program_break = number;
        else if (!strcmp(item, "mmap_base")) header.mmap_base = number;
        else if (!strcmp(item, "reserved")) header.reserved = number;
        else if (!strcmp(item, "thp")) header.thp = 1;
        else if (!strcmp(item, "huge")) header.has_pool = 1, header.pool = number;
        else if (!strcmp(item, "surplus")) header.surplus = number;
    }
    if (header.has_pool) set_pool(&header);
    return start_scenario(&header);
}

static void answer(char *line)
{
    struct arguments arguments = { 0 };
    struct process *process = processes;
    if (*line == '[') {
        process += strtol(line + 1, &line, 10);
        line += strspn(line, "] ");
    }
    if (process < processes || process >= processes + process_count || !process->pid) { unsupported("there is no such process"); return; }
    char *rest, *name = strtok_r(line, "(", &rest), *list = strtok_r(NULL, ")", &rest);
    for (char *word = list ? strtok_r(list, ", ", &rest) : NULL; word; word = strtok_r(NULL, ", ", &rest)) {
        if (*word == '"') snprintf(arguments.text, sizeof arguments.text, "%.*s", (int)strcspn(word + 1, "\""), word + 1);
        else if (arguments.count == ARGUMENT_MAX || !read_number(word, &arguments.at[arguments.count++])) { unsupported(word); return; }
    }
    if (setjmp(hung)) puts("hung");    /* no result of the dialect: a babbling adapter, to paging conform */
    else if (!report(process, name, &arguments) && !pool_call(process, name, &arguments) && !call(process, name, &arguments))
        unsupported(name);
}

/* A line of the serial kind drops what nobody reads: so all that has come is taken before each call. */
static char *next_line(void)
{
    static char *input;
    static size_t begun, filled, room;
    for (;;) {
        if (room - filled < 0x10000) input = realloc(input, room += 0x100000);
        ssize_t count = read(0, input + filled, room - filled - 1);
        if (count > 0) filled += (size_t)count;
        char *line = input + begun, *end = memchr(line, '\n', filled - begun);
        if (end) {
            *end = 0;
            begun = (size_t)(end + 1 - input);
            return line;
        }
        memmove(input, line, filled - begun);
        filled -= begun;
        begun = 0;
        if (count == 0 || (count < 0 && errno != EAGAIN)) return NULL;
        fflush(stdout);
        if (count < 0) {
            fd_set inputs;
            FD_ZERO(&inputs);
            FD_SET(0, &inputs);
            select(1, &inputs, NULL, NULL, NULL);
        }
    }
}

static void write_setting(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    if (file < 0 || write(file, text, strlen(text)) < 0) fprintf(stderr, "%s: %s\n", path, strerror(errno));
    close(file);
}

/* Makes what a scenario needs, and the second serial line our input and output. The first one is the kernel's. */
static void start_machine(void)
{
    struct termios raw;
    int console;
    mkdir("/proc", 0755), mkdir("/sys", 0755), mkdir("/dev", 0755);
    mount("none", "/proc", "proc", 0, NULL);
    mount("none", "/sys", "sysfs", 0, NULL);
    mount("none", "/dev", "devtmpfs", 0, NULL);
    mkdir("/dev/shm", 0755);
    mount("none", "/dev/shm", "tmpfs", 0, NULL);
    while ((console = open("/dev/console", O_RDWR | O_NOCTTY)) >= 0 && console < 2) { }    /* 0 to 2 may be closed: rootfs has no console */
    write_setting(DAEMON "max_ptes_none", "0");    /* khugepaged: leaves lines alone that are not full of small pages */
    write_setting("/proc/sys/vm/mmap_min_addr", "4096");    /* as on the recordings' kernel: docs/DIALECT.md, section 8 */
    int line = open(LINE_DEVICE, O_RDONLY | O_NOCTTY), other = open(LINE_DEVICE, O_WRONLY | O_NOCTTY);    /* two: one will not block */
    if (line < 0 || other < 0 || tcgetattr(line, &raw)) give_up(LINE_DEVICE);
    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    tcsetattr(line, TCSANOW, &raw);
    dup2(line, 0), dup2(other, 1);
    puts("up");    /* what came before was lost */
    fflush(stdout);
}

int main(void)
{
    cpu_set_t processor;
    struct utsname system;
    if (getpid() == 1) start_machine();
    CPU_ZERO(&processor);
    CPU_SET(sched_getcpu(), &processor);
    sched_setaffinity(0, sizeof processor, &processor);    /* puppets, too: pages wait in a list of the processor that has made them */
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    static char output[1 << 16];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (char *line; (line = next_line());) {
        if (!strncmp(line, "paging-conform", 14)) {
            uname(&system);
            printf("name Linux %s %s\nsupports " CALLS "\nsupports " POOL_CALLS "\nserves many\nready\n", system.release, system.machine);
        } else if (!strncmp(line, "process(", 8)) {
            const char *refusal = begin(line);
            puts(refusal ? refusal : "0");
        } else if (!strcmp(line, "end")) {
            end_scenario();
            puts("0");
        } else answer(line);
    }
    fflush(stdout);
    end_scenario();
    return 0;
}
