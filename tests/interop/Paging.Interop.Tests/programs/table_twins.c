/* As table.c: two worlds side by side, in which every handle and number of a call differs. What one of them does, the other does not see:
 * a call that takes the first object of its kind, exchanges two arguments, or forgets one, is wrong in the second world. */
#include "table.h"

#define EACH for (uint32_t k = 0; k < 2; k++)
enum { PAGE = 4096, SHARED = PAGING_MAP_SHARED | PAGING_MAP_ANONYMOUS, FIXED = PAGING_MAP_FIXED };

static paging_engine e[2];
static paging_process p[2];
static paging_fault f;
static uint32_t at[2];    /* 16 pages */
static char path[256], text[4096];

static uint32_t fixed(paging_process process, uint32_t address, uint32_t pages)
{
    ROW(paging_mmap(process, address, pages * PAGE, 3, ANONYMOUS | FIXED, -1, 0), address);
    return address;
}

static uint32_t word_at(paging_process process, uint32_t address)
{
    uint32_t word = 0xdead;
    ROW(paging_read(process, address, &word, 4, NULL), 0);
    return word;
}

static paging_usage usage_of(paging_process process)
{
    paging_usage usage = { .size = sizeof usage };
    ROW(paging_usage_get(process, &usage), 0);
    return usage;
}

static uint32_t processes_of(paging_engine engine)
{
    paging_machine machine = { .size = sizeof machine };
    ROW(paging_machine_get(engine, &machine), 0);
    return machine.process_count;
}

/* The bytes from an address to the end of its area; 0: there is none. */
static uint64_t rest_of(paging_process process, uint32_t address)
{
    paging_area areas[32];
    int64_t count = paging_areas(process, areas, 32);
    for (int64_t i = 0; i < count && i < 32; i++) if (areas[i].start <= address && address < areas[i].end) return areas[i].end - address;
    return 0;
}

static void engines(void)
{
    EACH {
        paging_options options = { .size = sizeof options };
        ROW(paging_options_defaults(&options), 0);
        options.ram_bytes = (16 + 8 * k) << 20, options.share_ram = 1, options.huge_pages = 1 + k;
        ROW(paging_engine_create(&options, &e[k]), 0);
    }
    EACH {
        paging_machine machine = { .size = sizeof machine };
        int64_t free_pages = -1, reserved = -1, surplus = -1;
        ROW(paging_engine_bind(e[k]), 0), ROW(paging_machine_get(e[k], &machine), 0), ROW(machine.total, ((16 + 8 * k) << 8) - 1);
        ROW(paging_huge_pool_resize(e[k], -1, &free_pages, &reserved, &surplus), 1 + k), ROW(free_pages, 1 + k);
        ROW(paging_huge_pool_resize(e[k], k, NULL, NULL, NULL), k), ROW(paging_huge_pool_resize(e[k], 0, &free_pages, &reserved, NULL), 0);
        ROW(paging_background(e[k], (int32_t)k * 7) <= (int32_t)k * 7, 1), ROW(paging_compact(e[k]) >= 0, 1);
        ROW(paging_sync(e[k]), 0), ROW(paging_drop_caches(e[k]), 0), ROW(paging_audit(e[k], NULL, 0), 0);
        ROW(paging_process_create(e[k], k ? "second" : "first", NULL, &p[k]), 0);
        ROW(paging_ram_file(e[k]) >= 0, 1);
        at[k] = fixed(p[k], 0x20000000 + (k << 24), 16);
    }
    ROW(paging_ram_file(e[0]) != paging_ram_file(e[1]), 1);
    EACH {
        /* Linux, mm/mmap.c: a process may have one area more than the limit when the call begins. */
        paging_process full = 0;
        uint32_t areas = 0;
        ROW(paging_process_create(e[k], "full", NULL, &full), 0), ROW(paging_set_max_map_count(e[k], 3 + (int32_t)k), 0);
        while (areas < 9 && paging_mmap(full, 0x30000000 + areas * 2 * PAGE, PAGE, 3, ANONYMOUS | FIXED, -1, 0) >= 0) areas++;
        ROW(areas, 4 + k), ROW(paging_set_max_map_count(e[k], 1000 - (int32_t)k), 0), ROW(paging_free(full), 0);
        ROW(paging_set_overcommit(e[k], 2, 10 + 80 * k), 0);
        ROW(paging_mmap(p[k], 0x30000000, 12 << 20, 3, ANONYMOUS | FIXED, -1, 0), k ? 0x30000000 : -PAGING_ENOMEM);
        ROW(paging_munmap(p[k], 0x30000000, 12 << 20), 0), ROW(paging_set_overcommit(e[k], k, 50 + k), 0);
    }
}

