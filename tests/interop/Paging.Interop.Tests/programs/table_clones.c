/* As table.c: images and clones, snapshots in memory, core files, byte shadows, policies, fetches without a call, RAM's file. */
#include "table.h"
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static paging_engine e;
static paging_process p;
static paging_snapshot snapshot;
static uint32_t at;

static const paging_options *options_of(uint64_t ram)
{
    static __thread paging_options options;    /* clones are made on several threads */
    options = (paging_options){ .size = sizeof options };
    CHECK(!paging_options_defaults(&options));
    options.ram_bytes = ram;
    return &options;
}

static int32_t find_file(void *context, const char *name, paging_file *file)
{
    if (strcmp(name, "shown")) return 0;
    *file = *(paging_file *)context;
    return 0;
}

static int32_t refuse_file(void *c, const char *n, paging_file *f) { (void)c, (void)n, (void)f; return -PAGING_EIO; }
static int32_t wild_file(void *c, const char *n, paging_file *f) { (void)c, (void)n, *f = 99; return 0; }

static int32_t load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)c, (void)n, *v = o; return 0; }
static int32_t store(void *c, uint64_t o, uint32_t n, uint64_t v) { (void)c, (void)o, (void)n, (void)v; return 0; }

static void snapshots_in_memory(void)
{
    static char buffer[1 << 17];
    paging_process made = 5;
    uint32_t word;
    int64_t length = paging_snapshot_save_bytes(snapshot, NULL, 0);
    ROW(length > 3 * 4096 && length < (int64_t)sizeof buffer, 1), ROW(paging_snapshot_save_bytes(0, buffer, sizeof buffer), STALE);
    ROW(paging_snapshot_save_bytes(e, buffer, 9), STALE), ROW(paging_snapshot_save_bytes(snapshot, NULL, 9), MISUSE);
    memset(buffer, 7, sizeof buffer);
    ROW(paging_snapshot_save_bytes(snapshot, buffer, sizeof buffer), length), ROW(buffer[length], 7);
    ROW(paging_process_load_bytes(0, buffer, (uint64_t)length, NULL, &made), STALE), ROW(made, 0);
    ROW(paging_process_load_bytes(e, NULL, 9, NULL, &made), MISUSE), ROW(paging_process_load_bytes(e, buffer, 9, NULL, NULL), MISUSE);
    ROW(paging_process_load_bytes(e, buffer, 9, NULL, &made), -PAGING_EINVAL);
    ROW(paging_process_load_bytes(e, buffer, (uint64_t)length - 1, NULL, &made), -PAGING_EINVAL), ROW(made, 0);
    ROW(paging_process_load_bytes(e, "no snapshot", 11, NULL, &made), -PAGING_EINVAL);
    ROW(paging_process_load_bytes(e, buffer, UINT64_MAX, NULL, &made), MISUSE);
    ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, NULL, &made), 0), ROW(paging_read(made, at, &word, 4, NULL), 0);
    ROW(word, 10), ROW(paging_free(made), 0);
}

static char shown_bytes[4096] = "abcd";
static int32_t shown_read(void *c, uint64_t o, void *b, uint32_t n) { (void)c; memcpy(b, shown_bytes + o, n); return (int32_t)n; }
static int32_t shown_write(void *c, uint64_t o, const void *b, uint32_t n) { (void)c; memcpy(shown_bytes + o, b, n); return (int32_t)n; }

/* Files of the engine's RAM are saved with the process; the loader asks for the others. */
static void files_of_the_saved(const char *saved)
{
    static char buffer[1 << 16];
    paging_file file, other;
    paging_process mapper, made = 5;
    paging_snapshot taken;
    uint32_t word;
    ROW(paging_process_create(e, "mapper", NULL, &mapper), 0);
    const paging_backing backing = { .size = sizeof backing, .length = 4096, .read = shown_read, .write = shown_write };
    ROW(paging_file_create_backed(e, "shown", &backing, PAGING_READ_WRITE, &file), 0);
    uint32_t shown = map(mapper, 4096, PAGING_MAP_SHARED, paging_file_open(file, mapper, PAGING_READ_WRITE, 0));
    ROW(paging_snapshot_take(mapper, &taken), 0);
    int64_t length = paging_snapshot_save_bytes(taken, buffer, sizeof buffer);
    ROW(length > 0 && length < (int64_t)sizeof buffer, 1);
    paging_file_finder finder = { sizeof finder, 0, &file, NULL, NULL };
    ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), MISUSE), ROW(SAYS("open_file must not be NULL."), 1);
    paging_device device = { sizeof device, 0, NULL, load, store, NULL };
    finder.open_file = find_file, finder.context = &other;
    ROW(paging_device_create(e, "d", &device, 4096, PAGING_READ_WRITE, &other), 0);
    ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), MISUSE), ROW(SAYS("'d' was given for a saved file"), 1);
    ROW(paging_directory_create(e, "d", &other), 0), ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), MISUSE);
    finder.context = &file;
    finder.open_file = refuse_file, ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), -PAGING_EIO);
    finder.open_file = wild_file, ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), STALE), ROW(made, 0);
    ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, NULL, &made), -PAGING_ENOENT);
    finder.open_file = find_file, ROW(paging_process_load_bytes(e, buffer, (uint64_t)length, &finder, &made), 0);
    ROW(paging_read(made, shown, &word, 4, NULL), 0), ROW(memcmp(&word, "abcd", 4), 0), ROW(paging_free(made), 0);
    ROW(paging_snapshot_save(taken, saved), 0), ROW(paging_process_load(e, saved, NULL, &made), -PAGING_ENOENT), ROW(made, 0);
    finder.open_file = refuse_file, ROW(paging_process_load(e, saved, &finder, &made), -PAGING_EIO), finder.open_file = NULL;
    ROW(paging_process_load(e, saved, &finder, &made), MISUSE), finder.open_file = find_file, finder.size = 4;
    ROW(paging_process_load(e, saved, &finder, &made), MISUSE), ROW(made, 0), finder.size = sizeof finder;
    ROW(paging_process_load(e, saved, &finder, &made), 0), word = 0, ROW(paging_read(made, shown, &word, 4, NULL), 0);
    ROW(memcmp(&word, "abcd", 4), 0), ROW(paging_free(made), 0), ROW(remove(saved), 0);
    paging_image image;
    ROW(paging_image_create(taken, &image), 0), ROW(paging_process_clone(e, image, NULL, &made), -PAGING_ENOENT);
    ROW(paging_process_clone(e, image, &finder, &made), 0), ROW(paging_read(made, shown, &word, 4, NULL), 0), ROW(paging_free(made), 0);
    ROW(paging_file_create(e, "x", 1, &other), 0), ROW(paging_free(other), 0), ROW(paging_free(image), 0), ROW(paging_free(mapper), 0);
}

