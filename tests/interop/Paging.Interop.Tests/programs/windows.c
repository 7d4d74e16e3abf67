/* The calls of kernel32 beside a process of Linux: reserve, commit, guard, query, write watch, and the exceptions of accesses. */
#include "check.h"

enum { RESERVE = PAGING_WINDOWS_MEM_RESERVE, COMMIT = PAGING_WINDOWS_MEM_COMMIT, READ_AND_WRITE = PAGING_WINDOWS_PAGE_READ_WRITE };

/* A named section in two processes, a copy on write, and a file whose view is flushed. */
static void sections(paging_engine engine, paging_windows_process process, paging_handle other_kind)
{
    enum { WRITE = PAGING_WINDOWS_FILE_MAP_WRITE, COPY = PAGING_WINDOWS_FILE_MAP_COPY };
    paging_windows_process other;
    paging_file file, none = { 0 }, wrong = { other_kind };
    uint32_t section, same, view, second, copy, value = 7;
    CHECK(!paging_windows_process_create(engine, "other", &other));
    CHECK(!paging_create_file_mapping(process, none, READ_AND_WRITE, 0x20000, "named", &section) && section);
    CHECK(paging_create_file_mapping(process, none, READ_AND_WRITE, 0x20000, "named", &same) == PAGING_WINDOWS_ERROR_ALREADY_EXISTS && same);
    CHECK(!paging_close_file_mapping(process, same) && paging_close_file_mapping(process, same) == 6);
    CHECK(paging_open_file_mapping(other, WRITE, "no such", &same) == 2 && !paging_open_file_mapping(other, WRITE, "named", &same));
    CHECK(!paging_map_view(process, section, WRITE, 0, 0, 0, &view) && !paging_map_view(other, same, WRITE, 0x10000, 0, 0, &second));
    CHECK(!paging_windows_write(process, view + 0x10000, &value, 4, NULL));
    CHECK(!paging_windows_read(other, second, &value, 4, NULL) && value == 7);
    CHECK(!paging_map_view(process, section, COPY, 0, 0, 0, &copy) && !(value = 8, paging_windows_write(process, copy, &value, 4, NULL)));
    CHECK(!paging_windows_read(process, view, &value, 4, NULL) && value == 0);
    CHECK(paging_map_view(process, section, WRITE, 0x1000, 0, 0, &copy) == 1132 && copy == 0);
    CHECK(!paging_unmap_view(process, view) && paging_unmap_view(process, view) == 487);
    CHECK(!paging_file_create(engine, "f", 100, &file));
    CHECK(!paging_create_file_mapping(process, file, READ_AND_WRITE, 0, NULL, &section));
    CHECK(!paging_map_view(process, section, WRITE, 0, 0, 0, &view) && !paging_windows_write(process, view, &value, 4, NULL));
    CHECK(!paging_flush_view(process, view, 0) && paging_flush_view(process, 0x10000, 0) == 487);
    CHECK(paging_create_file_mapping(process, wrong, READ_AND_WRITE, 0, NULL, &same) == PAGING_BAD_HANDLE);
    CHECK(paging_create_file_mapping(process, none, READ_AND_WRITE, 0, NULL, &same) == 87 && same == 0);
    CHECK(!paging_free(other));
}

int main(void)
{
    paging_engine engine;
    paging_process linux_process;
    paging_windows_process process;
    paging_windows_region region = { .size = sizeof region };
    paging_windows_exception exception;
    paging_fault fault;
    uint32_t at, old, value = 42, pages[4], count = 4;
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "l", NULL, &linux_process));
    CHECK(!paging_windows_process_create(engine, "w", &process));
    CHECK(!paging_virtual_alloc(process, 0, 0x20000, RESERVE, READ_AND_WRITE, &at) && at % 0x10000 == 0);
    CHECK(paging_windows_read(process, at, &value, 4, &exception) == -PAGING_EFAULT);
    CHECK(exception.code == 0xc0000005 && exception.intent == 0 && exception.address == at);
    CHECK(!paging_virtual_alloc(process, at, 8192, COMMIT, READ_AND_WRITE, &at));
    CHECK(!paging_windows_write(process, at, &value, 4, NULL) && !paging_read(paging_windows_memory(process), at, &value, 4, &fault) && value == 42);
    const paging_translations *t = paging_translations_of(paging_windows_memory(process));
    CHECK(!paging_store32(t, at + 8, 43, NULL) && !paging_load32(t, at + 8, &value, NULL) && value == 43);
    CHECK(!paging_virtual_protect(process, at + 4096, 4096, READ_AND_WRITE | PAGING_WINDOWS_PAGE_GUARD, &old) && old == READ_AND_WRITE);
    CHECK(paging_windows_write(process, at + 4096, &value, 4, &exception) == -PAGING_EFAULT);
    CHECK(exception.code == 0x80000001 && exception.intent == 1 && !paging_windows_write(process, at + 4096, &value, 4, &exception));
    CHECK(!paging_virtual_query(process, at, &region) && region.base == at && region.length == 8192 && region.allocation_base == at);
    CHECK(region.state == COMMIT && region.protection == READ_AND_WRITE && region.kind == 0x20000);
    CHECK(!paging_virtual_lock(process, at, 4096) && !paging_virtual_unlock(process, at, 4096));
    CHECK(paging_virtual_unlock(process, at, 4096) == 158);
    CHECK(paging_virtual_free(process, at, 4096, PAGING_WINDOWS_MEM_RELEASE) == 87);
    CHECK(!paging_virtual_free(process, at, 4096, PAGING_WINDOWS_MEM_DECOMMIT));
    CHECK(!paging_virtual_free(process, at, 0, PAGING_WINDOWS_MEM_RELEASE));
    CHECK(!paging_virtual_query(process, at, &region) && region.state == PAGING_WINDOWS_MEM_FREE);
    CHECK(!paging_virtual_alloc(process, 0, 0x10000, RESERVE | COMMIT | PAGING_WINDOWS_MEM_WRITE_WATCH, READ_AND_WRITE, &at));
    CHECK(!paging_windows_write(process, at + 2 * 4096, &value, 4, NULL));
    CHECK(!paging_get_write_watch(process, at, 0x10000, 1, pages, &count) && count == 1 && pages[0] == (at >> 12) + 2);
    CHECK(paging_mmap(paging_windows_memory(process), 0, 4096, 3, 0x22, -1, 0) == PAGING_BAD_HANDLE);
    CHECK(paging_virtual_free((paging_windows_process){ linux_process.any }, at, 0, PAGING_WINDOWS_MEM_RELEASE) == PAGING_BAD_HANDLE);
    sections(engine, process, linux_process.any);
    CHECK(paging_audit(engine, NULL, 0) == 0 && !paging_free(process) && paging_free(process) == PAGING_BAD_HANDLE);
    CHECK(!paging_free(engine));
    return 0;
}