static void processes(void)
{
    paging_process child[2], other[2], found = 0;
    EACH {
        paging_process_info info = { .size = sizeof info };
        paging_process_options options = { .size = sizeof options, .start_break = 0x09000000 + (k << 20) };
        uint64_t length = 0, break_at = 0x09000000 + (k << 20);
        ROW(paging_fork(p[k], &child[k]), 0), ROW(paging_process_create(e[k], "other", &options, &other[k]), 0);
        ROW(paging_process_info_get(other[k], &info), 0), ROW(info.start_break, break_at);
        for (int32_t id = info.id - 1; id <= info.id; id++) {    /* the child, the other */
            ROW(paging_process_find(e[k], id, &found), 0), ROW(found, id == info.id ? other[k] : child[k]);
        }
        ROW(paging_process_set_name(child[k], k ? "two" : "one"), 0), ROW(paging_process_set_score(child[k], 5 - 9 * (int32_t)k), 0);
        ROW(paging_process_info_get(child[k], &info), 0), ROW(info.out_of_memory_score, 5 - 9 * (int32_t)k);
        ROW(paging_report(child[k], PAGING_REPORT_STATUS, text, sizeof text) > 0, 1);
        ROW(strncmp(text, k ? "Name:\ttwo\n" : "Name:\tone\n", 10), 0);
        for (uint32_t limit = 0; limit < 4; limit++) ROW(paging_setrlimit(child[k], limit, (1 << 30) + (limit << 20) + (k << 13)), 0);
        for (uint32_t limit = 0; limit < 4; limit++) {
            ROW(paging_getrlimit(child[k], limit, &length), 0), ROW(length, (1 << 30) + (limit << 20) + (k << 13));
            ROW(paging_getrlimit(other[k], limit, &length), 0), ROW(length != (1 << 30) + (limit << 20) + (k << 13), 1);
        }
        ROW(paging_reserve(other[k], 0x40000000 + (k << 20), PAGE << k), 0);
        ROW(paging_reserve(other[k], 0x40000000 + (k << 20) + (PAGE << k), PAGE), 0);
        ROW(paging_reserve(other[k], 0x40000000 + (k << 20) + (PAGE << k), PAGE), -PAGING_EEXIST);
        ROW(paging_brk(other[k], (uint32_t)break_at + PAGE * (k + 1)), break_at + PAGE * (k + 1));
        ROW(paging_brk(other[k], 0), break_at + PAGE * (k + 1));
        ROW(paging_set_transparent_policy(other[k], 1 + k), 0), ROW(paging_exit(other[k], 40 + (int32_t)k), 0);
        ROW(paging_process_info_get(other[k], &info), 0), ROW(info.exit_code, 40 + k), ROW(paging_free(other[k]), 0);
    }
    EACH ROW(paging_free(child[k]), 0);
}

