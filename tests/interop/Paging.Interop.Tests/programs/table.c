/* Each function, its arguments at their borders, and its result. A row is a call and what it gives; rows run in order, on one engine. */
#include "table.h"

static int32_t load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)c, (void)n, *v = o; return 0; }
static int32_t store(void *c, uint64_t o, uint32_t n, uint64_t v) { (void)c, (void)o, (void)n, (void)v; return 0; }
static int32_t read_file(void *c, uint64_t o, void *b, uint32_t n) { (void)c, (void)o, memset(b, 1, n); return (int32_t)n; }
static int32_t request(void *c, uint32_t p, void *b) { (void)c, (void)b; return p == 0 ? PAGING_PAGE_ZEROS : PAGING_PAGE_LATER; }
static int32_t slot(void *c, uint32_t s, void *b) { (void)c, (void)s, memset(b, 5, 4096); return 0; }
static int32_t keep(void *c, uint32_t s, const void *b) { (void)c, (void)s, (void)b; return 0; }
static int32_t watch(void *c, const paging_watched *w) { (*(int *)c)++; (void)w; return 0; }

static paging_engine e;
static paging_process p, q;
static paging_fault f;
static char text[4096];
static uint32_t at;

static void engines(void)
{
    paging_options options = { .size = sizeof options };
    paging_engine other = 5;
    ROW(paging_version(), PAGING_VERSION);
    ROW(paging_last_error() == NULL, 0);
    ROW(paging_options_defaults(NULL), MISUSE);
    ROW(paging_options_defaults(&options), 0);
    ROW(options.ram_bytes, 64 << 20), ROW(options.max_map_count, 65530), ROW(options.swappiness, 60), ROW(options.allow_threads, 0);
    options.size = 7;
    ROW(paging_options_defaults(&options), MISUSE);
    options.size = 4097;
    ROW(paging_engine_create(&options, &other), MISUSE), ROW(other, 0);
    options.size = sizeof options;
    ROW(paging_engine_create(&options, NULL), MISUSE);
    static const uint64_t ram[] = { 0, 4096, (1 << 20) - 1, (64ull << 30) + 1, UINT64_MAX };
    for (int i = 0; i < 5; i++) {
        options.ram_bytes = ram[i];
        ROW(paging_engine_create(&options, &other), MISUSE), ROW(other, 0);
    }
    options.ram_bytes = 16 << 20, options.fetch_rights = 2;
    ROW(paging_engine_create(&options, &other), MISUSE), ROW(SAYS("fetch_rights must be 0 or 1, not 2."), 1), options.fetch_rights = 0;
    options.huge_pages = 1;
    ROW(paging_engine_create(&options, &e), 0), ROW(e != 0, 1);
    ROW(paging_free(0), STALE), ROW(paging_free(e + 1), STALE), ROW(SAYS("was freed, or never given out"), 1);
    ROW(paging_engine_bind(0), STALE), ROW(paging_engine_bind(e), 0);
    ROW(paging_background(0, 1), STALE), ROW(paging_background(e, -1), MISUSE), ROW(paging_background(e, 0), 0);
    ROW(paging_background(e, INT32_MAX), 0);
    ROW(paging_sync(0), STALE), ROW(paging_sync(e), 0), ROW(paging_drop_caches(0), STALE), ROW(paging_drop_caches(e), 0);
    ROW(paging_compact(0), STALE), ROW(paging_compact(e) >= 0, 1);
    ROW(paging_audit(0, NULL, 0), STALE), ROW(paging_audit(e, NULL, 0), 0), ROW(paging_audit(e, NULL, 9), MISUSE);
    text[0] = 'x', ROW(paging_audit(e, text, 1), 0), ROW(text[0], 0);
    ROW(paging_set_overcommit(0, 1, 50), STALE), ROW(paging_set_overcommit(e, 3, 50), MISUSE);
    ROW(paging_set_overcommit(e, 2, 1u << 31), MISUSE);
    ROW(paging_set_overcommit(e, 2, 100), 0), ROW(paging_set_overcommit(e, 0, 50), 0);
    ROW(paging_set_max_map_count(0, 5), STALE), ROW(paging_set_max_map_count(e, -1), MISUSE), ROW(paging_set_max_map_count(e, 65530), 0);
    int64_t free_pages = -1, reserved = -1, surplus = -1;
    ROW(paging_huge_pool_resize(0, -1, NULL, NULL, NULL), STALE);
    ROW(paging_huge_pool_resize(e, -1, &free_pages, &reserved, &surplus), 1), ROW(free_pages, 1), ROW(reserved, 0), ROW(surplus, 0);
    ROW(paging_huge_pool_resize(e, 0, &free_pages, NULL, NULL), 0), ROW(free_pages, 0);
    ROW(paging_huge_pool_resize(e, INT64_MIN, NULL, NULL, NULL), 0);
}

static void processes(void)
{
    paging_process_options options = { .size = sizeof options };
    paging_process_info info = { .size = sizeof info };
    paging_process other = 5;
    uint64_t length = 5;
    ROW(paging_process_create(0, "p", NULL, &other), STALE), ROW(other, 0), ROW(paging_process_create(e, NULL, NULL, &other), MISUSE);
    ROW(paging_process_create(e, "p", NULL, NULL), MISUSE), ROW(paging_process_create(e, "p", &options, &p), 0);
    options.mmap_base = 0xc0001000;
    ROW(paging_process_create(e, "q", &options, &other), MISUSE), ROW(other, 0);
    options = (paging_process_options){ .size = sizeof options, .group = p };
    ROW(paging_process_create(e, "q", &options, &other), STALE), ROW(other, 0);
    ROW(paging_fork(0, &q), STALE), ROW(paging_fork(p, NULL), MISUSE), ROW(paging_fork(p, &q), 0);
    ROW(paging_process_info_get(q, NULL), MISUSE), ROW(paging_process_info_get(0, &info), STALE), ROW(paging_process_info_get(q, &info), 0);
    ROW(info.id, 2), ROW(info.parent_id, 1), ROW(info.has_exited, 0), ROW(info.start_break, 0x0804a000);
    ROW(info.program_break, 0x0804a000);
    ROW(paging_process_find(0, 1, &other), STALE), ROW(paging_process_find(e, 1, NULL), MISUSE);
    ROW(paging_process_find(e, 0, &other), -PAGING_ESRCH);
    ROW(other, 0), ROW(paging_process_find(e, -1, &other), -PAGING_ESRCH), ROW(paging_process_find(e, 2, &other), 0), ROW(other == q, 1);
    ROW(paging_process_set_name(0, "x"), STALE), ROW(paging_process_set_name(q, NULL), MISUSE), ROW(paging_process_set_name(q, ""), 0);
    ROW(paging_process_set_score(0, 0), STALE), ROW(paging_process_set_score(q, 1001), MISUSE);
    ROW(paging_process_set_score(q, -1001), MISUSE);
    ROW(paging_process_set_score(q, 1000), 0), ROW(paging_process_set_score(q, -1000), 0), ROW(paging_process_info_get(q, &info), 0);
    ROW(info.out_of_memory_score, -1000);
    ROW(paging_setrlimit(0, 0, 1), STALE), ROW(paging_setrlimit(q, 4, 1), MISUSE), ROW(paging_setrlimit(q, UINT32_MAX, 1), MISUSE);
    ROW(paging_setrlimit(q, PAGING_RLIMIT_AS, UINT64_MAX - 1), 0), ROW(paging_getrlimit(q, PAGING_RLIMIT_AS, &length), 0);
    ROW(length, UINT64_MAX - 1);
    ROW(paging_getrlimit(0, 0, &length), STALE), ROW(paging_getrlimit(q, 4, &length), MISUSE), ROW(length, UINT64_MAX - 1);
    ROW(paging_getrlimit(q, 0, NULL), MISUSE), ROW(paging_getrlimit(q, PAGING_RLIMIT_STACK, &length), 0), ROW(length, 8 << 20);
    ROW(paging_reserve(0, 0x1000, 1), STALE), ROW(paging_reserve(q, 0xbffff000, 4096), 0);
    ROW(paging_reserve(q, 0xbffff000, 4097), -PAGING_EINVAL);
    ROW(paging_reserve(q, 0xfffff000, 8192), -PAGING_EINVAL), ROW(paging_reserve(q, 0, 0), -PAGING_EINVAL);
    ROW(paging_reserve(q, 0xbffff000, 1), -PAGING_EEXIST);
    ROW(paging_set_transparent_policy(0, 0), STALE), ROW(paging_set_transparent_policy(q, 3), MISUSE);
    ROW(paging_set_transparent_policy(q, 2), 0), ROW(paging_mmap(q, 0, 1 << 20, 3, 0x22, -1, 0) > 0, 1);
    ROW(paging_set_overcommit(e, 2, 0), 0);
    other = 5, ROW(paging_fork(q, &other), -PAGING_ENOMEM), ROW(other, 0), ROW(paging_set_overcommit(e, 0, 50), 0);
    ROW(paging_exit(0, 1), STALE), ROW(paging_exit(q, INT32_MIN), 0), ROW(paging_exit(q, 2), 0), ROW(paging_process_info_get(q, &info), 0);
    ROW(info.has_exited, 1), ROW(info.exit_code, INT32_MIN), ROW(info.page_directory, 0), ROW(paging_brk(q, 0), PAGING_ENDED);
    ROW(paging_free(q), 0), ROW(paging_free(q), STALE), ROW(paging_brk(q, 0), STALE), ROW(paging_process_find(e, 2, &other), -PAGING_ESRCH);
}