/* A worker has an engine of its own, and the image's pages without a copy. */
static void *work(void *given)
{
    paging_image image = *(paging_image *)given;
    paging_engine mine;
    paging_process clone;
    paging_snapshot start;
    uint32_t word;
    CHECK(!paging_engine_create(options_of(1 << 20), &mine) && !paging_process_clone(mine, image, NULL, &clone));
    CHECK(!paging_snapshot_take(clone, &start));
    const paging_translations *t = paging_translations_of(clone);
    for (uint32_t input = 0; input < 500; input++) {
        CHECK(!paging_load32(t, at + input % 3 * 4096, &word, NULL) && word == 10 + input % 3);
        if (input == 100) CHECK(!paging_snapshot_keep_written(start, 1));
        CHECK(!paging_store32(t, at + input % 3 * 4096, input, NULL) && paging_snapshot_dirty_pages(start) == 1);
        CHECK(!paging_snapshot_restore(start));
    }
    CHECK(paging_audit(mine, NULL, 0) == 0 && !paging_free(mine));
    return NULL;
}

/* file has opened, which is image. */
static void deltas(const char *file, paging_image image, paging_image opened)
{
    paging_image delta = 5, again = 5, set = 5;
    paging_process clone;
    paging_snapshot changed, whole;
    char beside[80], hash[33], other[33];
    uint32_t word = 77;
    snprintf(beside, sizeof beside, "%s-delta", file);
    ROW(paging_process_clone(e, opened, NULL, &clone), 0), ROW(paging_write(clone, at, &word, 4, NULL), 0);
    ROW(paging_snapshot_take(clone, &changed), 0), ROW(paging_image_create_delta(0, opened, &delta), STALE), ROW(delta, 0);
    ROW(paging_image_create_delta(changed, 0, &delta), STALE), ROW(paging_image_create_delta(changed, opened, NULL), MISUSE);
    ROW(paging_image_create_delta(changed, clone, &delta), STALE), ROW(paging_image_create_delta(changed, opened, &delta), 0);
    ROW(paging_image_pages(delta), 3), ROW(paging_image_own_pages(delta), 1), ROW(paging_image_own_pages(image), 3);
    ROW(paging_image_own_pages(0), STALE), ROW(paging_image_hash(0, hash, sizeof hash), STALE);
    ROW(paging_image_hash(image, NULL, 1), MISUSE), ROW(paging_image_hash(image, NULL, 0), 32);
    ROW(paging_image_hash(image, hash, sizeof hash), 32), ROW(paging_image_hash(opened, other, sizeof other), 32);
    ROW(strcmp(hash, other), 0), ROW(paging_image_hash(delta, other, sizeof other), 32), ROW(!strcmp(hash, other), 0);
    ROW(paging_image_save(delta, beside), 0), ROW(paging_image_open(beside, 0, &again), -PAGING_EINVAL), ROW(SAYS("is a delta against"), 1);
    ROW(paging_image_open_delta(NULL, opened, &again), MISUSE), ROW(again, 0), ROW(paging_image_open_delta(beside, 0, &again), STALE);
    ROW(paging_image_open_delta(beside, opened, NULL), MISUSE), ROW(paging_image_open_delta("/no/such", opened, &again), -PAGING_ENOENT);
    ROW(paging_image_open_delta(file, opened, &again), -PAGING_EINVAL), ROW(SAYS("is not a delta"), 1);
    ROW(paging_image_open_delta(beside, delta, &again), -PAGING_EINVAL), ROW(SAYS("the given parent is the image"), 1);
    ROW(paging_image_open_delta(beside, image, &again), 0), ROW(paging_free(clone), 0), word = 0;    /* image is what the file has */
    ROW(paging_process_clone(e, again, NULL, &clone), 0), ROW(paging_read(clone, at, &word, 4, NULL), 0), ROW(word, 77);
    ROW(paging_image_save_whole(0, beside), STALE), ROW(paging_image_save_whole(again, NULL), MISUSE);
    ROW(paging_image_save_whole(again, "/no/such/file"), -PAGING_ENOENT), ROW(paging_image_save_whole(again, beside), 0);
    ROW(paging_free(again), 0), ROW(paging_image_open(beside, 0, &again), 0), ROW(paging_image_own_pages(again), 3);
    ROW(paging_engine_snapshot_take(e, &whole), 0), ROW(paging_image_create_delta(whole, opened, &set), MISUSE);
    ROW(SAYS("parent is the image of a process"), 1), ROW(paging_free(whole), 0), ROW(unlink(beside), 0);
    ROW(paging_free(again), 0), ROW(paging_free(delta), 0), ROW(paging_free(clone), 0);
}

