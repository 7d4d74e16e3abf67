/* The dialect's calls (docs/DIALECT.md), each as one or a few calls of the library. */
#define _GNU_SOURCE
#include "adapter.h"
#include <stdio.h>
#include <string.h>

#define CHUNK 65536
#define FILE_MAX 64

static struct { char name[64]; paging_file file; } files[FILE_MAX];
static int file_count;
static uint8_t chunk[CHUNK];

static void print_number(int64_t value) { printf("%lld\n", (long long)value); }

static void print_error(int64_t code)
{
    if (code < -4095) give_up("call", code);
    printf("-1 %s\n", strerrorname_np((int)-code));
}

static void print_result(int64_t value)
{
    if (value < 0) print_error(value);
    else print_number(value);
}

static void print_place(int64_t value)
{
    if (value < 0) print_error(value);
    else printf("0x%08llx\n", (unsigned long long)value);
}

static void print_fault(const paging_fault *fault)
{
    static const char *const signals[] = { "", "SIGSEGV SEGV_MAPERR", "SIGSEGV SEGV_ACCERR", "SIGBUS BUS_ADRERR" };
    if (fault->kind < 1 || fault->kind > 3) puts("unsupported out of memory");
    else printf("%s 0x%08x\n", signals[fault->kind], fault->address);
}

/* Eight tables: what a byte does to the checksum that many bytes later. */
static uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static uint32_t table[8][256];
    for (uint32_t i = 0; !table[7][255] && i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (0xedb88320u & -(value & 1));
        table[0][i] = value;
    }
    for (int n = 1; !table[7][255] && n < 8; n++)
        for (int i = 0; i < 256; i++) table[n][i] = (table[n - 1][i] >> 8) ^ table[0][table[n - 1][i] & 0xff];
    for (crc = ~crc; length >= 8; bytes += 8, length -= 8) {
        uint32_t low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + 4, 4);
        low ^= crc;
        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^ table[4][low >> 24]
            ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^ table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
    }
    for (; length; length--) crc = (crc >> 8) ^ table[0][(crc ^ *bytes++) & 0xff];
    return ~crc;
}

/* Byte j of what the dialect writes: j * 7 + seed * 13 + (j >> 12) * 31. It repeats after 256 bytes within a page. */
static uint8_t *pattern(size_t length, int64_t from, int64_t seed)
{
    for (size_t i = 0; i < length; i++) {
        int64_t j = from + (int64_t)i;
        if ((j & 4095) >= 256 && i >= 256) {
            size_t left = (size_t)(4096 - (j & 4095)), run = left < length - i ? left : length - i;
            run = run < 256 ? run : 256;
            memcpy(chunk + i, chunk + i - 256, run);
            i += run - 1;
        } else chunk[i] = (uint8_t)(j * 7 + seed * 13 + (j >> 12) * 31);
    }
    return chunk;
}

static size_t part_of(int64_t left) { return left < CHUNK ? (size_t)left : CHUNK; }

void set_policy(struct process *process, int policy)
{
    process->policy = policy;
    if (paging_set_transparent_policy(process->handle, (uint32_t)policy)) give_up("policy", policy);
}

/* ---- accesses */

static int64_t faults_of(const struct process *process)
{
    paging_fault_counts counts = { .size = sizeof counts };
    if (!process->counts_faults) return 0;
    if (paging_faults_get(process->handle, &counts)) give_up("faults", 0);
    return counts.minor + counts.major;
}