static void memory_calls(void)
{
    EACH {
        const uint32_t n = k + 2, start = at[k] + n * PAGE, resident = usage_of(p[k]).resident;
        uint8_t core[16] = { 0 };
        ROW(paging_touch(p[k], start, PAGING_ACCESS_WRITE, NULL), 1);
        ROW(paging_mincore(p[k], start - PAGE, (2 + k) * PAGE, core), 0), ROW(core[0], 0), ROW(core[1], 1), ROW(core[2], 0);
        ROW(usage_of(p[k]).resident, resident + 1);
        ROW(paging_mprotect(p[k], start, n * PAGE, k), 0);    /* none, or reading */
        ROW(rest_of(p[k], start), n * PAGE), ROW(paging_touch(p[k], start, PAGING_ACCESS_READ, &f), k ? 0 : -PAGING_EFAULT);
        ROW(paging_mprotect(p[k], start, n * PAGE, 3), 0);
        ROW(paging_mlock(p[k], start, n * PAGE, k), 0), ROW(usage_of(p[k]).locked, n), ROW(usage_of(p[k]).resident, resident + (k ? 1 : n));
        ROW(paging_munlock(p[k], start + PAGE, (n - 1) * PAGE), 0), ROW(usage_of(p[k]).locked, 1);
        ROW(paging_mlockall(p[k], 1 + 4 * k), 0), ROW(usage_of(p[k]).locked, 16), ROW(usage_of(p[k]).resident == 16, !k);
        ROW(paging_munlockall(p[k]), 0);
        ROW(usage_of(p[k]).locked, 0), ROW(paging_madvise(p[k], start, n * PAGE, k ? PAGING_MADV_DONTNEED : PAGING_MADV_COLD), 0);
        ROW(usage_of(p[k]).resident <= resident + 16, 1), ROW(paging_madvise(p[k], at[k], 16 * PAGE, PAGING_MADV_DONTNEED), 0);
        ROW(usage_of(p[k]).resident, 0);
        uint32_t shared = 0x31000000 + (k << 24);
        ROW(paging_mmap(p[k], shared, 4 * PAGE, 3, SHARED | FIXED, -1, k * PAGE), shared);
        for (uint32_t i = 0; i < 4; i++) ROW(paging_fill(p[k], shared + i * PAGE, 4, i + k, NULL), 4);
        ROW(paging_msync(p[k], shared + k * PAGE, PAGE << k, 1 + 3 * k), 0);
        ROW(paging_msync(p[k], shared + 3 * PAGE, PAGE << k, 4), k ? -PAGING_ENOMEM : 0);
        ROW(paging_remap_file_pages(p[k], shared, PAGE << k, 2 - k, k ? PAGING_MAP_NONBLOCK : 0), 0);
        ROW(word_at(p[k], shared), 0x01010101 * 2);
        ROW(paging_munmap(p[k], shared, 4 * PAGE), 0), fixed(p[k], shared, 3 + k), ROW(paging_fill(p[k], shared, 4, 3 + k, NULL), 4);
        /* Moved and made smaller, larger; to a place that is given. */
        int64_t moved = paging_mremap(p[k], shared, (2 + k) * PAGE, (4 - 2 * k) * PAGE, 3, shared + 0x100000 * (1 + k));
        ROW(moved, shared + 0x100000 * (1 + k)), ROW(rest_of(p[k], shared + (1 + k) * PAGE), 0);
        ROW(rest_of(p[k], shared + (2 + k) * PAGE), PAGE), ROW(rest_of(p[k], (uint32_t)moved), (4 - 2 * k) * PAGE);
        ROW(word_at(p[k], (uint32_t)moved), 0x01010101 * (3 + k));
        ROW(paging_mremap(p[k], (uint32_t)moved, (4 - 2 * k) * PAGE, PAGE, 0, k), moved), ROW(rest_of(p[k], (uint32_t)moved), PAGE);
        ROW(paging_mseal(p[k], (uint32_t)moved, PAGE >> k), 0), ROW(paging_munmap(p[k], (uint32_t)moved, PAGE), -PAGING_EPERM);
        fixed(p[k], shared + (8 << 20), 2), ROW(paging_mseal(p[k], shared + (8 << 20), PAGE << k), 0);
        ROW(paging_mprotect(p[k], shared + (8 << 20) + PAGE, PAGE, 1), k ? -PAGING_EPERM : 0);
        uint64_t words[3] = { 0 };
        ROW(paging_fill(p[k], at[k], 3 * PAGE, 1, NULL), 3 * PAGE), ROW(paging_clear_refs(p[k], 4), 0);
        ROW(paging_fill(p[k], at[k] + k * PAGE, 1, 1, NULL), 1);
        ROW(paging_pagemap(p[k], (at[k] >> 12) + k, words, 1 + k), 0), ROW(words[0] >> 55 & 1, 1), ROW(words[1] >> 55 & 1, 0);
        ROW(paging_clear_refs(p[k], 1 + k), 0);
    }
}

