/* An adapter around the memory calls of whatever runs it: the host's kernel, or an emulator such as qemu-i386. For i386 and x86-64.
 *
 *   gcc -m32 -O1 -static -no-pie -Wl,-Ttext-segment=0xd0000000 -o passthrough samples/adapters/passthrough.c
 *   gcc -O1 -static-pie -o passthrough64 samples/adapters/passthrough.c
 *   paging conform -- setpriv --reuid 65534 --bounding-set=-all ./passthrough       root may map page 0, the recordings' user may not
 *   paging conform --any-space -- setpriv --reuid 65534 --bounding-set=-all ./passthrough64
 *   paging conform --any-space -- qemu-x86_64 ./passthrough64 one
 *   paging conform --any-space -- runsc --platform=systrap --network=none --ignore-cgroups do setpriv … $PWD/passthrough64
 *
 * With `one`, each scenario gets a process of its own: for systems whose state suffers, such as qemu-i386.
 * It is linked above the 3 GiB that scenarios play in, and makes their calls in its own address space. So it leaves out what its
 * own memory would show in: places of the kernel's choice, the break, limits, and the lists of areas.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; long value; } constants[] = {
    { "PROT_NONE", 0 }, { "PROT_READ", 1 }, { "PROT_WRITE", 2 }, { "PROT_EXEC", 4 }, { "PROT_SEM", 8 },
    { "PROT_GROWSDOWN", 0x01000000 }, { "PROT_GROWSUP", 0x02000000 }, { "MAP_SHARED", 1 }, { "MAP_PRIVATE", 2 },
    { "MAP_SHARED_VALIDATE", 3 }, { "MAP_FIXED", 0x10 }, { "MAP_ANONYMOUS", 0x20 }, { "MAP_GROWSDOWN", 0x100 },
    { "MAP_DENYWRITE", 0x800 }, { "MAP_EXECUTABLE", 0x1000 }, { "MAP_LOCKED", 0x2000 }, { "MAP_NORESERVE", 0x4000 },
    { "MAP_POPULATE", 0x8000 }, { "MAP_NONBLOCK", 0x10000 }, { "MAP_STACK", 0x20000 }, { "MAP_SYNC", 0x80000 },
    { "MAP_FIXED_NOREPLACE", 0x100000 }, { "MREMAP_MAYMOVE", 1 }, { "MREMAP_FIXED", 2 }, { "MREMAP_DONTUNMAP", 4 },
    { "MADV_NORMAL", 0 }, { "MADV_RANDOM", 1 }, { "MADV_SEQUENTIAL", 2 }, { "MADV_WILLNEED", 3 }, { "MADV_DONTNEED", 4 },
    { "MADV_FREE", 8 }, { "MADV_REMOVE", 9 }, { "MADV_DONTFORK", 10 }, { "MADV_DOFORK", 11 }, { "MADV_MERGEABLE", 12 },
    { "MADV_UNMERGEABLE", 13 }, { "MADV_HUGEPAGE", 14 }, { "MADV_NOHUGEPAGE", 15 }, { "MADV_DONTDUMP", 16 }, { "MADV_DODUMP", 17 },
    { "MADV_WIPEONFORK", 18 }, { "MADV_KEEPONFORK", 19 }, { "MADV_COLD", 20 }, { "MADV_PAGEOUT", 21 }, { "MADV_POPULATE_READ", 22 },
    { "MADV_POPULATE_WRITE", 23 }, { "MADV_DONTNEED_LOCKED", 24 }, { "MADV_GUARD_INSTALL", 102 }, { "MADV_GUARD_REMOVE", 103 },
    { "MS_ASYNC", 1 }, { "MS_INVALIDATE", 2 }, { "MS_SYNC", 4 },
};

static sigjmp_buf escape;
static siginfo_t fault;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    fault = *info;
    siglongjmp(escape, 1);
}

/* PROT_READ|0x40: a term is a name or a number. */
static int read_number(char *text, long long *value)
{
    *value = 0;
    for (char *rest, *term = strtok_r(text, "|", &rest); term; term = strtok_r(NULL, "|", &rest)) {
        size_t i = 0, count = sizeof constants / sizeof *constants;
        while (i < count && strcmp(constants[i].name, term)) i++;
        if (i < count) *value |= constants[i].value;
        else if (*term == '-' || (*term >= '0' && *term <= '9')) *value |= strtoll(term, NULL, 0);
        else return 0;
    }
    return 1;
}

static uint32_t crc32(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
    return crc;
}

static void print_result(long result)
{
    if (result != -1) printf(result >= 0 && result < 0x1000 ? "%ld\n" : "0x%08lx\n", result);
    else printf("-1 %s\n", strerrorname_np(errno));
}

static void map(long long a[])
{
    int hasPlace = (a[3] & 0x10) || (a[3] & 0x100000);
    if (!(a[3] & 0x20)) puts("unsupported a file");
    else if (!hasPlace) puts("unsupported a place of the kernel's choice");
    else if (a[5] & 0xfff) puts("-1 EINVAL");    /* mmap2 takes pages */
#ifdef SYS_mmap2
    else print_result(syscall(SYS_mmap2, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)(a[5] >> 12)));
#else
    else print_result(syscall(SYS_mmap, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]));
#endif
}

