/* The engine on the other side of the protocol of `paging conform` (docs/CONFORMANCE.md), through its C library alone.
 *
 *   dotnet publish src/interop/Paging.Interop -c Release
 *   L=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
 *   gcc -O2 -Ibindings/c -o adapter samples/adapters/c/adapter.c samples/adapters/c/calls.c -L$L -lpaging -Wl,-rpath,$PWD/$L
 *   paging conform -- ./adapter
 *
 * It leaves out what looks into page tables: tables, hugemap, smaps, usage. calls.c has the calls.
 */
#define _GNU_SOURCE
#include "adapter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS "mmap munmap mprotect mremap madvise msync mlock munlock mlock2 mlockall munlockall brk mincore open openro openwo opendir " \
    "close ftruncate fsync pread pwrite punch memfd fallocate fsize load load32 store store32 add fill sum copyin copyout fork exit " \
    "rlimit prctl pool setpool maps areas resident pagemap vm faults"

static const struct { const char *name; int64_t value; } constants[] = {
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
    { "MCL_CURRENT", 1 }, { "MCL_FUTURE", 2 }, { "MCL_ONFAULT", 4 }, { "RLIMIT_DATA", PAGING_RLIMIT_DATA },
    { "RLIMIT_STACK", PAGING_RLIMIT_STACK }, { "RLIMIT_MEMLOCK", PAGING_RLIMIT_MEMLOCK }, { "RLIMIT_AS", PAGING_RLIMIT_AS },
    { "RLIM_INFINITY", -1 }, { "MFD_CLOEXEC", 1 }, { "MFD_ALLOW_SEALING", 2 }, { "MFD_HUGETLB", 4 }, { "MFD_NOEXEC_SEAL", 8 },
    { "MFD_EXEC", 16 }, { "FALLOC_FL_KEEP_SIZE", 1 }, { "FALLOC_FL_PUNCH_HOLE", 2 }, { "FALLOC_FL_COLLAPSE_RANGE", 8 },
    { "FALLOC_FL_ZERO_RANGE", 16 }, { "PR_SET_THP_DISABLE", 41 }, { "PR_GET_THP_DISABLE", 42 }, { "PR_THP_DISABLE_EXCEPT_ADVISED", 2 },
};

struct process processes[PROCESS_MAX];
int process_count;
paging_engine engine;
static int is_plain;    /* the engine is one without huge pages, which the next scenario can use */

void give_up(const char *what, int64_t code)
{
    fprintf(stderr, "adapter: %s: %lld %s\n", what, (long long)code, paging_last_error());
    exit(1);
}

static void check(const char *what, int64_t code) { if (code < 0) give_up(what, code); }

/* MAP_HUGE_2MB, MFD_HUGE_1GB: the logarithm of the size, shifted by 26. */
static int read_huge(const char *term, int64_t *value)
{
    const char *at = strstr(term, "_HUGE_");
    char *unit;
    if (!at || (strncmp(term, "MAP_", 4) && strncmp(term, "MFD_", 4))) return 0;
    unsigned long long size = strtoull(at + 6, &unit, 10) << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 30);
    if (!size) return 0;
    *value |= (int64_t)__builtin_ctzll(size) << 26;
    return 1;
}

/* PROT_READ|0x40: a term is a name or a number. */
static int read_number(char *text, int64_t *value)
{
    *value = 0;
    for (char *rest, *term = strtok_r(text, "|", &rest); term; term = strtok_r(NULL, "|", &rest)) {
        if (*term == '-') { *value |= strtoll(term, NULL, 0); continue; }
        if (*term >= '0' && *term <= '9') { *value |= (int64_t)strtoull(term, NULL, 0); continue; }
        size_t i = 0, count = sizeof constants / sizeof *constants;
        while (i < count && strcmp(constants[i].name, term)) i++;
        if (i < count) *value |= constants[i].value;
        else if (!read_huge(term, value)) return 0;
    }
    return 1;
}

static void make_engine(int is_huge, int64_t pool, int64_t surplus)
{
    paging_options options;
    options.size = sizeof options;
    check("options", paging_options_defaults(&options));
    options.overcommit = PAGING_OVERCOMMIT_ALWAYS;
    options.tables = PAGING_TABLES_PAE;    /* the recordings have huge pages of 2 MiB */
    options.ram_bytes = is_huge ? 256 << 20 : 64 << 20;
    options.transparent_huge_pages = 1;
    options.huge_pages = (uint32_t)(pool < INT32_MAX ? pool : INT32_MAX);
    options.surplus_huge_pages = (uint32_t)surplus;
    if (engine.any) check("destroy", paging_free(engine));
    check("engine", paging_engine_create(&options, &engine));
    is_plain = !is_huge;
    find_zeros();
}