static void accesses(void)
{
    EACH {
        uint64_t old = 0, value = 0x0102030405060708 * (k + 1);
        const void *start = NULL;
        void *written = NULL;
        const uint32_t here = at[k] + 8 * k + 5 * PAGE;
        ROW(paging_write(p[k], here, &value, 8, NULL), 0);
        for (uint32_t length = 1; length <= 8; length *= 2) {
            uint64_t mask = ~0ull >> (64 - 8 * length), sum = value + 0x7766554433221100 + k;
            ROW(paging_atomic_add(p[k], here, 0x7766554433221100 + k, &old, length, &f), 0), ROW(old & mask, sum & mask);
            ROW(paging_atomic_exchange(p[k], here, value, &old, length, &f), 0), ROW(old & mask, sum & mask);
            ROW(paging_atomic_compare_exchange(p[k], here, ~value, value & mask, &old, length, &f), 0), ROW(old & mask, value & mask);
            ROW(paging_atomic_compare_exchange(p[k], here, 9 + k, 8 + k, &old, length, NULL), 0), ROW(old & mask, ~value & mask);
            ROW(paging_write(p[k], here, &value, length, NULL), 0);
        }
        ROW(paging_read(p[k], here, &old, 8, NULL), 0), ROW(old, value), ROW(paging_mprotect(p[k], here & ~4095u, PAGE, 7), 0);
        for (uint32_t length = 1; length <= 8; length *= 2) old = 0, ROW(paging_fetch(p[k], here, &old, length, NULL), 0),
            ROW(old, value & (~0ull >> (64 - 8 * length)));
        ROW(paging_span(p[k], here, 100 + k, k, &start, NULL), 100 + k), ROW(*(const uint8_t *)start, (uint8_t)value);
        ROW(paging_span_writable(p[k], here, 3 + k, &written, NULL), 3 + k), *(uint8_t *)written = (uint8_t)(0x60 + k);
        ROW((uint8_t)word_at(p[k], here), 0x60 + k);
        ROW(paging_resolve_fault(p[k], at[k] + (9 + k) * PAGE, 4 + 2 * k, k ? NULL : &f), 0);
        ROW(paging_own_pages(p[k], (at[k] >> 12) + 9 + k, NULL, 1 + k), k);    /* reading has shown the page of zeros */
        uint8_t bytes[8] = { 0 };
        ROW(paging_copy_in(p[k], here, &value, 3 + k, NULL), 3 + k), ROW(paging_copy_out(p[k], here, bytes, 4 - k, NULL), 4 - k);
        ROW(bytes[0], (uint8_t)value);
        ROW(paging_atomic_add(p[k], here, 1, &old, 1, NULL), 0), ROW(paging_atomic_exchange(p[k], here, 2, &old, 1, NULL), 0);
        ROW((uint8_t)old, (uint8_t)(value + 1)), ROW(paging_report(p[k], PAGING_REPORT_STATM - k, text, sizeof text - k) > 9, 1);
        ROW(strncmp(text, "Name:", 5) == 0, k), ROW(paging_copy_out(p[k], here, &value, 8, NULL), 8);
        paging_fetch_window window = { 0, 0, 0, 0 };
        ROW(paging_fetch_page(p[k], here, &old, 4 << k, &window, NULL), 0), ROW(window.start, here & ~4095u);
        for (uint32_t access = 0; access < 3; access++) ROW(paging_device_refused(p[k], -5 - (int32_t)k, access, NULL), -5 - (int32_t)k);
    }
}

static int32_t read_backing(void *c, uint64_t o, void *b, uint32_t n) { memset(b, (int)((uintptr_t)c + (o >> 12)), n); return (int32_t)n; }
static int32_t write_backing(void *c, uint64_t o, const void *b, uint32_t n) { (void)c, (void)o, (void)b; return (int32_t)n; }
static int32_t load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)n, *v = (uintptr_t)c + o; return 0; }
static int32_t store(void *c, uint64_t o, uint32_t n, uint64_t v) { (void)c, (void)o, (void)n, (void)v; return 0; }

