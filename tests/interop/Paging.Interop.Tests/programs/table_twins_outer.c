/* As table_twins.c: shadows, reports, ledgers, logs, pins, swap devices, groups, userfaultfds, events, watchpoints, threads, Windows. */
#include "table.h"

#define EACH for (uint32_t k = 0; k < 2; k++)
enum { PAGE = 4096, FIXED = PAGING_MAP_FIXED };

static paging_engine e[2];
static paging_process p[2];
static paging_fault f;
static uint32_t at[2];
static char text[1 << 16], path[256];

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

static void no_place_for_the_handle(void)
{
    static char room[2 * PAGE];
    char *aligned = room + (PAGE - (uintptr_t)room % PAGE) % PAGE;
    paging_backing backing = { .size = sizeof backing };
    paging_device device = { .size = sizeof device };
    paging_page_source source = { .size = sizeof source };
    paging_process set[1];
    ROW(paging_file_open_host(e[0], path, 3, 1, NULL), MISUSE), ROW(paging_file_create_backed(e[0], "b", &backing, 1, NULL), MISUSE);
    ROW(paging_device_create(e[0], "d", &device, PAGE, 1, NULL), MISUSE);
    ROW(paging_host_memory_create(e[0], "m", aligned, PAGE, 3, NULL), MISUSE);
    ROW(paging_pager_create(e[0], "p", 1, &source, NULL), MISUSE), ROW(paging_process_load(e[0], path, NULL, NULL), MISUSE);
    ROW(paging_engine_load(e[0], NULL, NULL, set, 1), MISUSE);
}

static void shadows(void)
{
    paging_shadow shadow[2];
    EACH fixed(p[k], at[k], 8), ROW(paging_fill(p[k], at[k], 8 * PAGE, 1 + k, NULL), 8 * PAGE),
        ROW(paging_shadow_open(p[k], &shadow[k]), 0);
    EACH {
        const uint32_t start = at[k] + 100 + 20 * k, length = 10 + 7 * k;
        uint32_t word = 0;
        ROW(paging_shadow_mark(shadow[k], start, length, 1 + k), 0);
        for (uint32_t i = 0; i < 40; i++) ROW(paging_shadow_state(shadow[k], start - 1 + i), i >= 1 && i <= length ? 1 + k : 0);
        ROW(paging_shadow_find(shadow[k], start - 10 - k, 30 + k, 1 - k), start);
        ROW(paging_shadow_find(shadow[k], start - 10, 9 + k, 1), -PAGING_ENOENT);
        if (!k) ROW(paging_shadow_find(shadow[k], start, length, 0), -PAGING_ENOENT);
        ROW(paging_read(p[k], start, &word, 4, &f), -PAGING_EFAULT);
        ROW(f.kind, k ? PAGING_FAULT_UNADDRESSABLE : PAGING_FAULT_UNINITIALIZED);
        ROW(paging_shadow_set(shadow[k], k, 1 - k), 0), ROW(paging_read(p[k], start, &word, 4, &f), 0);
        ROW(paging_shadow_state(shadow[k], start), 1 + k);
    }
    EACH ROW(paging_free(shadow[k]), 0);
}

static void reports(void)
{
    static const uint64_t trace[] = { 2, 4, 6, 2, 4, 6, 8, 3 };
    EACH {
        paging_fault_counts counts = { .size = sizeof counts }, all = { .size = sizeof all };
        paging_replay_result result = { .size = sizeof result };
        int64_t length = paging_engine_report(e[k], PAGING_REPORT_MEMINFO + k, text, sizeof text - k);
        ROW(length, strlen(text)), ROW(strncmp(text, k ? "nr_free_pages " : "MemTotal:", k ? 14 : 9), 0), text[5 + k] = 'x';
        ROW(paging_engine_report(e[k], PAGING_REPORT_MEMINFO + k, text, 5 + k), length), ROW(strlen(text), 4 + k);
        ROW(paging_faults_get(p[k], &counts), 0), ROW(paging_engine_faults_get(e[k], &all), 0), ROW(counts.anonymous, 8);
        ROW(all.anonymous, 8);
        ROW(paging_touch(p[k], 16, 0, NULL), -PAGING_EFAULT), ROW(paging_touch(p[k], 16, 0, NULL), -PAGING_EFAULT);
        for (uint32_t i = 0; i < k; i++) ROW(paging_touch(p[k], 16, 0, NULL), -PAGING_EFAULT);
        int64_t refused = counts.refused;
        ROW(paging_faults_get(p[k], &counts), 0), ROW(counts.refused, refused + 2 + k), ROW(paging_engine_faults_get(e[k], &all), 0);
        ROW(all.refused, refused + 2 + k);
        ROW(paging_replay(k ? "LRU" : "FIFO", 2 + k, trace, 7 + k, &result), 0), ROW(result.accesses, 7 + k);
        ROW(result.misses, k ? 5 : 7), ROW(result.stores, k);
        FILE *file = fopen(path, "w");
        CHECK(file);
        for (int i = 0; i < 6; i++) fprintf(file, "%x000\n", 1 + i % 3);
        ROW(fclose(file), 0), ROW(paging_replay_file("LRU", 2 + k, path, &result), 0), ROW(result.misses, k ? 3 : 6), ROW(remove(path), 0);
    }
}