static void access_memory(struct process *process, const char *name, uint32_t at, int64_t value)
{
    uint8_t byte = 0;
    uint32_t word = 0;
    uint64_t sum = 0;
    paging_fault fault;
    int64_t before = faults_of(process);
    int32_t refused = !strcmp(name, "load") ? paging_load8(process->t, at, &byte, &fault)
        : !strcmp(name, "load32") ? paging_load32(process->t, at, &word, &fault)
        : !strcmp(name, "store") ? paging_store8(process->t, at, (uint8_t)value, &fault)
        : !strcmp(name, "store32") ? paging_store32(process->t, at, (uint32_t)value, &fault)
        : paging_atomic_add(process->handle, at, (uint64_t)value, &sum, 1, &fault);
    process->faults += faults_of(process) - before;
    if (refused) print_fault(&fault);
    else if (!strcmp(name, "load")) printf("0x%02x\n", byte);
    else if (!strcmp(name, "load32")) printf("0x%08x\n", word);
    else if (!strcmp(name, "add")) printf("0x%02x\n", (unsigned)sum);
    else puts("0");
}

static void read_upwards(struct process *process, const char *name, uint32_t at, int64_t length)
{
    paging_fault fault = { 0, 0 };
    uint32_t crc = 0;
    int64_t done = 0;
    while (done < length && !fault.kind) {
        const void *bytes;
        uint32_t part = (uint32_t)part_of(length - done);
        int64_t count = paging_span(process->handle, at + (uint32_t)done, part, PAGING_ACCESS_READ, &bytes, &fault);
        if (count <= 0) break;
        crc = crc32_of(crc, bytes, (size_t)count);
        done += count;
    }
    if (!strcmp(name, "sum")) {
        if (fault.kind) print_fault(&fault);
        else printf("crc32=0x%08x\n", crc);
    } else if (!done && length) print_error(-PAGING_EFAULT);
    else printf("%lld crc32=0x%08x\n", (long long)done, crc);
}

static void copy_in(struct process *process, uint32_t at, int64_t length, int64_t seed)
{
    int64_t done = 0;
    while (done < length) {
        size_t part = part_of(length - done);
        int64_t count = paging_copy_in(process->handle, at + (uint32_t)done, pattern(part, done, seed), part, NULL);
        done += count;
        if (count < (int64_t)part) break;
    }
    if (!done && length) print_error(-PAGING_EFAULT);
    else print_number(done);
}

static void fill(struct process *process, uint32_t at, int64_t length, int64_t value)
{
    paging_fault fault;
    paging_fill(process->handle, at, (uint32_t)length, (uint32_t)value, &fault);
    if (fault.kind) print_fault(&fault);
    else puts("0");
}

/* ---- files */

void forget_files(void)
{
    for (int i = 0; i < file_count; i++) paging_free(files[i].file);
    file_count = 0;
}

static void open_file(struct process *process, const char *name, int64_t length, int64_t seed, uint32_t rights)
{
    int i = 0;
    while (i < file_count && strcmp(files[i].name, name)) i++;
    if (i == FILE_MAX) { puts("unsupported so many files"); return; }
    if (i == file_count) {
        int32_t made = *name ? paging_file_create(engine, name, 0, &files[i].file)
            : paging_directory_create(engine, "dir", &files[i].file);    /* the directory has no name in the dialect */
        if (made) give_up("file", made);
        snprintf(files[file_count++].name, sizeof files->name, "%s", name);
        for (int64_t done = 0, count; done < length; done += count) {
            size_t part = part_of(length - done);
            count = paging_file_write(files[i].file, done, pattern(part, done, seed), part);
            if (count < 0) { print_error(count); return; }
        }
    }
    print_result(paging_file_open(files[i].file, process->handle, rights, 0));
}

static void read_file(struct process *process, const int64_t *a)
{
    uint32_t crc = 0;
    int64_t done = 0, count = 0;
    if (a[2] > INT64_MAX - a[1]) {
        count = paging_pread(process->handle, (int32_t)a[0], NULL, 0, a[2]);
        print_error(count == -PAGING_EBADF ? count : -PAGING_EINVAL);
        return;
    }
    while ((count = paging_pread(process->handle, (int32_t)a[0], chunk, part_of(a[1] - done), a[2] + done)) > 0) {
        crc = crc32_of(crc, chunk, (size_t)count);
        done += count;
    }
    if (count < 0 && !done) print_error(count);
    else printf("%lld crc32=0x%08x\n", (long long)done, crc);
}

