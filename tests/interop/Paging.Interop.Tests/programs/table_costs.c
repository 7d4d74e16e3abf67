/* As table.c: ledgers. Times are held against each other and the clock; the prices themselves are Paging.Costs.Tests' matter. */
#include "table.h"

static paging_engine e;
static paging_process p;
static paging_ledger ledger;
static uint32_t at;

static int32_t read_bytes(void *c, uint64_t o, void *b, uint32_t n)
{
    (void)c;
    for (uint32_t i = 0; i < n; i++) ((uint8_t *)b)[i] = (uint8_t)(((o + i) >> 12) + 1);
    return (int32_t)n;
}
static int32_t read_slot(void *c, uint32_t s, void *b) { (void)c, (void)s, memset(b, 0, 4096); return 0; }
static int32_t write_slot(void *c, uint32_t s, const void *b) { (void)c, (void)s, (void)b; return 0; }

static paging_ledger_times times_of(paging_process process)
{
    paging_ledger_times times = { .size = sizeof times };
    CHECK(!paging_ledger_times_get(ledger, process, &times));
    return times;
}

static paging_ledger_clock clock_of(void)
{
    paging_ledger_clock clock = { .size = sizeof clock };
    CHECK(!paging_ledger_clock_get(ledger, &clock));
    return clock;
}

static uint64_t computing(const paging_ledger_times *t)
{
    return t->user + t->translation + t->minor_faults + t->major_faults + t->system_calls + t->copies + t->switches + t->invalidations
        + t->reclaim;
}

static int32_t observe(paging_process process, uint32_t address, uint32_t length, uint32_t step, uint32_t access, uint32_t processor)
{
    return paging_ledger_observe(ledger, process, address, length, step, access, processor);
}

static void opening(void)
{
    static const char *const lists[] = { "", "desktop-2010", "Desktop-2009", " desktop-2009", "{", "{}", "[]", "{\"name\": 1}",
        "{\"name\": \"n\", \"surprise\": 1}", "{\"name\":\n\"n\", \"about\": \"a\", \"clock\": {\"value\": 1, \"unit\": \"m\nn\"}}" };
    paging_ledger made = 5;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) ROW(paging_ledger_open(e, lists[i], 1, &made), MISUSE), ROW(made, 0);
    ROW(paging_ledger_open(e, "desktop-2010", 1, &made), MISUSE), ROW(SAYS("no price list 'desktop-2010': there are desktop-2009, "), 1);
    ROW(paging_ledger_open(e, "{\n\n,", 1, &made), MISUSE), ROW(SAYS("prices:3: not JSON"), 1);
    ROW(paging_ledger_open(e, "{\"about\": \"a\"}", 1, &made), MISUSE), ROW(SAYS("prices: name: missing"), 1);
    ROW(paging_ledger_open(e, NULL, 1, &made), MISUSE), ROW(SAYS("prices must not be NULL"), 1);
    ROW(paging_ledger_open(e, "server-2025", 0, &made), MISUSE), ROW(SAYS("processors must be 1 to 256, not 0"), 1);
    ROW(paging_ledger_open(e, "server-2025", 257, &made), MISUSE), ROW(paging_ledger_open(e, "server-2025", 1, NULL), MISUSE);
    ROW(paging_ledger_open(p, "server-2025", 1, &made), STALE), ROW(paging_ledger_open(e, "server-2025", 256, &made), 0);
    ROW(paging_free(made), 0), ROW(paging_ledger_end_background(made), STALE), ROW(SAYS("was freed"), 1);
    ROW(paging_ledger_end_background(p), STALE), ROW(SAYS("wants a paging_ledger"), 1);
}