static int32_t read_backing(void *c, uint64_t o, void *b, uint32_t n) { (void)c, memset(b, (int)(o >> 12), n); return (int32_t)n; }
static int32_t write_backing(void *c, uint64_t o, const void *b, uint32_t n) { (void)c, (void)o, (void)b; return (int32_t)n; }
static uint8_t slots[2][64][PAGE];
static int32_t read_slot(void *c, uint32_t s, void *b) { memcpy(b, slots[(uintptr_t)c][s], PAGE); return 0; }
static int32_t write_slot(void *c, uint32_t s, const void *b) { memcpy(slots[(uintptr_t)c][s], b, PAGE); return 0; }

static paging_ledger_times times_of(paging_ledger ledger, paging_process process)
{
    paging_ledger_times times = { .size = sizeof times };
    ROW(paging_ledger_times_get(ledger, process, &times), 0);
    return times;
}

static void ledgers(void)
{
    paging_ledger ledger[2];
    paging_process child[2];
    EACH ROW(paging_ledger_open(e[k], k ? "desktop-2009" : "server-2025", 2 + k, &ledger[k]), 0);
    EACH {
        paging_backing backing = { sizeof backing, 0, NULL, (300 + k) * PAGE, read_backing, write_backing, NULL, NULL, NULL };
        paging_swap_store store = { sizeof store, 32 + k, (void *)(uintptr_t)k, read_slot, write_slot, NULL };
        paging_file file;
        paging_swap swap;
        uint8_t byte = 0;
        ROW(paging_ledger_file_create_backed(ledger[k], k ? "b" : "a", &backing, 1 + 2 * k, NULL), MISUSE);
        ROW(paging_ledger_file_create_backed(ledger[k], k ? "b" : "a", &backing, 1 + 2 * k, &file), 0);
        ROW(paging_file_length(file), (300 + k) * PAGE);
        ROW(paging_file_open(file, p[k], PAGING_WRITE, 0), k ? 3 : -PAGING_EACCES), ROW(paging_close(p[k], 3), k ? 0 : -PAGING_EBADF);
        ROW(paging_file_open(file, p[k], PAGING_READ, 0), 3), ROW(paging_pread(p[k], 3, &byte, 1, (100 + k) * PAGE), 1), ROW(byte, 100 + k);
        /* The page is on its way: a read of another page does not wait for it, nor does another process. */
        paging_process other;
        ROW(paging_process_create(e[k], "other", NULL, &other), 0);
        ROW(paging_ledger_end_read(ledger[k], other, file, (200 + k) * PAGE, 1 + k, 1 - k), 0);
        ROW(times_of(ledger[k], other).wait_for_file, 0);
        ROW(paging_ledger_end_read(ledger[k], p[k], file, (100 + k) * PAGE, 1 + k, k), 0);
        ROW(times_of(ledger[k], p[k]).wait_for_file > 0, 1), ROW(paging_close(p[k], 3), 0);
        paging_ledger_times before = times_of(ledger[k], p[k]), after;
        ROW(paging_ledger_end_call(ledger[k], p[k], PAGE << k, 1 - k), 0), after = times_of(ledger[k], p[k]);
        ROW(after.copies > before.copies, 1);
        ROW(after.call_count, before.call_count + 1), ROW(times_of(ledger[k], other).call_count, 1), ROW(paging_free(other), 0);
        /* Copied entries are the parent's time, and the child's number of pages decides. */
        ROW(paging_fork(p[k], &child[k]), 0), ROW(paging_process_create(e[k], "empty", NULL, &other), 0);
        ROW(paging_ledger_end_call(ledger[k], child[k], 0, 0), 0), before = times_of(ledger[k], p[k]);
        ROW(paging_ledger_end_fork(ledger[k], p[k], child[k], 1 - k), 0), after = times_of(ledger[k], p[k]);
        uint64_t full = after.system_calls - before.system_calls;
        ROW(times_of(ledger[k], child[k]).call_count, 1), ROW(after.call_count, before.call_count + 1), before = after;
        ROW(paging_ledger_end_fork(ledger[k], p[k], other, k), 0), after = times_of(ledger[k], p[k]);
        ROW(after.system_calls - before.system_calls < full, 1);
        before = times_of(ledger[k], 0), ROW(paging_ledger_end_background(ledger[k]), 0), after = times_of(ledger[k], 0);
        ROW(after.call_count, before.call_count);
        ROW(paging_ledger_report(ledger[k], PAGING_REPORT_COSTS, NULL, 0), paging_ledger_report(ledger[k], PAGING_REPORT_COSTS, text,
            sizeof text - k));
        ROW(strstr(text, k ? "desktop-2009" : "server-2025") != NULL, 1);
        ROW(paging_ledger_report(ledger[k], PAGING_REPORT_COSTS, text, 8 + k) > 8, 1), ROW(strlen(text), 7 + k);
        ROW(paging_ledger_swap_on(ledger[k], NULL, &store, &swap), MISUSE);
        ROW(paging_ledger_swap_on(ledger[k], "s", &store, NULL), MISUSE);
        ROW(paging_ledger_swap_on_memory(ledger[k], 1 << 20, NULL), MISUSE);
        paging_machine machine = { .size = sizeof machine };
        ROW(paging_ledger_swap_on(ledger[k], "s", &store, &swap), 0), ROW(paging_machine_get(e[k], &machine), 0);
        int64_t total = machine.swap_total;
        ROW(paging_free(swap), 0), ROW(paging_machine_get(e[k], &machine), 0), ROW(total - machine.swap_total, 32 + k);
        ROW(paging_ledger_swap_on_memory(ledger[k], (1 + k) << 20, &swap), 0), total = machine.swap_total;
        ROW(paging_machine_get(e[k], &machine), 0), ROW(machine.swap_total - total, 256 << k), ROW(paging_free(swap), 0);
        ROW(paging_free(other), 0), ROW(paging_free(child[k]), 0);
    }
    EACH ROW(paging_free(ledger[k]), 0);
}

