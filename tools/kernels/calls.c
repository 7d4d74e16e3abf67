/* The dialect's calls, each made by the puppet itself: system calls as int 0x80, accesses as one instruction. */
#include "kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OFFSET_LIMIT (1ll << 44)    /* mmap2 counts pages in 32 bits */
#define LENGTH_MAX (1ll << 28)
#define CHUNK 0x8000u
#define LARGE_FILE 0100000
#define PUNCH_HOLE_KEEP_SIZE 3

#define CALL6(number, a, b, c, d, e, f) \
    system_call(process, number, (uint32_t)(a), (uint32_t)(b), (uint32_t)(c), (uint32_t)(d), (uint32_t)(e), (uint32_t)(f))
#define CALL3(number, a, b, c) CALL6(number, a, b, c, 0, 0, 0)

void unsupported(const char *why) { printf("unsupported %s\n", why); }

static int is_error(int32_t result) { return result < 0 && result > -4096; }

static void print_error(int32_t result) { printf("-1 %s\n", strerrorname_np(-result)); }

void print_result(int32_t result)
{
    if (is_error(result)) print_error(result);
    else printf("%d\n", result);
}

void print_place(int32_t result)
{
    if (is_error(result)) print_error(result);
    else printf("0x%08x\n", (uint32_t)result);
}

uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static uint32_t table[256];
    for (uint32_t i = 0; !table[255] && i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (0xedb88320u & -(value & 1));
        table[i] = value;
    }
    for (crc = ~crc; length; length--) crc = (crc >> 8) ^ table[(crc ^ *bytes++) & 0xff];
    return ~crc;
}

/* Byte j of what the dialect writes. */
static void fill_pattern(uint8_t *bytes, uint32_t length, long long from, long long seed)
{
    for (uint32_t i = 0; i < length; i++) {
        long long j = from + i;
        bytes[i] = (uint8_t)(j * 7 + seed * 13 + (j >> 12) * 31);
    }
}

/* The reserved area is the puppet's own: a call that would change it is not made. What the kernel refuses anyway is. */
static int meets(long long start, long long length) { return start < TASK_SIZE_I386 && start + length > (long long)reserved; }

static int meets_pages(long long start, long long length) { return meets(start & ~0xfffll, length + (start & 0xfff)); }

static int is_done(long long start, long long length)
{
    return !(start & 0xfff) && meets_pages(start, length) && start + length <= TASK_SIZE_I386;
}