static void memory_calls(void)
{
    uint8_t core[4];
    ROW(paging_mmap(0, 0, 4096, 3, 0x22, -1, 0), STALE), ROW(paging_mmap(p, 0, 0, 3, 0x22, -1, 0), -PAGING_EINVAL);
    ROW(paging_mmap(p, 0, UINT32_MAX, 3, 0x22, -1, 0), -PAGING_ENOMEM), ROW(paging_mmap(p, 0, 4096, 3, 0x20, -1, 0), -PAGING_EINVAL);
    ROW(paging_mmap(p, 0, 4096, 3, 2, -1, 0), -PAGING_EBADF), ROW(paging_mmap(p, 0, 4096, 3, 2, INT32_MIN, 0), -PAGING_EBADF);
    ROW(paging_mmap(p, 1, 4096, 3, 0x32, -1, 0), -PAGING_EINVAL), ROW(paging_mmap(p, 0xc0000000, 4096, 3, 0x32, -1, 0), -PAGING_ENOMEM);
    ROW(paging_mmap(p, 0xbffff000, 4096, 3, 0x32, -1, 0), 0xbffff000), ROW(paging_munmap(p, 0xbffff000, 4096), 0);
    ROW(paging_mmap(p, 0x20000000, 3 * 4096, 3, 0x32, -1, 0), 0x20000000);
    ROW(paging_mmap(p, 0x20000000, 4096, 3, 0x100022, -1, 0), -PAGING_EEXIST);
    at = 0x20000000;
    ROW(paging_munmap(0, at, 4096), STALE), ROW(paging_munmap(p, at, 0), -PAGING_EINVAL), ROW(paging_munmap(p, at + 1, 1), -PAGING_EINVAL);
    ROW(paging_munmap(p, at, UINT32_MAX), -PAGING_EINVAL), ROW(paging_munmap(p, 0x30000000, 4096), 0);
    ROW(paging_mprotect(0, at, 1, 1), STALE), ROW(paging_mprotect(p, at, 4096, UINT32_MAX), -PAGING_EINVAL);
    ROW(paging_mprotect(p, at + 1, 1, 1), -PAGING_EINVAL);
    ROW(paging_mprotect(p, at, 4 * 4096, 1), -PAGING_ENOMEM), ROW(paging_mprotect(p, at, 3 * 4096, 3), 0);
    ROW(paging_mprotect(p, at, 0, 3), 0);
    ROW(paging_mremap(0, at, 1, 1, 0, 0), STALE), ROW(paging_mremap(p, at, 4096, 0, 0, 0), -PAGING_EINVAL);
    ROW(paging_mremap(p, at, 4096, 4096, 8, 0), -PAGING_EINVAL);
    ROW(paging_mremap(p, at, 3 * 4096, 3 * 4096, 0, 0), at), ROW(paging_mremap(p, 0x30000000, 4096, 8192, 1, 0), -PAGING_EFAULT);
    ROW(paging_brk(0, 0), STALE), ROW(paging_brk(p, 0), 0x0804a000), ROW(paging_brk(p, UINT32_MAX), 0x0804a000);
    ROW(paging_brk(p, 0x0804b001), 0x0804b001);
    ROW(paging_brk(p, 0x0804a000), 0x0804a000);
    ROW(paging_madvise(0, at, 1, 4), STALE), ROW(paging_madvise(p, at, 4096, UINT32_MAX), -PAGING_EINVAL);
    ROW(paging_madvise(p, at + 1, 1, 4), -PAGING_EINVAL);
    ROW(paging_madvise(p, at, 4 * 4096, 4), -PAGING_ENOMEM), ROW(paging_madvise(p, at, 3 * 4096, 4), 0);
    ROW(paging_madvise(p, at, 0, 4), 0);
    ROW(paging_msync(0, at, 1, 4), STALE), ROW(paging_msync(p, at, 4096, 8), -PAGING_EINVAL);
    ROW(paging_msync(p, at, 4096, 5), -PAGING_EINVAL);
    ROW(paging_msync(p, at, 3 * 4096, 4), 0), ROW(paging_msync(p, at, 4 * 4096, 4), -PAGING_ENOMEM);
    ROW(paging_mlock(0, at, 1, 0), STALE), ROW(paging_mlock(p, at, 4096, 2), -PAGING_EINVAL), ROW(paging_mlock(p, at, 4096, 1), 0);
    ROW(paging_munlock(0, at, 1), STALE), ROW(paging_munlock(p, at, 3 * 4096), 0), ROW(paging_munlock(p, at, 4 * 4096), -PAGING_ENOMEM);
    ROW(paging_mlockall(0, 1), STALE), ROW(paging_mlockall(p, 0), -PAGING_EINVAL), ROW(paging_mlockall(p, 8), -PAGING_EINVAL);
    ROW(paging_mlockall(p, 5), 0);
    ROW(paging_munlockall(0), STALE), ROW(paging_munlockall(p), 0);
    ROW(paging_touch(p, at + 4096, 1, NULL), 1);
    memset(core, 9, sizeof core);
    ROW(paging_mincore(0, at, 1, core), STALE), ROW(paging_mincore(p, at, 4096, NULL), MISUSE);
    ROW(paging_mincore(p, at + 1, 1, core), -PAGING_EINVAL);
    ROW(paging_mincore(p, at, 4 * 4096, core), -PAGING_ENOMEM), memset(core, 9, sizeof core), ROW(paging_mincore(p, at, 4097, core), 0);
    ROW(core[0], 0), ROW(core[1], 1), ROW(core[2], 9), ROW(paging_mincore(p, at, 0, NULL), 0);
    ROW(paging_remap_file_pages(0, at, 1, 0, 0), STALE), ROW(paging_remap_file_pages(p, at, 4096, 0, 0), -PAGING_EINVAL);
    ROW(paging_clear_refs(0, 1), STALE), ROW(paging_clear_refs(p, 0), -PAGING_EINVAL), ROW(paging_clear_refs(p, 6), -PAGING_EINVAL);
    ROW(paging_clear_refs(p, 1), 0);
    ROW(paging_mseal(0, at, 1), STALE), ROW(paging_mseal(p, at + 1, 1), -PAGING_EINVAL), ROW(paging_mseal(p, at, 4 * 4096), -PAGING_ENOMEM);
    ROW(paging_mseal(p, at, 0), 0);
}

