/* Two threads count in the same memory, through hits and atomics, while the first one maps and unmaps beside them. */
#include "check.h"
#include <pthread.h>

enum { TURNS = 20000 };
static paging_engine engine;
static paging_process process;
static uint32_t counter, own[2];

static void *work(void *argument)
{
    uint32_t number = *(uint32_t *)argument;
    paging_processor processor;
    uint64_t sum;
    uint32_t value;
    CHECK(!paging_processor_create(engine, "worker", &processor) && !paging_run(processor, process));
    const paging_translations *t = paging_translations_of(process);    /* of a thread that runs there: its accesses may hit */
    for (int i = 0; i < TURNS; i++) {
        CHECK(!paging_atomic_add(process, counter, 1, &sum, 4, NULL));
        CHECK(!paging_load32(t, own[number], &value, NULL) && !paging_store32(t, own[number], value + 1, NULL));
        if (i % 64 == 0) CHECK(!paging_poll(processor));
    }
    CHECK(paging_find_read(t, own[number], 4) && paging_find_write(t, own[number], 4));
    CHECK(!paging_rest(processor) && !paging_free(processor));
    return NULL;
}

static void *trespass(void *argument)
{
    CHECK(paging_sync(*(paging_engine *)argument) == PAGING_WRONG_STATE && *paging_last_error());
    return NULL;
}

int main(void)
{
    paging_options options = { .size = sizeof options };
    paging_engine alone;
    pthread_t threads[2];
    uint32_t numbers[2] = { 0, 1 }, value;
    paging_processor processor;
    CHECK(!paging_options_defaults(&options));
    options.allow_threads = 1;
    CHECK(!paging_engine_create(&options, &engine) && !paging_process_create(engine, "p", NULL, &process));
    counter = map(process, 4096, ANONYMOUS, -1);
    for (int i = 0; i < 2; i++) own[i] = map(process, 4096, ANONYMOUS, -1);
    for (int i = 0; i < 2; i++) CHECK(!pthread_create(&threads[i], NULL, work, &numbers[i]));
    for (int i = 0; i < 200; i++) {
        uint32_t at = map(process, 4096, ANONYMOUS | PAGING_MAP_POPULATE, -1);
        CHECK(!paging_munmap(process, at, 4096));
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    CHECK(!paging_processor_create(engine, "main", &processor) && !paging_run(processor, process));
    CHECK(!paging_read(process, counter, &value, 4, NULL) && value == 2 * TURNS);
    for (int i = 0; i < 2; i++) CHECK(!paging_read(process, own[i], &value, 4, NULL) && value == TURNS);
    CHECK(!paging_rest(processor) && !paging_free(engine));
    CHECK(!paging_engine_create(NULL, &alone) && !pthread_create(&threads[0], NULL, trespass, &alone));
    pthread_join(threads[0], NULL);
    CHECK(!paging_free(alone));
    return 0;
}