static void images(void)
{
    paging_image image = 5;
    paging_process made = 5;
    paging_engine other;
    pthread_t threads[2];
    uint32_t word;
    ROW(paging_image_create(0, &image), STALE), ROW(image, 0), ROW(paging_image_create(snapshot, NULL), MISUSE);
    ROW(paging_image_create(p, &image), STALE), ROW(paging_image_create(snapshot, &image), 0), ROW(paging_image_pages(0), STALE);
    ROW(paging_image_pages(image), 3), ROW(paging_image_threads(0, NULL, 0), STALE), ROW(paging_image_threads(image, NULL, 0), 0);
    char file[64];
    paging_image opened = 5;
    snprintf(file, sizeof file, "/tmp/paging-image-%d", (int)getpid());
    ROW(paging_image_save(0, file), STALE), ROW(paging_image_save(image, NULL), MISUSE);
    ROW(paging_image_save(image, "/no/such/file"), -PAGING_ENOENT), ROW(paging_image_save(image, file), 0);
    ROW(paging_image_open(NULL, 0, &opened), MISUSE), ROW(opened, 0), ROW(paging_image_open(file, 0, NULL), MISUSE);
    ROW(paging_image_open("/no/such/file", 0, &opened), -PAGING_ENOENT), ROW(SAYS("There is no file '/no/such/file'"), 1);
    ROW(paging_image_open("/dev/null", 0, &opened), -PAGING_EINVAL);
    ROW(paging_image_open(file, 1, &opened), -PAGING_EINVAL), ROW(SAYS("This is the image of a process"), 1);
    ROW(paging_image_open(file, 0, &opened), 0), ROW(paging_image_pages(opened), 3), ROW(paging_image_save(opened, file), 0);
    ROW(paging_process_clone(e, opened, NULL, &made), 0), ROW(paging_free(made), 0);
    deltas(file, image, opened), ROW(paging_free(opened), 0), ROW(unlink(file), 0);
    ROW(paging_process_clone(0, image, NULL, &made), STALE), ROW(made, 0), ROW(paging_process_clone(e, 0, NULL, &made), STALE);
    ROW(paging_process_clone(e, snapshot, NULL, &made), STALE), ROW(paging_process_clone(e, image, NULL, NULL), MISUSE);
    ROW(paging_process_clone(e, image, NULL, &made), 0), ROW(paging_read(made, at + 8192, &word, 4, NULL), 0), ROW(word, 12);
    ROW(paging_free(made), 0);
    for (int i = 0; i < 2; i++) CHECK(!pthread_create(&threads[i], NULL, work, &image));
    for (int i = 0; i < 2; i++) CHECK(!pthread_join(threads[i], NULL));
    ROW(paging_engine_create(options_of(1 << 20), &other), 0), ROW(paging_process_clone(other, image, NULL, &made), 0);
    ROW(paging_free(image), 0), ROW(paging_image_pages(image), STALE);    /* the clone keeps the pages */
    ROW(paging_read(made, at, &word, 4, NULL), 0), ROW(word, 10), ROW(paging_free(other), 0);
}

static int64_t registers[2];
static const void *saved = registers;
static int32_t save(void *c, const void **b) { *b = saved; return *(int32_t *)c; }
static int32_t restore(void *c, const void *b, uint32_t n) { if (n == sizeof registers) memcpy(registers, b, n); return *(int32_t *)c < 0 ? -PAGING_EIO : 0; }

static void states_and_bounds(void)
{
    int32_t length = sizeof registers;
    paging_host_state state = { sizeof state, 0, &length, NULL, restore };
    paging_process_options options = { .size = sizeof options, .has_bounds = 1, .lowest_address = 0, .highest_address = UINT32_MAX };
    paging_process_options too_small = { .size = offsetof(paging_process_options, has_bounds) };
    paging_process machine, clone;
    paging_snapshot before, other;
    paging_image image;
    uint32_t word = 5;
    ROW(paging_process_create(e, "m", &options, &machine), 0), ROW(paging_host_state_set(0, &state), STALE);
    ROW(paging_mmap(machine, 0, 4096, 3, 0x32, -1, 0), 0), ROW(paging_write(machine, 8, &word, 4, NULL), 0);
    ROW(paging_mmap(machine, 0xfffff000, 4096, 3, 0x32, -1, 0), 0xfffff000), ROW(paging_write(machine, UINT32_MAX - 3, &word, 4, NULL), 0);
    ROW(paging_host_state_set(machine, &state), MISUSE), state.save = save, state.restore = NULL;
    ROW(paging_host_state_set(machine, &state), MISUSE), state.restore = restore, ROW(paging_host_state_set(machine, &state), 0);
    registers[0] = 11, ROW(paging_snapshot_take(machine, &before), 0), registers[0] = 12;
    ROW(paging_snapshot_restore(before), 0), ROW(registers[0], 11), registers[0] = 13, ROW(paging_image_create(before, &image), 0);
    ROW(paging_process_clone(e, image, NULL, &clone), 0), registers[0] = 14, ROW(paging_host_state_set(clone, &state), 0);
    ROW(registers[0], 11), length = -PAGING_EIO, ROW(paging_snapshot_restore(before), -PAGING_EIO), length = sizeof registers;
    ROW(SAYS("The program's function restore gave -5."), 1), saved = NULL, length = 1, ROW(paging_snapshot_take(machine, &other), MISUSE);
    length = 0, ROW(paging_snapshot_take(machine, &other), 0), ROW(paging_free(other), 0), saved = registers, length = sizeof registers;
    ROW(paging_host_state_set(machine, NULL), 0), registers[0] = 15;
    ROW(paging_snapshot_restore(before), 0), ROW(registers[0], 15), ROW(paging_free(clone), 0), ROW(paging_free(image), 0);
    ROW(paging_free(machine), 0), options.has_bounds = 0, ROW(paging_process_create(e, "m", &options, &machine), MISUSE);
    ROW(SAYS("lowest_address and highest_address need has_bounds = 1."), 1), options.has_bounds = 1;
    options.lowest_address = 1, ROW(paging_process_create(e, "m", &options, &machine), MISUSE);
    options.lowest_address = 0x2000, options.highest_address = 0x1fff, ROW(paging_process_create(e, "m", &options, &machine), MISUSE);
    options.has_bounds = 2, ROW(paging_process_create(e, "m", &options, &machine), MISUSE);
    ROW(paging_process_create(e, "m", &too_small, &machine), 0), ROW(paging_free(machine), 0);    /* a program of version 3 */
}

