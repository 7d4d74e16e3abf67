/* Handles of other kinds, stale, freed twice and invented; null pointers; structures of no size. Nothing ends the program. */
#define PAGING_UNTYPED_HANDLES    /* wrong handles are given on purpose */
#include "check.h"

static uint64_t seed = 1;

static uint64_t next(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 20;
}

int main(void)
{
    paging_engine engine, other;
    paging_process process, child;
    paging_image image;
    paging_options options = { .size = 0 };
    uint32_t value = 0;
    CHECK(paging_engine_create(&options, &engine) == PAGING_BAD_ARGUMENT && engine == 0);
    options.size = 4;
    CHECK(paging_options_defaults(&options) == PAGING_BAD_ARGUMENT && paging_engine_create(NULL, NULL) == PAGING_BAD_ARGUMENT);
    options.size = sizeof options;
    CHECK(!paging_options_defaults(&options));
    options.ram_bytes = 5;
    CHECK(paging_engine_create(&options, &engine) == PAGING_BAD_ARGUMENT && strstr(paging_last_error(), "ram_bytes must be"));
    CHECK(!paging_engine_create(NULL, &engine) && !paging_engine_create(NULL, &other));
    CHECK(!paging_process_create(engine, "p", NULL, &process) && !paging_fork(process, &child));
    CHECK(paging_process_create(engine, NULL, NULL, &child) == PAGING_BAD_ARGUMENT && child == 0);
    CHECK(paging_read(process, 0, &value, 3, NULL) == PAGING_BAD_ARGUMENT && paging_read(process, 0, NULL, 4, NULL) == PAGING_BAD_ARGUMENT);
    CHECK(paging_munmap(engine, 0, 4096) == PAGING_BAD_HANDLE && paging_sync(process) == PAGING_BAD_HANDLE);
    CHECK(paging_translations_of(engine) == NULL && *paging_last_error());
    CHECK(paging_image_from_core("bindings/c/paging.h", NULL, &image) == -PAGING_EINVAL && strstr(paging_last_error(), "ELF"));
    CHECK(paging_munmap(process, 1, 4096) == -PAGING_EINVAL && !*paging_last_error());    /* it says nothing about another failure */
    CHECK(paging_sync(process) == PAGING_BAD_HANDLE && paging_mmap(process, 0, 0, 0, 0, -1, 0) < 0 && !*paging_last_error());
    CHECK(paging_free(engine + 1) == PAGING_BAD_HANDLE && !paging_free(process) && paging_free(process) == PAGING_BAD_HANDLE);
    CHECK(paging_process_find(engine, 2, &child) == 0 && child != 0 && paging_process_find(engine, 9, &process) == -PAGING_ESRCH);
    CHECK(!paging_free(engine) && paging_munmap(child, 0, 4096) == PAGING_BAD_HANDLE);
    CHECK(paging_free(engine) == PAGING_BAD_HANDLE && !paging_sync(other));    /* freed twice */

    uint64_t handles[16] = { 0 };
    for (int iteration = 0; iteration < 200000; iteration++) {
        uint64_t *slot = &handles[next() % 16], handle = next() % 8 ? *slot : next() << 20 ^ next();
        uint32_t address = (uint32_t)next(), length = (uint32_t)next() % 65536;
        switch (next() % 14) {
        case 0: if (next() % 64 == 0 && !*slot) paging_process_create(other, "p", NULL, slot); break;
        case 1: if (!*slot) paging_fork(handles[next() % 16], slot); break;
        case 2: if (next() % 8 == 0 && handle != other) { paging_free(handle); } break;
        case 3: paging_mmap(handle, address, length, (uint32_t)next() & 7, 0x22 | ((uint32_t)next() & 0x10), -1, 0); break;
        case 4: paging_munmap(handle, address, length); break;
        case 5: paging_write(handle, address, &value, (uint32_t)next() % 10, NULL); break;
        case 6: if (!*slot) paging_snapshot_take(handles[next() % 16], slot); break;
        case 7: paging_snapshot_restore(handle); break;
        case 8: if (!*slot) paging_file_create(other, "f", length, slot); break;
        case 9: paging_file_open(handle, handles[next() % 16], (uint32_t)next() % 5, 0); break;
        case 10: paging_pager_supply(handle, address, NULL); break;
        case 11: paging_madvise(handle, address & ~4095u, length, (uint32_t)next() % 26); break;
        case 12: if (next() % 16 == 0) *slot = 0; break;
        default: paging_exit(handle, 1); break;
        }
    }
    CHECK(paging_audit(other, NULL, 0) == 0 && !paging_free(other));
    return 0;
}