static void observers(void)
{
    paging_dirty_log log[2], all[2];
    paging_pinned pin[2];
    paging_flat_view view[2];
    paging_events events[2];
    paging_window window[2];
    EACH ROW(paging_dirty_log_open(p[k], &log[k]), 0), ROW(paging_engine_dirty_log_open(e[k], &all[k]), 0),
        ROW(paging_events_record(e[k], 4 + k, &events[k]), 0);
    EACH for (uint32_t i = 0; i <= k; i++) ROW(paging_fill(p[k], at[k] + (2 + i) * PAGE, 1, 7 + k, NULL), 1);
    EACH {
        uint32_t numbers[8] = { 0 };
        const void *part = NULL, *bytes = NULL;
        void *written = NULL, *base = NULL;
        paging_event rows[8];
        ROW(paging_dirty_log_count(log[k]), 1 + k), ROW(paging_dirty_log_collect(log[k], numbers, 8 - k), 1 + k);
        ROW(numbers[0], (at[k] >> 12) + 2);
        ROW(paging_dirty_log_count(all[k]), 1 + k), ROW(paging_dirty_log_collect(all[k], numbers, 7 + k), 1 + k);
        ROW(paging_free(log[k]), 0), ROW(paging_free(all[k]), 0);
        ROW(paging_pin(p[k], at[k] + 2 * PAGE - k, 3 + k, 1, &pin[k], NULL), 0), ROW(paging_pin_part(pin[k], 0, &part) >= 1, 1);
        ROW(paging_pin_part_writable(pin[k], 0, &written) >= 1, 1), *(uint8_t *)written = (uint8_t)(40 + k);
        ROW((uint8_t)word_at(p[k], at[k] + 2 * PAGE - k), 40 + k);
        ROW(paging_flat_view_open(p[k], at[k] + k * PAGE, (4 + k) * PAGE, &view[k], &bytes), 0);
        ROW(((const uint8_t *)bytes)[2 * PAGE - k - k * PAGE], 40 + k);
        ROW(paging_flat_view_is_current(view[k]), 1), ROW(paging_madvise(p[k], at[k] + (4 + k) * PAGE, PAGE, PAGING_MADV_DONTNEED), 0);
        ROW(paging_flat_view_is_current(view[k]), 0), ROW(paging_flat_view_refresh(view[k]), 0);
        ROW(paging_flat_view_is_current(view[k]), 1);
        ROW(paging_window_open(p[k], 0, &window[k], &base), 0);
        ROW(paging_window_fault(window[k], (char *)base + at[k] + 3 * PAGE, k, &f), PAGING_WINDOW_SHOWN);
        ROW(((volatile uint8_t *)base)[at[k] + 3 * PAGE], k ? 7 + k : 1 + k), ROW(paging_window_mappings(window[k]) >= 1, 1);
        ROW(paging_events_drain(events[k], rows, 8 - k) <= 4 + k, 1), ROW(paging_madvise(p[k], at[k], 2 * PAGE, PAGING_MADV_DONTNEED), 0);
        ROW(paging_touch(p[k], at[k] + k * PAGE, 1, NULL), 1), ROW(paging_events_drain(events[k], rows, 7 + k), 1);
        ROW(rows[0].first_page, (at[k] >> 12) + k), ROW(paging_events_count(events[k]), 0);
        int64_t lost = paging_events_lost(events[k]);
        for (uint32_t i = 0; i < 12; i++) ROW(paging_madvise(p[k], at[k], PAGE, PAGING_MADV_DONTNEED), 0),
            ROW(paging_touch(p[k], at[k], 1, NULL), 1);
        ROW(paging_events_count(events[k]), 4 + k), ROW(paging_events_lost(events[k]) > lost, 1);
    }
    EACH ROW(paging_free(window[k]), 0), ROW(paging_free(view[k]), 0), ROW(paging_free(pin[k]), 0), ROW(paging_free(events[k]), 0);
}