static void accesses(void)
{
    const uint32_t end = at + 3 * 4096;
    uint64_t value = 0x1122334455667788, old = 5;
    uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, *start;
    static const uint32_t sizes[] = { 0, 3, 5, 16, UINT32_MAX };
    ROW(paging_write(0, at, &value, 8, &f), STALE), ROW(paging_write(p, at, NULL, 8, &f), MISUSE);
    ROW(paging_write(p, at, &value, 8, &f), 0), ROW(f.kind, 0);
    ROW(paging_read(0, at, &old, 1, NULL), STALE), ROW(paging_read(p, at, NULL, 1, NULL), MISUSE), ROW(old, 5);
    old = 0, ROW(paging_read(p, at, &old, 1, NULL), 0), ROW(old, 0x88), ROW(paging_read(p, at, &old, 2, NULL), 0), ROW(old, 0x7788);
    ROW(paging_read(p, at, &old, 4, NULL), 0), ROW(old, 0x55667788), ROW(paging_read(p, at, &old, 8, NULL), 0), ROW(old, value);
    for (int i = 0; i < 5; i++) {
        ROW(paging_read(p, at, &old, sizes[i], &f), MISUSE), ROW(paging_write(p, at, &old, sizes[i], &f), MISUSE);
        ROW(paging_fetch(p, at, &old, sizes[i], &f), MISUSE);
        ROW(paging_atomic_add(p, at, 1, &old, sizes[i], &f), MISUSE), ROW(paging_atomic_exchange(p, at, 1, &old, sizes[i], &f), MISUSE);
        ROW(paging_atomic_compare_exchange(p, at, 1, 1, &old, sizes[i], &f), MISUSE), ROW(old, value);
    }
    ROW(paging_read(p, end - 2, &old, 4, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_NOT_MAPPED), ROW(f.address, end), ROW(old, value);
    ROW(paging_read(p, UINT32_MAX, &old, 1, &f), -PAGING_EFAULT), ROW(f.address, UINT32_MAX);
    ROW(paging_write(p, UINT32_MAX, &old, 8, &f), -PAGING_EFAULT);
    ROW(paging_read(p, 0, &old, 8, &f), -PAGING_EFAULT), ROW(f.address, 0), ROW(paging_read(p, 0xbfffffff, &old, 2, &f), -PAGING_EFAULT);
    ROW(paging_fetch(0, at, &old, 1, NULL), STALE), ROW(paging_fetch(p, at, NULL, 1, NULL), MISUSE);
    ROW(paging_fetch(p, at, &old, 1, &f), -PAGING_EFAULT);
    ROW(f.kind, PAGING_FAULT_NOT_ALLOWED), ROW(paging_mprotect(p, at, 4096, 7), 0), old = 0, ROW(paging_fetch(p, at, &old, 1, &f), 0);
    ROW(old, 0x88), ROW(f.kind, 0);
    ROW(paging_copy_in(0, at, bytes, 8, &f), STALE), ROW(paging_copy_in(p, at, NULL, 8, &f), MISUSE);
    ROW(paging_copy_in(p, at, NULL, 0, &f), 0);
    ROW(paging_copy_in(p, at, bytes, 1ull << 31, &f), MISUSE), ROW(paging_copy_in(p, at, bytes, UINT64_MAX, &f), MISUSE);
    ROW(paging_copy_in(p, end - 3, bytes, 8, &f), 3);
    ROW(f.address, end), ROW(paging_copy_in(p, at, bytes, 8, &f), 8), ROW(f.kind, 0), memset(bytes, 0, 8);
    ROW(paging_copy_out(0, at, bytes, 8, &f), STALE), ROW(paging_copy_out(p, at, NULL, 8, &f), MISUSE);
    ROW(paging_copy_out(p, at, bytes, 1ull << 31, &f), MISUSE);
    ROW(paging_copy_out(p, end - 3, bytes, 8, &f), 3), ROW(bytes[2], 3), ROW(bytes[3], 0), ROW(paging_copy_out(p, at, bytes, 8, NULL), 8);
    ROW(bytes[7], 8);
    ROW(paging_fill(0, at, 1, 1, &f), STALE), ROW(paging_fill(p, at, 0, 1, &f), 0), ROW(paging_fill(p, at, 4, 0x1ff, &f), 4);
    ROW(paging_fill(p, end - 1, UINT32_MAX, 1, &f), 1);
    ROW(f.address, end), ROW(paging_copy_out(p, at, bytes, 5, NULL), 5), ROW(bytes[3], 0xff), ROW(bytes[4], 5);
    start = bytes, ROW(paging_span(0, at, 8, 0, (const void **)&start, &f), STALE), ROW(start == NULL, 1);
    ROW(paging_span(p, at, 8, 0, NULL, &f), MISUSE);
    ROW(paging_span(p, at, 8, 3, (const void **)&start, &f), MISUSE), ROW(start == NULL, 1);
    ROW(paging_span(p, at, 0, 0, (const void **)&start, &f), 0), ROW(start == NULL, 1);
    ROW(paging_span(p, at + 4090, 4096, 1, (const void **)&start, &f), 6), ROW(start != NULL, 1);
    ROW(paging_span(p, at, UINT32_MAX, 0, (const void **)&start, &f), 4096), ROW(start[4], 5);
    ROW(paging_span(p, end, 8, 0, (const void **)&start, &f), -PAGING_EFAULT), ROW(start == NULL, 1), ROW(f.address, end);
    ROW(paging_span_writable(0, at, 8, (void **)&start, &f), STALE), ROW(paging_span_writable(p, at, 8, NULL, &f), MISUSE);
    ROW(paging_span_writable(p, at, 0, (void **)&start, &f), 0), ROW(start == NULL, 1);
    ROW(paging_span_writable(p, at + 4091, 4096, (void **)&start, &f), 5), start[4] = 6, ROW(paging_read(p, at + 4095, bytes, 1, &f), 0);
    ROW(bytes[0], 6), ROW(paging_mprotect(p, at, 4096, PAGING_PROT_READ), 0);
    ROW(paging_span_writable(p, at + 2, 8, (void **)&start, &f), -PAGING_EFAULT), ROW(start == NULL, 1), ROW(f.kind, 2);
    ROW(f.address, at + 2), ROW(paging_span(p, at + 2, 8, 0, (const void **)&start, &f), 8);
    ROW(paging_span(p, at + 2, 8, 1, (const void **)&start, &f), -PAGING_EFAULT);
    ROW(paging_mprotect(p, at, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE), 0);
    ROW(paging_touch(0, at, 0, &f), STALE), ROW(paging_touch(p, at, 3, &f), MISUSE), ROW(paging_touch(p, at, 0, &f), 0);
    ROW(paging_madvise(p, at, 4096, 4), 0);
    ROW(paging_touch(p, at, 0, &f), 1), ROW(paging_touch(p, at, 1, &f), 0), ROW(paging_touch(p, end, 1, &f), -PAGING_EFAULT);
    ROW(f.kind, PAGING_FAULT_NOT_MAPPED);
    ROW(paging_resolve_fault(0, at, 4, &f), STALE), ROW(paging_resolve_fault(p, at, 4, &f), 0);
    ROW(paging_resolve_fault(p, end, 6, &f), -PAGING_EFAULT), ROW(f.address, end);
    old = 5, ROW(paging_atomic_add(0, at, 1, &old, 4, &f), STALE), ROW(paging_atomic_add(p, at, 1, NULL, 4, &f), MISUSE);
    ROW(paging_atomic_add(p, at, UINT64_MAX, &old, 4, &f), 0);
    ROW(old, UINT32_MAX), ROW(paging_atomic_add(p, end, 1, &old, 4, &f), -PAGING_EFAULT), ROW(old, UINT32_MAX), ROW(f.address, end);
    ROW(paging_atomic_exchange(0, at, 1, &old, 4, &f), STALE), ROW(paging_atomic_exchange(p, at, 1, NULL, 4, &f), MISUSE);
    ROW(paging_atomic_exchange(p, at, 0x102, &old, 1, &f), 0);
    ROW(old, 0xff), ROW(paging_atomic_exchange(p, at, 7, &old, 4, &f), 0), ROW(old, 0xffffff02);
    ROW(paging_atomic_exchange(p, end - 1, 1, &old, 2, &f), -PAGING_EFAULT);
    ROW(paging_atomic_compare_exchange(0, at, 1, 1, &old, 4, &f), STALE);
    ROW(paging_atomic_compare_exchange(p, at, 1, 1, NULL, 4, &f), MISUSE);
    ROW(paging_atomic_compare_exchange(p, at, 9, 8, &old, 4, &f), 0), ROW(old, 7);
    ROW(paging_atomic_compare_exchange(p, at, 9, 7, &old, 4, &f), 0), ROW(old, 7);
    ROW(paging_atomic_compare_exchange(p, 0, 9, 7, &old, 8, &f), -PAGING_EFAULT), ROW(old, 7), ROW(paging_read(p, at, &old, 8, NULL), 0);
    ROW(old, 9);
}

static void translations(void)
{
    const uint32_t end = at + 3 * 4096;
    const paging_translations *t = paging_translations_of(p);
    uint8_t byte = 1;
    uint16_t half = 1;
    uint32_t word = 1;
    uint64_t wide = 1;
    ROW(paging_translations_of(0) == NULL, 1), ROW(paging_translations_of(e) == NULL, 1), ROW(SAYS("is a paging_engine; the call wants a paging_process."), 1);
    ROW(t == paging_translations_of(p), 1);
    ROW(t->version, PAGING_TRANSLATIONS_VERSION), ROW(t->page_shift, 12), ROW(t->process == p, 1);
    ROW(paging_store64(t, at, 0x1122334455667788, &f), 0), ROW(paging_load8(t, at + 7, &byte, &f), 0), ROW(byte, 0x11);
    ROW(paging_load16(t, at, &half, &f), 0), ROW(half, 0x7788);
    ROW(paging_load32(t, at + 4, &word, &f), 0), ROW(word, 0x11223344), ROW(paging_load64(t, at, &wide, &f), 0);
    ROW(wide, 0x1122334455667788);
    ROW(paging_store8(t, at, 0xff, &f), 0), ROW(paging_store16(t, at + 2, 0xeeee, &f), 0), ROW(paging_store32(t, at + 4, 0, &f), 0);
    ROW(paging_load64(t, at, &wide, &f), 0), ROW(wide, 0xeeee77ff);
    ROW(paging_store32(t, at + 4094, 0x04030201, &f), 0), ROW(paging_load32(t, at + 4094, &word, &f), 0), ROW(word, 0x04030201);
    ROW(paging_load16(t, at + 4095, &half, &f), 0), ROW(half, 0x0302);
    ROW(paging_load8(t, end, &byte, &f), -PAGING_EFAULT), ROW(byte, 0x11), ROW(f.address, end);
    ROW(paging_load16(t, end - 1, &half, &f), -PAGING_EFAULT), ROW(half, 0x0302);
    ROW(paging_load32(t, UINT32_MAX - 3, &word, &f), -PAGING_EFAULT), ROW(word, 0x04030201);
    ROW(paging_load64(t, 0, &wide, &f), -PAGING_EFAULT), ROW(wide, 0xeeee77ff);
    ROW(paging_store8(t, end, 1, &f), -PAGING_EFAULT), ROW(paging_store16(t, end - 1, 1, &f), -PAGING_EFAULT);
    ROW(paging_store32(t, 0, 1, &f), -PAGING_EFAULT), ROW(paging_store64(t, UINT32_MAX, 1, &f), -PAGING_EFAULT);
    ROW(paging_find_read(t, at, 4096) != NULL, 1), ROW(paging_find_read(t, at + 1, 4096) == NULL, 1);
    ROW(paging_find_read(t, at + 4095, 1) != NULL, 1), ROW(paging_find_read(t, end, 1) == NULL, 1);
    ROW(paging_find_write(t, at, 4096) != NULL, 1), ROW(paging_find_write(t, at + 4095, 2) == NULL, 1);
    ROW(paging_find_read(t, at + 1, UINT32_MAX) == NULL, 1), ROW(paging_find_write(t, at + 4095, UINT32_MAX) == NULL, 1);
    ROW(paging_find_write(t, 0, 1) == NULL, 1), ROW(*(uint8_t *)paging_find_read(t, at, 1), 0xff);
    ROW(paging_mprotect(p, at, 4096, 1), 0), ROW(paging_find_write(t, at, 1) == NULL, 1);
    ROW(paging_store8(t, at, 1, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_NOT_ALLOWED), ROW(paging_mprotect(p, at, 4096, 3), 0);
}

static void files(const char *path)
{
    paging_backing backing = { sizeof backing, 0, NULL, 8192, read_file, NULL, NULL, NULL, NULL };
    paging_device device = { sizeof device, 0, NULL, load, store, NULL };
    paging_page_source source = { sizeof source, 0, NULL, request, NULL };
    paging_file file, made = 5;
    paging_pager pager;
    char bytes[16] = "0123456789";
    static char memory[3 * 4096];
    char *aligned = memory + (4096 - (uintptr_t)memory % 4096) % 4096;
    ROW(paging_file_create(0, "f", 1, &made), STALE), ROW(made, 0), ROW(paging_file_create(e, NULL, 1, &made), MISUSE);
    ROW(paging_file_create(e, "f", 1, NULL), MISUSE);
    ROW(paging_file_create(e, "f", UINT64_MAX, &made), MISUSE), ROW(paging_file_create(e, "f", 10, &file), 0);
    ROW(paging_file_length(0), STALE), ROW(paging_file_length(p), STALE), ROW(paging_file_length(file), 10);
    ROW(paging_file_write(0, 0, bytes, 1), STALE), ROW(paging_file_write(file, 0, NULL, 1), MISUSE);
    ROW(paging_file_write(file, -1, bytes, 1), -PAGING_EINVAL), ROW(paging_file_write(file, 8, bytes, 10), 10);
    ROW(paging_file_write(file, 0, bytes, 1ull << 31), MISUSE), ROW(paging_file_length(file), 18);
    ROW(paging_file_read(0, 0, bytes, 1), STALE), ROW(paging_file_read(file, 0, NULL, 1), MISUSE);
    ROW(paging_file_read(file, -1, bytes, 1), -PAGING_EINVAL), ROW(paging_file_read(file, 9, bytes, 16), 9);
    ROW(bytes[0], '1'), ROW(bytes[8], '9'), ROW(bytes[9], '9'), ROW(paging_file_read(file, 18, bytes, 1), 0);
    ROW(paging_file_read(file, INT64_MAX, bytes, 1), 0);
    ROW(paging_file_set_length(0, 1), STALE), ROW(paging_file_set_length(file, UINT64_MAX), MISUSE);
    ROW(paging_file_set_length(file, INT64_MAX + 1ull), MISUSE), ROW(paging_file_set_length(file, INT64_MAX), 0);
    ROW(paging_file_length(file), INT64_MAX);
    ROW(paging_file_set_length(file, 4096), 0), ROW(paging_file_length(file), 4096);
    ROW(paging_file_add_seals(0, 1), STALE), ROW(paging_file_add_seals(file, 1 << 20), -PAGING_EINVAL);
    ROW(paging_file_open_host(0, path, 3, 1, &made), STALE), ROW(paging_file_open_host(e, NULL, 3, 1, &made), MISUSE);
    ROW(paging_file_open_host(e, "/no/such", 1, 0, &made), -PAGING_ENOENT), ROW(made, 0);
    ROW(paging_file_open_host(e, path, 3, 1, &made), 0), ROW(paging_file_write(made, 0, "kept", 4), 4), ROW(paging_free(made), 0);
    for (uint32_t rights = 4; rights != 0; rights <<= 1) {
        made = 5;
        ROW(paging_file_open_host(e, path, rights, 0, &made), MISUSE), ROW(made, 0);
        ROW(paging_file_create_backed(e, "b", &backing, rights, &made), MISUSE), ROW(paging_file_open(file, p, rights, 0), -PAGING_EACCES);
        ROW(paging_device_create(e, "d", &device, 4096, rights | 1, &made), MISUSE);
        ROW(paging_host_memory_create(e, "m", aligned, 4096, rights | 3, &made), MISUSE), ROW(made, 0);
    }
    ROW(paging_directory_create(0, "d", &made), STALE), ROW(paging_directory_create(e, NULL, &made), MISUSE);
    ROW(paging_directory_create(e, "d", NULL), MISUSE), ROW(paging_directory_create(e, "d", &made), 0);
    int32_t directory = paging_file_open(made, p, PAGING_READ, 0);
    ROW(directory, 3), ROW(paging_mmap(p, 0, 4096, 1, 2, directory, 0), -PAGING_ENODEV), ROW(paging_close(p, directory), 0);
    ROW(paging_file_create_backed(0, "b", &backing, 1, &made), STALE), ROW(paging_file_create_backed(e, "b", NULL, 1, &made), MISUSE);
    ROW(paging_file_create_backed(e, NULL, &backing, 1, &made), MISUSE);
    ROW(paging_file_create_backed(e, "b", &backing, 1, &made), 0), ROW(paging_file_length(made), 8192);
    ROW(paging_file_read(made, 8190, bytes, 16), 2), ROW(bytes[1], 1);
    backing.read = NULL, ROW(paging_file_create_backed(e, "b", &backing, 1, &made), MISUSE), ROW(made, 0);
    backing.read = read_file, backing.length = UINT64_MAX, ROW(paging_file_create_backed(e, "b", &backing, 1, &made), MISUSE);
    ROW(paging_device_create(0, "d", &device, 4096, 3, &made), STALE);
    ROW(paging_device_create(e, NULL, &device, 4096, 3, &made), MISUSE), ROW(paging_device_create(e, "d", NULL, 4096, 3, &made), MISUSE);
    ROW(paging_device_create(e, "d", &device, 0, 3, &made), MISUSE);
    ROW(paging_device_create(e, "d", &device, UINT64_MAX, 3, &made), MISUSE);
    ROW(paging_device_create(e, "d", &device, 4096, 3, &made), 0);
    device.load = NULL, ROW(paging_device_create(e, "d", &device, 4096, 3, &file), MISUSE), ROW(file, 0);
    ROW(paging_file_open(made, 0, 3, 0), STALE), ROW(paging_file_open(0, p, 3, 0), STALE);
    ROW(paging_file_open(p, p, 3, 0), STALE), ROW(paging_file_open(made, p, 3, UINT32_MAX) < 0, 1);
    ROW(paging_file_open(made, p, 3, 0), 3), ROW(paging_mmap(p, 0x40000000, 4096, 3, 0x11, 3, 0), 0x40000000);
    uint32_t word = 5;
    ROW(paging_read(p, 0x40000010, &word, 4, NULL), 0), ROW(word, 0x10), ROW(paging_close(p, 3), 0);
    ROW(paging_munmap(p, 0x40000000, 4096), 0);
    ROW(paging_host_memory_create(0, "m", aligned, 4096, 3, &made), STALE);
    ROW(paging_host_memory_create(e, "m", aligned + 1, 4096, 3, &made), MISUSE);
    ROW(paging_host_memory_create(e, "m", aligned, 4095, 3, &made), MISUSE);
    ROW(paging_host_memory_create(e, "m", aligned, 4096, 3, &made), 0), ROW(paging_file_length(made), 4096);
    ROW(paging_rom_create(0, "m", aligned, 4096, NULL, &made), STALE), ROW(made, 0);
    ROW(paging_rom_create(e, NULL, aligned, 4096, NULL, &made), MISUSE), ROW(paging_rom_create(e, "m", NULL, 4096, NULL, &made), MISUSE);
    ROW(paging_rom_create(e, "m", aligned + 1, 4096, NULL, &made), MISUSE), ROW(SAYS("start must be a multiple of 4096"), 1);
    ROW(paging_rom_create(e, "m", aligned, 4095, NULL, &made), MISUSE), ROW(paging_rom_create(e, "m", aligned, 0, NULL, &made), MISUSE);
    ROW(paging_rom_create(e, "m", aligned, UINT64_MAX, NULL, &made), MISUSE), ROW(paging_rom_create(e, "m", aligned, 4096, NULL, NULL), MISUSE);
    device.store = NULL, ROW(paging_rom_create(e, "m", aligned, 4096, &device, &made), MISUSE), ROW(SAYS("store must not be NULL."), 1);
    device.store = store, device.size = 4, ROW(paging_rom_create(e, "m", aligned, 4096, &device, &made), MISUSE);
    device.size = sizeof device, ROW(made, 0), aligned[8] = 9;
    ROW(paging_rom_create(e, "m", aligned, 4096, NULL, &made), 0), ROW(paging_file_open(made, p, 3, 0), 3), word = 5;
    ROW(paging_mmap(p, 0x40000000, 4096, 3, 0x11, 3, 0), 0x40000000), ROW(paging_write(p, 0x40000008, &word, 4, NULL), 0);
    ROW(paging_read(p, 0x40000008, &word, 4, NULL), 0), ROW(word, 9), ROW(paging_close(p, 3), 0), ROW(paging_munmap(p, 0x40000000, 4096), 0);
    ROW(paging_pager_create(0, "p", 1, &source, &pager), STALE), ROW(paging_pager_create(e, NULL, 1, &source, &pager), MISUSE);
    ROW(paging_pager_create(e, "p", 0, &source, &pager), MISUSE), ROW(paging_pager_create(e, "p", 1, NULL, &pager), MISUSE);
    ROW(paging_pager_create(e, "p", 3, &source, &pager), 0), ROW(paging_file_open(paging_pager_file(pager), p, 1, 0), 3);
    ROW(paging_mmap(p, 0x40000000, 3 * 4096, 1, 0x12, 3, 0), 0x40000000);
    ROW(paging_pager_pending(0), STALE), ROW(paging_pager_pending(pager), 0), ROW(paging_pager_next(0), STALE);
    ROW(paging_pager_next(pager), -PAGING_EAGAIN);
    ROW(paging_read(p, 0x40000000, &word, 4, &f), 0), ROW(word, 0), ROW(paging_read(p, 0x40001000, &word, 4, &f), -PAGING_EFAULT);
    ROW(f.kind, PAGING_FAULT_PENDING), ROW(paging_pager_pending(pager), 1);
    ROW(paging_pager_next(pager), 1), ROW(paging_pager_next(pager), -PAGING_EAGAIN), ROW(paging_pager_supply(0, 1, NULL), STALE);
    ROW(paging_pager_supply(pager, 3, NULL), MISUSE), ROW(paging_pager_supply(pager, 1, NULL), 0);
    ROW(paging_pager_supply(pager, 1, NULL), -PAGING_EEXIST), ROW(paging_pager_pending(pager), 0);
    ROW(paging_read(p, 0x40002000, &word, 4, &f), -PAGING_EFAULT), ROW(paging_pager_fail(0, 2), STALE);
    ROW(paging_pager_fail(pager, 3), MISUSE), ROW(paging_pager_fail(pager, 2), 0);
    ROW(paging_read(p, 0x40002000, &word, 4, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_BUS_ERROR), ROW(paging_close(p, 3), 0);
}

static void descriptors(void)
{
    char bytes[16] = "0123456789";
    ROW(paging_memfd_create(0, "m", 0), STALE), ROW(paging_memfd_create(p, NULL, 0), MISUSE);
    ROW(paging_memfd_create(p, "m", 1 << 20), -PAGING_EINVAL);
    ROW(paging_memfd_create(p, "m", 21u << 26 | 1), -PAGING_EINVAL);    /* the size of a huge page, which it has not asked for */
    ROW(paging_memfd_create(p, "m", 2), 3);
    ROW(paging_pwrite(0, 3, bytes, 1, 0), STALE), ROW(paging_pwrite(p, 9, bytes, 1, 0), -PAGING_EBADF);
    ROW(paging_pwrite(p, 3, NULL, 1, 0), MISUSE), ROW(paging_pwrite(p, 3, bytes, 1, -1), -PAGING_EINVAL);
    ROW(paging_pwrite(p, 3, bytes, 10, 4090), 10);
    ROW(paging_fsize(0, 3), STALE), ROW(paging_fsize(p, -1), -PAGING_EBADF), ROW(paging_fsize(p, 3), 4100);
    ROW(paging_pread(0, 3, bytes, 1, 0), STALE), ROW(paging_pread(p, 9, bytes, 1, 0), -PAGING_EBADF);
    ROW(paging_pread(p, 3, NULL, 1, 0), MISUSE), ROW(paging_pread(p, 3, bytes, 16, 4091), 9), ROW(bytes[0], '1'), ROW(bytes[9], '9');
    ROW(paging_read_to(0, 3, at, 1), STALE), ROW(paging_read_to(p, 9, at, 1), -PAGING_EBADF);
    ROW(paging_read_to(p, 3, 0, 1), -PAGING_EFAULT), ROW(paging_read_to(p, 3, at, 4096), 4096);
    ROW(paging_write_from(0, 3, at, 1), STALE), ROW(paging_write_from(p, 9, at, 1), -PAGING_EBADF);
    ROW(paging_write_from(p, 3, 0, 1), -PAGING_EFAULT), ROW(paging_write_from(p, 3, at, 2), 2);
    ROW(paging_lseek(0, 3, 0, 0), STALE), ROW(paging_lseek(p, 9, 0, 0), -PAGING_EBADF), ROW(paging_lseek(p, 3, 0, 5), -PAGING_EINVAL);
    ROW(paging_lseek(p, 3, -1, 0), -PAGING_EINVAL), ROW(paging_lseek(p, 3, 0, 1), 4098), ROW(paging_lseek(p, 3, -1, 2), 4099);
    ROW(paging_lseek(p, 3, 0, 3), 0), ROW(paging_lseek(p, 3, 0, 4), 4100), ROW(paging_lseek(p, 3, 4100, 3), -6);
    ROW(paging_ftruncate(0, 3, 0), STALE), ROW(paging_ftruncate(p, 9, 0), -PAGING_EBADF), ROW(paging_ftruncate(p, 3, -1), -PAGING_EINVAL);
    ROW(paging_ftruncate(p, 3, 100), 0), ROW(paging_fsize(p, 3), 100);
    ROW(paging_fsync(0, 3), STALE), ROW(paging_fsync(p, 9), -PAGING_EBADF), ROW(paging_fsync(p, 3), 0);
    ROW(paging_fallocate(0, 3, 0, 0, 1), STALE), ROW(paging_fallocate(p, 9, 0, 0, 1), -PAGING_EBADF);
    ROW(paging_fallocate(p, 3, 0, 0, 0), -PAGING_EINVAL), ROW(paging_fallocate(p, 3, 0, 0, 8192), 0), ROW(paging_fsize(p, 3), 8192);
    ROW(paging_punch(0, 3, 0, 1), STALE), ROW(paging_punch(p, 9, 0, 1), -PAGING_EBADF), ROW(paging_punch(p, 3, -1, 1), -PAGING_EINVAL);
    ROW(paging_punch(p, 3, 0, 4096), 0), ROW(paging_fsize(p, 3), 8192);
    ROW(paging_fadvise(0, 3, 0, 1, 0), STALE), ROW(paging_fadvise(p, 9, 0, 1, 0), -PAGING_EBADF);
    ROW(paging_fadvise(p, 3, 0, 1, 6), -PAGING_EINVAL), ROW(paging_fadvise(p, 3, 0, 1, 4), 0);
    ROW(paging_close(0, 3), STALE), ROW(paging_close(p, 3), 0), ROW(paging_close(p, 3), -PAGING_EBADF);
    ROW(paging_close(p, INT32_MIN), -PAGING_EBADF);
}

static void snapshots_and_logs(const char *path)
{
    paging_snapshot snapshot = 5;
    paging_dirty_log log = 5;
    paging_pinned pin = 5;
    uint32_t numbers[8], word = 9;
    const void *part = numbers;
    void *written = numbers;
    uint8_t bytes[1] = { 0 };
    ROW(paging_process_create(e, "s", NULL, &q), 0), ROW(paging_mmap(q, at, 8192, 3, 0x32, -1, 0), at);
    ROW(paging_write(q, at, &word, 4, NULL), 0);
    ROW(paging_snapshot_take(0, &snapshot), STALE), ROW(snapshot, 0), ROW(paging_snapshot_take(q, NULL), MISUSE);
    ROW(paging_snapshot_take(q, &snapshot), 0), ROW(paging_snapshot_is_valid(snapshot), 1), ROW(paging_snapshot_is_valid(0), STALE);
    word = 1, ROW(paging_write(q, at, &word, 4, NULL), 0), ROW(paging_snapshot_dirty_pages(0), STALE);
    ROW(paging_snapshot_dirty_pages(snapshot), 1), ROW(paging_snapshot_restore(0), STALE), ROW(paging_snapshot_restore(snapshot), 0);
    ROW(paging_read(q, at, &word, 4, NULL), 0), ROW(word, 9), ROW(paging_snapshot_keep_written(0, 1), STALE);
    ROW(paging_snapshot_keep_written(snapshot, 1), 0);
    for (uint32_t turn = 0; turn < 5; turn++) {
        ROW(paging_write(q, at, &turn, 4, NULL), 0), ROW(paging_snapshot_dirty_pages(snapshot), 1);
        ROW(paging_snapshot_restore(snapshot), 0), ROW(paging_snapshot_dirty_pages(snapshot), 0);
        ROW(paging_read(q, at, &word, 4, NULL), 0), ROW(word, 9);
    }
    ROW(paging_snapshot_keep_written(snapshot, 0), 0), ROW(paging_snapshot_restore(snapshot), 0), ROW(paging_snapshot_save(0, path), STALE);
    ROW(paging_snapshot_save(snapshot, NULL), MISUSE), ROW(paging_snapshot_save(snapshot, "/no/such/file"), -PAGING_ENOENT);
    ROW(paging_snapshot_save(snapshot, path), 0);
    paging_snapshot whole = 5;    /* all processes: table_clones.c saves one */
    ROW(paging_engine_snapshot_take(0, &whole), STALE), ROW(whole, 0), ROW(paging_engine_snapshot_take(e, NULL), MISUSE);
    ROW(paging_engine_snapshot_take(q, &whole), STALE), ROW(paging_snapshot_take(e, &whole), STALE);
    ROW(SAYS("is a paging_engine; the call wants a paging_process."), 1);
    ROW(paging_engine_snapshot_take(e, &whole), 0), ROW(paging_snapshot_save(whole, NULL), MISUSE), ROW(paging_free(whole), 0);
    ROW(paging_snapshot_name(0, 1, "n"), STALE), ROW(paging_snapshot_name(snapshot, 1, "n"), 0), ROW(paging_snapshot_name(snapshot, 1, NULL), 0);
    paging_process loaded = 5;
    ROW(paging_process_load(0, path, NULL, &loaded), STALE), ROW(loaded, 0), ROW(paging_process_load(e, NULL, NULL, &loaded), MISUSE);
    ROW(paging_process_load(e, "/no/such", NULL, &loaded), -PAGING_ENOENT);
    ROW(paging_process_load(e, "/dev/null", NULL, &loaded), -PAGING_EINVAL);
    ROW(paging_process_load(e, path, NULL, &loaded), 0), word = 0, ROW(paging_read(loaded, at, &word, 4, NULL), 0), ROW(word, 9);
    ROW(paging_free(loaded), 0);
    ROW(paging_free(snapshot), 0), ROW(paging_snapshot_restore(snapshot), STALE), ROW(paging_engine_snapshot_take(e, &snapshot), 0);
    ROW(paging_snapshot_keep_written(snapshot, 1), 0);
    ROW(paging_snapshot_is_valid(snapshot), 1), ROW(paging_snapshot_dirty_pages(snapshot), 0);
    ROW(paging_snapshot_restore(snapshot), 0), ROW(paging_free(snapshot), 0);
    for (int on = 0; on < 2; on++) {    /* a page that is written again and again: kept, it has no fault */
        paging_fault_counts first = { .size = sizeof first }, last = first;
        ROW(paging_snapshot_take(q, &snapshot), 0), ROW(paging_snapshot_keep_written(snapshot, on), 0);
        for (int i = 0; i < 4; i++) {
            if (i == 3) ROW(paging_faults_get(q, &first), 0);
            ROW(paging_write(q, at, &word, 4, NULL), 0);
            if (i == 3) ROW(paging_faults_get(q, &last), 0);
            ROW(paging_snapshot_restore(snapshot), 0);
        }
        ROW(last.minor - first.minor, !on), ROW(paging_free(snapshot), 0);
    }
    paging_rewind rewind = 5;
    paging_rewind_info info = { .size = sizeof info };
    const uint32_t spacings[] = { 1, 2, 2, 1 }, none[] = { 0, 1 }, uneven[] = { 2, 1, 3, 1 }, wide[] = { UINT32_MAX, 1 };
    uint32_t doubled[34];
    for (uint32_t i = 0; i < 17; i++) doubled[2 * i] = 1u << i, doubled[2 * i + 1] = 1;
    ROW(paging_rewind_open(0, 0, NULL, 0, &rewind), STALE), ROW(rewind, 0), ROW(paging_rewind_open(q, 0, NULL, 0, NULL), MISUSE);
    ROW(paging_rewind_open(e, 0, NULL, 0, &rewind), STALE), ROW(paging_engine_rewind_open(q, 0, NULL, 0, &rewind), STALE);
    ROW(paging_engine_rewind_open(0, 0, NULL, 0, &rewind), STALE), ROW(paging_engine_rewind_open(e, 0, NULL, 0, NULL), MISUSE);
    ROW(paging_engine_rewind_open(e, 0, NULL, 1, &rewind), MISUSE), ROW(paging_engine_rewind_open(e, 0, spacings, 17, &rewind), MISUSE);
    ROW(paging_rewind_open(q, 0, NULL, 1, &rewind), MISUSE), ROW(paging_rewind_open(q, 0, doubled, 17, &rewind), MISUSE);
    ROW(paging_rewind_open(q, 0, doubled, 16, &rewind), 0), ROW(paging_free(rewind), 0);
    ROW(paging_rewind_open(q, 0, none, 1, &rewind), MISUSE), ROW(paging_rewind_open(q, 0, uneven, 2, &rewind), MISUSE);
    ROW(paging_rewind_open(q, 0, wide, 1, &rewind), MISUSE), ROW(paging_rewind_open(q, 1 << 20, spacings, 2, &rewind), 0);
    ROW(paging_rewind_info_get(rewind, NULL), MISUSE), ROW(paging_rewind_info_get(0, &info), STALE);
    ROW(paging_rewind_info_get(rewind, &info), 0), ROW(info.state_count, 0), ROW(info.oldest, -1), ROW(info.current, -1), ROW(info.next, -1);
    ROW(paging_rewind_record(0), STALE), ROW(paging_rewind_find(rewind, 0), -PAGING_ENOENT), ROW(paging_rewind_find(0, 0), STALE);
    for (uint32_t frame = 0; frame < 5; frame++) ROW(paging_write(q, at, &frame, 4, NULL), 0), ROW(paging_rewind_record(rewind), frame);
    ROW(paging_rewind_info_get(rewind, &info), 0), ROW(info.state_count, 3), ROW(info.oldest, 2), ROW(info.current, 4), ROW(info.previous, 3);
    ROW(info.held_bytes > 8192, 1), ROW(paging_rewind_restore(0, 4), STALE), ROW(paging_rewind_restore(rewind, 1), -PAGING_ENOENT);
    ROW(SAYS("no state 1"), 1);
    ROW(paging_rewind_restore(rewind, -1), -PAGING_ENOENT), ROW(paging_rewind_restore(rewind, INT64_MAX), -PAGING_ENOENT);
    ROW(paging_rewind_restore(rewind, 2), 0), ROW(paging_read(q, at, &word, 4, NULL), 0), ROW(word, 2);
    ROW(paging_rewind_info_get(rewind, &info), 0), ROW(info.previous, -1), ROW(info.next, 3), ROW(paging_rewind_find(rewind, 99), 4);
    ROW(paging_free(rewind), 0), ROW(paging_rewind_record(rewind), STALE), ROW(paging_engine_rewind_open(e, 0, NULL, 0, &rewind), 0);
    ROW(paging_rewind_record(rewind), 0), ROW(paging_rewind_restore(rewind, 0), 0), ROW(paging_free(rewind), 0);
    for (uint64_t budget = 0; budget < 20000; budget += 16384) {    /* each state keeps a page */
        const uint32_t six[] = { 1, 6 };
        ROW(paging_rewind_open(q, budget, six, 1, &rewind), 0);
        for (uint32_t frame = 0; frame < 6; frame++) ROW(paging_write(q, at, &frame, 4, NULL), 0), ROW(paging_rewind_record(rewind), frame);
        ROW(paging_rewind_info_get(rewind, &info), 0), ROW(budget ? info.state_count < 6 : info.state_count == 6, 1);
        ROW(budget == 0 || info.held_bytes <= budget, 1), ROW(info.current, 5), ROW(paging_free(rewind), 0);
    }
    word = 9, ROW(paging_write(q, at, &word, 4, NULL), 0);
    ROW(paging_dirty_log_open(0, &log), STALE), ROW(log, 0), ROW(paging_dirty_log_open(q, NULL), MISUSE);
    ROW(paging_dirty_log_open(q, &log), 0), ROW(paging_write(q, at + 4092, &word, 8, NULL), 0), ROW(paging_dirty_log_count(0), STALE);
    ROW(paging_dirty_log_count(log), 2), ROW(paging_dirty_log_collect(0, numbers, 8), STALE);
    ROW(paging_dirty_log_collect(log, numbers, 1), -PAGING_ENOSPC), ROW(paging_dirty_log_collect(log, NULL, 8), MISUSE);
    ROW(paging_dirty_log_collect(log, numbers, 2), 2);
    ROW(numbers[0] + numbers[1], 2 * (at >> 12) + 1), ROW(paging_dirty_log_collect(log, NULL, 0), 0), ROW(paging_free(log), 0);
    ROW(paging_dirty_log_count(log), STALE), ROW(paging_engine_dirty_log_open(0, &log), STALE), ROW(log, 0);
    ROW(paging_engine_dirty_log_open(e, NULL), MISUSE), ROW(paging_engine_dirty_log_open(q, &log), STALE);
    ROW(paging_dirty_log_open(e, &log), STALE), ROW(paging_engine_dirty_log_open(e, &log), 0), ROW(paging_dirty_log_count(log), 0);
    ROW(paging_free(log), 0);
    ROW(paging_pin(0, at, 4, 0, &pin, &f), STALE), ROW(pin, 0), ROW(paging_pin(q, at, 4, 0, NULL, &f), MISUSE);
    ROW(paging_pin(q, at, 4, 3, &pin, &f), MISUSE), pin = 5, ROW(paging_pin(q, 0, 4, 0, &pin, &f), -PAGING_EFAULT), ROW(pin, 0);
    ROW(f.kind, PAGING_FAULT_NOT_MAPPED);
    ROW(paging_pin(q, at + 4, 8, 1, &pin, &f), 0), ROW(paging_pin_part(0, 0, &part), STALE), ROW(paging_pin_part(pin, 0, NULL), MISUSE);
    ROW(paging_pin_part(pin, 0, &part), 8), ROW(part != NULL, 1), ROW(paging_pin_part(pin, 1, &part), 0), ROW(part == NULL, 1);
    ROW(paging_pin_part(pin, UINT32_MAX, &part), 0), ROW(paging_snapshot_take(q, &snapshot), 0), ROW(paging_free(snapshot), 0);
    ROW(paging_pin_part_writable(0, 0, &written), STALE), ROW(paging_pin_part_writable(pin, 0, NULL), MISUSE);
    ROW(paging_pin_part_writable(pin, 0, &written), 8), ROW(written == part, 0), ROW(paging_pin_part(pin, 0, &part), 8);
    ROW(written == part, 1), *(uint8_t *)written = 0x77, ROW(paging_read(q, at + 4, bytes, 1, NULL), 0), ROW(bytes[0], 0x77);
    ROW(paging_pin_part_writable(pin, 1, &written), 0), ROW(written == NULL, 1);
    ROW(paging_free(pin), 0), ROW(paging_pin_part(pin, 0, &part), STALE), ROW(paging_pin_part_writable(pin, 0, &written), STALE);
    ROW(paging_pin(q, at + 4, 8, 0, &pin, &f), 0), ROW(paging_pin_part(pin, 0, &part), 8), ROW(*(const uint8_t *)part, 0x77);
    written = bytes, ROW(paging_pin_part_writable(pin, 0, &written), PAGING_WRONG_STATE), ROW(written == NULL, 1);
    ROW(paging_free(pin), 0);
}

static void reports_and_counters(const char *path)
{
    paging_area areas[8];
    uint64_t words[2] = { 5, 5 };
    uint8_t own[2] = { 9, 9 };
    paging_fault_counts counts = { .size = sizeof counts };
    paging_usage usage = { .size = sizeof usage };
    paging_machine machine = { .size = sizeof machine };
    paging_replay_result result = { .size = sizeof result };
    static const uint64_t trace[] = { 2, 5, 2, 6 };
    ROW(paging_report(0, 0, text, sizeof text), STALE), ROW(paging_report(q, 5, text, sizeof text), MISUSE);
    ROW(paging_report(q, 16, text, sizeof text), MISUSE), ROW(paging_report(e, 0, text, sizeof text), STALE);
    ROW(paging_engine_report(0, 16, text, sizeof text), STALE), ROW(paging_engine_report(q, 16, text, sizeof text), STALE);
    ROW(paging_engine_report(e, 0, text, sizeof text), MISUSE), ROW(paging_engine_report(e, UINT32_MAX, text, sizeof text), MISUSE);
    ROW(paging_engine_report(e, 16, NULL, 1), MISUSE), ROW(paging_engine_report(e, 16, text, sizeof text) > 0, 1);
    ROW(paging_report(q, 0, NULL, 1), MISUSE), ROW(paging_report(q, 0, NULL, 0), 41), ROW(paging_report(q, 0, text, UINT64_MAX), 41);
    ROW(strcmp(text, "20000000-20002000 rw-p 00000000 00:00 0 \n"), 0);
    ROW(paging_areas(0, areas, 8), STALE), ROW(paging_areas(q, NULL, 1), MISUSE), ROW(paging_areas(q, NULL, 0), 1);
    ROW(paging_areas(q, areas, 8), 1), ROW(areas[0].start, at), ROW(areas[0].end, at + 8192), ROW(areas[0].protection, 3);
    ROW(areas[0].name[0], 0);
    ROW(paging_pagemap(0, 0, words, 1), STALE), ROW(paging_pagemap(q, 0, NULL, 1), MISUSE), ROW(paging_pagemap(q, 0, NULL, 0), 0);
    ROW(paging_pagemap(q, (at >> 12) + 1, words, 1), 0), ROW(words[0] >> 63, 1), ROW(words[1], 5);
    ROW(paging_own_pages(0, 0, own, 1), STALE), ROW(paging_own_pages(q, at >> 12, NULL, 2), 2);
    ROW(paging_own_pages(q, (at >> 12) + 1, own, 2), 1), ROW(own[0], 1), ROW(own[1], 0);
    paging_process origin = 5, twin = 5;    /* share both, until one of the two writes */
    ROW(paging_process_create(e, "origin", NULL, &origin), 0), ROW(paging_mmap(origin, at, 8192, 3, 0x32, -1, 0), at);
    ROW(paging_fill(origin, at, 8192, 1, NULL), 8192), ROW(paging_fork(origin, &twin), 0);
    ROW(paging_own_pages(origin, at >> 12, own, 2), 0), ROW(own[0] + own[1], 0), ROW(paging_fill(twin, at + 4096, 1, 1, NULL), 1);
    ROW(paging_own_pages(twin, at >> 12, own, 2), 1), ROW(own[1], 1), ROW(paging_own_pages(origin, at >> 12, own, 2), 1), ROW(own[0], 0);
    ROW(paging_free(twin), 0), ROW(paging_own_pages(origin, at >> 12, NULL, 2), 2), ROW(paging_free(origin), 0);
    ROW(paging_faults_get(0, &counts), STALE), ROW(paging_faults_get(q, NULL), MISUSE), ROW(paging_faults_get(q, &counts), 0);
    ROW(counts.anonymous > 0, 1), ROW(paging_faults_get(e, &counts), STALE);
    ROW(paging_engine_faults_get(0, &counts), STALE), ROW(paging_engine_faults_get(q, &counts), STALE);
    ROW(paging_engine_faults_get(e, NULL), MISUSE), ROW(paging_engine_faults_get(e, &counts), 0), ROW(counts.refused > 0, 1);
    ROW(paging_usage_get(0, &usage), STALE), ROW(paging_usage_get(q, NULL), MISUSE), ROW(paging_usage_get(q, &usage), 0);
    ROW(usage.total, 2), ROW(usage.resident, 2), ROW(usage.resident_anonymous, 2);
    usage.size = 8, usage.peak_total = 77, ROW(paging_usage_get(q, &usage), 0), ROW(usage.total, 2), ROW(usage.peak_total, 77);
    ROW(paging_machine_get(0, &machine), STALE), ROW(paging_machine_get(e, NULL), MISUSE), ROW(paging_machine_get(p, &machine), STALE);
    ROW(paging_machine_get(e, &machine), 0), ROW(machine.total, 4095), ROW(machine.process_count, 2);
    ROW(paging_replay(NULL, 1, trace, 4, &result), MISUSE), ROW(paging_replay("LRU", 1, NULL, 4, &result), MISUSE);
    ROW(paging_replay("LRU", 1, trace, 4, NULL), MISUSE), ROW(paging_replay("no", 1, trace, 4, &result), MISUSE);
    ROW(SAYS("no policy 'no'"), 1);
    ROW(paging_replay("LRU", 0, trace, 4, &result), MISUSE), ROW(paging_replay("LRU", 1u << 31, trace, 4, &result), MISUSE);
    ROW(paging_replay("lru", 1, trace, 4, &result), 0), ROW(result.accesses, 4), ROW(result.stores, 1), ROW(result.misses, 4);
    ROW(result.dirty_evictions, 1);
    ROW(paging_replay("FIFO", 2, trace, 4, &result), 0), ROW(result.misses, 3), ROW(paging_replay("FIFO", 2, NULL, 0, &result), 0);
    ROW(result.accesses, 0);
    ROW(paging_replay_file(NULL, 1, path, &result), MISUSE), ROW(paging_replay_file("LRU", 1, NULL, &result), MISUSE);
    ROW(paging_replay_file("LRU", 1, "/no/such", &result), MISUSE);
    FILE *file = fopen(path, "w");
    ROW(file && fputs("page\n1\n2\n1\n", file) >= 0 && fclose(file) == 0, 1), ROW(paging_replay_file("LRU", 2, path, &result), 0);
    ROW(result.misses, 2), ROW(paging_replay_file("LRU", 2, path, NULL), MISUSE);
}

static void processors(void)
{
    paging_options options = { .size = sizeof options };
    paging_engine threaded;
    paging_process t;
    paging_processor processor = 5;
    ROW(paging_processor_create(e, "one thread", &processor), PAGING_WRONG_STATE), ROW(processor, 0);
    ROW(paging_options_defaults(&options), 0);
    options.allow_threads = 1, options.ram_bytes = 1 << 20;
    ROW(paging_engine_create(&options, &threaded), 0), ROW(paging_process_create(threaded, "t", NULL, &t), 0);
    ROW(paging_mmap(t, at, 4096, 3, 0x32, -1, 0), at);
    ROW(paging_touch(t, at, 1, NULL), 1), ROW(paging_fill(t, at, 1, 1, NULL), PAGING_WRONG_STATE);
    ROW(paging_processor_create(0, "p", &processor), STALE), ROW(paging_processor_create(threaded, NULL, &processor), MISUSE);
    ROW(paging_processor_create(threaded, "p", NULL), MISUSE), ROW(paging_processor_create(threaded, "p", &processor), 0);
    ROW(paging_processor_create(threaded, "p", &threaded), PAGING_WRONG_STATE), threaded = 0;
    ROW(paging_fill(t, at, 1, 1, NULL), PAGING_WRONG_STATE);
    ROW(paging_run(0, t), STALE), ROW(paging_run(processor, 0), STALE), ROW(paging_run(processor, p), MISUSE);
    ROW(paging_run(processor, t), 0), ROW(paging_fill(t, at, 1, 1, NULL), 1);
    ROW(paging_poll(0), STALE), ROW(paging_poll(processor), 0), ROW(paging_pending_wait(0, 1), STALE);
    ROW(paging_pending_wait(processor, 1u << 31), MISUSE), ROW(paging_pending_wait(processor, INT32_MAX), 0);
    ROW(paging_rest(0), STALE), ROW(paging_rest(processor), 0), ROW(paging_fill(t, at, 1, 1, NULL), PAGING_WRONG_STATE);
    ROW(paging_free(processor), 0), ROW(paging_poll(processor), STALE), ROW(paging_free(t), 0);
}

static void swap_and_groups(void)
{
    paging_swap_store store = { sizeof store, 64, NULL, slot, keep, NULL };
    paging_swap swap = 5;
    paging_group group = 5;
    paging_process member;
    paging_process_options options = { .size = sizeof options };
    uint32_t word = 5;
    ROW(paging_swap_on(0, "s", &store, &swap), STALE), ROW(swap, 0), ROW(paging_swap_on(e, NULL, &store, &swap), MISUSE);
    ROW(paging_swap_on(e, "s", NULL, &swap), MISUSE), ROW(paging_swap_on(e, "s", &store, NULL), MISUSE);
    store.slot_count = 0, ROW(paging_swap_on(e, "s", &store, &swap), -PAGING_EINVAL), store.slot_count = 1 << 24, store.slot_count++;
    ROW(paging_swap_on(e, "s", &store, &swap), -PAGING_EINVAL), store.slot_count = 64;
    store.read = NULL, ROW(paging_swap_on(e, "s", &store, &swap), MISUSE), store.read = slot, store.write = NULL;
    ROW(paging_swap_on(e, "s", &store, &swap), MISUSE), store.write = keep;
    ROW(paging_swap_on(e, "s", &store, &swap), 0);
    ROW(paging_madvise(q, at, 4096, PAGING_MADV_PAGEOUT), 0), ROW(paging_read(q, at, &word, 4, NULL), 0), ROW(word, 0x05050505);
    ROW(paging_free(swap), 0), ROW(paging_free(swap), STALE);
    ROW(paging_swap_on_memory(0, 4096, &swap), STALE), ROW(paging_swap_on_memory(e, 0, &swap), MISUSE);
    ROW(paging_swap_on_memory(e, UINT64_MAX, &swap), MISUSE), ROW(paging_swap_on_memory(e, 1 << 20, NULL), MISUSE);
    ROW(paging_swap_on_memory(e, 1 << 20, &swap), 0), ROW(paging_free(swap), 0);
    ROW(paging_group_create(0, "g", 5, &group), STALE), ROW(group, 0), ROW(paging_group_create(e, NULL, 5, &group), MISUSE);
    ROW(paging_group_create(e, "g", 5, NULL), MISUSE), ROW(paging_group_create(e, "g", 64, &group), 0);
    ROW(paging_group_set_limit(0, 5), STALE), ROW(paging_group_set_limit(e, 5), STALE), ROW(paging_group_set_limit(group, UINT64_MAX), 0);
    ROW(paging_group_set_limit(group, 100), 0);
    options.group = group, ROW(paging_process_create(e, "m", &options, &member), 0);
    ROW(paging_free(group), -PAGING_EBUSY), ROW(paging_group_set_limit(group, 200), 0);
    ROW(paging_free(member), 0), ROW(paging_free(group), 0), ROW(paging_free(group), STALE);
    ROW(paging_group_set_limit(group, 5), STALE), ROW(paging_process_create(e, "m", &options, &member), STALE);
}

static void observers(void)
{
    paging_uffd uffd = 5;
    paging_uffd_message message = { .size = sizeof message };
    paging_events events = 5;
    paging_event rows[64];
    paging_watchpoint watchpoint = 5;
    int seen = 0;
    paging_watcher watcher = { sizeof watcher, 0, &seen, watch };
    static char page[4096];
    uint64_t done = 5;
    const uint32_t far = 0x50000000;
    ROW(paging_mmap(q, far, 8 * 4096, 3, 0x32, -1, 0), far), ROW(paging_uffd_open(0, 0, 0, &uffd), STALE), ROW(uffd, 0);
    ROW(paging_uffd_open(q, 0, 0, NULL), MISUSE), ROW(paging_uffd_open(q, 1u << 31, 0, &uffd), MISUSE);
    ROW(paging_uffd_open(q, PAGING_UFFD_FEATURE_WRITE_PROTECTION | PAGING_UFFD_FEATURE_POISON | PAGING_UFFD_FEATURE_MOVE, 1, &uffd), 0);
    ROW(paging_uffd_register(0, far, 4096, 1), STALE), ROW(paging_uffd_register(uffd, far, 4096, 0), -PAGING_EINVAL);
    ROW(paging_uffd_register(uffd, far, 4096, 8), -PAGING_EINVAL), ROW(paging_uffd_register(uffd, far, UINT64_MAX, 1), -PAGING_EINVAL);
    ROW(paging_uffd_register(uffd, far, 8 * 4096, 3), 0);
    ROW(paging_uffd_read(0, &message), STALE), ROW(paging_uffd_read(uffd, NULL), MISUSE);
    ROW(paging_uffd_read(uffd, &message), -PAGING_EAGAIN), ROW(paging_touch(q, far, 1, &f), -PAGING_EFAULT);
    ROW(f.kind, PAGING_FAULT_PENDING), ROW(paging_uffd_read(uffd, &message), 0);
    ROW(message.event, PAGING_UFFD_EVENT_PAGE_FAULT), ROW(message.address, far), ROW(message.is_write, 1), ROW(message.child, 0);
    ROW(paging_uffd_copy(0, far, page, 4096, 0, &done), STALE), ROW(paging_uffd_copy(uffd, far, NULL, 4096, 0, &done), MISUSE);
    ROW(paging_uffd_copy(uffd, far, page, 100, 0, &done), -PAGING_EINVAL);
    ROW(paging_uffd_copy(uffd, far, page, 4096, 4, &done), -PAGING_EINVAL), ROW(paging_uffd_copy(uffd, far, page, 4096, 0, &done), 0);
    ROW(done, 4096);
    ROW(paging_uffd_copy(uffd, far, page, 4096, 0, NULL), -PAGING_EEXIST);
    ROW(paging_uffd_zeropage(uffd, far + 4096, 8192, 2, &done), -PAGING_EINVAL), ROW(paging_uffd_zeropage(0, far, 4096, 0, &done), STALE);
    ROW(paging_uffd_zeropage(uffd, far + 1, 4096, 0, &done), -PAGING_EINVAL);
    ROW(paging_uffd_zeropage(uffd, far + 4096, 8192, 0, &done), 0), ROW(done, 8192);
    ROW(paging_uffd_wake(0, far, 4096), STALE), ROW(paging_uffd_wake(uffd, far, 1), -PAGING_EINVAL);
    ROW(paging_uffd_wake(uffd, far, 4096), 0), ROW(paging_uffd_continue(uffd, far, 4096, 4, &done), -PAGING_EINVAL);
    ROW(paging_uffd_continue(0, far, 4096, 0, &done), STALE), ROW(paging_uffd_continue(uffd, far, 1, 0, &done), -PAGING_EINVAL);
    ROW(paging_uffd_continue(uffd, far, 4096, 0, &done) < 0, 1);
    ROW(paging_uffd_poison(uffd, far, 4096, 2, &done), -PAGING_EINVAL), ROW(paging_uffd_poison(0, far, 4096, 0, &done), STALE);
    ROW(paging_uffd_poison(uffd, far, 1, 0, &done), -PAGING_EINVAL), ROW(paging_uffd_poison(uffd, far + 3 * 4096, 4096, 0, &done), 0);
    ROW(done, 4096), ROW(paging_touch(q, far + 3 * 4096, 0, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_BUS_ERROR);
    ROW(paging_uffd_move(uffd, far + 5 * 4096, at, 4096, 0, 2, &done), -PAGING_EINVAL);
    ROW(paging_uffd_move(0, far, at, 4096, 0, 0, &done), STALE), ROW(paging_uffd_move(uffd, far, at, 1, 0, 0, &done), -PAGING_EINVAL);
    ROW(paging_uffd_move(uffd, far + 5 * 4096, at, 4096, 0, 0, &done), 0), ROW(done, 4096);
    ROW(paging_uffd_writeprotect(uffd, far, 4096, 1, 2), -PAGING_EINVAL);
    ROW(paging_uffd_writeprotect(uffd, far, 4096, 1, 1), -PAGING_EINVAL), ROW(paging_uffd_writeprotect(0, far, 4096, 1, 0), STALE);
    ROW(paging_uffd_writeprotect(uffd, far, 1, 1, 0), -PAGING_EINVAL), ROW(paging_uffd_writeprotect(uffd, far, 4096, 1, 0), 0);
    ROW(paging_touch(q, far, 1, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_PENDING);
    ROW(paging_uffd_writeprotect(uffd, far, 4096, 0, 0), 0);
    ROW(paging_uffd_unregister(0, far, 4096), STALE), ROW(paging_uffd_unregister(uffd, far, 1), -PAGING_EINVAL);
    ROW(paging_uffd_unregister(uffd, far, 8 * 4096), 0), ROW(paging_free(uffd), 0), ROW(paging_uffd_wake(uffd, far, 4096), STALE);
    ROW(paging_events_record(0, 5, &events), STALE), ROW(events, 0), ROW(paging_events_record(e, 5, NULL), MISUSE);
    ROW(paging_events_record(e, 0, &events), MISUSE), ROW(paging_events_record(e, (1 << 20) + 1, &events), MISUSE);
    ROW(paging_events_record(e, 2, &events), 0), ROW(paging_events_record(e, 2, &uffd), PAGING_WRONG_STATE);
    ROW(paging_events_count(0), STALE), ROW(paging_events_count(events), 0), ROW(paging_touch(q, far + 6 * 4096, 1, NULL), 1);
    ROW(paging_touch(q, far + 7 * 4096, 1, NULL), 1), ROW(paging_events_count(events), 2), ROW(paging_events_lost(0), STALE);
    ROW(paging_events_lost(events), 0);
    ROW(paging_events_drain(0, rows, 64), STALE), ROW(paging_events_drain(events, rows, 1), -PAGING_ENOSPC);
    ROW(paging_events_drain(events, NULL, 64), MISUSE), ROW(paging_events_drain(events, rows, 64), 2);
    ROW(rows[0].kind, PAGING_EVENT_MINOR_FAULT), ROW(rows[1].first_page, (far >> 12) + 7), ROW(rows[1].access, PAGING_ACCESS_WRITE);
    ROW(paging_events_drain(events, NULL, 0), 0), ROW(paging_madvise(q, far, 8 * 4096, 4), 0), ROW(paging_touch(q, far, 1, NULL), 1);
    ROW(paging_touch(q, far + 4096, 1, NULL), 1), ROW(paging_touch(q, far + 8192, 1, NULL), 1), ROW(paging_events_lost(events) > 0, 1);
    ROW(paging_free(events), 0), ROW(paging_events_count(events), STALE);
    ROW(paging_watch(0, far, 4, 3, &watcher, &watchpoint), STALE), ROW(watchpoint, 0);
    ROW(paging_watch(q, far, 0, 3, &watcher, &watchpoint), MISUSE), ROW(paging_watch(q, far, 4, 0, &watcher, &watchpoint), MISUSE);
    ROW(paging_watch(q, 0xbfffffff, 2, 3, &watcher, &watchpoint), MISUSE), ROW(paging_watch(q, far, 4, 3, NULL, &watchpoint), MISUSE);
    ROW(paging_watch(q, far, 4, 3, &watcher, NULL), MISUSE), ROW(paging_watch(q, far, 4, 2, &watcher, &watchpoint), 0);
    ROW(paging_fill(q, far, 8, 1, NULL), 8), ROW(seen > 0, 1), seen = 0, ROW(paging_touch(q, far, 0, NULL), -PAGING_EFAULT);
    ROW(paging_fill(q, far + 4, 4, 1, NULL), 4), ROW(seen, 0);
    ROW(paging_free(watchpoint), 0), ROW(paging_fill(q, far, 4, 1, NULL), 4), ROW(seen, 0), watcher.report = NULL;
    ROW(paging_watch(q, far, 4, 3, &watcher, &watchpoint), MISUSE);
}

static int32_t the_same_file(void *c, const char *n, paging_file *f) { *f = *(paging_file *)c; return strcmp(n, "disk") ? -PAGING_EIO : 0; }
static int32_t byte_of(void *c, uint64_t o, void *b, uint32_t n) { (void)c, (void)o, memset(b, 7, n); return (int32_t)n; }
static int32_t no_byte(void *c, uint64_t o, const void *b, uint32_t n) { (void)c, (void)o, (void)b; return (int32_t)n; }

/* w has a section named "named", which is in the engine already when it is loaded there. */
static void saved_windows(paging_windows_process w, const char *saved)
{
    static char buffer[1 << 17];
    paging_engine other;
    paging_windows_process two, all[3] = { 5, 5, 5 };
    paging_file disk;
    uint32_t section, at, word = 9;
    paging_backing backing = { .size = sizeof backing, .length = 0x10000, .read = byte_of, .write = no_byte };
    ROW(paging_virtual_alloc(w, 0x60000, 0x1000, 0x3000, 4, &at), 0), ROW(paging_windows_write(w, at, &word, 4, NULL), 0);
    ROW(paging_engine_create(NULL, &other), 0), ROW(paging_windows_process_create(other, "alone", &two), 0);
    ROW(paging_windows_save(0, 0, saved), STALE), ROW(paging_windows_save(w, 0, saved), STALE), ROW(paging_windows_save(e, 0, NULL), MISUSE);
    ROW(paging_windows_save(e, p, saved), STALE), ROW(paging_windows_save(e, 99, saved), STALE), ROW(paging_windows_save(e, two, saved), MISUSE);
    ROW(SAYS("another engine"), 1), ROW(paging_windows_save(e, 0, "/no/such/file"), -PAGING_ENOENT), ROW(paging_windows_save(e, w, saved), 0);
    ROW(paging_windows_load(0, saved, NULL, all, 3), STALE), ROW(paging_windows_load(other, NULL, NULL, all, 3), MISUSE);
    ROW(paging_windows_load(other, "/no/such", NULL, all, 3), -PAGING_ENOENT), ROW(paging_windows_load(other, saved, NULL, NULL, 3), MISUSE);
    ROW(paging_windows_load(e, saved, NULL, all, 3), PAGING_WRONG_STATE), ROW(SAYS("a section named 'named' already"), 1);
    ROW(paging_windows_load(other, saved, NULL, all, 0), MISUSE), ROW(SAYS("capacity is 0, and there are 1 processes."), 1), ROW(all[0], 5);
    ROW(paging_windows_load(other, saved, NULL, all, 3), 1), ROW(all[1], 5), word = 0, ROW(paging_windows_read(all[0], at, &word, 4, NULL), 0);
    ROW(word, 9), ROW(paging_open_file_mapping(all[0], 2, "named", &section), 0), ROW(paging_free(all[0]), 0), ROW(remove(saved), 0);
    int64_t length = paging_windows_save_bytes(e, w, NULL, 0);
    ROW(length > 4096 && length < (int64_t)sizeof buffer, 1), ROW(paging_windows_save_bytes(0, w, buffer, sizeof buffer), STALE);
    ROW(paging_windows_save_bytes(e, p, buffer, sizeof buffer), STALE), ROW(paging_windows_save_bytes(other, w, buffer, 9), MISUSE);
    ROW(paging_windows_save_bytes(e, w, NULL, 9), MISUSE), memset(buffer, 7, sizeof buffer), ROW(paging_windows_save_bytes(e, w, buffer, 9), length);
    ROW(paging_windows_save_bytes(e, w, buffer, sizeof buffer), length), ROW(buffer[length], 7);
    ROW(paging_windows_load_bytes(0, buffer, (uint64_t)length, NULL, all, 3), STALE), ROW(paging_windows_load_bytes(other, NULL, 9, NULL, all, 3), MISUSE);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, NULL, NULL, 3), MISUSE);
    ROW(paging_windows_load_bytes(other, buffer, UINT64_MAX, NULL, all, 3), MISUSE);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length - 1, NULL, all, 3), -PAGING_EINVAL);
    ROW(paging_windows_load_bytes(other, "no processes", 12, NULL, all, 3), -PAGING_EINVAL);
    ROW(paging_engine_load_bytes(other, buffer, (uint64_t)length, NULL, all, 3), -PAGING_EINVAL);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, NULL, all, 0), MISUSE);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, NULL, all, 1), 1), ROW(all[1], 5), ROW(paging_free(all[0]), 0);
    paging_options options = { .size = sizeof options };    /* an engine whose memory is committed loads nothing */
    paging_engine small;
    paging_windows_process full;
    uint32_t pages = 256;
    ROW(paging_options_defaults(&options), 0), options.ram_bytes = 1 << 20, ROW(paging_engine_create(&options, &small), 0);
    ROW(paging_windows_process_create(small, "full", &full), 0);
    while (pages > 0 && paging_virtual_alloc(full, 0, pages * 4096, 0x3000, 4, &section)) pages--;
    ROW(pages > 100, 1), ROW(paging_windows_load_bytes(small, buffer, (uint64_t)length, NULL, all, 3), -PAGING_ENOMEM);
    ROW(paging_audit(small, NULL, 0), 0), ROW(paging_free(small), 0);
    ROW(paging_file_create_backed(other, "disk", &backing, PAGING_READ_WRITE, &disk), 0);
    ROW(paging_create_file_mapping(two, disk, 4, 0, NULL, &section), 0), ROW(paging_map_view(two, section, 4, 0, 0, 0x70000, &at), 0);
    length = paging_windows_save_bytes(other, 0, buffer, sizeof buffer);
    paging_file_finder finder = { sizeof finder, 0, &disk, NULL, NULL };
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, NULL, all, 3), -PAGING_ENOENT);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, &finder, all, 3), MISUSE), finder.open_file = the_same_file;
    ROW(paging_windows_load_bytes(e, buffer, (uint64_t)length, &finder, all, 3), MISUSE), ROW(SAYS("another engine"), 1);
    ROW(paging_windows_load_bytes(other, buffer, (uint64_t)length, &finder, all, 3), 1), ROW(paging_windows_read(all[0], at, &word, 4, NULL), 0);
    ROW(word, 0x07070707), ROW(paging_windows_save(other, 0, saved), 0), ROW(paging_windows_load(other, saved, NULL, all, 3), -PAGING_ENOENT);
    ROW(paging_windows_load(other, saved, &finder, all, 3), 2), ROW(remove(saved), 0);
    ROW(paging_audit(other, NULL, 0), 0), ROW(paging_free(other), 0);
}

