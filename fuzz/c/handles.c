/* Every function of paging.h with handles of the right kind, of others, stale, freed twice and invented, with plausible and wild
 * arguments, on two threads, from inside callbacks. Nothing may end the program, and no buffer may be written beyond its end: each one ends
 * at a page that cannot be accessed.
 *
 *   L=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
 *   gcc -g -O1 -fsanitize=address -Ibindings/c -o /tmp/handles fuzz/c/handles.c -L$L -lpaging -lpthread -Wl,-rpath,$PWD/$L
 *   ASAN_OPTIONS=handle_segv=0:detect_leaks=0 /tmp/handles SECONDS SEED [THREADS]
 *
 * handle_segv=0: the library turns faults in its own code into exceptions, and the sanitizer must not come first. detect_leaks=0: it
 * does not see the pointers that lie in the managed heap.
 */
#define _GNU_SOURCE
#define PAGING_UNTYPED_HANDLES    /* the point is to give wrong ones */
#include "paging.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ENGINE, PROCESS, FILES, SNAPSHOT, PAGER, PROCESSOR, LOG, PIN, SWAP, GROUP, UFFD, EVENTS, WATCH, WINDOWS, IMAGE, SHADOW, VIEW, WINDOW, LEDGER, REWIND, KINDS, SLOTS = 6 };
enum { ROOM = 1 << 16 };

static _Atomic uint64_t handles[KINDS][SLOTS];
static atomic_long calls, refusals[4];    /* results: success, errno, bad handle, other misuse */
static uint8_t *host_memory;
static atomic_int is_over;
static int thread_count = 2;
static _Thread_local uint64_t state;
static _Thread_local uint8_t *rooms[4];
static _Thread_local int is_inside;

static uint64_t next(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
}

static uint32_t below(uint32_t count) { return (uint32_t)(next() >> 33) % count; }

static uint64_t handle_of(int kind)
{
    if (below(16) == 0) kind = (int)below(KINDS);
    uint64_t found = handles[kind][below(SLOTS)];
    switch (below(64)) {
    case 0: return 0;
    case 1: return next();
    case 2: return found ^ 1ull << below(64);
    default: return found;
    }
}

/* Engines end in renew_engine alone: another thread may be in a call of one. */
static uint64_t no_engine(uint64_t handle)
{
    for (int slot = 0; slot < SLOTS; slot++) if (handles[ENGINE][slot] == handle) return 0;
    return handle;
}

/* Small numbers, powers of two, what lies beside them, and anything. */
static uint32_t word(void)
{
    switch (below(6)) {
    case 0: return below(16);
    case 1: return 1u << below(32);
    case 2: return (1u << below(32)) - 1;
    case 3: return (uint32_t)next();
    default: return below(65536);
    }
}

static uint64_t wide(void) { return below(8) ? word() : below(2) ? next() : UINT64_MAX - below(8192); }
static uint32_t address(void) { return below(8) ? 0x20000000 + (below(64) << 12) + (below(4) ? 0 : below(4096)) : word(); }
static uint32_t length(void) { return below(8) ? below(16) << 12 : word(); }
static int32_t descriptor(void) { return below(8) ? (int32_t)below(8) : (int32_t)word(); }
static uint32_t size(void) { return below(4) ? below(ROOM) : below(16); }

/* A buffer of so many bytes that ends at a page without access; rarely none. */
static void *room(int which, size_t length) { return below(64) ? rooms[which] + ROOM - length : NULL; }

static char *name(void)
{
    static char *const names[] = { "a", "", "a long name with \xff bytes", "file", "/proc/version", "/no/such" };
    return below(32) ? names[below(6)] : NULL;
}

static char *policy(void)
{
    static char *const policies[] = { "LRU", "2q", "opt", "LINUX" };
    return below(16) ? policies[below(4)] : name();
}

static char *prices(void)
{
    static char *const lists[] = { "desktop-2009", "server-2025", "{", "{\"name\": 1}" };
    return below(16) ? lists[below(4)] : name();
}

#define FAULT room(3, sizeof(paging_fault))
#define STRUCTURE(type) sized(sizeof(type))

/* A structure of words, of its size or a part of it. */
static void *sized(size_t size)
{
    uint32_t given = below(4) ? (uint32_t)size : below((uint32_t)size + 1);
    uint8_t *made = rooms[2] + ROOM - size;
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t value = below(3) ? 0 : word();
        memcpy(made + i, &value, 4);
    }
    memcpy(made, &given, 4);
    return below(64) ? made : NULL;
}

/* ---- callbacks */

static void from_inside(void)
{
    if (is_inside++ == 0 && below(4) == 0) {
        paging_sync(handle_of(ENGINE));
        paging_munmap(handle_of(PROCESS), address(), length());
        paging_free(no_engine(handle_of(FILES)));
    }
    is_inside--;
}

