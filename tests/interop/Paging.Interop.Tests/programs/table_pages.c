/* As table.c: the inline accesses at each byte around the end of a page, whose next frame is another process's, and on a device. */
#include "table.h"

enum { PAGE = 4096, AROUND = 16 };

static paging_engine e;
static paging_process p, other;
static paging_fault f;
static uint32_t calls, unaligned, stores;
static uint8_t sent[2 * PAGE];

static uint8_t byte_at(uint64_t offset) { return (uint8_t)(offset * 7 + 1); }

static uint64_t value_at(uint64_t offset, uint32_t length)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < length; i++) value |= (uint64_t)byte_at(offset + i) << (8 * i);
    return value;
}

static int32_t load(void *c, uint64_t o, uint32_t n, uint64_t *v) { (void)c, calls++, unaligned += o % n != 0, *v = value_at(o,
    n); return 0; }

static int32_t store(void *c, uint64_t o, uint32_t n, uint64_t v)
{
    (void)c, calls++, stores++, unaligned += o % n != 0;
    for (uint32_t i = 0; i < n; i++) sent[o + i] = (uint8_t)(v >> (8 * i));
    return 0;
}

/* Accesses of 1, 2, 4 and 8 bytes by the header's functions; the value comes back in a word. */
static int32_t load_of(const paging_translations *t, uint32_t address, uint32_t length, uint64_t *value)
{
    uint8_t byte = 0x5a;
    uint16_t half = 0x5a5a;
    uint32_t word = 0x5a5a5a5a;
    int32_t result = length == 1 ? paging_load8(t, address, &byte, &f) : length == 2 ? paging_load16(t, address, &half, &f)
        : length == 4 ? paging_load32(t, address, &word, &f) : paging_load64(t, address, value, &f);
    if (length < 8) *value = length == 1 ? byte : length == 2 ? half : word;
    return result;
}

static int32_t fetch_of(const paging_translations *t, paging_fetch_window *w, uint32_t address, uint32_t length, uint64_t *value)
{
    uint8_t byte = 0x5a;
    uint16_t half = 0x5a5a;
    uint32_t word = 0x5a5a5a5a;
    int32_t result = length == 1 ? paging_fetch8(t, w, address, &byte, &f) : length == 2 ? paging_fetch16(t, w, address, &half, &f)
        : length == 4 ? paging_fetch32(t, w, address, &word, &f) : paging_fetch64(t, w, address, value, &f);
    if (length < 8) *value = length == 1 ? byte : length == 2 ? half : word;
    return result;
}

static int32_t store_of(const paging_translations *t, uint32_t address, uint32_t length, uint64_t value)
{
    return length == 1 ? paging_store8(t, address, (uint8_t)value, &f) : length == 2 ? paging_store16(t, address, (uint16_t)value, &f)
        : length == 4 ? paging_store32(t, address, (uint32_t)value, &f) : paging_store64(t, address, value, &f);
}

static void fill(paging_process process, uint32_t address)
{
    static uint8_t bytes[PAGE];
    for (uint32_t i = 0; i < PAGE; i++) bytes[i] = process == p ? byte_at(i + (address & PAGE)) : 0xee;
    ROW(paging_copy_in(process, address, bytes, PAGE, &f), PAGE);
}