static void cores(const char *path)
{
    char text[512];
    paging_core_thread threads[2] = { { 1, { 0xb, 0xc } }, { 2, { 0 } } }, found[3];
    paging_image image = 5;
    paging_process made;
    uint32_t word;
    threads[0].registers[12] = at, threads[1].registers[16] = 0x7b;
    ROW(paging_core_write(0, path, threads, 2, 11), STALE), ROW(paging_core_write(p, NULL, threads, 2, 11), MISUSE);
    ROW(paging_core_write(p, path, NULL, 2, 11), MISUSE), ROW(paging_core_write(p, path, threads, UINT32_MAX, 11), MISUSE);
    ROW(paging_core_write(p, path, threads, 2, -1), MISUSE), ROW(paging_core_write(p, path, threads, 2, 65), MISUSE);
    ROW(paging_core_write(p, "/no/such/core", threads, 2, 11), -PAGING_ENOENT);
    snprintf(text, sizeof text, "%s.part", path);
    ROW(paging_core_write(p, path, threads, 2, 11), 0), ROW(access(text, F_OK), -1);
    ROW(paging_image_from_core(NULL, NULL, &image), MISUSE), ROW(image, 0), ROW(paging_image_from_core(path, NULL, NULL), MISUSE);
    ROW(paging_image_from_core("/no/such/core", NULL, &image), -PAGING_ENOENT);
    ROW(paging_image_from_core("/proc/self/exe", NULL, &image), -PAGING_EINVAL), ROW(SAYS("32 bits"), 1), ROW(image, 0);
    ROW(paging_image_from_core(path, "/", &image), 0), ROW(paging_image_pages(image), 3);
    ROW(paging_image_threads(image, NULL, 0), 2), ROW(paging_image_threads(image, NULL, 1), MISUSE);
    ROW(paging_image_threads(image, found, 3), 2), ROW(found[0].id, 1), ROW(found[0].registers[1], 0xc);
    ROW(found[0].registers[12], at), ROW(found[1].id, 2), ROW(found[1].registers[16], 0x7b);
    ROW(paging_process_clone(e, image, NULL, &made), 0), ROW(paging_read(made, at + 4096, &word, 4, NULL), 0), ROW(word, 11);
    ROW(paging_free(image), 0), ROW(paging_free(made), 0);
}

static int32_t find_group(void *context, const char *name, paging_group *group)
{
    if (!strcmp(name, "guests")) *group = *(paging_group *)context;
    return 0;
}

static int32_t refuse_group(void *c, const char *n, paging_group *g) { (void)c, (void)n, (void)g; return -PAGING_EIO; }
static int32_t no_group(void *c, const char *n, paging_group *g) { (void)c, (void)n, (void)g; return 0; }
static int32_t no_file(void *c, const char *n, paging_file *f) { (void)c, (void)n, (void)f; return 0; }

/* 0 for a process of a group that has 60 frames at most. */
static int has_room(paging_process process)
{
    return paging_fill(process, map(process, 100 * 4096, ANONYMOUS, -1), 100 * 4096, 1, NULL) == 100 * 4096;
}

/* A server in a group and its client are saved and cloned with the memory that they share; each set has its own. */
static void sets_of_processes(const char *saved)
{
    static char buffer[1 << 17];
    paging_engine first, other;
    paging_process server, client, all[3] = { 5, 5, 5 };
    paging_snapshot whole, one;
    paging_image set = 5, single;
    paging_group group;
    paging_area area = { 0 };
    uint32_t word = 7;
    ROW(paging_engine_create(options_of(8 << 20), &first), 0), ROW(paging_engine_create(options_of(8 << 20), &other), 0);
    ROW(paging_group_create(first, "guests", 1000, &group), 0);
    paging_process_options in_group = { .size = sizeof in_group, .group = group };
    ROW(paging_process_create(first, "server", &in_group, &server), 0);
    uint32_t shared = map(server, 4096, PAGING_MAP_SHARED | PAGING_MAP_ANONYMOUS, -1);
    ROW(paging_write(server, shared, &word, 4, NULL), 0), ROW(paging_fork(server, &client), 0);
    ROW(paging_engine_snapshot_take(first, &whole), 0), ROW(paging_snapshot_take(server, &one), 0);
    int64_t length = paging_snapshot_save_bytes(whole, buffer, sizeof buffer);
    ROW(length > 4096 && length < (int64_t)sizeof buffer, 1);
    ROW(paging_engine_load_bytes(0, buffer, (uint64_t)length, NULL, all, 3), STALE);
    ROW(paging_engine_load_bytes(other, NULL, 9, NULL, all, 3), MISUSE);
    ROW(paging_engine_load_bytes(other, buffer, (uint64_t)length, NULL, NULL, 3), MISUSE);
    ROW(paging_engine_load_bytes(other, buffer, (uint64_t)length - 1, NULL, all, 3), -PAGING_EINVAL);
    ROW(paging_engine_load_bytes(other, buffer, (uint64_t)length, NULL, all, 1), MISUSE);
    ROW(SAYS("capacity is 1, and there are 2 processes."), 1), ROW(all[0], 5);
    for (int32_t id = 1; id < 100; id++) ROW(paging_process_find(other, id, &all[0]), -PAGING_ESRCH);    /* none is left */
    all[0] = 5;
    ROW(paging_process_load_bytes(other, buffer, (uint64_t)length, NULL, all), -PAGING_EINVAL);
    ROW(SAYS("This is a saved engine, not a saved process"), 1);
    ROW(paging_engine_load_bytes(other, buffer, (uint64_t)length, NULL, all, 3), 2), ROW(all[2], 5);
    word = 8, ROW(paging_write(all[0], shared, &word, 4, NULL), 0), word = 0, ROW(paging_read(all[1], shared, &word, 4, NULL), 0);
    ROW(word, 8), ROW(paging_read(server, shared, &word, 4, NULL), 0), ROW(word, 7);
    paging_file_finder finder = { sizeof finder, 0, &group, no_file, find_group };
    ROW(paging_engine_load_bytes(first, buffer, (uint64_t)length, &finder, all, 3), 2), ROW(paging_group_set_limit(group, 60), 0);
    ROW(has_room(all[0]), 0), ROW(paging_free(all[0]), 0), ROW(paging_free(all[1]), 0), finder.find_group = no_group;
    ROW(paging_engine_load_bytes(first, buffer, (uint64_t)length, &finder, all, 3), 2), ROW(has_room(all[0]), 1);    /* in a new one */
    ROW(paging_group_set_limit(group, 1000), 0), finder.find_group = refuse_group;
    ROW(paging_engine_load_bytes(first, buffer, (uint64_t)length, &finder, all, 3), -PAGING_EIO);
    ROW(paging_areas(server, &area, 1) >= 1, 1), ROW(paging_snapshot_name(whole, area.object, "apart"), 0);
    ROW(paging_snapshot_save(whole, saved), 0), ROW(paging_engine_load(0, saved, NULL, all, 3), STALE);
    ROW(paging_engine_load(other, saved, NULL, all, 3), -PAGING_ENOENT), ROW(paging_engine_load(other, "/no/such", NULL, all, 3), -PAGING_ENOENT);
    ROW(paging_snapshot_name(whole, area.object, NULL), 0), ROW(paging_snapshot_save(whole, saved), 0);
    ROW(paging_engine_load(other, saved, NULL, all, 3), 2), ROW(paging_engine_load(other, saved, NULL, NULL, 1), MISUSE);
    ROW(paging_image_create(whole, &set), 0), ROW(paging_image_create(one, &single), 0), ROW(paging_image_processes(0), STALE);
    ROW(paging_image_processes(set), 2), ROW(paging_image_processes(single), 1), ROW(paging_image_pages(set), 1);
    ROW(paging_engine_clone(0, set, NULL, all, 3), STALE), ROW(paging_engine_clone(other, 0, NULL, all, 3), STALE);
    ROW(paging_engine_clone(other, single, NULL, all, 3), MISUSE), ROW(SAYS("image of a process"), 1);
    ROW(paging_process_clone(other, set, NULL, all), MISUSE), ROW(SAYS("image of an engine"), 1);
    ROW(paging_engine_clone(other, set, NULL, NULL, 3), MISUSE), ROW(paging_engine_clone(other, set, NULL, all, 1), MISUSE);
    ROW(paging_engine_clone(other, set, NULL, all, 2), 2), word = 9, ROW(paging_write(all[1], shared, &word, 4, NULL), 0);
    word = 0, ROW(paging_read(all[0], shared, &word, 4, NULL), 0), ROW(word, 9);
    ROW(paging_engine_clone(other, set, NULL, all, 2), 2), ROW(paging_read(all[0], shared, &word, 4, NULL), 0), ROW(word, 7);
    ROW(paging_free(set), 0), ROW(paging_free(single), 0), ROW(remove(saved), 0);
    ROW(paging_free(first), 0), ROW(paging_free(other), 0);
}

