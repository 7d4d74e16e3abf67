/* As table.c: numbers beyond 16 bits, areas that are shared without a right to write, deltas of a whole engine, and what a failed call of
 * Windows leaves in its result. */
#include "table.h"
#include <string.h>

enum { PAGE = 4096 };

static paging_engine e;

/* More files than 16 bits can number: the area of the last one names it. */
static void objects_have_numbers_of_32_bits(void)
{
    enum { COUNT = 0x10001 };
    static paging_file files[COUNT];
    paging_process p;
    paging_area areas[2];
    uint32_t failed = 0;
    ROW(paging_process_create(e, "objects", NULL, &p), 0);
    for (uint32_t i = 0; i < COUNT; i++) failed += paging_file_create(e, "f", PAGE, &files[i]) != 0;
    ROW(failed, 0);
    for (uint32_t i = 0; i < 2; i++) {
        int32_t descriptor = paging_file_open(files[i ? COUNT - 1 : 0], p, 3, 0);
        ROW(paging_mmap(p, 0x20000000 + i * PAGE, PAGE, READ_WRITE, PAGING_MAP_SHARED | PAGING_MAP_FIXED, descriptor, 0),
            0x20000000 + i * PAGE);
    }
    ROW(paging_areas(p, areas, 2), 2), ROW(areas[1].object - areas[0].object, COUNT - 1), ROW(paging_free(p), 0);
    for (uint32_t i = 0; i < COUNT; i++) failed += paging_free(files[i]) != 0;
    ROW(failed, 0);
}

/* /proc/PID/maps shows VM_MAYSHARE, which a shared mapping of a file keeps that was opened only to read. Linux: show_map_vma. */
static void shared_areas_say_so(void)
{
    paging_process p;
    paging_file file;
    paging_area area;
    char line[256];
    ROW(paging_process_create(e, "shared", NULL, &p), 0), ROW(paging_file_create(e, "f", 2 * PAGE, &file), 0);
    for (uint32_t rights = 1; rights <= 3; rights += 2) {
        for (int is_shared = 0; is_shared < 2; is_shared++) {
            int32_t descriptor = paging_file_open(file, p, rights, 0);
            uint32_t flags = is_shared ? PAGING_MAP_SHARED : PAGING_MAP_PRIVATE;
            ROW(paging_mmap(p, 0x20000000, 2 * PAGE, PAGING_PROT_READ, flags | PAGING_MAP_FIXED, descriptor, 0), 0x20000000);
            ROW(paging_areas(p, &area, 1), 1), ROW(paging_report(p, PAGING_REPORT_MAPS, line, sizeof line) > 0, 1);
            ROW((area.flags & 8) != 0, is_shared), ROW(strncmp(line + 18, is_shared ? "r--s" : "r--p", 4), 0);
        }
    }
    ROW(paging_free(p), 0), ROW(paging_free(file), 0);
}

/* A delta of an engine's image has the pages that changed, and needs its parent; saved whole, it has all and needs none. */
static void deltas_of_engines(const char *path)
{
    paging_process p, clones[4];
    paging_snapshot snapshot;
    paging_image parent, delta, read;
    ROW(paging_process_create(e, "delta", NULL, &p), 0);
    uint32_t at = map(p, 4 * PAGE, ANONYMOUS, -1), word = 0;
    for (uint32_t i = 0; i < 4; i++) ROW(paging_fill(p, at + i * PAGE, PAGE, i + 1, NULL), PAGE);
    ROW(paging_engine_snapshot_take(e, &snapshot), 0), ROW(paging_image_create(snapshot, &parent), 0), ROW(paging_free(snapshot), 0);
    ROW(paging_fill(p, at + PAGE, PAGE, 9, NULL), PAGE);
    ROW(paging_engine_snapshot_take(e, &snapshot), 0), ROW(paging_image_create_delta(snapshot, parent, &delta), 0);
    int64_t pages = paging_image_pages(delta);
    ROW(paging_image_own_pages(delta), 1), ROW(pages >= 4, 1), ROW(paging_image_pages(parent), pages);
    ROW(paging_image_save(delta, path), 0), ROW(paging_image_open(path, 1, &read), -PAGING_EINVAL);
    ROW(paging_image_open_delta(path, parent, &read), 0), ROW(paging_image_own_pages(read), 1), ROW(paging_free(read), 0);
    ROW(paging_image_save_whole(delta, path), 0), ROW(paging_image_open(path, 1, &read), 0), ROW(paging_image_pages(read), pages);
    ROW(paging_free(delta), 0), ROW(paging_free(parent), 0), ROW(paging_engine_clone(e, read, NULL, clones, 4), 1);
    for (uint32_t i = 0; i < 4; i++) {
        ROW(paging_read(clones[0], at + i * PAGE, &word, 4, NULL), 0), ROW(word, (i == 1 ? 9 : i + 1) * 0x01010101u);
    }
    ROW(paging_free(clones[0]), 0), ROW(paging_free(read), 0), ROW(paging_free(snapshot), 0), ROW(paging_free(p), 0), ROW(remove(path), 0);
}

/* The value of a call that fails is 0, not what the variable had. */
static void failed_calls_of_windows(void)
{
    paging_windows_process w;
    uint32_t found = 5, old = 5;
    ROW(paging_windows_process_create(e, "w", &w), 0);
    ROW(paging_virtual_alloc(w, 0x10000, 0, 0x3000, 4, &found) > 0, 1), ROW(found, 0), found = 5;
    ROW(paging_virtual_alloc(w, 0xfff00000, PAGE, 0x3000, 4, &found) > 0, 1), ROW(found, 0), found = 5;
    ROW(paging_virtual_alloc(w, 0, PAGE, 0x3000, 0, &found) > 0, 1), ROW(found, 0), found = 5;
    ROW(paging_virtual_protect(w, 0x10000, PAGE, 4, &old) > 0, 1), ROW(old, 0);
    ROW(paging_map_view(w, 0, 2, 0, 0, 0, &found) > 0, 1), ROW(found, 0);
    ROW(paging_free(w), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    ROW(paging_engine_create(NULL, &e), 0);
    objects_have_numbers_of_32_bits(), shared_areas_say_so(), deltas_of_engines(arguments[1]), failed_calls_of_windows();
    ROW(paging_audit(e, NULL, 0), 0), ROW(paging_free(e), 0);
    return wrong != 0;
}