static void write_file(struct process *process, const int64_t *a)
{
    int64_t done = 0, count = 0;
    if (a[2] > INT64_MAX - a[1]) {
        count = paging_pwrite(process->handle, (int32_t)a[0], NULL, 0, a[2]);
        print_error(count == -PAGING_EBADF ? count : -PAGING_EINVAL);
        return;
    }
    do {
        size_t part = part_of(a[1] - done);
        count = paging_pwrite(process->handle, (int32_t)a[0], pattern(part, done, a[3]), part, a[2] + done);
        if (count <= 0) break;
        done += count;
    } while (done < a[1]);
    if (count < 0 && !done) print_error(count);
    else print_number(done);
}

static int file_call(struct process *process, const char *name, const struct arguments *arguments)
{
    const int64_t *a = arguments->at;
    int32_t descriptor = (int32_t)a[0];
    if (!strcmp(name, "open")) open_file(process, arguments->text, a[0], a[1], PAGING_READ_WRITE);
    else if (!strcmp(name, "openro")) open_file(process, arguments->text, a[0], a[1], PAGING_READ);
    else if (!strcmp(name, "openwo")) open_file(process, arguments->text, a[0], a[1], PAGING_WRITE);
    else if (!strcmp(name, "opendir")) open_file(process, "", 0, 0, PAGING_READ);
    else if (!strcmp(name, "close")) print_result(paging_close(process->handle, descriptor));
    else if (!strcmp(name, "ftruncate")) print_result(paging_ftruncate(process->handle, descriptor, a[1]));
    else if (!strcmp(name, "fsync")) print_result(paging_fsync(process->handle, descriptor));
    else if (!strcmp(name, "punch")) print_result(paging_punch(process->handle, descriptor, a[1], a[2]));
    else if (!strcmp(name, "memfd")) print_result(paging_memfd_create(process->handle, arguments->text, (uint32_t)a[0]));
    else if (!strcmp(name, "fallocate")) print_result(paging_fallocate(process->handle, descriptor, (uint32_t)a[1], a[2], a[3]));
    else if (!strcmp(name, "fsize")) print_result(paging_fsize(process->handle, descriptor));
    else if (!strcmp(name, "pread")) read_file(process, a);
    else if (!strcmp(name, "pwrite")) write_file(process, a);
    else return 0;
    return 1;
}

/* ---- reports */

static void print_area(const paging_area *area)
{
    const uint32_t rights = area->protection;
    printf("%08x-%08x %c%c%c%c %08llx%s%s\n", area->start, area->end, rights & 1 ? 'r' : '-', rights & 2 ? 'w' : '-',
        rights & 4 ? 'x' : '-', area->flags & 8 ? 's' : 'p', (unsigned long long)area->offset, *area->name ? " " : "", area->name);
}

static int continues(const paging_area *low, const paging_area *high)
{
    return low->end == high->start && (low->protection & 7) == (high->protection & 7) && (low->flags & 8) == (high->flags & 8)
        && low->object == high->object && (!low->object || low->offset + (low->end - low->start) == high->offset);
}

static void print_areas(struct process *process, const int64_t *a, int joins)
{
    static paging_area areas[1 << 17];
    paging_area last = { .end = 0 };
    int64_t count = paging_areas(process->handle, areas, sizeof areas / sizeof *areas);
    int64_t low = a[0] & ~(int64_t)4095, high = (a[1] + 4095) & ~(int64_t)4095;
    puts("{");
    for (int64_t i = 0; i < count; i++) {
        if (areas[i].end <= low || areas[i].start >= high) continue;
        if (last.end && joins && continues(&last, &areas[i])) { last.end = areas[i].end; continue; }
        if (last.end) print_area(&last);
        last = areas[i];
    }
    if (last.end) print_area(&last);
    puts("}");
}

