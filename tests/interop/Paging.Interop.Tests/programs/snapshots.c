/* A loop over inputs: each begins where the snapshot was taken. Then the whole engine, and a file of the host. */
#include "check.h"

int main(int count, char **arguments)
{
    paging_engine engine;
    paging_process process, child, loaded;
    paging_snapshot start, all;
    paging_dirty_log log;
    uint32_t pages[8], value;
    char text[4096];
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "target", NULL, &process));
    uint32_t at = map(process, 256 * 4096, ANONYMOUS, -1);
    const paging_translations *t = paging_translations_of(process);
    for (uint32_t i = 0; i < 256; i++) CHECK(!paging_store32(t, at + i * 4096, i, NULL));
    CHECK(!paging_snapshot_take(process, &start) && !paging_dirty_log_open(process, &log));
    for (uint32_t iteration = 0; iteration < 1000; iteration++) {
        CHECK(!paging_store32(t, at + iteration % 256 * 4096, ~iteration, NULL));
        CHECK(paging_snapshot_dirty_pages(start) == 1 && !paging_snapshot_restore(start));
        CHECK(!paging_load32(t, at + iteration % 256 * 4096, &value, NULL) && value == iteration % 256);
        if (iteration == 0) CHECK(paging_dirty_log_collect(log, pages, 0) == -PAGING_ENOSPC);
        if (iteration == 0) CHECK(paging_dirty_log_collect(log, pages, 8) == 1 && pages[0] == at >> 12);
    }
    CHECK(!paging_free(log) && !paging_engine_snapshot_take(engine, &all) && !paging_fork(process, &child));
    CHECK(!paging_exit(process, 3) && paging_munmap(process, at, 4096) == PAGING_ENDED);
    CHECK(!paging_snapshot_restore(all) && paging_munmap(child, at, 4096) == PAGING_ENDED);
    CHECK(!paging_load32(t, at + 4096, &value, NULL) && value == 1);
    CHECK(count == 2 && !paging_snapshot_take(process, &start) && !paging_snapshot_save(start, arguments[1]));
    CHECK(!paging_process_load(engine, arguments[1], NULL, &loaded));
    CHECK(!paging_read(loaded, at + 7 * 4096, &value, 4, NULL) && value == 7);
    CHECK(paging_report(loaded, PAGING_REPORT_MAPS, text, sizeof text) == (int64_t)strlen(text) && strstr(text, "rw-p"));
    CHECK(paging_report(loaded, PAGING_REPORT_MAPS, text, 5) > 5 && strlen(text) == 4);
    CHECK(paging_audit(engine, text, sizeof text) == 0 && !paging_free(engine));
    return 0;
}