static int32_t answer(void)
{
    from_inside();
    return below(4) ? 0 : (int32_t)word();
}

static int32_t on_load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)c, (void)o, (void)n; *v = next(); return answer(); }
static int32_t on_store(void *c, uint64_t o, uint32_t n, uint64_t v) { (void)c, (void)o, (void)n, (void)v; return answer(); }
static int32_t on_read(void *c, uint64_t o, void *b, uint32_t n)
{
    (void)c, (void)o;
    memset(b, 1, n);
    from_inside();
    return below(4) ? (int32_t)n : (int32_t)word();
}
static int32_t on_write(void *c, uint64_t o, const void *b, uint32_t n)
{
    uint8_t copy[4096];
    (void)c, (void)o;
    memcpy(copy, b, n < sizeof copy ? n : sizeof copy);
    from_inside();
    return below(4) ? (int32_t)n : (int32_t)word();
}
static int32_t on_length(void *c, uint64_t n) { (void)c, (void)n; return answer(); }
static int32_t on_flush(void *c) { (void)c; return answer(); }
static void on_release(void *c) { (void)c; from_inside(); }
static int32_t on_request(void *c, uint32_t p, void *b) { (void)c, (void)p; memset(b, 2, 4096); return answer(); }
static int32_t on_keep(void *c, uint32_t p, const void *b) { (void)c, (void)p, (void)b; return answer(); }
static int32_t on_slot(void *c, uint32_t s, void *b) { (void)c, (void)s; memset(b, 3, 4096); return answer(); }
static int32_t on_access(void *c, const paging_watched *a) { (void)c; return a->length > 8 ? 0 : answer(); }

static paging_device device = { sizeof device, 0, NULL, on_load, on_store, on_load };
static paging_backing backing = { sizeof backing, 0, NULL, 100000, on_read, on_write, on_length, on_flush, on_release };
static paging_page_source source = { sizeof source, 0, NULL, on_request, on_keep };
static paging_swap_store store = { sizeof store, 64, NULL, on_slot, on_keep, on_release };
static paging_watcher watcher = { sizeof watcher, 0, NULL, on_access };

static int32_t on_group(void *c, const char *n, paging_group *g) { (void)c, (void)n, *g = below(2) ? handle_of(GROUP) : 0; return answer(); }
static int32_t on_find(void *c, const char *n, paging_file *f) { (void)c, (void)n, *f = below(2) ? handle_of(FILES) : 0; return answer(); }
static int32_t on_begin(void *c, uint32_t n) { (void)c, (void)n; return answer(); }
static int32_t on_missed(void *c, uint64_t p) { (void)c, (void)p; return below(64) ? 0 : answer(); }
static int32_t on_slot_page(void *c, int32_t s, uint64_t p) { (void)c, (void)s, (void)p; return below(64) ? 0 : answer(); }
static int32_t on_slot_only(void *c, int32_t s) { (void)c, (void)s; return below(64) ? 0 : answer(); }
static int32_t on_victim(void *c, const paging_page_bits *b)
{
    (void)c;
    int32_t slot = (int32_t)(below(8) ? below(64) : word());
    return b->take_accessed(b->pages, slot) >= 0 && b->is_dirty(b->pages, slot) >= 0 ? slot : answer();
}

static int32_t on_save(void *c, const void **b) { (void)c, *b = &state; return below(8) ? (int32_t)below(9) : -(int32_t)below(5000); }
static int32_t on_restore(void *c, const void *b, uint32_t n) { (void)c, (void)b; return n > 8 ? -1 : answer(); }

static paging_host_state host_state = { sizeof host_state, 0, NULL, on_save, on_restore };
static const uint32_t spacings[3][2] = { { 1, 4 }, { 2, 3 }, { 5, 1 } };    /* the third is refused */
static paging_file_finder finder = { sizeof finder, 0, NULL, on_find, on_group };
static paging_policy own_policy = { sizeof own_policy, 0, NULL, NULL, on_begin, on_missed, on_slot_page, on_slot_only, on_victim,
    on_slot_page, on_slot_only };

/* ---- calls */

static void note(int64_t result)
{
    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&refusals[result >= 0 ? 0 : result > -4096 ? 1 : result == PAGING_BAD_HANDLE ? 2 : 3], 1);
    if (result == PAGING_BROKEN || result == PAGING_UNEXPECTED) {
        fprintf(stderr, "%lld: %s\n", (long long)result, paging_last_error());
        exit(1);
    }
}

/* Keeps a new handle in place of an old one, which is then freed, or leaks until its engine ends. */
static void keep(int kind, int64_t result, const uint64_t *made)
{
    note(result);
    if (!made || !*made) return;
    uint64_t old = atomic_exchange(&handles[kind][below(SLOTS)], *made);
    if (below(2)) note(paging_free(old));
}