static int is_forbidden(struct process *process, const char *name, const long long *a)
{
    if (!strcmp(name, "munmap")) return is_done(a[0], a[1]);
    if (!strcmp(name, "mmap")) return (a[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED && is_done(a[0], a[1]);
    if (!strcmp(name, "mremap")) return is_done(a[0], a[1]) || ((a[3] & MREMAP_FIXED) && is_done(a[4], a[2]));
    if (!strcmp(name, "madvise")) return meets_pages(a[0], a[1]);
    if (!strcmp(name, "mprotect") || !strncmp(name, "mlock", 5) || !strcmp(name, "munlock"))
        return meets_pages(a[0], a[1]) && meets_areas_up_to_block(process, (uint32_t)a[0] & ~0xfffu);
    if (!strncmp(name, "load", 4) || !strncmp(name, "store", 5) || !strcmp(name, "add")) return meets(a[0], strchr(name, '3') ? 4 : 1);
    return (!strcmp(name, "fill") || !strcmp(name, "sum") || !strncmp(name, "copy", 4)) && meets(a[0], a[1]);
}

/* It locks the block as well, and counts it: both are undone. */
static int32_t lock_all(struct process *process, long long flags)
{
    int is_raised = (flags & MCL_CURRENT) && process->lock_limit && process->lock_limit != RLIM64_INFINITY;
    if (is_raised) set_limit(process, RLIMIT_MEMLOCK, process->lock_limit + block_length);
    int32_t result = CALL3(SYS_mlockall, flags, 0, 0);
    if (flags & MCL_CURRENT) CALL3(SYS_munlock, reserved, block_length, 0);
    if (is_raised) set_limit(process, RLIMIT_MEMLOCK, process->lock_limit);
    return result;
}

static int mapping_call(struct process *process, const char *name, const long long *a)
{
    static const struct { const char *name; int number; } same[] = {
        { "munmap", SYS_munmap }, { "mprotect", SYS_mprotect }, { "madvise", SYS_madvise }, { "msync", SYS_msync },
        { "mlock", SYS_mlock }, { "munlock", SYS_munlock }, { "mlock2", SYS_mlock2 }, { "munlockall", SYS_munlockall },
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!strcmp(name, same[i].name)) { print_result(CALL3(same[i].number, a[0], a[1], a[2])); return 1; }
    if (!strcmp(name, "mlockall")) print_result(lock_all(process, a[0]));
    else if (!strcmp(name, "brk")) printf("0x%08x\n", (uint32_t)CALL3(SYS_brk, a[0], 0, 0));
    else if (!strcmp(name, "mremap")) print_place(CALL6(SYS_mremap, a[0], a[1], a[2], a[3], a[4], 0));
    else if (strcmp(name, "mmap")) return 0;
    else if ((a[5] & 0xfff) || a[5] < 0 || a[5] >= OFFSET_LIMIT) print_error(-EINVAL);
    else print_place(CALL6(SYS_mmap2, a[0], a[1], a[2], a[3], a[4] < 3 ? -1 : a[4], a[5] >> 12));
    return 1;
}

static void print_signal(struct outcome outcome)
{
    printf("%s 0x%08x\n", outcome.signal == SIGBUS ? "SIGBUS BUS_ADRERR" : outcome.code == SEGV_ACCERR ? "SIGSEGV SEGV_ACCERR"
        : "SIGSEGV SEGV_MAPERR", outcome.address);
}

static void sum(struct process *process, const long long *a)
{
    uint32_t crc = 0, at = (uint32_t)a[0];
    for (uint32_t left = (uint32_t)a[1], count; left; left -= count, at += count) {
        count = left < scratch_length ? left : scratch_length;
        struct user_regs_struct registers = { .esi = (long)at, .edi = (long)scratch, .ecx = (long)count };
        struct outcome outcome = run(process, COPY, &registers);
        if (outcome.signal) { print_signal(outcome); return; }
        crc = crc32_of(crc, block + SCRATCH_AT, count);
    }
    printf("crc32=0x%08x\n", crc);
}

static int access_call(struct process *process, const char *name, const long long *a)
{
    static const char *const names[] = { [LOAD8] = "load", [LOAD32] = "load32", [STORE8] = "store", [STORE32] = "store32", [ADD8] = "add" };
    struct user_regs_struct registers = { .ebx = (long)a[0], .eax = (long)a[1] };
    struct outcome outcome;
    enum access access = LOAD8;
    if (!strcmp(name, "sum")) { sum(process, a); return 1; }
    if (!strcmp(name, "fill")) {
        outcome = run(process, FILL, &(struct user_regs_struct) { .edi = (long)a[0], .ecx = (long)a[1], .eax = (long)a[2] });
    } else {
        while (access <= ADD8 && strcmp(name, names[access])) access++;
        if (access > ADD8) return 0;
        long before = process->faults < 0 ? 0 : faults_of(process);
        outcome = run(process, access, &registers);
        if (process->faults >= 0) process->faults += faults_of(process) - before;
    }
    if (outcome.signal) print_signal(outcome);
    else if (access == LOAD32) printf("0x%08x\n", outcome.eax);
    else if ((access == LOAD8 && *name == 'l') || access == ADD8) printf("0x%02x\n", outcome.eax & 0xff);
    else puts("0");
    return 1;
}

static int copy_call(struct process *process, const char *name, const long long *a)
{
    uint8_t chunk[CHUNK];
    int is_in = !strcmp(name, "copyin");
    if (!is_in && strcmp(name, "copyout")) return 0;
    uint32_t length = (uint32_t)a[1], crc = 0;
    if (length > LENGTH_MAX) { unsupported("a copy of more than 256 MiB"); return 1; }
    for (uint32_t at = 0; is_in && at < length; at += CHUNK) {
        uint32_t count = length - at < CHUNK ? length - at : CHUNK;
        fill_pattern(chunk, count, at, a[2]);
        if (pwrite(exchange, chunk, count, at) != (ssize_t)count) give_up("the file for copies");
    }
    int32_t result = CALL6(is_in ? SYS_pread64 : SYS_pwrite64, 0, a[0], length, 0, 0, 0);
    if (is_in || is_error(result)) { print_result(result); return 1; }
    for (int32_t at = 0; at < result; at += CHUNK) {
        uint32_t count = (uint32_t)(result - at) < CHUNK ? (uint32_t)(result - at) : CHUNK;
        if (pread(exchange, chunk, count, at) != (ssize_t)count) give_up("the file for copies");
        crc = crc32_of(crc, chunk, count);
    }
    printf("%d crc32=0x%08x\n", result, crc);
    return 1;
}

static void open_file(struct process *process, struct arguments *a, int flags)
{
    uint8_t chunk[CHUNK];
    char path[128];
    snprintf(path, sizeof path, FILES "%s", a->text);
    if (a->at[0] < 0 || a->at[0] > LENGTH_MAX) { unsupported("a file of more than 256 MiB"); return; }
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    for (long long at = 0; file >= 0 && at < a->at[0]; at += CHUNK) {
        uint32_t count = a->at[0] - at < CHUNK ? (uint32_t)(a->at[0] - at) : CHUNK;
        fill_pattern(chunk, count, at, a->at[1]);
        if (pwrite(file, chunk, count, at) != (ssize_t)count) give_up("%s", path);
    }
    if (file >= 0) close(file);
    memcpy(block + SCRATCH_AT, path, sizeof path);
    print_result(CALL3(SYS_open, scratch, flags | LARGE_FILE, 0));
}

/* In pieces of the scratch; what the first of them comes to is the result if it is an error. */
static void read_file(struct process *process, const long long *a)
{
    uint32_t crc = 0, left = (uint32_t)a[1], total = 0;
    do {
        uint32_t count = left - total < CHUNK ? left - total : CHUNK;
        unsigned long long at = (unsigned long long)a[2] + total;
        int32_t result = CALL6(SYS_pread64, a[0], scratch, count, at, at >> 32, 0);
        if (is_error(result) && !total) { print_error(result); return; }
        if (result <= 0) break;
        crc = crc32_of(crc, block + SCRATCH_AT, (size_t)result);
        total += (uint32_t)result;
    } while (total < left);
    printf("%u crc32=0x%08x\n", total, crc);
}

static void write_file(struct process *process, const long long *a)
{
    if (a[1] < 0 || a[1] > LENGTH_MAX) { unsupported("pwrite of more than 256 MiB"); return; }
    uint32_t length = (uint32_t)a[1], total = 0;
    do {
        uint32_t count = length - total < CHUNK ? length - total : CHUNK;
        unsigned long long at = (unsigned long long)a[2] + total;
        fill_pattern(block + SCRATCH_AT, count, total, a[3]);
        int32_t result = CALL6(SYS_pwrite64, a[0], scratch, count, at, at >> 32, 0);
        if (is_error(result) && !total) { print_error(result); return; }
        if (result <= 0) break;
        total += (uint32_t)result;
    } while (total < length);
    printf("%u\n", total);
}

static int file_call(struct process *process, const char *name, struct arguments *arguments)
{
    const long long *a = arguments->at;
    if (!strcmp(name, "open")) open_file(process, arguments, O_RDWR);
    else if (!strcmp(name, "openro")) open_file(process, arguments, O_RDONLY);
    else if (!strcmp(name, "openwo")) open_file(process, arguments, O_WRONLY);
    else if (!strcmp(name, "opendir")) {
        memcpy(block + SCRATCH_AT, FILES, sizeof FILES);
        print_result(CALL3(SYS_open, scratch, O_RDONLY | O_DIRECTORY, 0));
    }
    else if (!strcmp(name, "close")) print_result(CALL3(SYS_close, a[0] < 3 ? -1 : a[0], 0, 0));
    else if (!strcmp(name, "ftruncate")) print_result(CALL3(SYS_ftruncate64, a[0], a[1], a[1] >> 32));
    else if (!strcmp(name, "fsync")) print_result(CALL3(SYS_fsync, a[0], 0, 0));
    else if (!strcmp(name, "punch"))
        print_result(CALL6(SYS_fallocate, a[0], PUNCH_HOLE_KEEP_SIZE, a[1], a[1] >> 32, a[2], a[2] >> 32));
    else if (!strcmp(name, "pread")) read_file(process, a);
    else if (!strcmp(name, "pwrite")) write_file(process, a);
    else return 0;
    return 1;
}

static int process_call(struct process *process, const char *name, const long long *a)
{
    if (!strcmp(name, "fork")) print_result(fork_process(process));
    else if (!strcmp(name, "exit")) { exit_process(process, (int)a[0]); printf("%lld\n", a[0]); }
    else if (strcmp(name, "rlimit")) return 0;
    else {
        unsigned long long limit = (unsigned long long)a[1];
        int counts_block = a[0] == RLIMIT_AS && limit < RLIM64_INFINITY - block_length;
        if (!set_limit(process, (int)a[0], limit + (counts_block ? block_length : 0))) { unsupported("a hard limit is lower"); return 1; }
        if (a[0] == RLIMIT_MEMLOCK) process->lock_limit = limit;
        puts("0");
    }
    return 1;
}

int call(struct process *process, const char *name, struct arguments *a)
{
    if (is_forbidden(process, name, a->at)) { unsupported("it would change the reserved area"); return 1; }
    return mapping_call(process, name, a->at) || access_call(process, name, a->at) || copy_call(process, name, a->at)
        || file_call(process, name, a) || process_call(process, name, a->at);
}
