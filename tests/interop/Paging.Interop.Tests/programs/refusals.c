/* What a refused call leaves behind: the text, *fault, the value, the buffer. And calls from where none are allowed: callbacks, threads
 * that do not run in the process, the child of a fork. */
#define _GNU_SOURCE
#define PAGING_UNTYPED_HANDLES    /* handles are held against 0 and 5 */
#include "check.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAYS(text) (strcmp(paging_last_error(), text) == 0)

static int32_t given = -PAGING_EIO, flushed;
static paging_engine engine;
static paging_process process;
static paging_processor processor;
static paging_windows_process windows;    /* 0: an engine with threads has none */
static char slots[4096][4096];
static uint64_t objects[8];    /* one of most kinds; the first is the engine */
static const paging_translations *seen_inside;
static uint32_t ready;    /* memory that this thread has stored to */

static int32_t load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)c, (void)o, (void)n, *v = 1; return given; }
static int32_t store(void *c, uint64_t o, uint32_t n, uint64_t v) { (void)c, (void)o, (void)n, (void)v; return given; }
static int32_t read_file(void *c, uint64_t o, void *b, uint32_t n) { (void)c, (void)o, memset(b, 1, n); return given; }
static int32_t write_file(void *c, uint64_t o, const void *b, uint32_t n) { (void)c, (void)o, (void)b, (void)n; return given; }
static int32_t set_length(void *c, uint64_t n) { (void)c, (void)n; return given; }
static int32_t flush(void *c) { (void)c; return flushed; }
static int32_t request(void *c, uint32_t p, void *b) { (void)c, (void)p, (void)b; return given; }
static int32_t keep(void *c, uint32_t p, const void *b) { (void)c, (void)p, (void)b; return given; }
static int32_t watch(void *c, const paging_watched *w) { (void)c, (void)w; return given; }

static int32_t read_slot(void *c, uint32_t slot, void *b)
{
    (void)c;
    memcpy(b, slots[slot], 4096);
    return given;
}

static int32_t write_slot(void *c, uint32_t slot, const void *b)
{
    (void)c;
    memcpy(slots[slot], b, 4096);
    return 0;
}

/* A callback asks for the translations, and makes accesses through them, to memory that its thread has used a moment before. */
static int32_t from_inside(void *context, uint64_t offset, uint32_t length, uint64_t *value)
{
    uint32_t word = 5;
    paging_fault fault = { 77, 77 };
    (void)context, (void)offset, (void)length;
    *value = 0;
    seen_inside = paging_translations_of(process);
    CHECK(seen_inside && seen_inside->process == process && seen_inside->version == PAGING_TRANSLATIONS_VERSION);
    CHECK(paging_load32(seen_inside, ready, &word, &fault) == PAGING_WRONG_STATE && word == 5 && fault.kind == 0 && fault.address == 0);
    CHECK(paging_store32(seen_inside, ready, 1, NULL) == PAGING_WRONG_STATE && !paging_find_read(seen_inside, ready, 4));
    CHECK(paging_read(process, ready, &word, 4, NULL) == PAGING_WRONG_STATE && strstr(paging_last_error(), "callback"));
    for (int i = 0; i < 8; i++) {
        if (objects[i]) CHECK(paging_free(objects[i]) == PAGING_WRONG_STATE && strstr(paging_last_error(), "callback"));
    }
    if (!windows) return 0;
    const paging_translations *of_windows = paging_translations_of(paging_windows_memory(windows));
    CHECK(of_windows && of_windows->process == windows && !paging_find_read(of_windows, ready, 4));
    return 0;
}