/* One of the processes is kept, and the others end. */
static void keep_set(int kind, int64_t result, const uint64_t *made)
{
    for (int64_t i = 1; i < result; i++) note(paging_free(made[i]));
    keep(kind, result > 0 ? 0 : result, result > 0 ? made : NULL);
}

static void make_engine(uint64_t *made)
{
    paging_options options = { .size = sizeof options };
    paging_options_defaults(&options);
    options.ram_bytes = 4 << 20;
    options.allow_threads = below(2);
    options.tables = below(2);
    options.huge_pages = below(2);
    options.shootdown_milliseconds = 20;
    note(paging_engine_create(&options, made));
}

/* Any options but those that take the machine's memory. */
static paging_options *wild_options(void)
{
    paging_options *made = STRUCTURE(paging_options);
    if (made) made->ram_bytes &= (64 << 20) - 1, made->policy = below(2) ? &own_policy : NULL;
    return made;
}

static paging_group_options *group_options(void)
{
    paging_group_options *made = STRUCTURE(paging_group_options);
    if (made) made->policy = below(2) ? &own_policy : NULL;
    return made;
}

static void renew_engine(void)
{
    int slot = (int)below(2);
    uint64_t made = 0, old = handles[ENGINE][slot];
    int32_t ended = paging_free(old);
    note(ended);
    if (old && (ended == PAGING_WRONG_STATE || ended == PAGING_TIMEOUT)) return;
    make_engine(&made);
    if (made) handles[ENGINE][slot] = made;
}

#define E handle_of(ENGINE)
#define P handle_of(PROCESS)
#define F handle_of(FILES)
#define W handle_of(WINDOWS)
#define U handle_of(UFFD)
#define L handle_of(LEDGER)
#define ANY handle_of((int)below(KINDS))
#define CASE(call) case __COUNTER__: note(call); break;
#define MAKE(kind, call) case __COUNTER__: { uint64_t *made = room(1, 8); if (made) *made = 0; keep(kind, call, made); break; }

#define MAKE_SET(kind, call) case __COUNTER__: { uint64_t made[8]; count %= 9; keep_set(kind, call, made); break; }

/* An inline access, through a hit or a call. Another thread may free the process at any time, and with it the tables (a rule of the
 * header), so only one thread alone makes them. */
static void hit(uint64_t process)
{
    const paging_translations *t = thread_count == 1 && !is_inside ? paging_translations_of(process) : NULL;
    uint64_t wide;
    uint32_t word, at = address(), room_left = 1u << below(4);
    uint16_t half;
    uint8_t byte;
    void *found;
    const void *shown;
    if (!t) return;
    paging_fetch_window window = { 0, 0, 0, 0 };
    for (int kind = (int)below(17), turns = 1 + below(2); turns--;) switch (kind) {    /* a device that is met again is known */
    case 9: note(paging_load_missed(t, at, 1u << below(4), FAULT).result); break;
    case 14: note(paging_store_missed(t, at, next(), 8, FAULT)); break;
    case 15: note(paging_fetch_missed(t, &window, at, 1u << below(4), FAULT).result); break;
    case 10: note(paging_fetch8(t, &window, at, &byte, FAULT)); break;
    case 11: note(paging_fetch16(t, &window, at, &half, FAULT)); break;
    case 12: note(paging_fetch32(t, &window, at, &word, FAULT)); break;
    case 13: note(paging_fetch64(t, &window, at, &wide, FAULT)); break;
    case 0: note(paging_load8(t, at, &byte, FAULT)); break;
    case 1: note(paging_load16(t, at, &half, FAULT)); break;
    case 2: note(paging_load32(t, at, &word, FAULT)); break;
    case 3: note(paging_load64(t, at, &wide, FAULT)); break;
    case 4: note(paging_store8(t, at, (uint8_t)next(), FAULT)); break;
    case 5: note(paging_store16(t, at, (uint16_t)next(), FAULT)); break;
    case 6: note(paging_store32(t, at, (uint32_t)next(), FAULT)); break;
    case 7: note(paging_store64(t, at, next(), FAULT)); break;
    case 8: if ((shown = paging_find_read(t, at, room_left))) note(*(const volatile uint8_t *)shown * 0); break;
    default: if ((found = paging_find_write(t, at, room_left))) memset(found, 1, room_left); break;
    }
}