static void touch(const char *name, long long a[])
{
    volatile uint8_t *at = (volatile uint8_t *)(uintptr_t)a[0];
    uint32_t crc = ~0u;
    if (!strcmp(name, "load")) printf("0x%02x\n", *at);
    else if (!strcmp(name, "load32")) printf("0x%08x\n", *(volatile uint32_t *)at);
    else if (!strcmp(name, "store")) { *at = (uint8_t)a[1]; puts("0"); }
    else if (!strcmp(name, "store32")) { *(volatile uint32_t *)at = (uint32_t)a[1]; puts("0"); }
    else if (!strcmp(name, "add")) {
        __asm__ volatile("addb %b1, %0" : "+m"(*at) : "q"((uint8_t)a[1]));
        printf("0x%02x\n", *at);
    }
    else if (!strcmp(name, "fill")) { for (long long i = 0; i < a[1]; i++) at[i] = (uint8_t)a[2]; puts("0"); }
    else { for (long long i = 0; i < a[1]; i++) crc = crc32(crc, at[i]); printf("crc32=0x%08x\n", ~crc); }
}

static void mincore_of(long long a[])
{
    static unsigned char in[1 << 20];
    long result = syscall(SYS_mincore, (long)a[0], (long)a[1], in);
    if (result) { print_result(result); return; }
    putchar('"');
    for (long page = 0; page < (long)((a[1] + 0xfff) >> 12); page++) putchar(in[page] & 1 ? '1' : '0');
    puts("\"");
}

static void call(const char *name, long long a[])
{
    if (!strcmp(name, "mmap")) map(a);
    else if (!strcmp(name, "munmap")) print_result(syscall(SYS_munmap, (long)a[0], (long)a[1]));
    else if (!strcmp(name, "mprotect")) print_result(syscall(SYS_mprotect, (long)a[0], (long)a[1], (long)a[2]));
    else if (!strcmp(name, "madvise")) print_result(syscall(SYS_madvise, (long)a[0], (long)a[1], (long)a[2]));
    else if (!strcmp(name, "msync")) print_result(syscall(SYS_msync, (long)a[0], (long)a[1], (long)a[2]));
    else if (!strcmp(name, "mincore")) mincore_of(a);
    else if (strcmp(name, "mremap")) touch(name, a);
    else if ((a[3] & 2) || a[2] <= a[1]) print_result(syscall(SYS_mremap, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4]));
    else puts("unsupported a place of the kernel's choice");
}

static void answer(char *line)
{
    char *rest, *name = strtok_r(line, "(", &rest), *arguments = strtok_r(NULL, ")", &rest);
    long long a[6] = { 0 };
    int count = 0;
    for (char *word = arguments ? strtok_r(arguments, ", ", &rest) : NULL; word && count < 6; word = strtok_r(NULL, ", ", &rest))
        if (!read_number(word, &a[count++])) { printf("unsupported %s\n", word); return; }
    if (!sigsetjmp(escape, 1)) call(name, a);
    else printf("%s 0x%08lx\n", fault.si_signo == SIGBUS ? "SIGBUS BUS_ADRERR"
        : fault.si_code == SEGV_ACCERR ? "SIGSEGV SEGV_ACCERR" : "SIGSEGV SEGV_MAPERR", (unsigned long)fault.si_addr);
}

#define SPACE 0xc0000000ul
#define OWN_MAX 16

static struct { unsigned long start, end; } own[OWN_MAX];    /* what an emulator keeps below 3 GiB: qemu-i386 its stack, from 1 GiB on */
static int own_count;

static void find_own(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char row[512];
    while (maps && own_count < OWN_MAX && fgets(row, sizeof row, maps))
        if (sscanf(row, "%lx-%lx", &own[own_count].start, &own[own_count].end) == 2 && own[own_count].start < SPACE) own_count++;
    if (maps) fclose(maps);
}

static void clean_up(void)
{
    unsigned long at = 0;
    for (int i = 0; i <= own_count; i++) {
        unsigned long end = i < own_count ? own[i].start : SPACE;
        if (end > at) syscall(SYS_munmap, at, end - at);
        if (i < own_count) at = own[i].end;
    }
}

static char input[1 << 16], output[1 << 16];
static size_t begun, filled;

/* The next line without its end, or NULL. Answers go out before it waits, and not after each of them. */
static char *next_line(void)
{
    for (;;) {
        char *end = memchr(input + begun, '\n', filled - begun);
        if (end) {
            char *line = input + begun;
            *end = 0;
            begun = (size_t)(end + 1 - input);
            return line;
        }
        memmove(input, input + begun, filled - begun);
        filled -= begun;
        begun = 0;
        fflush(stdout);
        ssize_t count = filled == sizeof input ? 0 : read(0, input + filled, sizeof input - filled);
        if (count <= 0) return NULL;
        filled += (size_t)count;
    }
}

int main(int count, char **arguments)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    find_own();
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (char *line; (line = next_line());) {
        if (!strncmp(line, "paging-conform", 14))
            printf("name passthrough\nsupports mmap munmap mprotect mremap madvise msync mincore\n"
                "supports load load32 store store32 add fill sum\nserves %s\nready\n",
                count > 1 && !strcmp(arguments[1], "one") ? "one" : "many");
        else if (!strncmp(line, "process(", 8)) puts("0");
        else if (!strcmp(line, "end")) {
            clean_up();
            puts("0");
        }
        else answer(line);
    }
    fflush(stdout);
    return 0;
}