static uint32_t reported[2];
static int32_t watch(void *c, const paging_watched *w) { reported[(uintptr_t)c] = reported[(uintptr_t)c] * 10 + 1 + w->access; return 0; }

static void watchpoints(void)
{
    paging_watchpoint watchpoint[2];
    EACH {
        paging_watcher watcher = { sizeof watcher, 0, (void *)(uintptr_t)k, watch };
        ROW(paging_watch(p[k], at[k] + PAGE + 10 * k, 2 + k, 1 + k, &watcher, &watchpoint[k]), 0);
    }
    EACH {
        uint8_t byte = 5;
        for (uint32_t i = 0; i < 20; i++) {
            reported[0] = reported[1] = 0;
            uint32_t is_inside = i >= 10 * k && i < 10 * k + 2 + k;
            ROW(paging_read(p[k], at[k] + PAGE + i, &byte, 1, NULL), 0), ROW(reported[k], is_inside && !k ? 1 : 0), reported[k] = 0;
            ROW(paging_write(p[k], at[k] + PAGE + i, &byte, 1, NULL), 0), ROW(reported[k], is_inside && k ? 2 : 0), ROW(reported[1 - k], 0);
        }
    }
    EACH ROW(paging_free(watchpoint[k]), 0);
}

static void swap_and_groups(void)
{
    EACH {
        paging_swap_store store = { sizeof store, 40 + k, (void *)(uintptr_t)k, read_slot, write_slot, NULL };
        paging_group_options options = { .size = sizeof options, .limit_frames = 30 + 20 * k };
        paging_process_options joins = { .size = sizeof joins };
        paging_machine before = { .size = sizeof before }, after = { .size = sizeof after };
        paging_group group, other;
        paging_process member;
        paging_swap swap;
        ROW(paging_machine_get(e[k], &before), 0), ROW(paging_swap_on(e[k], "s", &store, &swap), 0);
        ROW(paging_machine_get(e[k], &after), 0);
        ROW(after.swap_total - before.swap_total, 40 + k), ROW(paging_madvise(p[k], at[k] + 2 * PAGE, PAGE, PAGING_MADV_PAGEOUT), 0);
        ROW((uint8_t)word_at(p[k], at[k] + 2 * PAGE), k ? 7 + k : 40), ROW(paging_free(swap), 0);
        ROW(paging_swap_on_memory(e[k], (1 + k) << 20, &swap), 0);
        ROW(paging_machine_get(e[k], &after), 0), ROW(after.swap_total - before.swap_total, 256 << k);
        ROW(paging_group_create(e[k], k ? "b" : "a", 20 + 20 * k, &group), 0);
        ROW(paging_group_create_with(e[k], "with", &options, &other), 0);
        for (uint32_t i = 0; i < 3; i++) {
            paging_usage usage = { .size = sizeof usage };
            const uint32_t limit = i == 0 ? 20 + 20 * k : i == 1 ? 30 + 20 * k : 15 + 20 * k;
            if (i == 2) ROW(paging_group_set_limit(group, 15 + 20 * k), 0);
            joins.group = i == 1 ? other : group, ROW(paging_process_create(e[k], "m", &joins, &member), 0), fixed(member, at[k], 64);
            ROW(paging_fill(member, at[k], 64 * PAGE, 1, NULL), 64 * PAGE), ROW(paging_usage_get(member, &usage), 0);
            ROW(usage.resident <= limit, 1), ROW(usage.resident + 8 > limit, 1), ROW(usage.resident + usage.swapped >= 60, 1);
            ROW(paging_free(member), 0);
        }
        ROW(paging_free(group), 0), ROW(paging_free(other), 0), ROW(paging_free(swap), 0);
    }
}