static void around_a_page(void)
{
    /* Frames are given in order: the page, another process's, and the page after it. Nothing is mapped after that. */
    uint32_t at = map(p, 4 * PAGE, ANONYMOUS, -1), others = map(other, 4 * PAGE, ANONYMOUS, -1);
    at = (at + 2 * PAGE - 1) / (2 * PAGE) * (2 * PAGE);
    ROW(paging_munmap(p, at + 2 * PAGE, PAGE), 0), ROW(paging_mprotect(p, at, 2 * PAGE, 7), 0);
    for (int i = 0; i < 2; i++) fill(p, at + (uint32_t)i * PAGE), fill(other, others + (uint32_t)i * PAGE);
    const paging_translations *t = paging_translations_of(p);
    for (uint32_t from = PAGE - AROUND; from < PAGE + AROUND; from++) {
        for (uint32_t length = 1; length <= 8; length *= 2) {
            uint64_t value = 0, known = 0;
            for (uint32_t page = 0; page < 2; page++) {
                paging_fetch_window window = { 0, 0, 0, 0 };
                ROW(fetch_of(t, &window, at + page * PAGE, 1, &known), 0), ROW(window.start, at + page * PAGE);
                ROW(fetch_of(t, &window, at + from, length, &value), 0), ROW(value, value_at(from, length));
            }
            ROW(load_of(t, at, 1, &known), 0), ROW(load_of(t, at + PAGE, 1, &known), 0), value = 0;
            ROW(load_of(t, at + from, length, &value), 0), ROW(value, value_at(from, length));
            ROW(store_of(t, at + from, length, ~value), 0), ROW(load_of(t, at + from, length, &value), 0);
            ROW(value, ~value_at(from, length) & (~0ull >> (64 - 8 * length)));
            ROW(store_of(t, at + from, length, ~value), 0);
            ROW(paging_find_read(t, at + from, length) != NULL, from % PAGE + length <= PAGE);
            ROW(paging_find_write(t, at + from, length) != NULL, from % PAGE + length <= PAGE);
            /* The same around the end of what is mapped: all or nothing. */
            uint32_t end = at + PAGE + from, last = from % PAGE + length, fits = from < PAGE && last <= PAGE;
            paging_fetch_window window = { 0, 0, 0, 0 };
            ROW(fetch_of(t, &window, at + PAGE, 1, &known), 0);
            ROW(fetch_of(t, &window, end, length, &value), fits ? 0 : -PAGING_EFAULT);
            ROW(load_of(t, end, length, &value), fits ? 0 : -PAGING_EFAULT);
            ROW(f.address, fits ? f.address : from < PAGE ? at + 2 * PAGE : end);
            if (!fits) ROW(store_of(t, end, length, 0), -PAGING_EFAULT);
        }
    }
    for (uint32_t i = 0; i < 2 * PAGE; i++) {
        uint64_t value = 0;
        ROW(load_of(t, at + i, 1, &value), 0), ROW(value, byte_at(i));
        ROW(paging_read(other, others + i, &value, 1, NULL), 0), ROW((uint8_t)value, 0xee);
    }
}

static void on_a_device(void)
{
    paging_device device = { sizeof device, 0, NULL, load, store, NULL };
    paging_file file;
    ROW(paging_device_create(e, "d", &device, 2 * PAGE, PAGING_READ_WRITE, &file), 0);
    int32_t descriptor = paging_file_open(file, p, PAGING_READ_WRITE, 0);
    uint32_t at = map(p, 2 * PAGE, PAGING_MAP_SHARED, descriptor);
    const paging_translations *t = paging_translations_of(p);
    for (uint32_t from = PAGE - AROUND; from < PAGE + AROUND; from++) {
        for (uint32_t length = 1; length <= 8; length *= 2) {
            uint64_t value = 0;
            ROW(load_of(t, at, 1, &value), 0), ROW(load_of(t, at + PAGE, 1, &value), 0), calls = 0, value = 0;    /* known pages */
            ROW(load_of(t, at + from, length, &value), 0), ROW(value, value_at(from, length));
            ROW(calls == 1, from % length == 0), value = 0;
            ROW(paging_read(p, at + from, &value, length, NULL), 0), ROW(value, value_at(from, length));
            ROW(store_of(t, at, 1, 0), 0), ROW(store_of(t, at + PAGE, 1, 0), 0), calls = 0;
            ROW(store_of(t, at + from, length, value_at(from + length, length)), 0), ROW(calls == 1, from % length == 0);
            for (uint32_t i = 0; i < length; i++) ROW(sent[from + i], byte_at(from + length + i));
        }
    }
    ROW(unaligned, 0);
}

int main(void)
{
    ROW(paging_engine_create(NULL, &e), 0), ROW(paging_process_create(e, "p", NULL, &p), 0);
    ROW(paging_process_create(e, "o", NULL, &other), 0);
    around_a_page(), on_a_device();
    ROW(paging_audit(e, NULL, 0), 0), ROW(paging_free(e), 0);
    return wrong != 0;
}
