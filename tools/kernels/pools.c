/* What DIALECT-HUGE.md adds: the pool of huge pages, files of them, and what of them a process uses. */
#include "kernel.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static long read_counter(const char *name)
{
    char path[80], text[24] = "";
    snprintf(path, sizeof path, POOL "%s", name);
    int file = open(path, O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0) give_up("%s", path);
    close(file);
    return strtol(text, NULL, 10);
}

static void write_counter(const char *name, long long value)
{
    char path[80], text[24];
    snprintf(path, sizeof path, POOL "%s", name);
    int file = open(path, O_WRONLY);
    if (file < 0 || write(file, text, (size_t)snprintf(text, sizeof text, "%lld", value)) < 0) give_up("%s", path);
    close(file);
}

void set_pool(const struct header *header)
{
    write_counter("nr_overcommit_hugepages", header->surplus);
    write_counter("nr_hugepages", header->pool);
    if (read_counter("free_hugepages") != header->pool) give_up("no room for %lld huge pages", header->pool);
}

static void print_pool(void)
{
    printf("total=%ld free=%ld rsvd=%ld surplus=%ld\n", read_counter("nr_hugepages"), read_counter("free_hugepages"),
        read_counter("resv_hugepages"), read_counter("surplus_hugepages"));
}

/* A number of KiB in a file of /proc/PID; 0 without such a row. */
static long read_row(struct process *process, const char *name, const char *title)
{
    char path[40], row[256];
    long value = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", process->pid, name);
    FILE *file = fopen(path, "r");
    if (!file) give_up("%s", path);
    while (fgets(row, sizeof row, file))
        if (!strncmp(row, title, strlen(title))) value = strtol(row + strlen(title), NULL, 10);
    fclose(file);
    return value;
}

/* Private pages by the tables, not by the counter in `status`: up to 6.1 each task counts in batches of 64 (SPLIT_RSS_COUNTING). */
static void print_usage(struct process *process)
{
    long anonymous = read_row(process, "smaps_rollup", "Anonymous:"), pool = read_row(process, "status", "HugetlbPages:");
    printf("anon=%ld hugetlb=%ld\n", anonymous / 4, pool / 4);
}

static void print_size(struct process *process, long long descriptor)
{
    int32_t result = system_call(process, SYS__llseek, (uint32_t)descriptor, 0, 0, scratch, 2, 0);    /* to its end */
    if (result) { print_result(result); return; }
    long long size;
    memcpy(&size, block + SCRATCH_AT, sizeof size);
    printf("%lld\n", size);
}

int pool_call(struct process *process, const char *name, struct arguments *arguments)
{
    const long long *a = arguments->at;
    if (!strcmp(name, "pool")) print_pool();
    else if (!strcmp(name, "setpool")) { write_counter("nr_hugepages", a[0]); print_pool(); }
    else if (!strcmp(name, "usage")) print_usage(process);
    else if (!strcmp(name, "fsize")) print_size(process, a[0]);
    else if (!strcmp(name, "memfd")) {
        memcpy(block + SCRATCH_AT, arguments->text, sizeof arguments->text);
        print_result(system_call(process, SYS_memfd_create, scratch, (uint32_t)a[0], 0, 0, 0, 0));
    }
    else if (!strcmp(name, "fallocate"))
        print_result(system_call(process, SYS_fallocate, (uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2], (uint32_t)(a[2] >> 32),
            (uint32_t)a[3], (uint32_t)(a[3] >> 32)));
    else if (!strcmp(name, "prctl"))
        print_result(system_call(process, SYS_prctl, (uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2], (uint32_t)a[3], (uint32_t)a[4], 0));
    else return 0;
    return 1;
}