/* A whole list of one's own: prices of 1, 2, 4 ... ns tell each step apart. The data TLB has all pages of the test. */
static void own_list(void)
{
    static char json[8192];
    int used = 0;
#define PUT(...) used += snprintf(json + used, sizeof json - (size_t)used, __VA_ARGS__)
#define PRICE(name, value, unit) PUT("\"%s\": { \"value\": %d, \"unit\": \"%s\", \"source\": \"s\" }", name, value, unit)
    static const char *const processor[] = { "access", "secondLevelHit", "entryLineHit", "entryLineMiss", "invalidate" };
    static const char *const kernel[] = { "systemCall", "exception", "faultWork", "signal", "clearPage", "copyPage", "copyFromCache",
        "mapPage", "unmapPage", "scanPage", "switch", "shootdown", "request" };
    PUT(" { \"name\": \"own\", \"about\": \"a\", "), PRICE("clock", 1, "GHz");
    PUT(", \"tlbs\": [ { \"name\": \"TLB\", \"level\": 1, \"serves\": \"all\", \"holds\": \"both\", \"entries\": 64, \"ways\": 64, "
        "\"replacement\": \"lru\", \"source\": \"s\" } ], \"entryLines\": { \"entries\": 8, \"ways\": 8, \"replacement\": \"lru\", "
        "\"source\": \"s\" }, \"processor\": { ");
    for (int i = 0; i < 5; i++) PUT("%s", i ? ", " : ""), PRICE(processor[i], 1 << i, "ns");
    PUT(" }, \"kernel\": { ");
    for (int i = 0; i < 13; i++) PUT("%s", i ? ", " : ""), PRICE(kernel[i], 100 << i, "ns");
    PUT(" }, \"files\": { \"kind\": \"ssd\", "), PRICE("readLatency", 90, "us"), PUT(", "), PRICE("writeLatency", 20, "us"), PUT(", ");
    PRICE("transfer", 500, "MB/s"), PUT(", "), PRICE("writeTransfer", 500, "MB/s"), PUT(", "), PRICE("parallel", 32, "requests");
    PUT(" }, \"swap\": \"files\" }");
    CHECK(used < (int)sizeof json);
    ROW(paging_ledger_open(e, json, 1, &ledger), 0);
    uint32_t own = map(p, 16384, ANONYMOUS, -1), word = 1;
    ROW(paging_write(p, own, &word, 4, NULL), 0), ROW(observe(p, own, 4, 0, PAGING_ACCESS_WRITE, 0), 0);
    paging_ledger_times t = times_of(p);
    ROW(t.user, 1000), ROW(t.minor_faults, (200 + 400) * 1000), ROW(t.copies, 1600 * 1000), ROW(t.minor_fault_count, 1);
    ROW(t.translation, 2 * 8000 + 2 * 4000);    /* before the fault two entries from memory; after it the same lines */
    ROW(observe(p, own, 4096, 4, PAGING_ACCESS_READ, 0), 0), t = times_of(p), ROW(t.user, 1025 * 1000), ROW(t.translation, 24000);
    ROW(paging_ledger_end_call(ledger, p, 8192, 0), 0), t = times_of(p), ROW(t.system_calls, 100 * 1000), ROW(t.call_count, 1);
    ROW(t.copies, (1600 + 2 * 6400) * 1000), ROW(clock_of().now, computing(&t)), ROW(clock_of().idle, 0);
    ROW(paging_munmap(p, own, 16384), 0), ROW(paging_ledger_end_call(ledger, p, 0, 0), 0), t = times_of(p);
    ROW(t.system_calls, (2 * 100 + 25600) * 1000), ROW(t.invalidations, 16000), ROW(paging_free(ledger), 0);
}

