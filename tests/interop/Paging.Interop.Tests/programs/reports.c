/* Texts of /proc and pictures, of a process and of an engine, and the simulator of replacement policies. */
#include "check.h"

int main(void)
{
    static char text[1 << 17];
    static const uint64_t belady[] = { 1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5 };
    uint64_t accesses[12];
    paging_engine engine;
    paging_process process;
    paging_replay_result result = { .size = sizeof result };
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    map(process, 8192, ANONYMOUS, -1);
    int64_t length = paging_report(process, PAGING_REPORT_MAPS, NULL, 0);
    CHECK(length > 0 && paging_report(process, PAGING_REPORT_MAPS, text, 10) == length && strlen(text) == 9);
    CHECK(paging_report(process, PAGING_REPORT_MAPS, text, sizeof text) == length && (int64_t)strlen(text) == length);
    for (uint32_t kind = PAGING_REPORT_SPACE_PICTURE; kind <= PAGING_REPORT_TREE_PICTURE; kind++)
        CHECK(paging_report(process, kind, text, sizeof text) > 500 && !strncmp(text, "<svg", 4) && strstr(text, "</svg>"));
    CHECK(paging_engine_report(engine, PAGING_REPORT_FRAMES_PICTURE, text, sizeof text) > 500 && !strncmp(text, "<svg", 4));
    CHECK(paging_engine_report(engine, PAGING_REPORT_SPACE_PICTURE, text, sizeof text) == PAGING_BAD_ARGUMENT);
    CHECK(!paging_exit(process, 0) && paging_report(process, PAGING_REPORT_TREE_PICTURE, text, sizeof text) == PAGING_ENDED);

    for (int i = 0; i < 12; i++) accesses[i] = belady[i] << 1 | (i == 0);
    CHECK(!paging_replay("FIFO", 3, accesses, 12, &result) && result.misses == 9 && result.distinct_pages == 5);
    CHECK(result.accesses == 12 && result.stores == 1 && result.dirty_evictions == 1);
    CHECK(!paging_replay("fifo", 4, accesses, 12, &result) && result.misses == 10);
    CHECK(!paging_replay("OPT", 3, accesses, 12, &result) && result.misses == 7 && result.dirty_evictions == -1);
    CHECK(!paging_replay("LRU", 3, NULL, 0, &result) && result.accesses == 0);
    CHECK(paging_replay("MRU", 3, accesses, 12, &result) == PAGING_BAD_ARGUMENT && strstr(paging_last_error(), "SIEVE"));
    CHECK(paging_replay("LRU", 0, accesses, 12, &result) == PAGING_BAD_ARGUMENT);
    CHECK(paging_replay("LRU", 3, NULL, 1, &result) == PAGING_BAD_ARGUMENT);
    CHECK(paging_replay_file("LRU", 3, "/nowhere/at/all", &result) == PAGING_BAD_ARGUMENT);
    CHECK(!paging_free(engine));
    return 0;
}