static void windows(const char *saved)
{
    paging_windows_process w = 5;
    paging_windows_region region = { .size = sizeof region };
    paging_windows_exception x = { 77, 77, 77, 77 };
    uint32_t found = 5, old = 5, pages[4], count = 4, section = 5, word = 5;
    paging_file file;
    ROW(paging_windows_process_create(0, "w", &w), STALE), ROW(w, 0), ROW(paging_windows_process_create(e, NULL, &w), MISUSE);
    ROW(paging_windows_process_create(e, "w", NULL), MISUSE), ROW(paging_windows_process_create(e, "w", &w), 0);
    ROW(paging_brk(w, 0), STALE), ROW(paging_windows_memory(w), w), ROW(paging_brk(paging_windows_memory(w), 0), STALE);
    ROW(paging_read(paging_windows_memory(w), 0, &word, 4, NULL), -PAGING_EFAULT);
    ROW(paging_virtual_alloc(0, 0, 1, 0x3000, 4, &found), STALE), ROW(paging_virtual_alloc(p, 0, 1, 0x3000, 4, &found), STALE);
    ROW(paging_virtual_alloc(w, 0, 1, 0x3000, 4, NULL), MISUSE), ROW(paging_virtual_alloc(w, 0, 0, 0x3000, 4, &found), 87);
    ROW(paging_virtual_alloc(w, 0, UINT32_MAX, 0x3000, 4, &found) > 0, 1);
    ROW(paging_virtual_alloc(w, 0x10000, 0x3000, 0x203000, 4, &found), 0), ROW(found, 0x10000);
    ROW(paging_virtual_alloc(w, 0x10000, 0x1000, 0x2000, 4, &found), 487), ROW(paging_virtual_alloc(w, 0, 1, 0x3000, 3, &found), 87);
    ROW(paging_windows_write(0, 0x10000, &word, 4, &x), STALE), ROW(x.code, 0);
    ROW(paging_windows_write(w, 0x10000, NULL, 4, &x), MISUSE), ROW(paging_windows_write(w, 0x10000, &word, 3, &x), MISUSE);
    ROW(paging_windows_write(w, 0x10000, &word, 4, &x), 0), ROW(paging_windows_write(w, 0, &word, 4, &x), -PAGING_EFAULT);
    ROW(x.code, 0xc0000005), ROW(x.intent, 1);
    x.code = 77, ROW(paging_windows_read(0, 0x10000, &word, 4, &x), STALE), ROW(x.code, 0);
    ROW(paging_windows_read(w, 0x10000, NULL, 4, &x), MISUSE), ROW(paging_windows_read(w, 0x10000, &word, 0, &x), MISUSE), word = 9;
    ROW(paging_windows_read(w, 0x20000, &word, 4, &x), -PAGING_EFAULT), ROW(word, 9), ROW(x.address, 0x20000);
    ROW(paging_windows_read(w, 0x10000, &word, 4, NULL), 0), ROW(word, 5);
    ROW(paging_get_write_watch(0, 0x10000, 0x3000, 0, pages, &count), STALE);
    ROW(paging_get_write_watch(w, 0x10000, 0x3000, 0, pages, NULL), MISUSE);
    ROW(paging_get_write_watch(w, 0x20000, 0x1000, 0, pages, &count), 87), count = 4;
    ROW(paging_get_write_watch(w, 0x10000, 0x3000, 1, pages, &count), 0), ROW(count, 1), ROW(pages[0], 0x10), count = 4;
    ROW(paging_get_write_watch(w, 0x10000, 0x3000, 0, pages, &count), 0), ROW(count, 0);
    ROW(paging_virtual_protect(0, 0x10000, 1, 2, &old), STALE), ROW(paging_virtual_protect(w, 0x10000, 0, 2, &old), 87);
    ROW(paging_virtual_protect(w, 0x10000, 0x1000, 3, &old), 87), ROW(paging_virtual_protect(w, 0x10000, 0x1000, 2, &old), 0);
    ROW(old, 4), ROW(paging_virtual_protect(w, 0x10000, 0x1000, 4, NULL), 0);
    ROW(paging_virtual_query(0, 0x10000, &region), STALE), ROW(paging_virtual_query(w, 0x10000, NULL), MISUSE);
    ROW(paging_virtual_query(w, 0xc0000000, &region), 87), ROW(paging_virtual_query(w, 0x10000, &region), 0), ROW(region.base, 0x10000);
    ROW(region.allocation_base, 0x10000), ROW(region.state, PAGING_WINDOWS_MEM_COMMIT);
    ROW(paging_virtual_lock(0, 0x10000, 1), STALE), ROW(paging_virtual_lock(w, 0x10000, 0), 87);
    ROW(paging_virtual_lock(w, 0x11000, 0x1000), 0), ROW(paging_virtual_unlock(0, 0x11000, 1), STALE);
    ROW(paging_virtual_unlock(w, 0x11000, 0x1000), 0), ROW(paging_virtual_unlock(w, 0x11000, 0x1000), 158);
    ROW(paging_virtual_free(0, 0x10000, 0, 0x8000), STALE), ROW(paging_virtual_free(w, 0x10000, 1, 0x8000), 87);
    ROW(paging_virtual_free(w, 0x10000, 0, 0), 87), ROW(paging_virtual_free(w, 0x10000, 0, 0x8000), 0);
    ROW(paging_virtual_free(w, 0x10000, 0, 0x8000), 487);
    ROW(paging_file_create(e, "section", 0x20000, &file), 0), ROW(paging_create_file_mapping(0, 0, 4, 0x1000, NULL, &section), STALE);
    ROW(section, 0), ROW(paging_create_file_mapping(w, p, 4, 0x1000, NULL, &section), STALE);
    ROW(paging_create_file_mapping(w, 0, 4, 0x1000, NULL, NULL), MISUSE);
    ROW(paging_create_file_mapping(w, 0, 4, 0, NULL, &section), 87);
    ROW(paging_create_file_mapping(w, file, 4, 0, "named", &section), 0), ROW(section != 0, 1);
    ROW(paging_open_file_mapping(0, 2, "named", &old), STALE), ROW(paging_open_file_mapping(w, 2, NULL, &old), MISUSE);
    ROW(paging_open_file_mapping(w, 2, "other", &old), 2), ROW(old, 0), ROW(paging_open_file_mapping(w, 2, "named", &old), 0);
    ROW(paging_close_file_mapping(0, old), STALE), ROW(paging_close_file_mapping(w, old), 0), ROW(paging_close_file_mapping(w, old), 6);
    ROW(paging_map_view(0, section, 2, 0, 0, 0, &found), STALE), ROW(paging_map_view(w, section, 2, 0, 0, 0, NULL), MISUSE);
    ROW(paging_map_view(w, 0, 2, 0, 0, 0, &found), 6), ROW(paging_map_view(w, section, 2, 1, 0, 0, &found), 1132);
    ROW(paging_map_view(w, section, 2, 0x10000, 0, 0x40000, &found), 0), ROW(found, 0x40000);
    ROW(paging_flush_view(0, 0x40000, 0), STALE), ROW(paging_flush_view(w, 0x90000, 0) > 0, 1), ROW(paging_flush_view(w, 0x40000, 0), 0);
    ROW(paging_unmap_view(0, 0x40000), STALE), ROW(paging_unmap_view(w, 0x40000), 0), ROW(paging_unmap_view(w, 0x40000), 487);
    saved_windows(w, saved), ROW(paging_free(w), 0);
}