static void files(void)
{
    static char memory[2][4 * PAGE];
    EACH {
        paging_backing backing = { sizeof backing, 0, (void *)(uintptr_t)(10 + 100 * k), (3 + k) * PAGE, read_backing, write_backing,
            NULL, NULL, NULL };
        paging_device device = { sizeof device, 0, (void *)(uintptr_t)(20 + 100 * k), load, store, NULL };
        paging_file file, backed, host, made, directory;
        char bytes[64] = "0123456789abcdef", *aligned = memory[k] + (PAGE - (uintptr_t)memory[k] % PAGE) % PAGE;
        ROW(paging_file_create(e[k], k ? "b" : "a", 100 + k, &file), 0), ROW(paging_file_length(file), 100 + k);
        ROW(paging_file_write(file, 20 + 7 * k, bytes, 10 + k), 10 + k), ROW(paging_file_read(file, 22 + 7 * k, bytes, 3 + k), 3 + k);
        ROW(bytes[0], '2');
        ROW(paging_file_set_length(file, 25 + 7 * k), 0), ROW(paging_file_length(file), 25 + 7 * k);
        ROW(paging_file_read(file, 20, bytes, 64), 5 + 7 * k);
        ROW(paging_file_create_backed(e[k], "backed", &backing, 1 + 2 * k, &backed), 0), ROW(paging_file_length(backed), (3 + k) * PAGE);
        ROW(paging_file_open(backed, p[k], PAGING_WRITE, 0), k ? 3 : -PAGING_EACCES), ROW(paging_close(p[k], 3), k ? 0 : -PAGING_EBADF);
        ROW(paging_file_read(backed, PAGE, bytes, 1), 1), ROW(bytes[0], (char)(11 + 100 * k));
        snprintf(path + strlen(path), 8, ".%u", k);
        ROW(paging_file_open_host(e[k], path, 3, 2 + k, &host), 0), ROW(paging_file_write(host, 0, path, 30 + k), 30 + k);
        ROW(paging_sync(e[k]), 0);
        ROW(paging_free(host), 0), ROW(paging_file_open_host(e[k], path, 1 + 2 * k, 0, &host), 0), ROW(paging_file_length(host), 30 + k);
        ROW(paging_file_open(host, p[k], PAGING_WRITE, 0), k ? 3 : -PAGING_EACCES), ROW(paging_close(p[k], 3), k ? 0 : -PAGING_EBADF);
        ROW(remove(path), 0);
        path[strlen(path) - 2] = 0;
        ROW(paging_directory_create(e[k], "d", &directory), 0), ROW(paging_file_open(directory, p[k], PAGING_READ, 0), 3);
        ROW(paging_close(p[k], 3), 0);
        ROW(paging_device_create(e[k], "v", &device, (1 + k) * PAGE, 1 + 2 * k, &made), 0);
        ROW(paging_file_open(made, p[k], 1 + 2 * k, 0), 3);
        uint32_t shown = 0x38000000 + (k << 20);
        ROW(paging_mmap(p[k], shown, PAGE, 1 + 2 * k, 0x11, 3, k * PAGE), shown), ROW((uint8_t)word_at(p[k], shown + 8), 28 + 100 * k);
        ROW(paging_close(p[k], 3), 0), aligned[PAGE * k] = (char)(5 + k);
        ROW(paging_host_memory_create(e[k], NULL, aligned, PAGE, 3, &made), MISUSE);
        ROW(paging_host_memory_create(e[k], "m", NULL, PAGE, 3, &made), MISUSE);
        ROW(paging_host_memory_create(e[k], "m", aligned, (1 + k) * PAGE, 1 + 2 * k, &made), 0);
        ROW(paging_file_length(made), (1 + k) * PAGE);
        ROW(paging_file_open(made, p[k], PAGING_WRITE, 0), k ? 3 : -PAGING_EACCES), ROW(paging_close(p[k], 3), k ? 0 : -PAGING_EBADF);
        ROW(paging_rom_create(e[k], "r", aligned, (1 + k) * PAGE, k ? &device : NULL, &made), 0);
        ROW(paging_file_open(made, p[k], 3, 0), 3);
        ROW(paging_mmap(p[k], shown, PAGE, 3, 0x11, 3, k * PAGE), shown), ROW(word_at(p[k], shown), 5 + k);
        ROW(paging_close(p[k], 3), 0), ROW(paging_munmap(p[k], shown, PAGE), 0);
        ROW(paging_file_open(file, p[k], 1 + 2 * k, k ? PAGING_O_APPEND : 0), 3);
        if (k) ROW(paging_write_from(p[k], 3, at[k], 4), 4), ROW(paging_fsize(p[k], 3), 25 + 7 + 4);    /* at the end */
        ROW(paging_close(p[k], 3), 0);
    }
}

static void descriptors(void)
{
    EACH {
        char bytes[64] = "0123456789abcdef", back[64] = { 0 };
        for (int32_t d = 3; d < 5 + (int32_t)k; d++) ROW(paging_memfd_create(p[k], d == 3 ? "x" : "y", d == 3 ? 2 * k : 2), d);
        const int32_t d = 4 + (int32_t)k;    /* the last one; the first is empty, and stays so */
        ROW(paging_pwrite(p[k], d, bytes, 10 + k, 100 + k), 10 + k), ROW(paging_fsize(p[k], d), 110 + 2 * k), ROW(paging_fsize(p[k], 3), 0);
        ROW(paging_pread(p[k], d, back, 4 + k, 103 + k), 4 + k), ROW(memcmp(back, bytes + 3, 4 + k), 0), ROW(back[4 + k], 0);
        ROW(paging_lseek(p[k], d, 101 + k, 0), 101 + k), ROW(paging_read_to(p[k], d, at[k] + 64 * k, 3 + k), 3 + k);
        ROW((uint8_t)word_at(p[k], at[k] + 64 * k), '1');
        ROW(paging_lseek(p[k], d, k, 1), 104 + 3 * k), ROW(paging_write_from(p[k], d, at[k] + 64 * k, 2 + k), 2 + k);
        ROW(paging_lseek(p[k], d, 0, 1), 106 + 4 * k);
        ROW(paging_pread(p[k], d, back, 1, 104 + 3 * k), 1), ROW(back[0], '1'), ROW(paging_lseek(p[k], d, -1 - (int32_t)k, 2), 109 + k);
        ROW(paging_ftruncate(p[k], d, 50 + k), 0), ROW(paging_fsize(p[k], d), 50 + k), ROW(paging_fsync(p[k], d), 0);
        ROW(paging_fallocate(p[k], d, k, (3 + k) * PAGE, PAGE + k), 0);
        ROW(paging_fsize(p[k], d), k ? 50 + k : 4 * PAGE);    /* 1: FALLOC_FL_KEEP_SIZE */
        ROW(paging_ftruncate(p[k], d, 8 * PAGE), 0), ROW(paging_pwrite(p[k], d, bytes, 4, (2 + k) * PAGE), 4);
        ROW(paging_pwrite(p[k], d, bytes, 4, 6 * PAGE), 4);
        ROW(paging_punch(p[k], d, (2 + k) * PAGE, (2 - k) * PAGE), 0), ROW(paging_pread(p[k], d, back, 1, (2 + k) * PAGE), 1);
        ROW(back[0], 0);
        ROW(paging_pread(p[k], d, back, 1, 6 * PAGE), 1), ROW(back[0], '0');
        ROW(paging_fadvise(p[k], d, k * PAGE, (1 + k) * PAGE, 1 + k), 0);
        for (int32_t one = 3; one <= d; one++) ROW(paging_close(p[k], one), 0);
        ROW(paging_memfd_create(p[k], "sealed", 2), 3), ROW(paging_close(p[k], 3), 0);
    }
}

