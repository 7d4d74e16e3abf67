/* What /proc says of a puppet: its areas, totals, pages and faults. */
#include "kernel.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_COUNT (TASK_SIZE_I386 / PAGE)
#define AT_ONCE 4096u    /* entries of pagemap */

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define OF_FILE (1ull << 61)
#define GUARD (1ull << 58)    /* since 6.15; a guard looks swapped */
#define FRAME ((1ull << 55) - 1)

static FILE *open_report(struct process *process, const char *name)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/%s", process->pid, name);
    FILE *file = fopen(path, "r");
    if (!file) give_up("%s", path);
    return file;
}

void *open_areas(struct process *process) { return open_report(process, "maps"); }

/* The dialect's name: nothing for names in brackets, which are private memory. */
static void name_of(char *path, char name[64])
{
    static const char *const prefixes[] = { FILES, "/memfd:" };
    char *deleted;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(path, prefixes[i], strlen(prefixes[i]))) { path += strlen(prefixes[i]); break; }
    if ((deleted = strstr(path, " (deleted)"))) *deleted = 0;
    snprintf(name, 64, "%.63s", *path == '[' ? "" : path);
}

int next_area(void *rows, struct area *area)
{
    char row[512], path[256] = "", device[16], inode[24];
    if (!fgets(row, sizeof row, rows)) return 0;
    if (sscanf(row, "%x-%x %4s %llx %15s %23s %255[^\n]", &area->start, &area->end, area->rights, &area->offset, device, inode, path) < 6)
        give_up("maps: %s", row);
    snprintf(area->object, sizeof area->object, "%s %s", device, inode);
    name_of(path, area->name);
    return area->start < reserved;
}

int meets_areas_up_to_block(struct process *process, uint32_t start)
{
    struct area area;
    FILE *rows = open_areas(process);
    int has_hole = 0;
    while (!has_hole && start < reserved && next_area(rows, &area)) {
        if (area.end <= start) continue;
        has_hole = area.start > start;
        start = area.end;
    }
    fclose(rows);
    return !has_hole && start >= reserved;
}

static int continues(const struct area *area, const struct area *next)
{
    return area->end == next->start && !strcmp(area->rights, next->rights) && !strcmp(area->object, next->object)
        && (!*area->name || area->offset + (area->end - area->start) == next->offset);
}

static void print_area(const struct area *area)
{
    printf("%08x-%08x %s %08llx%s%s\n", area->start, area->end, area->rights, area->offset, *area->name ? " " : "", area->name);
}

static void print_areas(struct process *process, const long long *a, int joins)
{
    struct area area, last = { 0 };
    FILE *rows = open_areas(process);
    puts("{");
    while (next_area(rows, &area)) {
        if (area.end <= a[0] || area.start >= a[1]) continue;
        if (last.end && joins && continues(&last, &area)) { last.end = area.end; continue; }
        if (last.end) print_area(&last);
        last = area;
    }
    if (last.end) print_area(&last);
    puts("}");
    fclose(rows);
}

static void print_totals(struct process *process)
{
    static const char *const fields[] = { "VmSize:", "VmData:", "VmStk:", "VmLck:" };
    long kib[4] = { 0 };
    char row[256];
    FILE *file = open_report(process, "status");
    while (fgets(row, sizeof row, file))
        for (int i = 0; i < 4; i++)
            if (!strncmp(row, fields[i], strlen(fields[i]))) kib[i] = strtol(row + strlen(fields[i]), NULL, 10);
    fclose(file);
    printf("size=%ld data=%ld stack=%ld locked=%ld\n", kib[0] / 4 - (long)(block_length / PAGE), kib[1] / 4, kib[2] / 4, kib[3] / 4);
}

static size_t read_entries(int file, uint64_t *entries, uint32_t page, uint32_t count)
{
    ssize_t length = pread64(file, entries, count * sizeof *entries, (off64_t)page * (off64_t)sizeof *entries);
    if (length < 0) give_up("pagemap");
    return (size_t)length / sizeof *entries;
}

/* The frame of the common zero page; root may see frames. */
static uint64_t zero_frame(void)
{
    static uint64_t frame;
    if (frame) return frame;
    volatile uint8_t *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = open("/proc/self/pagemap", O_RDONLY);
    uint64_t entry = *page;
    if (file < 0 || read_entries(file, &entry, (uint32_t)(uintptr_t)page / PAGE, 1) != 1) give_up("pagemap");
    close(file);
    munmap((void *)page, PAGE);
    if (!(frame = entry & FRAME)) give_up("no frame numbers in pagemap: it takes root");
    return frame;
}

