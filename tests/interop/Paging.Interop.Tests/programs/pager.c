/* Memory whose pages the program supplies: at once, later, never. And a file and a swap device in its hands. */
#include "check.h"

static uint8_t stored[4096], disk[16][4096], backing[8192];
static int released;

static int32_t request(void *context, uint32_t page, void *bytes)
{
    (void)context;
    memset(bytes, (int)page, 4096);
    return page == 1 ? PAGING_PAGE_LATER : page == 2 ? PAGING_PAGE_FAILED : page == 3 ? PAGING_PAGE_ZEROS : PAGING_PAGE_SUPPLIED;
}

static int32_t keep(void *context, uint32_t page, const void *bytes)
{
    (void)context, (void)page;
    memcpy(stored, bytes, 4096);
    return 0;
}

static int32_t read_file(void *context, uint64_t offset, void *bytes, uint32_t length)
{
    uint32_t left = offset < sizeof backing ? (uint32_t)(sizeof backing - offset) : 0, count = length < left ? length : left;
    (void)context;
    memcpy(bytes, backing + offset, count);
    return (int32_t)count;
}

static int32_t write_file(void *context, uint64_t offset, const void *bytes, uint32_t length)
{
    (void)context;
    if (offset + length > sizeof backing) return -PAGING_ENOSPC;
    memcpy(backing + offset, bytes, length);
    return (int32_t)length;
}

static void release(void *context) { (void)context; released++; }

static int32_t read_slot(void *context, uint32_t slot, void *bytes) { (void)context; memcpy(bytes, disk[slot], 4096); return 0; }
static int32_t write_slot(void *context, uint32_t slot, const void *bytes) { (void)context; memcpy(disk[slot], bytes, 4096); return 0; }

int main(void)
{
    paging_engine engine;
    paging_process process;
    paging_pager pager;
    paging_file file;
    paging_swap swap;
    paging_page_source source = { sizeof source, 0, NULL, request, keep };
    paging_backing calls = { sizeof calls, 0, NULL, sizeof backing, read_file, write_file, NULL, NULL, release };
    paging_swap_store store = { sizeof store, 16, NULL, read_slot, write_slot, release };
    paging_fault fault;
    uint8_t value;
    uint8_t page[4096];
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    CHECK(!paging_pager_create(engine, "store", 8, &source, &pager));
    uint32_t at = map(process, 8 * 4096, PAGING_MAP_SHARED, paging_file_open(paging_pager_file(pager), process, PAGING_READ_WRITE, 0));
    const paging_translations *t = paging_translations_of(process);
    CHECK(!paging_load8(t, at + 5 * 4096, &value, &fault) && value == 5);
    CHECK(paging_load8(t, at + 4096, &value, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_PENDING);
    CHECK(paging_pager_pending(pager) == 1 && paging_pager_next(pager) == 1 && paging_pager_next(pager) == -PAGING_EAGAIN);
    memset(page, 77, sizeof page);
    CHECK(!paging_pager_supply(pager, 1, page) && !paging_load8(t, at + 4096, &value, &fault) && value == 77);
    CHECK(paging_load8(t, at + 2 * 4096, &value, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
    CHECK(!paging_load8(t, at + 3 * 4096, &value, &fault) && value == 0);
    CHECK(!paging_store8(t, at + 6 * 4096, 9, NULL) && !paging_msync(process, at, 8 * 4096, PAGING_MS_SYNC) && stored[0] == 9);

    CHECK(!paging_file_create_backed(engine, "file", &calls, PAGING_READ_WRITE, &file));
    at = map(process, sizeof backing, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
    CHECK(!paging_store8(t, at + 4100, 42, NULL) && !paging_msync(process, at, sizeof backing, PAGING_MS_SYNC) && backing[4100] == 42);

    CHECK(!paging_swap_on(engine, "disk", &store, &swap));
    at = map(process, 4096, ANONYMOUS, -1);
    CHECK(!paging_store8(t, at, 123, NULL) && !paging_madvise(process, at, 4096, PAGING_MADV_PAGEOUT));
    paging_usage usage = { .size = sizeof usage };
    CHECK(!paging_usage_get(process, &usage) && usage.swapped == 1);
    CHECK(!paging_load8(t, at, &value, NULL) && value == 123 && !paging_free(swap) && released == 1);
    CHECK(!paging_free(engine) && released == 2);
    return 0;
}