static void userfaults(void)
{
    paging_uffd uffd[2];
    enum { WANTED = PAGING_UFFD_FEATURE_WRITE_PROTECTION | PAGING_UFFD_FEATURE_POISON | PAGING_UFFD_FEATURE_MOVE
        | PAGING_UFFD_FEATURE_MINOR_SHARED | PAGING_UFFD_FEATURE_MISSING_SHARED };
    static uint8_t bytes[2 * PAGE];
    EACH ROW(paging_uffd_open(p[k], WANTED | k * PAGING_UFFD_FEATURE_EXACT_ADDRESS, k, &uffd[k]), 0);
    EACH {
        const uint32_t far = fixed(p[k], 0x50000000 + (k << 24), 16 + k), shared = far + (1 << 20), n = 1 + k;
        paging_uffd_message message = { .size = sizeof message };
        uint64_t done = 0;
        uint8_t core[4];
        memset(bytes, 60 + (int)k, sizeof bytes);
        ROW(paging_uffd_register(uffd[k], far, (16 + k) * PAGE, 1 + 2 * k), 0);
        ROW(paging_touch(p[k], far + k * PAGE + 5, 1 - k, &f), -PAGING_EFAULT);
        ROW(paging_uffd_read(uffd[k], &message), 0), ROW(message.address, far + k * PAGE + 5 * k);
        ROW(message.is_write, 1 - k);    /* exact: not rounded */
        ROW(paging_uffd_copy(uffd[k], far + k * PAGE, bytes, n * PAGE, 2 * k, k ? &done : NULL), 0), ROW(done, k ? 2 * PAGE : 0);
        ROW(word_at(p[k], far + k * PAGE), 0x01010101 * (60 + k));
        ROW(paging_touch(p[k], far + k * PAGE, PAGING_ACCESS_WRITE, &f), k ? -PAGING_EFAULT : 0);
        if (k) ROW(paging_uffd_read(uffd[k], &message), 0), ROW(message.is_protected, 1);
        ROW(paging_uffd_wake(uffd[k], far + k * PAGE, n * PAGE), 0);
        ROW(paging_uffd_zeropage(uffd[k], far + (4 + k) * PAGE, n * PAGE, k, k ? NULL : &done), 0);
        ROW(word_at(p[k], far + (4 + k) * PAGE), 0);
        ROW(paging_mincore(p[k], far + 4 * PAGE, 4 * PAGE, core), 0), ROW(core[0] + core[1] + core[2] + core[3], n);
        ROW(paging_uffd_poison(uffd[k], far + (8 + k) * PAGE, n * PAGE, k, k ? NULL : &done), 0);
        ROW(paging_touch(p[k], far + (8 + k) * PAGE, 0, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_BUS_ERROR);
        ROW(paging_fill(p[k], at[k] + k * PAGE, PAGE, 80 + k, NULL), PAGE);
        ROW(paging_madvise(p[k], at[k] + (1 + k) * PAGE, PAGE, PAGING_MADV_DONTNEED), 0);
        ROW(paging_uffd_move(uffd[k], far + (11 + k) * PAGE, at[k] + k * PAGE, n * PAGE, k, 1 - k, k ? NULL : &done), 0);
        ROW(word_at(p[k], far + (11 + k) * PAGE), 0x01010101 * (80 + k));
        ROW(word_at(p[k], at[k] + k * PAGE), 0);
        if (k) {
            ROW(paging_uffd_writeprotect(uffd[k], far + PAGE, 2 * PAGE, 0, 1), 0);
            ROW(paging_touch(p[k], far + PAGE, PAGING_ACCESS_WRITE, &f), 0);
            ROW(paging_uffd_writeprotect(uffd[k], far + 2 * PAGE, PAGE, 1, 0), 0);
            ROW(paging_touch(p[k], far + 2 * PAGE, PAGING_ACCESS_WRITE, &f), -PAGING_EFAULT);
        } else {
            fixed(p[k], far + (2 << 20), 4), ROW(paging_uffd_register(uffd[k], far + (2 << 20), 4 * PAGE, 2), 0);
            ROW(paging_touch(p[k], far + (2 << 20) + PAGE, 1, NULL), 1);
            ROW(paging_uffd_writeprotect(uffd[k], far + (2 << 20) + PAGE, PAGE, 1, 0), 0);
            ROW(paging_touch(p[k], far + (2 << 20) + PAGE, 1, &f), -PAGING_EFAULT);
        }
        /* A page in the page cache, which is not mapped. */
        ROW(paging_memfd_create(p[k], "m", 0), 3), ROW(paging_pwrite(p[k], 3, bytes, 2 * PAGE, 0), 2 * PAGE);
        ROW(paging_mmap(p[k], shared, 2 * PAGE, 3, 0x11, 3, 0), shared), ROW(paging_close(p[k], 3), 0);
        ROW(paging_uffd_register(uffd[k], shared, 2 * PAGE, 4), 0);
        ROW(paging_touch(p[k], shared, 0, &f), -PAGING_EFAULT), ROW(f.kind, PAGING_FAULT_PENDING);
        ROW(paging_uffd_continue(uffd[k], shared, n * PAGE, k, k ? NULL : &done), 0);
        ROW(word_at(p[k], shared), 0x01010101 * (60 + k)), ROW(paging_touch(p[k], shared + PAGE, 0, &f), k ? 0 : -PAGING_EFAULT);
        ROW(paging_uffd_unregister(uffd[k], far, (16 + k) * PAGE), 0), ROW(paging_touch(p[k], far + (15 + k) * PAGE, 1, &f), 1);
    }
    EACH ROW(paging_free(uffd[k]), 0);
}

static int32_t refusal;
static int32_t refuse_write(void *c, uint32_t s, const void *b) { (void)c, (void)s, (void)b; return refusal; }
static int32_t refuse_read(void *c, uint64_t o, void *b, uint32_t n) { (void)c, (void)o, (void)b, (void)n; return refusal; }

/* A callback's refusal that a call survives says nothing about a later errno, even if it is the same. */
static void texts(void)
{
    EACH {
        paging_swap_store store = { sizeof store, 8, NULL, read_slot, refuse_write, NULL };
        paging_backing backing = { sizeof backing, 0, NULL, 16 * PAGE, refuse_read, NULL, NULL, NULL, NULL };
        paging_file file;
        paging_swap swap;
        uint32_t word;
        refusal = k ? -PAGING_EFAULT : -PAGING_EINVAL;
        ROW(paging_swap_on(e[k], "s", &store, &swap), 0), ROW(paging_file_create_backed(e[k], "b", &backing, 1, &file), 0);
        ROW(paging_file_open(file, p[k], 1, 0), 3);
        for (uint32_t i = 0; i < 3; i++) {
            ROW(i ? paging_fadvise(p[k], 3, 0, 4 * PAGE, 3) : paging_madvise(p[k], at[k] + 3 * PAGE, PAGE, PAGING_MADV_PAGEOUT), 0);
            ROW(i == 2 ? paging_poll(0) : i == 1 ? paging_sync(e[k]) : 0, i == 2 ? STALE : 0);    /* one that succeeds, one that fails */
            ROW(k ? paging_read(p[k], 16, &word, 4, NULL) : paging_munmap(p[k], 1, 1), refusal), ROW(*paging_last_error(), 0);
            ROW(paging_pread(p[k], 3, &word, 4, 0), refusal), ROW(SAYS(k ? "function read gave -14" : "function read gave -22"), 1);
        }
        ROW(paging_close(p[k], 3), 0), ROW(paging_free(swap), 0);
    }
}

static int32_t request(void *c, uint32_t page, void *b) { (void)c, (void)page, (void)b; return PAGING_PAGE_LATER; }

static void threads(void)
{
    paging_engine many[2];
    paging_process process[2], other[2];
    paging_processor processor[2];
    EACH {
        paging_options options = { .size = sizeof options };
        ROW(paging_options_defaults(&options), 0), options.ram_bytes = (8 + k) << 20, options.allow_threads = 1;
        ROW(paging_engine_create(&options, &many[k]), 0), ROW(paging_process_create(many[k], "p", NULL, &process[k]), 0);
        ROW(paging_process_create(many[k], "o", NULL, &other[k]), 0);
        fixed(process[k], at[k], 1), fixed(other[k], at[k], 1), ROW(paging_processor_create(many[k], k ? "b" : "a", &processor[k]), 0);
        paging_page_source source = { sizeof source, 0, NULL, request, NULL };
        paging_pager pager;
        ROW(paging_pager_create(many[k], "p", 1, &source, &pager), 0), ROW(paging_file_open(paging_pager_file(pager), process[k], 1, 0), 3);
        ROW(paging_mmap(process[k], 0x30000000, PAGE, 1, 2, 3, 0) > 0, 1);
        ROW(paging_mmap(process[k], 0x30000000, PAGE, 1, 0x12, 3, 0), 0x30000000);
    }
    EACH {
        uint32_t word = 5 + k;
        ROW(paging_run(processor[k], process[k]), 0), ROW(paging_write(process[k], at[k], &word, 4, NULL), 0);
        ROW(paging_write(other[k], at[k], &word, 4, NULL), PAGING_WRONG_STATE);
        ROW(paging_poll(processor[k]), 0), ROW(paging_pending_wait(processor[k], 1 + 2 * k), 0);
        ROW(paging_read(process[k], 0x30000000, &word, 4, &f), -PAGING_EFAULT);
        ROW(f.kind, PAGING_FAULT_PENDING), ROW(paging_rest(processor[k]), 0), ROW(paging_run(processor[k], other[k]), 0);
        ROW(paging_read(other[k], at[k], &word, 4, NULL), 0), ROW(word, 0);
        ROW(paging_rest(processor[k]), 0), ROW(paging_free(processor[k]), 0), ROW(paging_free(many[k]), 0);
    }
}

static void windows(void)
{
    paging_windows_process w[2];
    uint32_t at_first[2];
    EACH ROW(paging_windows_process_create(e[k], k ? "v" : "w", &w[k]), 0);
    EACH ROW(paging_virtual_alloc(w[k], 0x100000 * (1 + k), 0x4000 * (1 + k), 0x203000, 4, &at_first[k]), 0),
        ROW(at_first[k], 0x100000 * (1 + k));
    EACH {
        const uint32_t a = at_first[k], n = 1 + k;
        paging_windows_region region = { .size = sizeof region };
        uint32_t old = 0, count = 4, pages[4] = { 0 }, section = 0, again = 0, view = 0;
        uint64_t value = 0x1122334455667788, got = 0;
        for (uint32_t length = 1; length <= 8; length *= 2) {
            got = 0, ROW(paging_windows_write(w[k], a + 16 * length, &value, length, NULL), 0);
            ROW(paging_windows_read(w[k], a + 16 * length, &got, length, NULL), 0);
            ROW(got, value & (~0ull >> (64 - 8 * length)));
        }
        ROW(paging_windows_write(w[k], a + n * PAGE, &value, 4, NULL), 0);
        ROW(paging_get_write_watch(w[k], a, 3 * PAGE, k, NULL, &count), 87);
        count = 4, ROW(paging_get_write_watch(w[k], a + n * PAGE, PAGE * n, k, pages, &count), 0), ROW(count, 1);
        ROW(pages[0], (a >> 12) + n);
        count = 4, ROW(paging_get_write_watch(w[k], a, 3 * PAGE, 0, pages, &count), 0), ROW(count, 2 - k);
        ROW(paging_virtual_protect(w[k], a + PAGE, n * PAGE, 2 + 14 * k, &old), 0), ROW(old, 4);
        ROW(paging_virtual_query(w[k], a + PAGE, &region), 0);
        ROW(region.length, n * PAGE), ROW(region.protection, 2 + 14 * k), ROW(paging_virtual_query(w[k], a, &region), 0);
        ROW(region.protection, 4);
        ROW(paging_virtual_protect(w[k], a + PAGE, n * PAGE, 4, &old), 0), ROW(old, 2 + 14 * k);
        ROW(paging_virtual_lock(w[k], a + k * PAGE, n * PAGE), 0);
        ROW(paging_virtual_unlock(w[k], a + (1 - k) * PAGE, PAGE), 158), ROW(paging_virtual_unlock(w[k], a + k * PAGE, n * PAGE), 0);
        ROW(paging_virtual_unlock(w[k], a + k * PAGE, n * PAGE), 158), ROW(paging_virtual_free(w[k], a + PAGE, n * PAGE, 0x4000), 0);
        ROW(paging_virtual_query(w[k], a + PAGE, &region), 0), ROW(region.length, n * PAGE), ROW(region.state, 0x2000);
        ROW(paging_virtual_free(w[k], a, 0, 0x8000), 0);
        ROW(paging_create_file_mapping(w[k], 0, k ? 4 : 2, 0x40000 + 0x10000 * k, "named", &section), 0);
        ROW(paging_open_file_mapping(w[k], 4, "named", NULL), MISUSE);
        ROW(paging_open_file_mapping(w[k], 4 - 2 * k, "named", &again), 0), ROW(again != section, 1);
        ROW(paging_map_view(w[k], again, 4 - 2 * k, 0x10000 * n, 0x10000 + PAGE * k, 0x400000 * n, &view), 0), ROW(view, 0x400000 * n);
        ROW(paging_virtual_query(w[k], view, &region), 0), ROW(region.length, 0x10000 + PAGE * k);
        ROW(paging_flush_view(w[k], view, PAGE * k), 0);
        ROW(paging_windows_write(w[k], view, &value, 4, NULL), k ? 0 : -PAGING_EFAULT), ROW(paging_unmap_view(w[k], view), 0);
        ROW(paging_unmap_view(w[k], view), 487);
        ROW(paging_map_view(w[k], section, 4, 0x10000, 0, 0, &view), 0), ROW((uint32_t)value, k ? 0x55667788 : (uint32_t)value);
        ROW(paging_virtual_query(w[k], view, &region), 0), ROW(region.length, 0x30000 + 0x10000 * k);
        ROW(paging_close_file_mapping(w[k], k ? section : again), 0), ROW(paging_close_file_mapping(w[k], k ? section : again), 6);
        ROW(paging_close_file_mapping(w[k], k ? again : section), 0), ROW(paging_unmap_view(w[k], view), 0);
        ROW(paging_open_file_mapping(w[k], 4, "named", &again), 2);    /* nobody has it any more */
    }
    /* What is saved of one process, of both in one engine, and as a file: each load has its own words. */
    EACH {
        static char saved[1 << 16];
        paging_windows_process more, all[4];
        uint32_t word = 30 + k, alone = 0x200000;
        ROW(paging_windows_process_create(e[k], "more", &more), 0), ROW(paging_virtual_alloc(more, alone, PAGE, 0x3000, 4, &alone), 0);
        ROW(paging_windows_write(more, alone, &word, 4, NULL), 0);
        int64_t one = paging_windows_save_bytes(e[k], k ? more : w[k], saved, sizeof saved), both = paging_windows_save_bytes(e[k], 0, NULL, 0);
        ROW(both > one, 1), ROW(paging_windows_load_bytes(e[1 - k], saved, (uint64_t)one, NULL, all, 1 + k), 1);
        ROW(paging_windows_read(all[0], alone, &word, 4, NULL), k ? 0 : -PAGING_EFAULT), ROW(word, 30 + k), ROW(paging_free(all[0]), 0);
        ROW(paging_windows_save(e[k], k ? 0 : more, path), 0), ROW(paging_windows_load(e[1 - k], path, NULL, all, 2 + k), 1 + k);
        word = 0, ROW(paging_windows_read(all[k], alone, &word, 4, NULL), 0), ROW(word, 30 + k), ROW(remove(path), 0);
        for (uint32_t i = 0; i <= k; i++) ROW(paging_free(all[i]), 0);
        ROW(paging_free(more), 0);
    }
    EACH ROW(paging_free(w[k]), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    snprintf(path, sizeof path, "%s.outer", arguments[1]);
    EACH {
        paging_options options = { .size = sizeof options };
        ROW(paging_options_defaults(&options), 0), options.ram_bytes = (16 + 8 * k) << 20, options.share_ram = 1,
            options.swap_read_ahead_pages = 1;
        ROW(paging_engine_create(&options, &e[k]), 0);
        ROW(paging_process_create(e[k], "p", NULL, &p[k]), 0), at[k] = 0x20000000 + (k << 24);
    }
    no_place_for_the_handle(), shadows(), reports(), ledgers(), observers(), watchpoints(), swap_and_groups(), userfaults(), threads(),
        windows(), texts();
    EACH ROW(paging_audit(e[k], NULL, 0), 0), ROW(paging_free(e[k]), 0);
    return wrong != 0;
}
