/* A serial port: an access is one call; what the device refuses, the access gives; and it may not call its engine, whether the library has
 * called it or the header. */
#include "check.h"

struct port {
    char sent[64];
    int count;
    int32_t refusal;
    paging_engine engine, other;
    int32_t from_inside, elsewhere, nested;
    const paging_translations *table;
    uint32_t at;
};

static int32_t load(void *context, uint64_t offset, uint32_t length, uint64_t *value)
{
    struct port *port = context;
    *value = offset * 16 + length;
    return port->refusal;
}

static int32_t store(void *context, uint64_t offset, uint32_t length, uint64_t value)
{
    struct port *port = context;
    (void)offset, (void)length;
    uint8_t byte;
    port->from_inside = paging_sync(port->engine);
    port->elsewhere = paging_sync(port->other);
    if (port->table) {
        const paging_translations *t = paging_translations_of(port->table->process);    /* one in which nothing hits */
        port->nested = paging_load8(port->table, port->at, &byte, NULL);
        if (!t || t == port->table || paging_load8(t, port->at, &byte, NULL) != PAGING_WRONG_STATE) port->nested = 1;
    }
    port->sent[port->count++] = (char)value;
    return 0;
}

int main(void)
{
    struct port port = { .count = 0 };
    paging_engine engine;
    paging_process process;
    paging_file file;
    paging_device device = { sizeof device, 0, &port, load, store, NULL };
    paging_usage usage = { .size = sizeof usage };
    uint32_t value = 0;
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    CHECK(!paging_engine_create(NULL, &port.other));
    port.engine = engine;
    CHECK(!paging_device_create(engine, "serial", &device, 4096, PAGING_READ_WRITE, &file));
    uint32_t at = map(process, 4096, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
    const paging_translations *t = paging_translations_of(process);
    for (const char *c = "hello"; *c; c++) CHECK(!paging_store8(t, at, (uint8_t)*c, NULL));
    CHECK(!memcmp(port.sent, "hello", 6) && port.from_inside == PAGING_WRONG_STATE && port.elsewhere == 0);
    CHECK(t->devices[(at >> 12) % 8].store_tag == (at >> 12) + 1 && *t->host_call == 0);
    port.table = t, port.at = at;
    CHECK(!paging_store8(t, at, 0, NULL) && port.nested == PAGING_WRONG_STATE && port.count-- == 6);
    CHECK(!paging_write(process, at, "", 1, NULL) && port.nested == PAGING_WRONG_STATE && port.count-- == 6);
    port.table = NULL;
    CHECK(!paging_sync(engine));
    CHECK(!paging_store16(t, at + 1, 0x4241, NULL) && port.count == 7 && !memcmp(port.sent + 5, "AB", 2));    /* two pieces */
    port.count = 5;
    CHECK(!paging_load32(t, at + 8, &value, NULL) && value == 8 * 16 + 4);
    CHECK(!paging_usage_get(process, &usage) && usage.resident == 0);
    port.refusal = -PAGING_EIO;
    CHECK(paging_load32(t, at, &value, NULL) == -PAGING_EIO);
    port.refusal = PAGING_EINVAL;    /* a sign forgotten */
    CHECK(paging_load32(t, at, &value, NULL) == -PAGING_EIO && strstr(paging_last_error(), "load gave 22"));
    port.refusal = -PAGING_EIO;
    paging_fault fault = { 7, 7 };
    CHECK(paging_load32(t, at, &value, &fault) == -PAGING_EIO && fault.kind == 0 && value == 8 * 16 + 4);
    CHECK(strstr(paging_last_error(), "load gave -5"));
    port.refusal = 0;
    CHECK(paging_load16(t, at + 4092, (uint16_t *)&value, NULL) == 0 && (uint16_t)value == (uint16_t)(4092 * 16 + 2));
    CHECK(!paging_mprotect(process, at, 4096, PAGING_PROT_READ) && t->devices[(at >> 12) % 8].load_tag == 0);
    CHECK(!paging_load32(t, at, &value, NULL) && t->devices[(at >> 12) % 8].load_tag == (at >> 12) + 1);
    CHECK(paging_store8(t, at, '-', &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_NOT_ALLOWED && port.count == 5);
    CHECK(!paging_munmap(process, at, 4096) && paging_load32(t, at, &value, &fault) == -PAGING_EFAULT);
    CHECK(fault.kind == PAGING_FAULT_NOT_MAPPED);
    static char room[8192];
    char *rom = room + (4096 - (uintptr_t)room % 4096) % 4096;
    strcpy(rom + 8, "rom");
    device.load = NULL;    /* a ROM needs none */
    CHECK(!paging_rom_create(engine, "rom", rom, 4096, &device, &file));
    at = map(process, 4096, PAGING_MAP_SHARED, paging_file_open(file, process, PAGING_READ_WRITE, 0));
    CHECK(!paging_store8(t, at + 8, '!', NULL) && port.count == 6 && port.sent[5] == '!');
    CHECK(!paging_load32(t, at + 8, &value, NULL) && !memcmp(&value, "rom", 4) && paging_find_read(t, at + 8, 4));
    CHECK(!paging_find_write(t, at + 8, 1));
    rom[8] = 'R';
    CHECK(!paging_load32(t, at + 8, &value, NULL) && !memcmp(&value, "Rom", 4));
    paging_options options = { .size = sizeof options };
    CHECK(!paging_options_defaults(&options));
    for (options.fetch_rights = PAGING_FETCH_AREAS; options.fetch_rights <= PAGING_FETCH_TABLES; options.fetch_rights++) {
        paging_engine other;
        paging_process stack;
        CHECK(!paging_engine_create(&options, &other) && !paging_process_create(other, "p", NULL, &stack));
        uint32_t data = map(stack, 4096, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS, -1);
        int32_t fetched = paging_fetch(stack, data, &value, 4, &fault);
        CHECK(options.fetch_rights == PAGING_FETCH_TABLES ? fetched == 0 : fault.kind == PAGING_FAULT_NOT_ALLOWED);
        CHECK(paging_file_open(file, stack, PAGING_READ, 0) == PAGING_BAD_ARGUMENT);
        CHECK(!paging_free(other));
    }
    device.store = NULL;
    CHECK(paging_device_create(engine, "none", &device, 4096, PAGING_READ_WRITE, &file) == PAGING_BAD_ARGUMENT && file.any == 0);
    CHECK(!paging_free(engine) && !paging_free(port.other));
    return 0;
}