static void accesses(void)
{
    paging_engine other;
    paging_process foreign, gone, q;
    uint32_t word = 1, far;
    ROW(paging_ledger_open(e, "desktop-2009", 2, &ledger), 0), ROW(clock_of().now, 0);
    ROW(observe(p, at, 0, 0, 0, 0), MISUSE), ROW(SAYS("length must not be 0"), 1), ROW(observe(p, at, 1u << 31, 0, 0, 0), MISUSE);
    ROW(SAYS("An access must be shorter than 2 GiB."), 1);
    ROW(observe(p, at, 4, 1u << 31, 0, 0), MISUSE), ROW(observe(p, at, 4, 0, 3, 0), MISUSE), ROW(SAYS("PAGING_ACCESS_, not 3"), 1);
    ROW(observe(p, at, 4, 0, 0, 2), MISUSE), ROW(SAYS("processor must be below 2, not 2"), 1), ROW(observe(0, at, 4, 0, 0, 0), STALE);
    ROW(paging_ledger_observe(0, p, at, 4, 0, 0, 0), STALE), ROW(paging_ledger_observe(e, p, at, 4, 0, 0, 0), STALE);
    ROW(paging_engine_create(NULL, &other), 0), ROW(paging_process_create(other, "o", NULL, &foreign), 0);
    ROW(observe(foreign, at, 4, 0, 0, 0), MISUSE), ROW(SAYS("The process belongs to another engine."), 1);
    ROW(paging_ledger_end_call(ledger, foreign, 0, 0), MISUSE), ROW(paging_ledger_end_fork(ledger, p, foreign, 0), MISUSE);
    ROW(paging_free(other), 0);
    ROW(paging_process_create(e, "gone", NULL, &gone), 0), ROW(paging_exit(gone, 0), 0);
    ROW(observe(gone, at, 4, 0, 0, 0), PAGING_ENDED), ROW(SAYS("The process has exited"), 1);
    ROW(paging_ledger_end_fork(ledger, p, gone, 0), PAGING_ENDED);
    paging_ledger_times t = { .size = sizeof t };
    ROW(paging_ledger_times_get(ledger, p, NULL), MISUSE);
    t.size = 7, ROW(paging_ledger_times_get(ledger, p, &t), MISUSE), ROW(paging_ledger_times_get(0, p, &t), STALE);
    ROW(paging_ledger_clock_get(0, NULL), STALE), ROW(paging_ledger_clock_get(ledger, NULL), MISUSE);
    ROW(clock_of().now, 0);    /* refusals have cost nothing */
    ROW(paging_write(p, at, &word, 4, NULL), 0), ROW(observe(p, at, 4, 0, PAGING_ACCESS_WRITE, 0), 0), t = times_of(p);
    uint64_t access = t.user;
    ROW(access > 0 && t.minor_faults > access && t.copies > 0 && t.switches == 0, 1), ROW(t.minor_fault_count, 1);
    ROW(observe(p, at, 4, 0, PAGING_ACCESS_FETCH, 0), 0), ROW(observe(p, at + 4094, 4, 0, PAGING_ACCESS_READ, 0), 0);
    ROW(times_of(p).user, 4 * access);    /* the last one touched two pages */
    ROW(observe(p, 16, 4, 0, PAGING_ACCESS_READ, 0), 0), ROW(observe(p, UINT32_MAX, 2, 0, PAGING_ACCESS_READ, 0), 0);
    ROW(paging_process_create(e, "q", NULL, &q), 0), far = map(q, 4096, ANONYMOUS, -1);
    ROW(paging_write(q, far, &word, 4, NULL), 0), ROW(observe(q, far, 4, 0, PAGING_ACCESS_WRITE, 0), 0);
    t = times_of(q), ROW(t.switches > 0, 1), ROW(t.process_id > 0, 1), ROW(observe(q, far, 4, 0, PAGING_ACCESS_READ, 1), 0);
    ROW(times_of(q).switches, t.switches), ROW(paging_fork(q, &foreign), 0), ROW(paging_ledger_end_fork(ledger, q, foreign, 0), 0);
    ROW(times_of(q).call_count, 1), ROW(paging_background(e, 10) >= 0, 1), ROW(paging_ledger_end_background(ledger), 0);
    ROW(paging_ledger_end_background(0), STALE), ROW(paging_ledger_end_fork(ledger, q, foreign, 2), MISUSE);
    ROW(paging_ledger_end_call(ledger, q, 0, 2), MISUSE), ROW(paging_ledger_end_call(0, q, 0, 0), STALE);
    ROW(paging_ledger_end_fork(0, q, foreign, 0), STALE), ROW(paging_exit(q, 0), 0), ROW(paging_ledger_end_call(ledger, q, 0, 0), 0);
    ROW(times_of(q).call_count, 2), t = times_of(0), ROW(t.process_id, 0);
}