static void call_one(void)
{
    uint32_t n = size(), count = below(512);
    void *bytes = room(0, n);
    if (!bytes) n = below(4) ? 0 : n;
    switch (below(224)) {
    CASE(paging_version())
    CASE(paging_last_error() ? 0 : PAGING_UNEXPECTED)
    CASE(below(8) ? 0 : paging_free(no_engine(ANY)))
    CASE(paging_options_defaults(STRUCTURE(paging_options)))
    MAKE(ENGINE, below(64) ? 0 : paging_engine_create(wild_options(), made))
    case __COUNTER__: if (below(256) == 0) renew_engine(); break;
    CASE(thread_count == 1 ? paging_engine_bind(E) : 0)    /* the thread before must have finished with it: a rule of the header */
    CASE(paging_background(E, (int32_t)word()))
    CASE(paging_sync(E))
    CASE(paging_drop_caches(E))
    CASE(below(16) ? 0 : paging_compact(E))
    CASE(below(64) ? 0 : paging_audit(E, bytes, n))
    CASE(paging_set_overcommit(E, below(5), word()))
    CASE(below(16) ? 0 : paging_set_max_map_count(E, (int32_t)word()))
    CASE(paging_huge_pool_resize(E, below(4), room(1, 8), NULL, room(0, 8)))
    MAKE(PROCESS, paging_process_create(E, name(), below(2) ? NULL : STRUCTURE(paging_process_options), made))
    MAKE(PROCESS, paging_fork(P, made))
    CASE(below(8) ? 0 : paging_exit(P, (int32_t)word()))
    MAKE(PROCESS, paging_process_find(E, (int32_t)below(20), made))
    CASE(paging_process_info_get(P, STRUCTURE(paging_process_info)))
    CASE(paging_process_set_name(P, name()))
    CASE(paging_process_set_score(P, (int32_t)word()))
    CASE(below(8) ? 0 : paging_setrlimit(P, below(5), wide()))
    CASE(paging_getrlimit(P, below(5), room(1, 8)))
    CASE(below(16) ? 0 : paging_reserve(P, address(), length()))
    CASE(paging_set_transparent_policy(P, below(4)))
    CASE(paging_mmap(P, address(), length(), below(8), 0x32, -1, 0))
    CASE(paging_mmap(P, address(), length(), below(8), 1 + below(2) + (below(2) << 4), descriptor(), (uint64_t)below(8) << 12))
    CASE(paging_mmap(P, address(), length(), word(), word(), descriptor(), wide()))
    CASE(paging_munmap(P, address(), length()))
    CASE(paging_mprotect(P, address(), length(), below(16) ? below(8) : word()))
    CASE(paging_mremap(P, address(), length(), length(), below(8), address()))
    CASE(paging_brk(P, word()))
    CASE(paging_madvise(P, address(), length(), below(8) ? below(26) : word()))
    CASE(below(64) ? 0 : paging_mseal(P, address(), length()))
    CASE(paging_msync(P, address(), length(), below(8)))
    CASE(paging_mlock(P, address(), length(), below(3)))
    CASE(paging_munlock(P, address(), length()))
    CASE(paging_mlockall(P, below(8)))
    CASE(paging_munlockall(P))
    CASE(paging_mincore(P, address(), n < 4096 ? n << 12 : 0, bytes))
    CASE(paging_remap_file_pages(P, address(), length(), below(16), word()))
    CASE(paging_clear_refs(P, below(7)))
    CASE(paging_read(P, address(), room(0, 8), below(10), FAULT))
    CASE(paging_write(P, address(), room(0, 8), below(10), FAULT))
    CASE(paging_fetch(P, address(), room(0, 8), below(10), FAULT))
    CASE(paging_copy_in(P, address(), bytes, n, FAULT))
    CASE(paging_copy_out(P, address(), bytes, n, FAULT))
    CASE(paging_fill(P, address(), length(), word(), FAULT))
    CASE(paging_span(P, address(), length(), below(4), room(1, 8), FAULT))
    CASE(paging_span_writable(P, address(), length(), room(1, 8), FAULT))
    CASE(paging_touch(P, address(), below(4), FAULT))
    CASE(paging_resolve_fault(P, address(), word(), FAULT))
    CASE(paging_translations_of(P) ? 0 : PAGING_BAD_HANDLE)
    CASE(paging_device_refused(P, (int32_t)word(), below(4), FAULT))
    case __COUNTER__: hit(below(8) ? P : W); break;
    MAKE(FILES, paging_file_create(E, name(), below(8) ? word() : wide(), made))
    MAKE(FILES, below(16) ? 0 : paging_file_open_host(E, name(), below(5), 0, made))
    MAKE(FILES, paging_directory_create(E, name(), made))
    MAKE(FILES, paging_file_create_backed(E, name(), below(32) ? &backing : NULL, below(5), made))
    MAKE(FILES, paging_ledger_file_create_backed(L, name(), below(32) ? &backing : NULL, below(5), made))
    CASE(paging_file_open(paging_pager_file(handle_of(PAGER)), P, below(5), 0))
    MAKE(FILES, paging_device_create(E, name(), below(32) ? &device : NULL, length(), below(5), made))
    MAKE(FILES, paging_host_memory_create(E, name(), host_memory + (below(8) ? 0 : 8), below(8) ? 16384 : 100, below(4), made))
    MAKE(FILES, paging_rom_create(E, name(), host_memory + (below(8) ? 0 : 8), below(8) ? 16384 : 100, below(4) ? &device : NULL, made))
    CASE(paging_file_open(below(4) ? F : handle_of(PAGER), P, below(5), below(4) ? 0 : word()))
    CASE(paging_file_read(F, (int64_t)(below(8) ? word() : wide()), bytes, n))
    CASE(paging_file_write(F, (int64_t)(below(8) ? word() : wide()), bytes, n))
    CASE(paging_file_set_length(F, below(8) ? word() : wide()))
    CASE(paging_file_length(F))
    CASE(below(16) ? 0 : paging_file_add_seals(F, below(64)))
    CASE(paging_memfd_create(P, name(), below(8) ? below(4) : word()))
    CASE(paging_close(P, descriptor()))
    CASE(paging_pread(P, descriptor(), bytes, n, (int64_t)wide()))
    CASE(paging_pwrite(P, descriptor(), bytes, n, (int64_t)(below(8) ? below(100000) : wide())))
    CASE(paging_read_to(P, descriptor(), address(), length()))
    CASE(paging_write_from(P, descriptor(), address(), length()))
    CASE(paging_lseek(P, descriptor(), (int64_t)wide(), below(6)))
    CASE(paging_ftruncate(P, descriptor(), (int64_t)(below(8) ? word() : wide())))
    CASE(paging_fsize(P, descriptor()))
    CASE(paging_fsync(P, descriptor()))
    CASE(paging_fallocate(P, descriptor(), below(32), (int64_t)(below(8) ? word() : wide()), length()))
    CASE(paging_punch(P, descriptor(), (int64_t)(below(8) ? word() : wide()), length()))
    CASE(paging_fadvise(P, descriptor(), (int64_t)wide(), length(), below(8)))
    MAKE(PAGER, paging_pager_create(E, name(), below(8) ? below(64) : word(), below(32) ? &source : NULL, made))
    CASE(paging_pager_next(handle_of(PAGER)))
    CASE(paging_pager_supply(handle_of(PAGER), below(64), below(2) ? rooms[0] : NULL))
    CASE(paging_pager_fail(handle_of(PAGER), word()))
    CASE(paging_pager_pending(handle_of(PAGER)))
    MAKE(SNAPSHOT, paging_snapshot_take(P, made))
    MAKE(SNAPSHOT, below(4) ? 0 : paging_engine_snapshot_take(E, made))
    CASE(paging_snapshot_restore(handle_of(SNAPSHOT)))
    CASE(paging_snapshot_keep_written(handle_of(SNAPSHOT), (int32_t)below(2)))
    CASE(paging_snapshot_dirty_pages(handle_of(SNAPSHOT)))
    CASE(paging_snapshot_is_valid(handle_of(SNAPSHOT)))
    CASE(paging_snapshot_name(handle_of(SNAPSHOT), below(8) ? below(16) : word(), below(2) ? name() : NULL))
    CASE(below(64) ? 0 : paging_snapshot_save(handle_of(SNAPSHOT), below(2) ? "file" : name()))
    MAKE(PROCESS, below(32) ? 0 : paging_process_load(E, name(), below(2) ? NULL : &finder, made))
    CASE(below(16) ? 0 : paging_snapshot_save_bytes(handle_of(SNAPSHOT), bytes, n))
    MAKE(PROCESS, below(32) ? 0 : paging_process_load_bytes(E, bytes, n, below(2) ? &finder : NULL, made))
    MAKE_SET(PROCESS, below(64) ? 0 : paging_engine_load(E, name(), below(2) ? NULL : &finder, made, count))
    MAKE_SET(PROCESS, below(32) ? 0 : paging_engine_load_bytes(E, bytes, n, below(2) ? &finder : NULL, made, count))
    MAKE_SET(PROCESS, below(16) ? 0 : paging_engine_clone(E, handle_of(IMAGE), below(2) ? &finder : NULL, made, count))
    MAKE(REWIND, paging_rewind_open(P, below(2) ? 0 : word(), below(8) ? &spacings[0][0] : NULL, below(4), made))
    MAKE(REWIND, paging_engine_rewind_open(E, below(2) ? 0 : word(), below(8) ? &spacings[0][0] : NULL, below(4), made))
    CASE(paging_rewind_record(handle_of(REWIND)))
    CASE(paging_rewind_restore(handle_of(REWIND), below(8) ? below(16) : (int64_t)wide()))
    CASE(paging_rewind_find(handle_of(REWIND), below(8) ? below(16) : (int64_t)wide()))
    CASE(paging_rewind_info_get(handle_of(REWIND), STRUCTURE(paging_rewind_info)))
    MAKE(IMAGE, below(16) ? 0 : paging_image_create(handle_of(SNAPSHOT), made))
    CASE(below(64) ? 0 : paging_image_save(handle_of(IMAGE), below(2) ? "image" : name()))
    MAKE(IMAGE, below(32) ? 0 : paging_image_open(below(2) ? "image" : name(), below(2), made))
    MAKE(IMAGE, below(16) ? 0 : paging_image_create_delta(handle_of(SNAPSHOT), handle_of(IMAGE), made))
    MAKE(IMAGE, below(32) ? 0 : paging_image_open_delta(below(2) ? "image" : name(), handle_of(IMAGE), made))
    CASE(below(64) ? 0 : paging_image_save_whole(handle_of(IMAGE), below(2) ? "image" : name()))
    CASE(paging_image_own_pages(handle_of(IMAGE)))
    CASE(paging_image_hash(handle_of(IMAGE), (char *)(rooms[0] + ROOM) - count % 64, count % 64))
    CASE(paging_image_processes(handle_of(IMAGE)))
    CASE(paging_host_state_set(P, below(2) ? &host_state : NULL))
    CASE(paging_image_pages(handle_of(IMAGE)))
    MAKE(PROCESS, below(8) ? 0 : paging_process_clone(E, handle_of(IMAGE), below(2) ? &finder : NULL, made))
    CASE(below(256) ? 0 : paging_core_write(P, below(2) ? "core" : name(),
        (const paging_core_thread *)(const void *)(rooms[0] + ROOM) - count % 64, count % 64, (int32_t)below(70)))
    MAKE(IMAGE, below(64) ? 0 : paging_image_from_core(below(2) ? "core" : name(), below(2) ? "/" : NULL, made))
    CASE(paging_image_threads(handle_of(IMAGE), (paging_core_thread *)(void *)(rooms[0] + ROOM) - count % 64, count % 64))
    MAKE(SHADOW, below(8) ? 0 : paging_shadow_open(P, made))
    CASE(paging_shadow_mark(handle_of(SHADOW), address(), below(8) ? below(64) : length(), below(8) ? below(3) : word()))
    CASE(paging_shadow_state(handle_of(SHADOW), address()))
    CASE(paging_shadow_find(handle_of(SHADOW), address(), length(), below(2)))
    CASE(paging_shadow_set(handle_of(SHADOW), below(2), below(8) != 0))
    CASE(paging_fetch_page(below(8) ? P : W, address(), room(0, 8), below(10), room(1, sizeof(paging_fetch_window)), FAULT))
    CASE(paging_ram_file(E))
    CASE(paging_report(P, below(66), bytes, n))
    CASE(paging_engine_report(E, below(66), bytes, n))
    CASE(paging_ledger_report(L, below(66), bytes, n))
    CASE(paging_areas(P, room(0, below(8) * sizeof(paging_area)), 0))
    CASE(paging_areas(P, (paging_area *)(void *)(rooms[0] + ROOM) - count % 256, count % 256))
    CASE(paging_pagemap(P, word(), (uint64_t *)(void *)(rooms[0] + ROOM) - count, count))
    CASE(paging_own_pages(P, word(), bytes, n))
    MAKE(LEDGER, below(4) ? 0 : paging_ledger_open(E, prices(), below(8) ? 1 + below(3) : word(), made))
    CASE(paging_ledger_observe(L, below(8) ? P : W, address(), below(8) ? below(ROOM) : below(1 << 20), below(2) ? 0 : 1 + below(4096),
        below(16) ? below(3) : word(), below(2)))
    CASE(paging_ledger_end_call(L, below(8) ? P : W, below(8) ? below(4096) : word(), below(2)))
    CASE(paging_ledger_end_read(L, P, F, below(8) ? word() : wide(), below(8) ? below(ROOM) : word(), below(2)))
    CASE(paging_ledger_end_fork(L, P, P, below(2)))
    CASE(paging_ledger_end_background(L))
    CASE(paging_ledger_times_get(L, below(8) ? P : 0, STRUCTURE(paging_ledger_times)))
    CASE(paging_ledger_clock_get(L, STRUCTURE(paging_ledger_clock)))
    CASE(paging_faults_get(below(4) ? P : paging_windows_memory(W), STRUCTURE(paging_fault_counts)))
    CASE(paging_engine_faults_get(E, STRUCTURE(paging_fault_counts)))
    CASE(paging_usage_get(P, STRUCTURE(paging_usage)))
    CASE(below(16) ? 0 : paging_machine_get(E, STRUCTURE(paging_machine)))
    CASE(paging_replay(policy(), below(8) ? below(64) : word(),
        (const uint64_t *)(const void *)(rooms[0] + ROOM) - count % 512, count % 512, STRUCTURE(paging_replay_result)))
    CASE(below(16) ? 0 : paging_replay_file(policy(), below(64), name(), STRUCTURE(paging_replay_result)))
    CASE(paging_atomic_add(P, address(), next(), room(1, 8), below(10), FAULT))
    CASE(paging_atomic_exchange(P, address(), next(), room(1, 8), below(10), FAULT))
    CASE(paging_atomic_compare_exchange(P, address(), next(), word(), room(1, 8), below(10), FAULT))
    MAKE(PROCESSOR, below(16) ? 0 : paging_processor_create(E, name(), made))
    CASE(paging_run(handle_of(PROCESSOR), below(8) ? P : W))
    CASE(paging_poll(handle_of(PROCESSOR)))
    CASE(paging_rest(handle_of(PROCESSOR)))
    CASE(paging_pending_wait(handle_of(PROCESSOR), below(3)))
    MAKE(LOG, paging_dirty_log_open(P, made))
    MAKE(LOG, below(4) ? 0 : paging_engine_dirty_log_open(E, made))
    CASE(paging_dirty_log_count(handle_of(LOG)))
    CASE(paging_dirty_log_collect(handle_of(LOG), (uint32_t *)(void *)(rooms[0] + ROOM) - count, count))
    MAKE(PIN, paging_pin(P, address(), length(), below(3), made, FAULT))
    CASE(paging_pin_part(handle_of(PIN), below(4), room(1, 8)))
    CASE(paging_pin_part_writable(handle_of(PIN), below(4), room(1, 8)))
    MAKE(VIEW, paging_flat_view_open(P, address(), below(8) ? length() : wide(), made, room(1, 8)))
    CASE(paging_flat_view_refresh(handle_of(VIEW)))
    CASE(paging_flat_view_is_current(handle_of(VIEW)))
    MAKE(WINDOW, paging_window_open(P, below(8) ? 0 : word(), made, room(1, 8)))
    CASE(paging_window_fault(handle_of(WINDOW), (const void *)(uintptr_t)wide(), below(8) ? 1 + below(2) : word(), FAULT))
    CASE(paging_window_mappings(handle_of(WINDOW)))
    MAKE(SWAP, below(32) ? 0 : paging_swap_on(E, name(), below(32) ? &store : NULL, made))
    MAKE(SWAP, below(32) ? 0 : paging_swap_on_memory(E, below(8) ? length() : wide(), made))
    MAKE(SWAP, below(32) ? 0 : paging_ledger_swap_on(L, name(), below(32) ? &store : NULL, made))
    MAKE(SWAP, below(32) ? 0 : paging_ledger_swap_on_memory(L, below(8) ? length() : wide(), made))
    CASE(below(16) ? 0 : paging_free(no_engine(handle_of(SWAP))))
    MAKE(GROUP, paging_group_create(E, name(), below(512), made))
    MAKE(GROUP, below(8) ? 0 : paging_group_create_with(E, name(), group_options(), made))
    CASE(paging_group_set_limit(handle_of(GROUP), below(8) ? below(1024) : wide()))
    CASE(paging_free(no_engine(handle_of(GROUP))))
    MAKE(UFFD, paging_uffd_open(P, below(8) ? below(1 << 17) : word(), below(2), made))
    CASE(paging_uffd_read(U, STRUCTURE(paging_uffd_message)))
    CASE(paging_uffd_register(U, address(), length(), below(8)))
    CASE(paging_uffd_unregister(U, address(), length()))
    CASE(paging_uffd_wake(U, address(), below(8) ? length() : wide()))
    CASE(paging_uffd_copy(U, address(), bytes, n & (below(8) ? ~4095u : ~0u), below(4), room(1, 8)))
    CASE(paging_uffd_zeropage(U, address(), below(8) ? length() : wide(), below(4), room(1, 8)))
    CASE(paging_uffd_continue(U, address(), below(8) ? length() : wide(), below(4), room(1, 8)))
    CASE(paging_uffd_poison(U, address(), below(8) ? length() : wide(), below(4), room(1, 8)))
    CASE(paging_uffd_move(U, address(), address(), below(8) ? length() : wide(), below(2), below(4), room(1, 8)))
    CASE(paging_uffd_writeprotect(U, address(), below(8) ? length() : wide(), below(2), below(4)))
    MAKE(EVENTS, paging_events_record(E, below(8) ? below(64) : word(), made))
    CASE(paging_events_count(handle_of(EVENTS)))
    CASE(paging_events_lost(handle_of(EVENTS)))
    CASE(paging_events_drain(handle_of(EVENTS), (paging_event *)(void *)(rooms[0] + ROOM) - count, count))
    MAKE(WATCH, below(8) ? 0 : paging_watch(P, address(), below(8) ? below(16) : word(), below(9), below(32) ? &watcher : NULL, made))
    MAKE(WINDOWS, paging_windows_process_create(E, name(), made))
    CASE(paging_virtual_alloc(W, below(2) ? 0 : address(), length(), below(8) ? (1 + below(3)) << 12 : word(), 4, room(1, 4)))
    CASE(paging_virtual_alloc(W, address(), length(), word(), word(), room(1, 4)))
    CASE(paging_virtual_free(W, address(), below(2) ? 0 : length(), below(8) ? 0x4000u << below(2) : word()))
    CASE(paging_virtual_protect(W, address(), length(), below(8) ? 1u << below(9) : word(), room(1, 4)))
    CASE(paging_virtual_query(W, address(), STRUCTURE(paging_windows_region)))
    CASE(paging_create_file_mapping(W, below(2) ? 0 : handle_of(FILES), below(8) ? 4 : word(), below(8) ? length() : wide(), name(),
        room(1, 4)))
    CASE(paging_open_file_mapping(W, below(8) ? 2 : word(), name(), room(1, 4)))
    CASE(paging_close_file_mapping(W, below(8) ? below(64) << 2 : word()))
    CASE(paging_map_view(W, below(8) ? below(64) << 2 : word(), below(8) ? 1u << below(6) : word(), below(8) ? below(4) << 16 : wide(),
        below(2) ? 0 : length(), below(2) ? 0 : address() & ~0xffffu, room(1, 4)))
    CASE(paging_unmap_view(W, address()))
    CASE(paging_flush_view(W, address(), length()))
    CASE(paging_virtual_lock(W, address(), length()))
    CASE(paging_virtual_unlock(W, address(), length()))
    case __COUNTER__: {
        uint32_t *many = room(1, 4);
        if (many) *many = count;
        note(paging_get_write_watch(W, address(), length(), below(2), (uint32_t *)(void *)(rooms[0] + ROOM) - count, many));
        break;
    }
    CASE(paging_windows_read(W, address(), room(0, 8), below(10), room(1, sizeof(paging_windows_exception))))
    CASE(below(64) ? 0 : paging_windows_save(E, below(2) ? 0 : W, below(2) ? "windows" : name()))
    CASE(below(16) ? 0 : paging_windows_save_bytes(E, below(2) ? 0 : W, bytes, n))
    MAKE_SET(WINDOWS, below(32) ? 0 : paging_windows_load(E, below(2) ? "windows" : name(), below(2) ? NULL : &finder, made, count))
    MAKE_SET(WINDOWS, below(32) ? 0 : paging_windows_load_bytes(E, bytes, n, below(2) ? &finder : NULL, made, count))
    CASE(paging_windows_write(W, address(), room(0, 8), below(10), room(1, sizeof(paging_windows_exception))))
    default: note(paging_write(below(4) ? P : W, address(), rooms[0], 1u << below(4), NULL)); break;
    }
}

