/* What a hit costs in C: 32-bit loads, stores and fetches through a pointer, through the translations (paging.h), and through a call.
 *
 *   L=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
 *   gcc -O2 -Ibindings/c -o /tmp/hits bench/c/hits.c -L$L -lpaging -Wl,-rpath,$PWD/$L && /tmp/hits
 *
 * Each access depends on nothing but its address, as in an interpreter; the compiler may not combine or move them. The least of nine
 * turns. `dotnet run -c Release --project bench/Paging.Bench -- --quick --filter read-random` has both languages in one run.
 */
#define _POSIX_C_SOURCE 199309L
#include "paging.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ACCESSES = 4000000, TURNS = 9 };
typedef uint64_t loop(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask);

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Places spread over the memory, a multiple of 4 each. */
static inline uint32_t place(uint32_t i, uint32_t mask) { return i * 2654435761u & mask; }

static uint64_t load_raw(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    uint64_t sum = 0;
    (void)t, (void)base;
    for (uint32_t i = 0; i < ACCESSES; i++) sum += *(const volatile uint32_t *)(raw + place(i, mask));
    return sum;
}

static uint64_t load_hit(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    uint64_t sum = 0;
    uint32_t value = 0;
    (void)raw;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        if (paging_load32(t, base + place(i, mask), &value, NULL)) abort();
        sum += value;
    }
    return sum;
}

static uint64_t load_call(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    uint64_t sum = 0;
    uint32_t value = 0;
    (void)raw;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        if (paging_read(t->process, base + place(i, mask), &value, 4, NULL)) abort();
        sum += value;
    }
    return sum;
}

static uint64_t store_raw(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    (void)t, (void)base;
    for (uint32_t i = 0; i < ACCESSES; i++) *(volatile uint32_t *)(raw + place(i, mask)) = i;
    return 0;
}

static uint64_t store_hit(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    (void)raw;
    for (uint32_t i = 0; i < ACCESSES; i++)
        if (paging_store32(t, base + place(i, mask), i, NULL)) abort();
    return 0;
}

static uint64_t fetch_hit(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    uint64_t sum = 0;
    uint32_t value = 0;
    paging_fetch_window window = { 0, 0, 0, 0 };
    (void)raw;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        if (paging_fetch32(t, &window, base + place(i, mask), &value, NULL)) abort();
        sum += value;
    }
    return sum;
}

static uint64_t fetch_call(const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    uint64_t sum = 0;
    uint32_t value = 0;
    (void)raw;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        if (paging_fetch(t->process, base + place(i, mask), &value, 4, NULL)) abort();
        sum += value;
    }
    return sum;
}

static double least(loop *run, const paging_translations *t, uint8_t *raw, uint32_t base, uint32_t mask)
{
    double best = 1e18;
    for (int turn = 0; turn < TURNS; turn++) {
        double before = now();
        volatile uint64_t sum = run(t, raw, base, mask);
        (void)sum;
        double took = now() - before;
        if (took < best) best = took;
    }
    return best / ACCESSES;
}

int main(void)
{
    static const uint32_t sizes[] = { 16 << 10, 256 << 10, 16 << 20 };
    paging_engine engine;
    paging_process process;
    if (paging_engine_create(NULL, &engine) || paging_process_create(engine, "bench", NULL, &process)) abort();
    const paging_translations *t = paging_translations_of(process);
    puts("ns for an access          pointer     hit   ratio    call");
    for (int i = 0; i < 3; i++) {
        uint32_t size = sizes[i], mask = (size - 1) & ~3u;
        uint8_t *raw = calloc(1, size);
        int64_t base = paging_mmap(process, 0, size, PAGING_PROT_READ | PAGING_PROT_WRITE,
            PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_POPULATE, -1, 0);
        if (base < 0 || !raw) abort();
        memset(raw, 1, size);
        paging_fill(process, (uint32_t)base, size, 1, NULL);
        double pointer = least(load_raw, t, raw, (uint32_t)base, mask), hit = least(load_hit, t, raw, (uint32_t)base, mask);
        double call = i == 0 ? least(load_call, t, raw, (uint32_t)base, mask) : 0;
        printf("load,  %6u KiB         %7.2f %7.2f %7.2f %7.2f\n", size >> 10, pointer, hit, hit / pointer, call);
        pointer = least(store_raw, t, raw, (uint32_t)base, mask), hit = least(store_hit, t, raw, (uint32_t)base, mask);
        printf("store, %6u KiB         %7.2f %7.2f %7.2f\n", size >> 10, pointer, hit, hit / pointer);
        if (i == 0 && !paging_mprotect(process, (uint32_t)base, 4096, PAGING_PROT_READ | PAGING_PROT_EXEC)) {    /* code in one page */
            pointer = least(load_raw, t, raw, (uint32_t)base, 4092), hit = least(fetch_hit, t, raw, (uint32_t)base, 4092);
            call = least(fetch_call, t, raw, (uint32_t)base, 4092);
            printf("fetch,      4 KiB         %7.2f %7.2f %7.2f %7.2f\n", pointer, hit, hit / pointer, call);
        }
        free(raw);
        if (paging_munmap(process, (uint32_t)base, size)) abort();
    }
    return paging_free(engine);
}