static int32_t request(void *c, uint32_t page, void *b) { (void)b; return page < (uintptr_t)c ? PAGING_PAGE_ZEROS : PAGING_PAGE_LATER; }

static void pagers(void)
{
    paging_pager pager[2];
    static char bytes[2][PAGE];
    EACH {
        paging_page_source source = { sizeof source, 0, (void *)(uintptr_t)(1 + k), request, NULL };
        ROW(paging_pager_create(e[k], "p", 4 + k, &source, &pager[k]), 0);
        ROW(paging_file_open(paging_pager_file(pager[k]), p[k], 1, 0), 3);
        ROW(paging_file_length(paging_pager_file(pager[k])), (4 + k) * PAGE), memset(bytes[k], 70 + (int)k, PAGE);
        ROW(paging_mmap(p[k], 0x39000000 + (k << 20), (4 + k) * PAGE, 1, 0x12, 3, 0), 0x39000000 + (k << 20));
        ROW(paging_close(p[k], 3), 0);
    }
    EACH {
        uint32_t word = 0, start = 0x39000000 + (k << 20);
        for (uint32_t page = 0; page < 4 + k; page++) ROW(paging_read(p[k], start + page * PAGE, &word, 4, &f),
            page < 1 + k ? 0 : -PAGING_EFAULT);
        ROW(paging_pager_pending(pager[k]), 3), ROW(paging_pager_next(pager[k]), 1 + k);
        ROW(paging_pager_supply(pager[k], 1 + k, bytes[k]), 0);
        ROW(word_at(p[k], start + (1 + k) * PAGE), 0x01010101 * (70 + k)), ROW(paging_pager_next(pager[k]), 2 + k);
        ROW(paging_pager_fail(pager[k], 2 + k), 0);
        ROW(paging_read(p[k], start + (2 + k) * PAGE, &word, 4, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_BUS_ERROR);
        ROW(paging_pager_pending(pager[k]), 1);
    }
    EACH ROW(paging_munmap(p[k], 0x39000000 + (k << 20), (4 + k) * PAGE), 0), ROW(paging_free(pager[k]), 0);
}

static int32_t open_none(void *c, const char *n, paging_file *file) { (void)c, (void)n, *file = 0; return 0; }

static char asked[64];
static int32_t open_named(void *c, const char *n, paging_file *file) { snprintf(asked, sizeof asked, "%s", n),
    *file = *(paging_file *)c; return 0; }

static void names(void)
{
    EACH {
        paging_process process, loaded;
        paging_snapshot snapshot;
        paging_file memory;
        paging_area areas[3];
        paging_file_finder files = { sizeof files, 0, &memory, open_named, NULL };
        ROW(paging_process_create(e[k], "names", NULL, &process), 0), ROW(paging_file_create(e[k], "elsewhere", PAGE, &memory), 0);
        for (uint32_t i = 0; i < 3; i++) ROW(paging_mmap(process, 0x40000000 + i * 2 * PAGE, PAGE, 3, SHARED | FIXED, -1, 0) > 0, 1);
        ROW(paging_areas(process, areas, 3), 3), ROW(paging_snapshot_take(process, &snapshot), 0);
        ROW(paging_snapshot_name(snapshot, areas[1 + k].object, k ? "two" : "one"), 0), ROW(paging_snapshot_save(snapshot, path), 0);
        ROW(paging_file_write(memory, 0, "memory", 6), 6), ROW(paging_process_load(e[k], path, &files, &loaded), 0);
        ROW(strcmp(asked, k ? "two" : "one"), 0);
        for (uint32_t i = 0; i < 3; i++) ROW(word_at(loaded, 0x40000000 + i * 2 * PAGE) == word_at(process, 0x40000000 + i * 2 * PAGE),
            i != 1 + k);
        ROW(paging_free(snapshot), 0), ROW(paging_free(loaded), 0), ROW(paging_free(process), 0), ROW(remove(path), 0);
        const uint32_t seals = 2 << k;    /* F_SEAL_SHRINK, F_SEAL_GROW */
        ROW(paging_file_add_seals(memory, seals), 0), ROW(paging_file_set_length(memory, k ? 2 * PAGE : 1), -PAGING_EPERM);
        ROW(paging_file_set_length(memory, k ? 1 : 2 * PAGE), 0);
    }
}

static void deltas(void)
{
    paging_image parent[2], delta[2];
    paging_snapshot before[2], later[2];
    paging_process clone[2];
    EACH {
        ROW(paging_snapshot_take(p[k], &before[k]), 0), ROW(paging_image_create(before[k], &parent[k]), 0);
        ROW(paging_process_clone(e[k], parent[k], NULL, &clone[k]), 0);
        ROW(paging_fill(clone[k], 0x3c000000, 1, 60 + k, NULL), 1), ROW(paging_snapshot_take(clone[k], &later[k]), 0);
    }
    EACH ROW(paging_image_create_delta(later[k], parent[k], &delta[k]), 0), ROW(paging_image_own_pages(delta[k]), 1);
    EACH {
        paging_image read;
        ROW(paging_image_save(delta[k], path), 0), ROW(paging_image_open_delta(path, parent[1 - k], &read), -PAGING_EINVAL);
        ROW(paging_image_open_delta(path, parent[k], &read), 0), ROW(paging_image_save_whole(read, path), 0), ROW(paging_free(read), 0);
        ROW(paging_image_open(path, 0, &read), 0), ROW(paging_free(clone[k]), 0);
        ROW(paging_process_clone(e[k], read, NULL, &clone[k]), 0), ROW(word_at(clone[k], 0x3c000000) & 255, 60 + k);
        ROW(paging_free(clone[k]), 0), ROW(paging_free(read), 0), ROW(paging_free(delta[k]), 0);
        ROW(paging_free(before[k]), 0), ROW(remove(path), 0);
    }
    EACH ROW(paging_free(parent[k]), 0);
}

static void snapshots(void)
{
    paging_snapshot one[2], whole[2];
    paging_rewind rewind[2], all[2];
    paging_image image[2], core[2];
    static char saved[2][1 << 20];
    const paging_file_finder files = { sizeof files, 0, NULL, open_none, NULL };
    EACH fixed(p[k], 0x3c000000, 1 + k), ROW(paging_fill(p[k], 0x3c000000, 1, 90 + k, NULL), 1);
    EACH {    /* a process with little, so that what is saved is small */
        ROW(paging_munmap(p[k], 0x31000000 + (k << 24), 8 << 20), -PAGING_EPERM);
        ROW(paging_snapshot_take(p[k], &one[k]), 0), ROW(paging_engine_snapshot_take(e[k], &whole[k]), 0);
    }
    EACH ROW(paging_fill(p[k], 0x3c000000, (1 + k) * PAGE, 1, NULL), (1 + k) * PAGE);
    EACH ROW(paging_snapshot_dirty_pages(one[k]), 1 + k), ROW(paging_snapshot_is_valid(whole[k]), 1),
        ROW(paging_snapshot_keep_written(one[k], (int32_t)k), 0);
    EACH ROW(paging_snapshot_restore(one[k]), 0), ROW(word_at(p[k], 0x3c000000), 90 + k);
    EACH {
        paging_process loaded, set[4];
        int64_t length = paging_snapshot_save_bytes(one[k], saved[k], sizeof saved[k] - k);
        ROW(length > 0 && length < (int64_t)sizeof saved[k], 1);
        ROW(paging_process_load_bytes(e[k], saved[k], (uint64_t)length, k ? &files : NULL, &loaded), 0);
        ROW(word_at(loaded, 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2), ROW(paging_free(loaded), 0);
        ROW(paging_snapshot_save(one[k], path), 0);
        ROW(paging_process_load(e[k], path, k ? &files : NULL, &loaded), 0), ROW(word_at(loaded, 0x3c000000), 90 + k);
        ROW(processes_of(e[k]), 2);
        ROW(paging_free(loaded), 0);
        length = paging_snapshot_save_bytes(whole[k], saved[k], sizeof saved[k] - k);
        ROW(length > 0 && length < (int64_t)sizeof saved[k], 1);
        ROW(paging_engine_load_bytes(e[k], saved[k], (uint64_t)length, k ? &files : NULL, set, 3 + k), 1);
        ROW(word_at(set[0], 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2), ROW(paging_free(set[0]), 0);
        ROW(paging_snapshot_save(whole[k], path), 0), ROW(paging_engine_load(e[k], path, k ? &files : NULL, set, 3 + k), 1);
        ROW(word_at(set[0], 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2), ROW(paging_free(set[0]), 0);
        ROW(paging_image_create(k ? whole[k] : one[k], &image[k]), 0), ROW(paging_image_processes(image[k]), 1);
        ROW(paging_image_save(image[k], path), 0), ROW(paging_free(image[k]), 0), ROW(paging_image_open(path, k, &image[k]), 0);
        ROW(paging_image_create(one[k], &core[k]), 0);
    }
    EACH {
        paging_process set[4] = { 0 };
        if (k) ROW(paging_engine_clone(e[k], image[k], &files, set, 3), 1);
        else ROW(paging_process_clone(e[k], image[k], &files, set), 0);
        ROW(word_at(set[0], 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2), ROW(paging_free(set[0]), 0);
        ROW(paging_process_clone(e[k], core[k], NULL, set), 0);
        ROW(word_at(set[0], 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2), ROW(paging_free(set[0]), 0);
        ROW(paging_image_pages(core[k]) > 0, 1);
        ROW(paging_free(core[k]), 0), ROW(paging_free(image[k]), 0), ROW(paging_engine_snapshot_take(e[k], &one[k]), 0);
        ROW(paging_image_create(one[k], &image[k]), 0);
        ROW(paging_engine_clone(e[k], image[k], NULL, set, 1 + k), 1), ROW(word_at(set[0], 0x3c000000), 90 + k), ROW(processes_of(e[k]), 2);
        ROW(paging_free(set[0]), 0), ROW(paging_free(image[k]), 0);
    }
    EACH {
        paging_core_thread threads[2] = { { 7 + (int32_t)k, { 1 } }, { 9, { 2 } } }, read[4];
        paging_process clone;
        ROW(paging_core_write(p[k], path, threads, 1 + k, 11 - 5 * (int32_t)k), 0);
        ROW(paging_image_from_core(path, k ? "/" : NULL, &core[k]), 0);
        ROW(paging_image_threads(core[k], read, 4 - k), 1 + k), ROW(read[0].id, 7 + k);
        ROW(paging_process_clone(e[k], core[k], NULL, &clone), 0);
        ROW(word_at(clone, 0x3c000000), 90 + k), ROW(paging_free(clone), 0), ROW(paging_free(core[k]), 0), ROW(remove(path), 0);
    }
    deltas();
    EACH {
        const uint32_t spacings[] = { 1, 2 + k, 2, 1 };
        ROW(paging_rewind_open(p[k], (1 + k) << 20, spacings, 1 + k, &rewind[k]), 0);
        ROW(paging_engine_rewind_open(e[k], (2 + k) << 20, spacings, 2 - k, &all[k]), 0);
    }
    EACH for (uint32_t i = 0; i < 5; i++) ROW(paging_fill(p[k], 0x3c000000, 1, 10 * k + i, NULL), 1),
        ROW(paging_rewind_record(rewind[k]), i), ROW(paging_rewind_record(all[k]), i);
    EACH {
        paging_rewind_info info = { .size = sizeof info };
        ROW(paging_rewind_info_get(rewind[k], &info), 0), ROW(info.state_count, k ? 4 : 2), ROW(info.current, 4);
        ROW(paging_rewind_info_get(all[k], &info), 0);
        ROW(paging_rewind_find(rewind[k], 3 + k), 3 + k), ROW(paging_rewind_find(rewind[k], 100 + k), 4);
        ROW(paging_rewind_restore(rewind[k], 4 - (int64_t)k), 0);
        ROW(word_at(p[k], 0x3c000000) & 255, 4 + 9 * k), ROW(paging_rewind_restore(all[k], 4 - (int64_t)k), 0);
        ROW(word_at(p[k], 0x3c000000) & 255, 4 + 9 * k);
    }
    EACH ROW(paging_free(rewind[k]), 0), ROW(paging_free(all[k]), 0), ROW(paging_free(one[k]), 0), ROW(paging_free(whole[k]), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    snprintf(path, sizeof path, "%s.twins", arguments[1]);
    engines(), processes(), memory_calls(), accesses(), files(), descriptors(), pagers(), snapshots(), names();
    EACH ROW(paging_audit(e[k], NULL, 0), 0), ROW(paging_free(e[k]), 0);
    return wrong != 0;
}