static int32_t refuse_read(void *c, uint32_t n, void *b) { (void)c, (void)n, (void)b; return -PAGING_EIO; }
static int32_t take_write(void *c, uint32_t n, const void *b) { (void)c, (void)n, (void)b; return 0; }

/* A device that cannot be switched off says why, each time, and stays. */
static void swap_that_stays(void)
{
    paging_engine small = 5;
    paging_process full = 5;
    paging_swap memory = 5, bad = 5;
    paging_options options = { .size = sizeof options };
    ROW(paging_options_defaults(&options), 0), options.ram_bytes = 1 << 20, ROW(paging_engine_create(&options, &small), 0);
    ROW(paging_swap_on_memory(small, 4 << 20, &memory), 0), ROW(paging_process_create(small, "full", NULL, &full), 0);
    int64_t start = paging_mmap(full, 0, 2 << 20, 3, 0x22, -1, 0);
    ROW(paging_fill(full, (uint32_t)start, 2 << 20, 7, NULL), 2 << 20);
    for (int turn = 0; turn < 2; turn++) ROW(paging_free(memory), -PAGING_ENOMEM), ROW(SAYS("no room for the pages on"), 1);
    ROW(paging_free(full), 0), ROW(paging_free(memory), 0), ROW(paging_process_create(small, "one", NULL, &full), 0);
    paging_swap_store store = { sizeof store, 64, NULL, refuse_read, take_write, NULL };
    ROW(paging_swap_on(small, "bad", &store, &bad), 0);
    start = paging_mmap(full, 0, 4096, 3, 0x22, -1, 0), ROW(paging_fill(full, (uint32_t)start, 4096, 7, NULL), 4096);
    ROW(paging_madvise(full, (uint32_t)start, 4096, PAGING_MADV_PAGEOUT), 0), ROW(paging_drop_caches(small), 0);
    ROW(paging_free(bad), -PAGING_EIO), ROW(SAYS("function read gave -5"), 1), ROW(paging_free(full), 0), ROW(paging_free(bad), 0);
    ROW(paging_free(small), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    engines(), processes(), memory_calls(), accesses(), translations(), files(arguments[1]), descriptors();
    snapshots_and_logs(arguments[1]);
    reports_and_counters(arguments[1]), processors(), swap_and_groups(), swap_that_stays(), observers(), windows(arguments[1]);
    ROW(paging_audit(e, text, sizeof text), 0), ROW(paging_free(e), 0), ROW(paging_free(e), STALE);
    ROW(paging_free(p), STALE), ROW(paging_sync(e), STALE);
    return wrong != 0;
}