static void *work(void *seed)
{
    state = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15ull + 1;
    for (int i = 0; i < 4; i++) {
        rooms[i] = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (rooms[i] == MAP_FAILED || mprotect(rooms[i] + ROOM, 4096, PROT_NONE)) exit(2);
    }
    while (!is_over) call_one();
    return NULL;
}

int main(int count, char **arguments)
{
    long seconds = count > 1 ? atol(arguments[1]) : 10, seed = count > 2 ? atol(arguments[2]) : 1;
    char folder[] = "/tmp/paging-handlesXXXXXX";    /* for the files that calls create */
    pthread_t threads[8];
    if (!mkdtemp(folder) || chdir(folder)) return 2;
    if (count > 3) thread_count = atoi(arguments[3]);
    if (posix_memalign((void **)&host_memory, 4096, 16384 + 4096)) return 2;
    for (int i = 0; i < 2; i++) make_engine((uint64_t *)&handles[ENGINE][i]);
    for (int i = 0; i < thread_count; i++) pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(seed * 8 + i));
    for (time_t end = time(NULL) + seconds; time(NULL) < end;) nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
    is_over = 1;
    for (int i = 0; i < thread_count; i++) pthread_join(threads[i], NULL);
    printf("%ld calls: %ld succeeded, %ld errnos, %ld stale or wrong handles, %ld other misuse\n", (long)calls, (long)refusals[0],
        (long)refusals[1], (long)refusals[2], (long)refusals[3]);
    return 0;
}
