/* What a debugger wants: the events of a fork, and a variable whose writes are seen and refused. */
#include "check.h"

struct seen { int count; uint32_t before, after; int32_t refusal; };

static int32_t report(void *context, const paging_watched *access)
{
    struct seen *seen = context;
    seen->count++;
    memcpy(&seen->before, access->before, 4);
    memcpy(&seen->after, access->after, 4);
    return access->length == 4 && access->access == PAGING_ACCESS_WRITE ? seen->refusal : -PAGING_EINVAL;
}

int main(void)
{
    paging_engine engine;
    paging_process process, child;
    paging_events events, second;
    paging_event rows[8];
    paging_watchpoint watchpoint;
    struct seen seen = { 0, 0, 0, 0 };
    paging_watcher watcher = { sizeof watcher, 0, &seen, report };
    uint32_t value = 5;
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    uint32_t at = map(process, 4096, ANONYMOUS, -1);
    const paging_translations *t = paging_translations_of(process);
    CHECK(!paging_store32(t, at, value, NULL) && !paging_events_record(engine, 16, &events));
    CHECK(paging_events_record(engine, 16, &second) == PAGING_WRONG_STATE && second.any == 0);
    CHECK(!paging_fork(process, &child) && !paging_write(child, at, &value, 4, NULL) && paging_events_count(events) == 2);
    CHECK(paging_events_drain(events, rows, 1) == -PAGING_ENOSPC && paging_events_drain(events, rows, 8) == 2);
    CHECK(rows[0].kind == PAGING_EVENT_COPIED && rows[0].process == 2 && rows[0].first_page == at >> 12 && rows[0].page_count == 1);
    CHECK(rows[1].kind == PAGING_EVENT_MINOR_FAULT && rows[1].access == PAGING_ACCESS_WRITE && !rows[1].refusal);
    CHECK(paging_read(process, 16, &value, 4, NULL) == -PAGING_EFAULT && paging_events_drain(events, rows, 8) == 1);
    CHECK(rows[0].kind == PAGING_EVENT_REFUSED_FAULT && rows[0].refusal == PAGING_FAULT_NOT_MAPPED);
    for (int i = 0; i < 20; i++) CHECK(paging_read(process, 16, &value, 4, NULL) == -PAGING_EFAULT);
    CHECK(paging_events_count(events) == 16 && paging_events_lost(events) == 4 && !paging_free(events));
    CHECK(!paging_events_record(engine, 16, &events) && !paging_free(events));

    CHECK(paging_watch(process, at, 0, PAGING_WATCH_WRITE, &watcher, &watchpoint) == PAGING_BAD_ARGUMENT && watchpoint.any == 0);
    CHECK(!paging_watch(process, at, 4, PAGING_WATCH_WRITE, &watcher, &watchpoint));
    CHECK(!paging_store32(t, at, 6, NULL) && !paging_store32(t, at + 4, 7, NULL) && !paging_load32(t, at, &value, NULL));
    CHECK(seen.count == 1 && seen.before == 5 && seen.after == 6 && value == 6);
    seen.refusal = -PAGING_EPERM;
    CHECK(paging_store32(t, at, 8, NULL) == -PAGING_EPERM && !paging_load32(t, at, &value, NULL) && value == 6);
    CHECK(!paging_free(watchpoint) && !paging_store32(t, at, 9, NULL) && seen.count == 2);
    CHECK(!paging_free(engine));
    return 0;
}