static void devices(void)
{
    paging_backing backing = { .size = sizeof backing, .length = 1 << 20, .read = read_bytes };
    paging_swap_store store = { .size = sizeof store, .slot_count = 16, .read = read_slot, .write = write_slot };
    paging_file file, plain;
    paging_swap swap;
    uint8_t byte;
    char text[1024];
    ROW(paging_ledger_file_create_backed(0, "disk", &backing, PAGING_READ, &file), STALE), ROW(file, 0);
    ROW(paging_ledger_file_create_backed(e, "disk", &backing, PAGING_READ, &file), STALE);
    ROW(paging_ledger_file_create_backed(ledger, NULL, &backing, PAGING_READ, &file), MISUSE);
    ROW(paging_ledger_file_create_backed(ledger, "disk", NULL, PAGING_READ, &file), MISUSE);
    ROW(paging_ledger_file_create_backed(ledger, "disk", &backing, 9, &file), MISUSE);
    ROW(paging_ledger_file_create_backed(ledger, "disk", &backing, PAGING_READ, &file), 0);
    int32_t descriptor = paging_file_open(file, p, PAGING_READ, 0);
    int64_t mapped = paging_mmap(p, 0, 8192, PAGING_PROT_READ, PAGING_MAP_SHARED, descriptor, 0);
    CHECK(descriptor >= 0 && mapped > 0);
    ROW(paging_read(p, (uint32_t)mapped, &byte, 1, NULL), 0), ROW(byte, 1);
    ROW(observe(p, (uint32_t)mapped, 1, 0, PAGING_ACCESS_READ, 0), 0);
    paging_ledger_times t = times_of(p);
    ROW(t.major_fault_count, 1), ROW(t.wait_for_file > 1000ull * 1000 * 1000, 1), ROW(t.wait_for_swap, 0);    /* a disk needs ms */
    ROW(clock_of().end > clock_of().now, 1), ROW(observe(p, (uint32_t)mapped, 1, 0, PAGING_ACCESS_READ, 0), 0);
    ROW(times_of(p).wait_for_file, t.wait_for_file), ROW(clock_of().idle > 0, 1), ROW(clock_of().end, clock_of().now);
    ROW(paging_pread(p, descriptor, &byte, 1, 512 << 10), 1), ROW(paging_ledger_end_read(ledger, p, file, 512 << 10, 1, 0), 0);
    ROW(times_of(p).wait_for_file > t.wait_for_file, 1), ROW(paging_ledger_end_read(ledger, p, p, 0, 1, 0), STALE);
    ROW(paging_ledger_end_read(0, p, file, 0, 1, 0), STALE), ROW(paging_ledger_end_read(ledger, p, file, UINT64_MAX, 1, 0), MISUSE);
    ROW(paging_ledger_end_read(ledger, p, file, INT64_MAX, UINT32_MAX, 0), 0), ROW(paging_ledger_end_read(ledger, 0, file, 0, 1, 0), STALE);
    ROW(paging_ledger_end_read(ledger, p, file, 0, 1, 2), MISUSE), ROW(paging_file_create(e, "plain", 4096, &plain), 0);
    ROW(paging_ledger_end_read(ledger, p, plain, 0, 1, 0), 0);
    ROW(paging_ledger_swap_on(0, "s", &store, &swap), STALE), ROW(swap, 0), ROW(paging_ledger_swap_on(e, "s", &store, &swap), STALE);
    ROW(paging_swap_on(ledger, "s", &store, &swap), STALE), ROW(paging_ledger_swap_on(ledger, "s", NULL, &swap), MISUSE);
    ROW(paging_ledger_swap_on(ledger, "s", &store, &swap), 0);
    ROW(paging_madvise(p, at, 4096, PAGING_MADV_PAGEOUT), 0), ROW(paging_ledger_end_call(ledger, p, 0, 0), 0);
    ROW(paging_read(p, at, &byte, 1, NULL), 0), ROW(observe(p, at, 1, 0, PAGING_ACCESS_READ, 0), 0);
    ROW(times_of(p).wait_for_swap > 1000 * 1000, 1), ROW(times_of(p).major_fault_count, 2), ROW(paging_free(swap), 0);
    ROW(paging_ledger_swap_on_memory(ledger, 1 << 20, &swap), 0), ROW(paging_free(swap), 0);
    ROW(paging_ledger_swap_on_memory(ledger, 0, &swap), MISUSE), ROW(paging_ledger_swap_on_memory(e, 1 << 20, &swap), STALE);
    ROW(paging_swap_on_memory(p, 1 << 20, &swap), STALE), ROW(paging_ledger_report(e, PAGING_REPORT_COSTS, text, 9), STALE);
    int64_t length = paging_ledger_report(ledger, PAGING_REPORT_COSTS, text, sizeof text);
    ROW(length > 0 && length < (int64_t)sizeof text && strlen(text) == (size_t)length, 1);
    ROW(strstr(text, " on desktop-2009, ") != NULL, 1);
    ROW(strstr(text, "wait: swap ") != NULL, 1), ROW(text[length - 1], '\n'), ROW(paging_ledger_report(ledger, 0, text, 9), MISUSE);
    ROW(paging_engine_report(e, PAGING_REPORT_COSTS, text, 9), MISUSE), ROW(paging_report(p, PAGING_REPORT_COSTS, text, 9), MISUSE);
    ROW(paging_free(ledger), 0), ROW(paging_ledger_file_create_backed(ledger, "disk", &backing, PAGING_READ, &file), STALE);
    ROW(paging_read(p, (uint32_t)mapped + 4096, &byte, 1, NULL), 0), ROW(byte, 2);    /* its files go on */
}

int main(void)
{
    paging_options options = { .size = sizeof options };
    CHECK(!paging_options_defaults(&options));
    options.ram_bytes = 8 << 20, options.swap_read_ahead_pages = 1;
    ROW(paging_engine_create(&options, &e), 0), ROW(paging_process_create(e, "p", NULL, &p), 0);
    at = map(p, 8192, ANONYMOUS, -1);
    opening(), own_list(), accesses(), devices();
    ROW(paging_audit(e, NULL, 0), 0), ROW(paging_free(e), 0);
    return wrong != 0;
}