#define PRESENT (1ULL << 63)    /* of a word of pagemap */
#define SWAPPED (1ULL << 62)
#define FILE_PAGE (1ULL << 61)
#define GUARD (1ULL << 58)
#define FRAME ((1ULL << 55) - 1)

/* The frame of the page of zeros: a process that stays loads from memory that was never written. The huge one counts as a file's. */
static uint64_t zero_frame;

void find_zeros(void)
{
    paging_process process;
    uint64_t word;
    uint8_t byte;
    if (paging_process_create(engine, "zeros", NULL, &process)) give_up("zeros", 0);
    int64_t at = paging_mmap(process, 0, 4096, PAGING_PROT_READ, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS, -1, 0);
    if (paging_read(process, (uint32_t)at, &byte, 1, NULL) || paging_pagemap(process, (uint32_t)at >> 12, &word, 1)) give_up("zeros", 0);
    zero_frame = word & FRAME;
}

/* Whether a page is private and not that of zeros. Forks may share it; paging_own_pages leaves those out. */
static int is_private(uint64_t word)
{
    if (word & FILE_PAGE) return 0;
    if (!(word & PRESENT)) return (word & (SWAPPED | GUARD)) == SWAPPED;
    return (word & FRAME) != zero_frame;
}

static void print_pages(struct process *process, const char *name, const int64_t *a)
{
    static uint8_t pages[1 << 20];
    uint32_t first = (uint32_t)(a[0] >> 12), count = (uint32_t)((a[1] + 4095) >> 12) - first;
    if (!strcmp(name, "mincore")) {
        count = (uint32_t)(((a[1] & 0xffffffff) + 4095) >> 12);
        int32_t refused = paging_mincore(process->handle, (uint32_t)a[0], (uint32_t)a[1], pages);
        if (refused) { print_error(refused); return; }
        for (uint32_t i = 0; i < count; i++) pages[i] = pages[i] ? '1' : '0';
    } else {
        static uint64_t words[1 << 20];
        int64_t sum = 0;
        if (paging_pagemap(process->handle, first, words, count)) give_up("pagemap", 0);
        for (uint32_t i = 0; i < count; i++) {
            sum += is_private(words[i]);
            pages[i] = is_private(words[i]) ? 'a' : '.';
        }
        if (!strcmp(name, "resident")) { print_number(sum); return; }
    }
    printf("\"%.*s\"\n", (int)count, (const char *)pages);
}

static void print_totals(struct process *process)
{
    paging_usage usage = { .size = sizeof usage };
    if (paging_usage_get(process->handle, &usage)) give_up("usage", 0);
    printf("size=%u data=%u stack=%u locked=%u\n", usage.total, usage.data, usage.stack, usage.locked);
}

static void print_pool(int64_t count)
{
    int64_t idle, reserved, surplus, total = paging_huge_pool_resize(engine, count, &idle, &reserved, &surplus);
    printf("total=%lld free=%lld rsvd=%lld surplus=%lld\n", (long long)total, (long long)idle, (long long)reserved, (long long)surplus);
}

static int report(struct process *process, const char *name, const int64_t *a)
{
    if (!strcmp(name, "maps") || !strcmp(name, "areas")) print_areas(process, a, *name == 'a');
    else if (!strcmp(name, "resident") || !strcmp(name, "pagemap") || !strcmp(name, "mincore")) print_pages(process, name, a);
    else if (!strcmp(name, "vm")) print_totals(process);
    else if (!strcmp(name, "pool")) print_pool(-1);
    else if (!strcmp(name, "setpool")) print_pool(a[0]);
    else if (!strcmp(name, "faults")) {
        print_number(process->faults);
        process->faults = 0;
        process->counts_faults = 1;
    } else return 0;
    return 1;
}

/* ---- processes and memory */