/* Every way to the memory of a process, from a thread that may use none. */
static void *trespass(void *unused)
{
    const paging_translations *t = paging_translations_of(process);
    paging_fault fault = { 77, 77 };
    uint64_t wide = 5;
    uint32_t word = 5;
    uint8_t bytes[16];
    const void *start;
    void *written;
    (void)unused;
    CHECK(t && paging_load32(t, ready, &word, &fault) == PAGING_WRONG_STATE && word == 5 && fault.kind == 0);
    CHECK(paging_store8(t, ready, 9, NULL) == PAGING_WRONG_STATE && paging_store16(t, ready, 9, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_store32(t, ready, 9, NULL) == PAGING_WRONG_STATE && paging_store64(t, ready, 9, NULL) == PAGING_WRONG_STATE);
    CHECK(!paging_find_read(t, ready, 4) && !paging_find_write(t, ready, 4));
    CHECK(paging_read(process, ready, &word, 4, &fault) == PAGING_WRONG_STATE && word == 5);
    CHECK(paging_write(process, ready, &word, 4, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_fetch(process, ready, &word, 4, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_read(process, ready + 4094, &word, 4, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_copy_in(process, ready, bytes, 16, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_copy_out(process, ready, bytes, 16, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_fill(process, ready, 16, 1, NULL) == PAGING_WRONG_STATE);
    CHECK(paging_span(process, ready, 16, PAGING_ACCESS_READ, &start, NULL) == PAGING_WRONG_STATE && !start);
    CHECK(paging_span_writable(process, ready, 16, &written, NULL) == PAGING_WRONG_STATE && !written);
    CHECK(paging_atomic_add(process, ready, 1, &wide, 4, NULL) == PAGING_WRONG_STATE && wide == 5);
    CHECK(paging_atomic_exchange(process, ready, 1, &wide, 4, NULL) == PAGING_WRONG_STATE && wide == 5);
    CHECK(paging_atomic_compare_exchange(process, ready, 1, 7, &wide, 4, NULL) == PAGING_WRONG_STATE && wide == 5);
    return NULL;
}

static void on_another_thread(void *(*work)(void *))
{
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, work, NULL) && !pthread_join(thread, NULL));
}

/* A fault, an errno of a device or watcher, and a refusal: *fault is set each time, and the value stays. */
static void leaves_no_old_fault(uint32_t at, int32_t result, uint32_t kind)
{
    const paging_translations *t = paging_translations_of(process);
    paging_fault fault = { 77, 77 };
    uint32_t word = 5, address = kind ? at : 0;
    CHECK(paging_read(process, at, &word, 4, &fault) == result && word == 5 && fault.kind == kind && fault.address == address);
    fault.kind = 77;
    CHECK(paging_load32(t, at, &word, &fault) == result && word == 5 && fault.kind == kind);
    fault.kind = 77;
    CHECK(paging_fetch(process, at, &word, 4, &fault) < 0 && word == 5 && fault.kind != 77);
    fault.kind = 77;
    CHECK(paging_store32(t, at, 1, &fault) == result && fault.kind == kind);
    fault.kind = 77;
    CHECK(paging_fill(process, at, 4, 1, &fault) == (kind ? 0 : result) && fault.kind == kind);
    fault.kind = 77;
    CHECK(paging_copy_out(process, at, &word, 4, &fault) == (kind ? 0 : result) && fault.kind == kind);
    for (int i = 0; i < 3; i++) {
        uint64_t old = 5;
        fault.kind = 77;
        int32_t given_back = i == 0 ? paging_atomic_add(process, at, 1, &old, 4, &fault)
            : i == 1 ? paging_atomic_exchange(process, at, 1, &old, 4, &fault)
            : paging_atomic_compare_exchange(process, at, 1, 1, &old, 4, &fault);
        CHECK(given_back == result && old == 5 && fault.kind == kind);
    }
}

static void callbacks_say_what_they_gave(void)
{
    paging_device device = { sizeof device, 0, NULL, load, store, NULL };
    paging_backing backing = { sizeof backing, 0, NULL, 8192, read_file, write_file, set_length, flush, NULL };
    paging_page_source source = { sizeof source, 0, NULL, request, keep };
    paging_swap_store swap_store = { sizeof swap_store, 4096, NULL, read_slot, write_slot, NULL };
    paging_watcher watcher = { sizeof watcher, 0, NULL, watch };
    paging_file file;
    paging_pager pager;
    paging_swap swap;
    paging_watchpoint watchpoint;
    paging_fault fault;
    uint32_t word = 7;    /* a page of zeros would need no read from swap */
    given = -PAGING_EIO;
    CHECK(!paging_device_create(engine, "d", &device, 4096, PAGING_READ_WRITE, &file));
    uint32_t at = map(process, 4096, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
    leaves_no_old_fault(at, -PAGING_EIO, 0);
    CHECK(paging_read(process, at, &word, 4, NULL) == -PAGING_EIO && SAYS("The program's function load gave -5."));
    CHECK(paging_write(process, at, &word, 4, NULL) == -PAGING_EIO && SAYS("The program's function store gave -5."));

    CHECK(!paging_file_create_backed(engine, "b", &backing, PAGING_READ_WRITE, &file));
    at = map(process, 8192, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
    CHECK(paging_read(process, at, &word, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
    CHECK(SAYS("The program's function read gave -5."));
    given = 1 << 20;    /* more than was requested */
    CHECK(paging_read(process, at, &word, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
    CHECK(strstr(paging_last_error(), "read gave 1048576, although only "));
    given = 4096;
    CHECK(!paging_write(process, at, &word, 4, NULL));
    given = -200;
    CHECK(paging_msync(process, at, 4096, PAGING_MS_SYNC) == -PAGING_EIO && strstr(paging_last_error(), " gave -200."));
    given = -PAGING_ENOSPC;
    CHECK(paging_file_set_length(file, 4096) == -PAGING_ENOSPC && SAYS("The program's function set_length gave -28."));
    given = 4096;
    CHECK(!paging_file_set_length(file, 8192) && !paging_msync(process, at, 4096, PAGING_MS_SYNC));
    flushed = -122;
    CHECK(!paging_write(process, at, &word, 4, NULL) && paging_msync(process, at, 4096, PAGING_MS_SYNC) == -122);
    CHECK(SAYS("The program's function flush gave -122."));
    flushed = 0;
    CHECK(!paging_write(process, at, &word, 4, NULL) && !paging_msync(process, at, 4096, PAGING_MS_SYNC));

    CHECK(!paging_pager_create(engine, "p", 4, &source, &pager));
    at = map(process, 4 * 4096, PAGING_MAP_SHARED, paging_file_open(paging_pager_file(pager), process, PAGING_READ_WRITE, 0));
    struct { int32_t given; const char *text; } answers[] = {
        { PAGING_PAGE_FAILED, "The program's function request gave 3." },
        { -PAGING_EIO, "The program's function request gave -5." },
        { 77, "The program's function request gave 77, which is no PAGING_PAGE_ value." },
    };
    for (int i = 0; i < 3; i++) {
        given = answers[i].given;
        CHECK(paging_read(process, at + 4096 * i, &word, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
        CHECK(SAYS(answers[i].text));
    }
    given = PAGING_PAGE_ZEROS;
    CHECK(!paging_write(process, at + 3 * 4096, &word, 4, NULL));
    given = -PAGING_ENOSPC;
    CHECK(paging_msync(process, at + 3 * 4096, 4096, PAGING_MS_SYNC) < 0 && SAYS("The program's function store gave -28."));
    given = 0;
    CHECK(!paging_msync(process, at + 3 * 4096, 4096, PAGING_MS_SYNC));

    at = map(process, 4096, ANONYMOUS, -1);
    CHECK(!paging_write(process, at, &word, 4, NULL) && !paging_watch(process, at, 4, 7, &watcher, &watchpoint));
    given = -PAGING_EACCES;
    leaves_no_old_fault(at, -PAGING_EACCES, 0);
    CHECK(paging_read(process, at, &word, 4, NULL) == -PAGING_EACCES && SAYS("The program's function report gave -13."));
    CHECK(!paging_free(watchpoint) && !paging_read(process, at, &word, 4, &fault) && fault.kind == 0);

    swap_store.slot_count = 0;
    CHECK(paging_swap_on(engine, "s", &swap_store, &swap) == -PAGING_EINVAL);
    CHECK(SAYS("A swap device has from 1 to 2^24 slots, with PAE 2^27. slot_count is 0."));
    swap_store.slot_count = 4096;
    CHECK(!paging_swap_on(engine, "s", &swap_store, &swap));
    CHECK(!paging_madvise(process, at, 4096, PAGING_MADV_PAGEOUT));
    CHECK(!paging_drop_caches(engine));
    given = -PAGING_EIO;
    for (int i = 0; i < 2048; i++) CHECK(!paging_write(process, map(process, 4096, ANONYMOUS, -1), &i, 4, NULL) || i > 200);
    CHECK(paging_read(process, at, &word, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
    CHECK(SAYS("The program's function read gave -5."));
    given = 0;
}

static void texts_have_what_the_caller_gave(void)
{
    paging_fault fault;
    paging_snapshot all;
    paging_process loaded;
    paging_pinned pinned;
    paging_watchpoint watchpoint;
    paging_watcher watcher = { sizeof watcher, 0, NULL, watch };
    char expected[100], room[1 << 16];
    uint32_t at = map(process, 4096, ANONYMOUS, -1);
    snprintf(expected, sizeof expected, "length is 4294967295: it must be less than or equal to %u.", 0xc0000000 - at);
    CHECK(paging_pin(process, at, UINT32_MAX, PAGING_ACCESS_READ, &pinned, &fault) == PAGING_BAD_ARGUMENT && SAYS(expected));
    CHECK(paging_watch(process, at, UINT32_MAX, PAGING_WATCH_READ, &watcher, &watchpoint) == PAGING_BAD_ARGUMENT && SAYS(expected));
    CHECK(paging_watch(process, UINT32_MAX, 1, PAGING_WATCH_READ, &watcher, &watchpoint) == PAGING_BAD_ARGUMENT);
    CHECK(SAYS("length is 1: it must be less than or equal to 0."));
    paging_engine other;
    CHECK(!paging_engine_create(NULL, &other) && !paging_engine_snapshot_take(other, &all));
    CHECK(paging_snapshot_save(all, "/no such folder/x") == -PAGING_ENOENT && SAYS("There is no file '/no such folder/x'."));
    int64_t length = paging_snapshot_save_bytes(all, room, sizeof room);
    CHECK(length > 0 && paging_process_load_bytes(other, room, (uint64_t)length, NULL, &loaded) == -PAGING_EINVAL);
    CHECK(SAYS("This is a saved engine, not a saved process: paging_engine_load loads it."));
    CHECK(!paging_free(other));
}

static void texts_fit_any_room(void)
{
    char buffer[4096], whole[4096];
    CHECK(paging_memfd_create(process, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 0) >= 0);    /* characters of 2, 3 and 4 bytes */
    int64_t length = paging_report(process, PAGING_REPORT_MAPS, whole, sizeof whole);
    CHECK(length > 0 && length < (int64_t)sizeof whole && (int64_t)strlen(whole) == length);
    for (int64_t capacity = 0; capacity < length + 3; capacity++) {
        memset(buffer, 'x', sizeof buffer);
        CHECK(paging_report(process, PAGING_REPORT_MAPS, buffer, (uint64_t)capacity) == length && buffer[capacity] == 'x');
        if (capacity == 0) continue;
        size_t given_length = strlen(buffer);
        CHECK((int64_t)given_length < capacity && capacity - (int64_t)given_length <= (capacity > length ? capacity - length : 4));
        CHECK(!memcmp(buffer, whole, given_length) && ((unsigned char)whole[given_length] & 0xc0) != 0x80);    /* a whole character */
    }
}

static void options_are_validated(void)
{
    const paging_options usual = { .size = sizeof usual, .ram_bytes = 1 << 20, .overcommit_ratio = 50, .max_map_count = 100,
        .swappiness = 60, .swap_read_ahead_pages = 8, .attached_spaces_max = 4, .read_ahead_pages = 32, .fault_around_pages = 16,
        .dirty_background_ratio = 10, .dirty_ratio = 20, .dirty_expire_ticks = 6, .seed = 1, .shootdown_milliseconds = 100 };
    paging_options options[8];
    paging_engine made;
    for (int i = 0; i < 8; i++) options[i] = usual;
    CHECK(!paging_engine_create(&options[0], &made) && !paging_free(made));
    options[0].tables = 2, options[1].request_host_huge_pages = 2, options[2].share_ram = 2, options[3].allow_threads = 2;
    options[4].overcommit = 3, options[5].out_of_memory = 9, options[6].transparent_huge_pages = 2, options[7].swappiness = 201;
    for (int i = 0; i < 8; i++) CHECK(paging_engine_create(&options[i], &made) == PAGING_BAD_ARGUMENT && made == 0 && *paging_last_error());
    /* A number that is no int of the engine is named as it was given */
    for (int i = 0; i < 7; i++) options[i] = usual;
    options[0].overcommit_ratio = UINT32_MAX, options[1].max_map_count = UINT32_MAX, options[2].zeroed_frames = UINT32_MAX;
    options[3].huge_pages = 1u << 31, options[4].verify_restores = UINT32_MAX, options[5].dirty_expire_ticks = UINT32_MAX;
    options[6].attached_spaces_max = UINT32_MAX;
    for (int i = 0; i < 7; i++) {
        CHECK(paging_engine_create(&options[i], &made) == PAGING_BAD_ARGUMENT);
        CHECK(strstr(paging_last_error(), "it must be at most 2147483647."));
    }
    CHECK(!strncmp(paging_last_error(), "attached_spaces_max is 4294967295: ", 35));
    paging_process_options wrong[] = { { .size = sizeof wrong[0], .is_bottom_up = 2 }, { .size = sizeof wrong[0], .is_privileged = 2 } };
    paging_process child;
    for (int i = 0; i < 2; i++) CHECK(paging_process_create(engine, "q", &wrong[i], &child) == PAGING_BAD_ARGUMENT && child == 0);
    paging_backing backing = { .size = sizeof backing, .allows_concurrent_reads = 2, .read = read_file };
    paging_file file;
    CHECK(paging_file_create_backed(engine, "b", &backing, PAGING_READ, &file) == PAGING_BAD_ARGUMENT && file == 0);
    /* A refused call changes nothing, whichever argument is wrong: an overcommit of 1 would admit what follows */
    CHECK(!paging_set_overcommit(engine, 2, 0) && paging_set_overcommit(engine, 1, UINT32_MAX) == PAGING_BAD_ARGUMENT
        && SAYS("ratio is 4294967295: it must be at most 2147483647."));
    CHECK(paging_set_overcommit(engine, 3, 0) == PAGING_BAD_ARGUMENT);
    CHECK(paging_mmap(process, 0, 1 << 30, READ_WRITE, ANONYMOUS, -1, 0) == -PAGING_ENOMEM && !paging_set_overcommit(engine, 0, 50));
}

static void memory_of_the_host_is_checked(void)
{
    paging_file file;
    char *memory;
    CHECK(!posix_memalign((void **)&memory, 4096, 4 * 4096));
    static const struct { uint64_t offset, length; } wrong[] = {
        { 8, 4096 }, { 1, 4096 }, { 4095, 4096 }, { 0, 0 }, { 0, 100 }, { 0, 4097 }, { 0, 1ull << 31 }, { 0, 1ull << 32 },
        { 0, UINT64_MAX }, { 0, (1ull << 32) + 4096 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        file = 5;
        CHECK(paging_host_memory_create(engine, "m", memory + wrong[i].offset, wrong[i].length, PAGING_READ_WRITE, &file)
            == PAGING_BAD_ARGUMENT && file == 0 && *paging_last_error());
    }
    for (uint32_t offset = 1; offset < 4096; offset <<= 1) {
        CHECK(paging_host_memory_create(engine, "m", memory + offset, 4096, PAGING_READ_WRITE, &file) == PAGING_BAD_ARGUMENT && file == 0);
        CHECK(paging_host_memory_create(engine, "m", memory, offset, PAGING_READ_WRITE, &file) == PAGING_BAD_ARGUMENT && file == 0);
        CHECK(paging_rom_create(engine, "m", memory + offset, 4096, NULL, &file) == PAGING_BAD_ARGUMENT && file == 0);
        CHECK(paging_rom_create(engine, "m", memory, offset, NULL, &file) == PAGING_BAD_ARGUMENT && file == 0);
    }
    CHECK(paging_host_memory_create(engine, "m", NULL, 4096, PAGING_READ_WRITE, &file) == PAGING_BAD_ARGUMENT);
    CHECK(paging_host_memory_create(engine, NULL, memory, 4096, PAGING_READ_WRITE, &file) == PAGING_BAD_ARGUMENT);
    CHECK(!paging_host_memory_create(engine, "m", memory + 4096, 8192, PAGING_READ_WRITE, &file) && paging_file_length(file) == 8192);
}

/* The child has the library's memory and none of its threads. It can say so, and execute something. */
static void a_child_of_the_host_is_refused(void)
{
    const char *text = "The child of a fork cannot use the library: execute something.";
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        paging_engine other = 5;
        uint32_t word = 5;
        alarm(60);    /* a call that waits for a thread of the parent waits for ever */
        int isRefused = paging_version() == PAGING_WRONG_STATE && paging_engine_create(NULL, &other) == PAGING_WRONG_STATE
            && paging_read(process, ready, &word, 4, NULL) == PAGING_WRONG_STATE && word == 5 && paging_free(process) == PAGING_WRONG_STATE
            && paging_report(process, 0, NULL, 0) == PAGING_WRONG_STATE && paging_translations_of(process) == NULL
            && paging_free(engine) == PAGING_WRONG_STATE && strcmp(paging_last_error(), text) == 0;
        _exit(isRefused ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(paging_version() == PAGING_VERSION);
}

int main(void)
{
    paging_options options = { .size = sizeof options };
    paging_device device = { sizeof device, 0, NULL, from_inside, store, NULL };
    paging_file file;
    uint32_t word;
    CHECK(!paging_options_defaults(&options));
    for (int has_threads = 0; has_threads < 2; has_threads++) {
        options.ram_bytes = 4 << 20;
        options.allow_threads = (uint32_t)has_threads;
        CHECK(!paging_engine_create(&options, &engine) && !paging_process_create(engine, "p", NULL, &process));
        windows = 0;
        if (!has_threads) CHECK(!paging_windows_process_create(engine, "w", &windows));
        if (has_threads) CHECK(!paging_processor_create(engine, "main", &processor) && !paging_run(processor, process));
        ready = map(process, 8192, ANONYMOUS, -1);
        for (uint32_t page = 0; page < 2; page++) CHECK(!paging_store32(paging_translations_of(process), ready + 4096 * page, 7, NULL));
        leaves_no_old_fault(16, -PAGING_EFAULT, PAGING_FAULT_NOT_MAPPED);
        on_another_thread(trespass);
        CHECK(!paging_device_create(engine, "d", &device, 4096, PAGING_READ_WRITE, &file));
        uint32_t at = map(process, 4096, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
        CHECK(!paging_read(process, at, &word, 4, NULL) && seen_inside && seen_inside != paging_translations_of(process));
        const paging_watcher watcher = { sizeof watcher, 0, NULL, watch };
        const uint64_t some[8] = { engine, process, windows, file };
        memcpy(objects, some, sizeof objects);
        CHECK(!paging_events_record(engine, 8, &objects[4]) && !paging_dirty_log_open(process, &objects[5]));
        CHECK(!paging_snapshot_take(process, &objects[6]) && !paging_watch(process, ready, 4, 7, &watcher, &objects[7]));
        CHECK(!paging_read(process, at, &word, 4, NULL));
        /* The page is known now: C calls the function by itself. */
        for (int i = 0; i < 2; i++) CHECK(!paging_load32(paging_translations_of(process), at, &word, NULL) && word == 0);
        for (int i = 4; i < 8; i++) CHECK(!paging_free(objects[i]));
        memset(objects, 0, sizeof objects);
        CHECK(!paging_read(process, ready, &word, 4, NULL) && word == 7);
        a_child_of_the_host_is_refused();
        options_are_validated();
        memory_of_the_host_is_checked();
        texts_have_what_the_caller_gave();
        texts_fit_any_room();
        if (!has_threads) callbacks_say_what_they_gave();
        if (has_threads) CHECK(!paging_rest(processor));
        if (has_threads) CHECK(paging_load32(paging_translations_of(process), ready, &word, NULL) == PAGING_WRONG_STATE);
        CHECK(paging_audit(engine, NULL, 0) == 0 && !paging_free(engine));
    }
    return 0;
}
