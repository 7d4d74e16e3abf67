/* The calls of kernel32 beside a process of Linux: reserve, commit, guard, query, write watch, the exceptions of accesses, and processes
 * that go on in another program. */
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

/* Each way to a byte of a file keeps all 64 bits of its offset: at n and at 4 GiB + n lie different bytes. */
static void far_in_a_file(paging_engine engine, paging_process guest, paging_windows_process process)
{
    enum { WRITE = PAGING_WINDOWS_FILE_MAP_WRITE };
    const uint64_t far = (1ull << 32) + 0x10000, length = far + 0x10000;
    paging_file file, none = { 0 };
    uint32_t section, view, value, near_word = 0x11111111, far_word = 0x22222222;
    int32_t descriptor;
    int64_t at;
    CHECK(!paging_file_create(engine, "far", length, &file) && paging_file_length(file) == (int64_t)length);
    CHECK(paging_file_write(file, 0x10000, &near_word, 4) == 4 && paging_file_write(file, (int64_t)far, &far_word, 4) == 4);
    CHECK(paging_file_read(file, (int64_t)far, &value, 4) == 4 && value == far_word);
    CHECK(paging_file_read(file, 0x10000, &value, 4) == 4 && value == near_word);
    CHECK((descriptor = paging_file_open(file, guest, PAGING_READ_WRITE, 0)) >= 0 && paging_fsize(guest, descriptor) == (int64_t)length);
    CHECK(paging_pread(guest, descriptor, &value, 4, (int64_t)far) == 4 && value == far_word);
    CHECK((at = paging_mmap(guest, 0, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_SHARED, descriptor, far)) > 0);
    CHECK(!paging_read(guest, (uint32_t)at, &value, 4, NULL) && value == far_word);
    value = 0x33333333;
    CHECK(paging_pwrite(guest, descriptor, &value, 4, (int64_t)far + 4) == 4);
    CHECK(!paging_read(guest, (uint32_t)at + 4, &value, 4, NULL) && value == 0x33333333);
    CHECK(paging_lseek(guest, descriptor, (int64_t)far, 0) == (int64_t)far);
    CHECK(paging_read_to(guest, descriptor, (uint32_t)at + 8, 8) == 8 && paging_lseek(guest, descriptor, 0, 1) == (int64_t)far + 8);
    CHECK(!paging_read(guest, (uint32_t)at + 12, &value, 4, NULL) && value == 0x33333333);
    CHECK(paging_write_from(guest, descriptor, (uint32_t)at, 4) == 4);
    CHECK(paging_file_read(file, (int64_t)far + 8, &value, 4) == 4 && value == far_word);
    CHECK(!paging_fallocate(guest, descriptor, 3, (int64_t)far, 4096));    /* FALLOC_FL_PUNCH_HOLE, KEEP_SIZE */
    CHECK(!paging_read(guest, (uint32_t)at, &value, 4, NULL) && value == 0);
    CHECK(paging_file_read(file, 0x10000, &value, 4) == 4 && value == near_word);
    CHECK(paging_file_write(file, (int64_t)far, &far_word, 4) == 4);
    CHECK(!paging_create_file_mapping(process, file, READ_AND_WRITE, 0, NULL, &section));
    CHECK(!paging_map_view(process, section, WRITE, far, 0, 0, &view) && !paging_windows_read(process, view, &value, 4, NULL));
    CHECK(value == far_word && !paging_unmap_view(process, view) && !paging_close_file_mapping(process, section));
    CHECK(!paging_create_file_mapping(process, file, READ_AND_WRITE, far, NULL, &section));    /* as long as a whole view up to there */
    CHECK(paging_map_view(process, section, WRITE, far, 0, 0, &view) > 0 && view == 0);
    CHECK(!paging_map_view(process, section, WRITE, far - 0x10000, 0x10000, 0, &view) && !paging_unmap_view(process, view));
    CHECK(!paging_close_file_mapping(process, section) && !paging_close(guest, descriptor));
    CHECK(paging_create_file_mapping(process, none, READ_AND_WRITE, 1ull << 40, NULL, &section) > 0 && section == 0);
    CHECK(!paging_file_set_length(file, far) && paging_file_length(file) == (int64_t)far && !paging_free(file));
}

/* A second run of this program goes on with what the first one has saved. */
static int go_on(const char *saved)
{
    paging_engine engine;
    paging_windows_process both[3];
    paging_windows_region region = { .size = sizeof region };
    uint32_t value = 0, section;
    CHECK(!paging_engine_create(NULL, &engine) && paging_windows_load(engine, saved, NULL, both, 3) == 2);
    CHECK(!paging_windows_read(both[0], 0x100000, &value, 4, NULL) && value == 11);
    CHECK(!paging_virtual_query(both[0], 0x101000, &region) && region.protection == PAGING_WINDOWS_PAGE_READ_ONLY);
    CHECK(paging_windows_write(both[0], 0x101000, &value, 4, NULL) == -PAGING_EFAULT);
    CHECK(!paging_windows_read(both[1], 0x400000, &value, 4, NULL) && value == 12);
    CHECK(!(value = 13, paging_windows_write(both[0], 0x500000, &value, 4, NULL)));
    CHECK(!paging_windows_read(both[1], 0x400000, &value, 4, NULL) && value == 13);    /* still shared */
    CHECK(!paging_open_file_mapping(both[1], PAGING_WINDOWS_FILE_MAP_READ, "kept", &section));
    CHECK(paging_audit(engine, NULL, 0) == 0 && !paging_free(engine));
    return 0;
}

static void saved_processes(const char *program, const char *path)
{
    paging_engine engine;
    paging_windows_process one, other;
    paging_file none = { 0 };
    uint32_t at, old, section, same, value = 11;
    char command[1024];
    CHECK(!paging_engine_create(NULL, &engine));
    CHECK(!paging_windows_process_create(engine, "one", &one) && !paging_windows_process_create(engine, "other", &other));
    CHECK(!paging_virtual_alloc(one, 0x100000, 0x4000, RESERVE | COMMIT, READ_AND_WRITE, &at) && !paging_windows_write(one, at, &value, 4, NULL));
    CHECK(!paging_virtual_protect(one, at + 4096, 4096, PAGING_WINDOWS_PAGE_READ_ONLY, &old));
    CHECK(!paging_create_file_mapping(one, none, READ_AND_WRITE, 0x20000, "kept", &section));
    CHECK(!paging_map_view(one, section, PAGING_WINDOWS_FILE_MAP_WRITE, 0, 0, 0x500000, &at));
    CHECK(!paging_open_file_mapping(other, PAGING_WINDOWS_FILE_MAP_WRITE, "kept", &same));
    CHECK(!paging_map_view(other, same, PAGING_WINDOWS_FILE_MAP_WRITE, 0, 0, 0x400000, &at));
    CHECK(!(value = 12, paging_windows_write(one, 0x500000, &value, 4, NULL)));
    CHECK(!paging_windows_save(engine, (paging_windows_process){ 0 }, path) && !paging_free(engine));
    snprintf(command, sizeof command, "'%s' '%s' again", program, path);
    CHECK(system(command) == 0 && remove(path) == 0);
}

int main(int given, char **arguments)
{
    if (given == 3) return go_on(arguments[1]);
    CHECK(given == 2);
    saved_processes(arguments[0], arguments[1]);
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
    far_in_a_file(engine, linux_process, process);
    CHECK(paging_audit(engine, NULL, 0) == 0 && !paging_free(process) && paging_free(process) == PAGING_BAD_HANDLE);
    CHECK(!paging_free(engine));
    return 0;
}