static void fork_process(struct process *process)
{
    struct process *child = &processes[process_count];
    if (process_count == PROCESS_MAX) { puts("unsupported so many processes"); return; }
    memset(child, 0, sizeof *child);
    int32_t refused = paging_fork(process->handle, &child->handle);
    if (refused) { print_error(refused); return; }
    child->policy = process->policy;
    child->t = paging_translations_of(child->handle);
    print_number(process_count++);
}

static void control(struct process *process, const int64_t *a)
{
    static const int answers[] = { 0, 1, 3 };
    if (a[0] == 42 && !(a[1] | a[2] | a[3] | a[4])) print_number(answers[process->policy]);
    else if (a[0] != 41 || (a[3] | a[4]) || (a[2] & ~2) || (!a[1] && a[2])) print_error(-PAGING_EINVAL);
    else {
        set_policy(process, !a[1] ? PAGING_THP_ON : a[2] ? PAGING_THP_ONLY_ADVISED : PAGING_THP_OFF);
        puts("0");
    }
}

/* EAGAIN: the engine's RAM is used up, which no recording knows. */
static void print_locked(int32_t result)
{
    if (result == -PAGING_EAGAIN) puts("unsupported out of memory");
    else print_result(result);
}

static int memory_call(struct process *process, const char *name, const int64_t *a)
{
    paging_process p = process->handle;
    uint32_t start = (uint32_t)a[0], length = (uint32_t)a[1], third = (uint32_t)a[2];
    if (!strcmp(name, "mmap")) print_place(paging_mmap(p, start, length, third, (uint32_t)a[3], (int32_t)a[4], (uint64_t)a[5]));
    else if (!strcmp(name, "munmap")) print_result(paging_munmap(p, start, length));
    else if (!strcmp(name, "mprotect")) print_result(paging_mprotect(p, start, length, third));
    else if (!strcmp(name, "mremap")) print_place(paging_mremap(p, start, length, third, (uint32_t)a[3], (uint32_t)a[4]));
    else if (!strcmp(name, "madvise")) print_result(paging_madvise(p, start, length, third));
    else if (!strcmp(name, "msync")) print_result(paging_msync(p, start, length, third));
    else if (!strcmp(name, "mlock")) print_locked(paging_mlock(p, start, length, 0));
    else if (!strcmp(name, "mlock2")) print_locked(paging_mlock(p, start, length, third));
    else if (!strcmp(name, "munlock")) print_result(paging_munlock(p, start, length));
    else if (!strcmp(name, "mlockall")) print_result(paging_mlockall(p, start));
    else if (!strcmp(name, "munlockall")) print_result(paging_munlockall(p));
    else if (!strcmp(name, "brk")) print_place(paging_brk(p, start));
    else if (!strcmp(name, "rlimit")) print_result(paging_setrlimit(p, (uint32_t)a[0], (uint64_t)a[1]));
    else if (!strcmp(name, "prctl")) control(process, a);
    else if (!strcmp(name, "fork")) fork_process(process);
    else if (!strcmp(name, "exit")) {
        if (paging_exit(p, (int32_t)a[0])) give_up("exit", 0);
        process->has_exited = 1;
        print_number(a[0]);
    } else return 0;
    return 1;
}

void call(struct process *process, const char *name, const struct arguments *arguments)
{
    const int64_t *a = arguments->at;
    if (!strcmp(name, "load") || !strcmp(name, "load32") || !strcmp(name, "store") || !strcmp(name, "store32") || !strcmp(name, "add"))
        access_memory(process, name, (uint32_t)a[0], a[1]);
    else if (!strcmp(name, "sum") || !strcmp(name, "copyout")) read_upwards(process, name, (uint32_t)a[0], a[1]);
    else if (!strcmp(name, "copyin")) copy_in(process, (uint32_t)a[0], a[1], a[2]);
    else if (!strcmp(name, "fill")) fill(process, (uint32_t)a[0], a[1], a[2]);
    else if (!memory_call(process, name, a) && !report(process, name, a) && !file_call(process, name, arguments))
        printf("unsupported %s\n", name);
}