static void begin(char *line)
{
    paging_process_options options = { .size = sizeof options };
    int64_t reserved = 0xbfff0000, pool = 0, surplus = 0;
    int has_thp = 0, is_huge = 0;
    char *rest;
    strtok_r(line, "(", &rest);
    for (char *item; (item = strtok_r(NULL, ",) ", &rest));) {
        char *value = strchr(item, '=');
        if (!value) continue;
        *value++ = 0;
        int64_t number = strtoll(value, NULL, 0);
        if (!strcmp(item, "layout")) options.is_bottom_up = !strcmp(value, "classic");
        else if (!strcmp(item, "stack_limit")) options.stack_limit = strcmp(value, "RLIM_INFINITY") ? (uint64_t)number : UINT64_MAX;
        else if (!strcmp(item, "brk")) options.start_break = (uint32_t)number;
        else if (!strcmp(item, "mmap_base")) options.mmap_base = (uint32_t)number;
        else if (!strcmp(item, "reserved")) reserved = number;
        else if (!strcmp(item, "thp")) has_thp = is_huge = 1;
        else if (!strcmp(item, "huge")) pool = number, is_huge = 1;
        else if (!strcmp(item, "surplus")) surplus = number;
    }
    if (!engine.any || is_huge || !is_plain) make_engine(is_huge, pool, surplus);
    struct process *first = &processes[0];
    memset(first, 0, sizeof *first);
    check("process", paging_process_create(engine, "script", &options, &first->handle));
    check("reserve", paging_reserve(first->handle, (uint32_t)reserved, 0xc0000000u - (uint32_t)reserved));
    if (!has_thp) set_policy(first, PAGING_THP_OFF);
    first->t = paging_translations_of(first->handle);
    process_count = 1;
    puts("0");
}

static void end(void)
{
    for (int i = 0; i < process_count; i++) check("free", paging_free(processes[i].handle));
    process_count = 0;
    forget_files();
    puts("0");
}

static void answer(char *line)
{
    struct arguments arguments;
    long number = 0;
    memset(arguments.at, 0, sizeof arguments.at);
    *arguments.text = 0;
    if (*line == '[') {
        number = strtol(line + 1, &line, 10);
        line += strspn(line, "] ");
    }
    if (number < 0 || number >= process_count || processes[number].has_exited) { puts("unsupported there is no such process"); return; }
    char *rest, *name = strtok_r(line, "(", &rest), *list = strtok_r(NULL, ")", &rest);
    int count = 0;
    for (char *word = list ? strtok_r(list, ", ", &rest) : NULL; word; word = strtok_r(NULL, ", ", &rest)) {
        if (*word == '"') snprintf(arguments.text, sizeof arguments.text, "%.*s", (int)strcspn(word + 1, "\""), word + 1);
        else if (count == ARGUMENT_MAX || !read_number(word, &arguments.at[count++])) { printf("unsupported %s\n", word); return; }
    }
    call(&processes[number], name, &arguments);
}

/* The next line without its end, or NULL. Answers go out before it waits, and not after each of them. */
static char *next_line(void)
{
    static char input[(1 << 20) + (1 << 16)];
    static size_t begun, filled;
    for (;;) {
        char *line = input + begun, *end = memchr(line, '\n', filled - begun);
        if (end) {
            *end = 0;
            begun = (size_t)(end + 1 - input);
            return line;
        }
        memmove(input, line, filled - begun);
        filled -= begun;
        begun = 0;
        fflush(stdout);
        ssize_t count = read(0, input + filled, sizeof input - filled);
        if (count <= 0) return NULL;
        filled += (size_t)count;
    }
}

int main(void)
{
    static char output[1 << 16];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    for (char *line; (line = next_line());) {
        if (!strncmp(line, "paging-conform", 14)) puts("name libpaging, from C\nsupports " CALLS "\nserves many\nready");
        else if (!strncmp(line, "process(", 8)) begin(line);
        else if (!strcmp(line, "end")) end();
        else answer(line);
    }
    fflush(stdout);
    if (engine.any) check("destroy", paging_free(engine));
    return 0;
}