static void shadows(void)
{
    paging_shadow shadow = 5, again;
    paging_process child;
    paging_fault f;
    uint32_t word;
    ROW(paging_shadow_open(0, &shadow), STALE), ROW(shadow, 0), ROW(paging_shadow_open(p, NULL), MISUSE);
    ROW(paging_shadow_open(p, &shadow), 0), ROW(paging_shadow_mark(0, at, 4, 2), STALE), ROW(paging_shadow_mark(shadow, at, 4, 3), MISUSE);
    ROW(paging_shadow_mark(shadow, at + 8, 4, PAGING_BYTE_UNADDRESSABLE), 0), ROW(paging_shadow_mark(shadow, 0, 4, 2), -PAGING_ENOMEM);
    ROW(paging_shadow_mark(shadow, 0xfffff000, 8192, 2), -PAGING_EINVAL), ROW(paging_shadow_mark(shadow, at, 0, 2), 0);
    ROW(paging_shadow_mark(shadow, at + 16, 4, PAGING_BYTE_UNINITIALIZED), 0), ROW(paging_shadow_state(0, at), STALE);
    ROW(paging_shadow_state(shadow, at + 8), 2), ROW(paging_shadow_state(shadow, at + 16), 1), ROW(paging_shadow_state(shadow, at), 0);
    ROW(paging_shadow_find(0, at, 64, 0), STALE), ROW(paging_shadow_find(shadow, at, 64, 0), at + 8);
    ROW(paging_shadow_find(shadow, at + 12, 64, 0), -PAGING_ENOENT), ROW(paging_shadow_find(shadow, at + 12, 64, 1), at + 16);
    ROW(paging_write(p, at + 6, &word, 4, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_UNADDRESSABLE), ROW(f.address, at + 8);
    ROW(paging_read(p, at + 16, &word, 4, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_UNINITIALIZED), ROW(f.address, at + 16);
    ROW(paging_fork(p, &child), 0), ROW(paging_shadow_open(child, &again), 0), ROW(paging_shadow_state(again, at + 8), 2);
    ROW(paging_shadow_set(0, 0, 1), STALE), ROW(paging_shadow_set(shadow, 0, 1), 0), ROW(paging_read(p, at + 16, &word, 4, &f), 0);
    ROW(paging_read(p, at + 8, &word, 4, &f), -PAGING_EFAULT), ROW(paging_shadow_set(shadow, 1, 0), 0);
    ROW(paging_read(p, at + 8, &word, 4, &f), 0), ROW(paging_shadow_set(shadow, 1, 1), 0);
    ROW(paging_store32(paging_translations_of(p), at + 16, 3, &f), 0), ROW(paging_shadow_state(shadow, at + 16), 0);
    ROW(paging_exit(child, 0), 0), ROW(paging_shadow_state(again, at + 8), PAGING_ENDED), ROW(paging_free(again), 0);
    ROW(paging_free(child), 0), ROW(paging_free(shadow), 0), ROW(paging_shadow_state(shadow, at), STALE);
    ROW(paging_read(p, at + 8, &word, 4, &f), 0);
}

/* The simplest policy: the page that was loaded last leaves. It also keeps what it was told. */
typedef struct { int32_t stack[64]; int count, missed, hits, evicted, removed, accessed, wrong_slot; int32_t answer; uint32_t frames; } Last;

static int32_t begin(void *c, uint32_t frames) { ((Last *)c)->frames = frames; return ((Last *)c)->answer < -1 ? ((Last *)c)->answer : 0; }
static int32_t missed(void *c, uint64_t page) { (void)page, ((Last *)c)->missed++; return 0; }

static int32_t loaded(void *c, int32_t slot, uint64_t page)
{
    Last *last = c;
    (void)page;
    if (last->count == 64) return -PAGING_ENOMEM;
    last->stack[last->count++] = slot;
    return 0;
}

static void forget(Last *last, int32_t slot)
{
    for (int i = 0; i < last->count; i++) {
        if (last->stack[i] == slot) memmove(&last->stack[i], &last->stack[i + 1], (size_t)(--last->count - i) * sizeof slot);
    }
}

static int32_t hit(void *c, int32_t slot)
{
    Last *last = c;
    last->hits++, last->wrong_slot += last->count == 0 || slot != last->stack[last->count - 1];
    return last->answer;
}

static int32_t evicted(void *c, int32_t slot, uint64_t page) { (void)page, forget(c, slot), ((Last *)c)->evicted++; return 0; }
static int32_t removed(void *c, int32_t slot) { forget(c, slot), ((Last *)c)->removed++; return 0; }

static int32_t find_victim(void *c, const paging_page_bits *bits)
{
    Last *last = c;
    paging_version();    /* the only calls that a callback may make */
    if (last->count == 0) return -1;
    int32_t slot = last->stack[last->count - 1], bit = bits->take_accessed(bits->pages, slot);
    last->accessed += bit;
    last->wrong_slot += bit < 0 || bit > 1 || bits->is_dirty(bits->pages, slot) < 0 || bits->take_accessed(bits->pages, slot) != 0;
    last->wrong_slot += bits->is_dirty(bits->pages, 1 << 20) != PAGING_BAD_ARGUMENT || bits->take_accessed(bits->pages, -1) >= 0;
    return last->answer ? last->answer : slot;
}

static void policies(void)
{
    Last last = { .count = 0 };
    paging_policy policy = { .size = sizeof policy, .context = &last, .begin = begin, .missed = missed, .loaded = loaded,
        .find_victim = find_victim, .evicted = evicted, .removed = removed };
    paging_group_options options = { .size = sizeof options, .limit_frames = 8, .excludes_tables = 1, .policy = &policy };
    paging_process_options in_group = { .size = sizeof in_group };
    paging_engine whole = 5;
    paging_group group = 5;
    paging_process member;
    paging_swap swap;
    uint32_t word;
    ROW(paging_group_create_with(0, "g", &options, &group), STALE), ROW(group, 0);
    ROW(paging_group_create_with(e, NULL, &options, &group), MISUSE), ROW(paging_group_create_with(e, "g", NULL, &group), MISUSE);
    ROW(paging_group_create_with(e, "g", &options, NULL), MISUSE);
    policy.name = "NONE", ROW(paging_group_create_with(e, "g", &options, &group), MISUSE), ROW(SAYS("There is no policy 'NONE'"), 1);
    policy.name = NULL, policy.loaded = NULL, ROW(paging_group_create_with(e, "g", &options, &group), MISUSE), policy.loaded = loaded;
    policy.information = 2, ROW(paging_group_create_with(e, "g", &options, &group), MISUSE), policy.information = 0;
    options.size = sizeof options - 4, ROW(paging_group_create_with(e, "g", &options, &group), MISUSE);    /* half a pointer */
    options.size = sizeof options, options.out_of_memory = 2, ROW(paging_group_create_with(e, "g", &options, &group), MISUSE), options.out_of_memory = 0;
    last.answer = -PAGING_EBUSY, ROW(paging_group_create_with(e, "g", &options, &group), -PAGING_EBUSY), last.answer = 0;
    ROW(SAYS("The program's function begin gave -16."), 1);
    ROW(paging_group_create_with(e, "g", &options, &group), 0), ROW(last.frames, 8);
    in_group.group = group, ROW(paging_process_create(e, "m", &in_group, &member), 0), ROW(paging_swap_on_memory(e, 1 << 20, &swap), 0);
    uint32_t many = map(member, 16 * 4096, ANONYMOUS, -1);
    for (uint32_t page = 0; page < 16; page++) ROW(paging_write(member, many + page * 4096, &page, 4, NULL), 0);
    ROW(last.evicted, 8), ROW(last.missed, 16), ROW(last.accessed, 8), ROW(last.wrong_slot, 0), ROW(last.count, 8);
    for (uint32_t page = 0; page < 7; page++) {    /* the first ones have never left */
        uint8_t resident;
        ROW(paging_mincore(member, many + page * 4096, 4096, &resident), 0), ROW(resident & 1, 1);
    }
    for (uint32_t page = 0; page < 16; page++) ROW(paging_read(member, many + page * 4096, &word, 4, NULL), 0), ROW(word, page);
    last.answer = 60;    /* a slot without a page ends the policy; the access goes on with Linux' lists */
    int64_t broken = 0;
    for (uint32_t page = 0; page < 16; page++) {
        int32_t result = paging_read(member, many + page * 4096, &word, 4, NULL);
        broken += result == PAGING_WRONG_STATE && SAYS("chose slot 60, which holds no page");
        ROW(result == 0 || result == PAGING_WRONG_STATE, 1);
    }
    ROW(broken, 1), ROW(paging_free(member), 0), ROW(last.removed, 0), ROW(paging_free(swap), 0), ROW(paging_free(group), 0);
    policy.information = PAGING_POLICY_EVERY_ACCESS;
    for (uint32_t hits = 0; hits < 5; hits += 4) {    /* first without the function */
        last = (Last){ .count = 0 }, policy.hit = hits ? hit : NULL;
        ROW(paging_group_create_with(e, "every", &options, &in_group.group), 0), ROW(paging_process_create(e, "m", &in_group, &member), 0);
        for (many = map(member, 4096, ANONYMOUS, -1), word = 0; word < 5; word++) ROW(paging_write(member, many, &word, 4, NULL), 0);
        ROW(last.missed, 1), ROW(last.hits, hits), ROW(last.wrong_slot, 0), last.answer = -PAGING_EIO;
        ROW(paging_write(member, many, &word, 4, NULL), 0), last.answer = 0;    /* the access was made; the next call names the refusal */
        ROW(paging_write(member, many, &word, 4, NULL), hits ? -PAGING_EIO : 0), ROW(!hits || SAYS("function hit gave -5."), 1);
        ROW(paging_write(member, many, &word, 4, NULL), 0), ROW(last.hits, hits ? 5 : 0);    /* it has ended the policy */
        ROW(paging_free(member), 0), ROW(paging_free(in_group.group), 0);
    }
    last = (Last){ .count = 0 }, policy.information = 0, policy.hit = NULL;
    paging_options all = *options_of(1 << 20);
    all.policy = &policy, policy.name = "2q";
    ROW(paging_engine_create(&all, &whole), 0), ROW(last.missed, 0), ROW(paging_free(whole), 0);
    policy.name = "", ROW(paging_engine_create(&all, &whole), MISUSE), ROW(whole, 0), policy.name = NULL, policy.size = 3;
    ROW(paging_engine_create(&all, &whole), MISUSE), ROW(whole, 0);
}

static void fetches(void)
{
    paging_fetch_window window = { 0, 0, 0, 0 };
    paging_fault f;
    uint8_t byte = 0;
    uint16_t half = 0;
    uint32_t word = 1;
    uint64_t wide = 0;
    const paging_translations *t = paging_translations_of(p);
    ROW(paging_fetch_page(0, at, &word, 4, &window, &f), STALE), ROW(paging_fetch_page(p, at, NULL, 4, &window, &f), MISUSE);
    ROW(paging_fetch_page(p, at, &word, 4, NULL, &f), MISUSE), ROW(paging_fetch_page(p, at, &word, 3, &window, &f), MISUSE);
    ROW(paging_fetch_page(p, at, &word, 4, &window, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_NOT_ALLOWED), ROW(window.addend, 0);
    ROW(paging_fetch32(t, &window, at, &word, &f), -PAGING_EFAULT), ROW(word, 1);
    f.kind = 7, ROW(paging_device_refused(p, -PAGING_ENOSPC, PAGING_ACCESS_WRITE, &f), -PAGING_ENOSPC), ROW(f.kind, 0);
    ROW(SAYS("store gave -28"), 1), ROW(paging_device_refused(p, 3, PAGING_ACCESS_READ, NULL), -PAGING_EIO), ROW(SAYS("load gave 3"), 1);
    ROW(paging_load_missed(t, at, 4, &f).result, 0), ROW(paging_load_missed(t, at, 4, &f).value, 10);
    ROW(paging_store_missed(t, at, 1, 3, &f), MISUSE), ROW(paging_fetch_missed(t, &window, at, 4, &f).result, -PAGING_EFAULT), word = 1;
    ROW(paging_device_refused(0, -PAGING_EIO, PAGING_ACCESS_READ, &f), STALE), ROW(paging_device_refused(p, 0, 0, &f), 0);
    ROW(paging_mprotect(p, at, 8192, 7), 0), ROW(paging_store64(t, at, 0x1122334455667788, NULL), 0);
    ROW(paging_fetch8(t, &window, at + 1, &byte, &f), 0), ROW(byte, 0x77), ROW(window.start, at), ROW(window.addend != 0, 1);
    ROW(window.epoch, t->epoch), ROW(paging_fetch16(t, &window, at + 2, &half, &f), 0), ROW(half, 0x5566);
    ROW(paging_fetch32(t, &window, at + 4, &word, &f), 0), ROW(word, 0x11223344), ROW(paging_fetch64(t, &window, at, &wide, &f), 0);
    ROW(wide, 0x1122334455667788), ROW(paging_store32(t, at, 5, NULL), 0), ROW(paging_fetch32(t, &window, at, &word, &f), 0);
    ROW(word, 5), ROW(paging_fetch32(t, &window, at + 4094, &word, &f), 0);    /* in two pages: a call */
    ROW(paging_fetch8(t, &window, at, &byte, &f), 0), ROW(paging_mprotect(p, at, 4096, 3), 0);    /* the right goes */
    ROW(paging_fetch8(t, &window, at, &byte, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_NOT_ALLOWED), ROW(f.address, at);
    ROW(paging_fetch8(t, &window, at + 4096, &byte, &f), 0), ROW(window.start, at + 4096), ROW(paging_munmap(p, at + 4096, 4096), 0);
    ROW(paging_fetch8(t, &window, at + 4096, &byte, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_NOT_MAPPED);
}

static void flat_views(void)
{
    paging_options options = *options_of(1 << 20);
    paging_engine shared;
    paging_process q, none;
    paging_flat_view view = 5;
    const void *bytes = &options;
    uint32_t word = 0x04030201;
    ROW(paging_flat_view_open(p, 0, 4096, &view, &bytes), PAGING_WRONG_STATE), ROW(SAYS("A flat view needs share_ram"), 1), ROW(view, 0);
    options.share_ram = 1, ROW(paging_engine_create(&options, &shared), 0), ROW(paging_process_create(shared, "q", NULL, &q), 0);
    uint32_t start = map(q, 8192, ANONYMOUS, -1);
    ROW(paging_write(q, start, &word, 4, NULL), 0), ROW(paging_flat_view_open(0, start, 8192, &view, &bytes), STALE);
    ROW(paging_flat_view_open(q, start, 8192, NULL, &bytes), MISUSE), ROW(paging_flat_view_open(q, start, 8192, &view, NULL), MISUSE);
    ROW(paging_flat_view_open(q, start + 1, 8192, &view, &bytes), MISUSE), ROW(paging_flat_view_open(q, start, 8191, &view, &bytes), MISUSE);
    ROW(paging_flat_view_open(q, start, 0, &view, &bytes), MISUSE), ROW(paging_flat_view_open(q, start, 1ull << 32, &view, &bytes), MISUSE);
    ROW(paging_flat_view_open(q, start, UINT64_MAX - 4095, &view, &bytes), MISUSE), ROW(bytes == NULL, 1), ROW(view, 0);
    ROW(paging_flat_view_open(q, 0, 0xc0000000, &view, &bytes), 0);    /* all of it: the base of the guest's addresses */
    const volatile uint8_t *flat = bytes;
    ROW(flat[start + 3], 4), ROW(flat[0], 0), word = 0x14131211, ROW(paging_write(q, start, &word, 4, NULL), 0);
    ROW(flat[start + 3], 0x14), ROW(paging_write(q, start + 4096, &word, 4, NULL), 0), ROW(flat[start + 4096], 0);
    ROW(paging_flat_view_is_current(0), STALE), ROW(paging_flat_view_is_current(view), 1), ROW(paging_flat_view_refresh(0), STALE);
    ROW(paging_flat_view_refresh(view), 0), ROW(flat[start + 4096], 0x11), ROW(paging_munmap(q, start, 4096), 0);
    ROW(paging_flat_view_is_current(view), 0), ROW(paging_flat_view_refresh(view), 0), ROW(flat[start], 0);
    ROW(paging_flat_view_is_current(view), 1), ROW(paging_exit(q, 0), 0), ROW(paging_flat_view_refresh(view), PAGING_ENDED);
    ROW(paging_flat_view_is_current(view), 0), ROW(paging_flat_view_open(q, 0, 4096, &view, &bytes), PAGING_ENDED);
    ROW(paging_process_create(shared, "r", NULL, &none), 0), ROW(paging_flat_view_open(none, 0, 4096, &view, &bytes), 0);
    ROW(paging_free(view), 0), ROW(paging_flat_view_is_current(view), STALE), ROW(paging_free(shared), 0);
}

static void windows(void)
{
    paging_options options = *options_of(1 << 20);
    paging_engine shared;
    paging_process q, r;
    paging_window window = 5, other;
    void *base = &options;
    paging_fault f = { 9, 9 };
    ROW(paging_window_open(p, 0, &window, &base), PAGING_WRONG_STATE), ROW(SAYS("A window needs share_ram"), 1), ROW(window, 0);
    options.share_ram = 1, ROW(paging_engine_create(&options, &shared), 0), ROW(paging_process_create(shared, "q", NULL, &q), 0);
    uint32_t start = map(q, 8192, ANONYMOUS, -1);
    ROW(paging_window_open(0, 0, &window, &base), STALE), ROW(paging_window_open(q, 1, &window, &base), MISUSE);
    ROW(paging_window_open(q, 0, NULL, &base), MISUSE), ROW(paging_window_open(q, 0, &window, NULL), MISUSE), ROW(window, 0);
    ROW(paging_window_open(q, 0, &window, &base), 0), ROW(paging_window_mappings(window), 1), ROW(paging_window_mappings(0), STALE);
    ROW(paging_window_open(q, 0, &other, &base), PAGING_WRONG_STATE), ROW(SAYS("has a window already"), 1), ROW(base == NULL, 1);
    ROW(paging_free(window), 0), ROW(paging_window_open(q, 0, &window, &base), 0);
    volatile uint32_t *words = (volatile uint32_t *)(void *)((char *)base + start);
    ROW(paging_window_fault(0, base, PAGING_ACCESS_READ, &f), STALE), ROW(f.kind, 0);
    ROW(paging_window_fault(window, base, PAGING_ACCESS_FETCH, NULL), MISUSE), ROW(paging_window_fault(window, base, 77, NULL), MISUSE);
    ROW(paging_window_fault(window, (char *)words, PAGING_ACCESS_WRITE, &f), PAGING_WINDOW_SHOWN), ROW(f.kind, 0);
    words[1] = 77;
    uint32_t word = 0;
    ROW(paging_read(q, start + 4, &word, 4, NULL), 0), ROW(word, 77), ROW(paging_window_mappings(window), 3);
    ROW(paging_window_fault(window, base, PAGING_ACCESS_WRITE, &f), PAGING_WINDOW_REFUSED), ROW(f.kind, PAGING_FAULT_NOT_MAPPED);
    ROW(f.address, 0), ROW(paging_window_fault(window, (char *)base + 0xfffffffful, PAGING_ACCESS_READ, NULL), PAGING_WINDOW_REFUSED);
    ROW(paging_window_fault(window, (char *)base - 1, PAGING_ACCESS_READ, &f), PAGING_WINDOW_BY_CALL), ROW(f.kind, 0);
    ROW(paging_window_fault(window, (char *)base + (1ull << 32) + 65535, PAGING_ACCESS_READ, NULL), PAGING_WINDOW_BY_CALL);
    ROW(paging_window_fault(window, (char *)base + (1ull << 32) + 65536, PAGING_ACCESS_READ, NULL), PAGING_WINDOW_ELSEWHERE);
    ROW(paging_window_fault(window, NULL, PAGING_ACCESS_READ, NULL), PAGING_WINDOW_ELSEWHERE);
    ROW(paging_munmap(q, start, 8192), 0), ROW(paging_window_mappings(window), 1), ROW(paging_exit(q, 0), 0);
    ROW(paging_window_fault(window, (char *)words, PAGING_ACCESS_READ, &f), PAGING_ENDED), ROW(paging_free(window), 0);
    ROW(paging_window_mappings(window), STALE), ROW(paging_window_open(q, 0, &window, &base), PAGING_ENDED);
    uint32_t committed = 0;
    ROW(paging_windows_process_create(shared, "w", &r), 0), ROW(paging_window_open(r, 0, &window, &base), 0);
    ROW(paging_virtual_alloc(r, 0, 4096, 0x3000, 4, &committed), 0), words = (volatile uint32_t *)(void *)((char *)base + committed);
    ROW(paging_window_fault(window, (char *)words, PAGING_ACCESS_WRITE, &f), PAGING_WINDOW_SHOWN), words[0] = 78;
    ROW(paging_windows_read(r, committed, &word, 4, NULL), 0), ROW(word, 78), ROW(paging_window_mappings(window), 3);
    ROW(paging_virtual_free(r, committed, 0, 0x8000), 0), ROW(paging_window_mappings(window), 1), ROW(paging_free(window), 0);
    ROW(paging_process_create(shared, "r", NULL, &r), 0), ROW(paging_window_open(r, 0, &window, &base), 0);
    ROW(paging_audit(shared, NULL, 0), 0), ROW(paging_free(shared), 0), ROW(paging_window_mappings(window), STALE);
}

static void file_of_ram(void)
{
    paging_options options = *options_of(1 << 20);
    paging_engine shared;
    paging_process owner;
    paging_process_info info = { .size = sizeof info };
    uint64_t entry;
    ROW(paging_ram_file(0), STALE), ROW(paging_ram_file(e), PAGING_WRONG_STATE), ROW(SAYS("share_ram"), 1), options.share_ram = 1;
    ROW(paging_engine_create(&options, &shared), 0), ROW(paging_process_create(shared, "p", NULL, &owner), 0);
    uint32_t page = map(owner, 4096, ANONYMOUS, -1), word = 77;
    ROW(paging_write(owner, page, &word, 4, NULL), 0), ROW(paging_pagemap(owner, page >> 12, &entry, 1), 0);
    uint32_t *ram = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, paging_ram_file(shared), 0);
    CHECK(ram != MAP_FAILED && !paging_process_info_get(owner, &info));
    ROW(ram[info.page_directory * 1024 + (page >> 22)] & 1, 1), ROW(ram[(entry & 0xfffff) * 1024], 77);
    ROW(paging_free(shared), 0), ROW(munmap(ram, 1 << 20), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    ROW(paging_engine_create(options_of(16 << 20), &e), 0), ROW(paging_process_create(e, "p", NULL, &p), 0);
    at = map(p, 4 * 4096, ANONYMOUS, -1);
    for (uint32_t page = 0; page < 3; page++) {
        uint32_t value = 10 + page;
        CHECK(!paging_write(p, at + page * 4096, &value, 4, NULL));
    }
    ROW(paging_snapshot_take(p, &snapshot), 0);
    snapshots_in_memory(), files_of_the_saved(arguments[1]), images(), sets_of_processes(arguments[1]), states_and_bounds(), cores(arguments[1]), shadows(), policies(), fetches(), file_of_ram(), flat_views(), windows();
    ROW(paging_audit(e, NULL, 0), 0), ROW(paging_free(e), 0);
    return wrong != 0;
}