static int is_own(uint64_t entry)
{
    if (entry & (OF_FILE | GUARD)) return 0;
    return (entry & SWAPPED) || ((entry & PRESENT) && (entry & FRAME) != zero_frame());
}

/* One letter for each page of [low, high), where there are areas; returns how many pages are the process's own. */
static long scan_pages(struct process *process, long long low, long long high, char *letters)
{
    static uint64_t entries[AT_ONCE];
    struct area area;
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/pagemap", process->pid);
    int file = open(path, O_RDONLY);
    FILE *rows = open_areas(process);
    long own = 0;
    while (next_area(rows, &area)) {
        uint32_t page = (uint32_t)(area.start > low ? area.start : low) / PAGE;
        uint32_t end = (uint32_t)((area.end < high ? area.end : high) / PAGE);
        for (size_t count; page < end && (count = read_entries(file, entries, page, end - page < AT_ONCE ? end - page : AT_ONCE));) {
            for (size_t i = 0; i < count; i++, page++) {
                if (!is_own(entries[i])) continue;
                own++;
                if (letters) letters[page - (uint32_t)(low / PAGE)] = 'a';
            }
        }
    }
    fclose(rows);
    close(file);
    return own;
}

static void print_pages(struct process *process, const long long *a, int with_letters)
{
    static char letters[PAGE_COUNT + 1];
    if (((a[0] | a[1]) & 0xfff) || a[0] < 0 || a[1] > TASK_SIZE_I386) { unsupported("not a range of pages"); return; }
    size_t count = a[1] > a[0] ? (size_t)((a[1] - a[0]) / PAGE) : 0;
    memset(letters, '.', count);
    letters[count] = 0;
    long own = scan_pages(process, a[0], a[1], letters);
    if (with_letters) printf("\"%s\"\n", letters);
    else printf("%ld\n", own);
}

/* The system call, for as many pages at a time as the scratch has room for. */
static void print_in_memory(struct process *process, const long long *a)
{
    static char letters[(1 << 20) + 1];
    uint32_t page_count = (uint32_t)(((uint32_t)a[1] + 0xfffull) / PAGE), at = 0;
    do {
        uint32_t count = page_count - at < scratch_length ? page_count - at : scratch_length;
        int32_t result = system_call(process, SYS_mincore, (uint32_t)a[0] + at * PAGE, count * PAGE, scratch, 0, 0, 0);
        if (result) { print_result(result); return; }
        for (uint32_t i = 0; i < count; i++) letters[at++] = block[SCRATCH_AT + i] & 1 ? '1' : '0';
    } while (at < page_count);
    letters[at] = 0;
    printf("\"%s\"\n", letters);
}

long faults_of(struct process *process)
{
    char row[512] = "";
    long minor = 0;
    FILE *file = open_report(process, "stat");
    char *rest = fgets(row, sizeof row, file) ? strrchr(row, ')') : NULL;
    fclose(file);
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %ld", &minor) != 1) give_up("stat: %s", row);
    return minor;
}

/* Faults of its accesses since the last time. A child has the block, but not its pages yet: they are not to be counted. */
static void print_faults(struct process *process)
{
    for (uint32_t at = reserved; process->faults < 0 && at < TASK_SIZE_I386; at += PAGE)
        run(process, TOUCH, &(struct user_regs_struct) { .ebx = (long)at });
    printf("%ld\n", process->faults < 0 ? 0 : process->faults);
    process->faults = 0;
}

int report(struct process *process, const char *name, struct arguments *a)
{
    if (!strcmp(name, "maps")) print_areas(process, a->at, 0);
    else if (!strcmp(name, "areas")) print_areas(process, a->at, 1);
    else if (!strcmp(name, "vm")) print_totals(process);
    else if (!strcmp(name, "resident")) print_pages(process, a->at, 0);
    else if (!strcmp(name, "pagemap")) print_pages(process, a->at, 1);
    else if (!strcmp(name, "mincore")) print_in_memory(process, a->at);
    else if (!strcmp(name, "faults")) print_faults(process);
    else return 0;
    return 1;
}
