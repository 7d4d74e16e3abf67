/* What a device's access costs in C: a driver polls the status of a UART again and again, and stores a byte whenever it is ready. The
 * registers are those of a 16550 (LSR at 5 with bit 5 for an empty transmitter, THR at 0); it is ready at each sixteenth poll.
 *
 *   L=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
 *   gcc -O2 -Ibindings/c -o /tmp/devices bench/c/devices.c -L$L -lpaging -ldl -Wl,-rpath,$PWD/$L && /tmp/devices
 *
 * Beside a switch over addresses, as in an emulator without pages, and a program's loop in Unicorn, whose library PAGING_UNICORN names.
 * The least of nine turns of a million polls.
 */
#define _POSIX_C_SOURCE 199309L
#include "paging.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POLLS = 1000000, TURNS = 9, STATUS = 5, IS_EMPTY = 0x20, POLLS_TO_READY = 16, AT = 0x10001000, CODE = 0x20000000 };

static struct uart { uint32_t polls, sent; } uart;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int32_t load(void *context, uint64_t offset, uint32_t length, uint64_t *value)
{
    struct uart *device = context;
    (void)length;
    *value = offset == STATUS && ++device->polls % POLLS_TO_READY == 0 ? IS_EMPTY : 0;
    return 0;
}

static int32_t store(void *context, uint64_t offset, uint32_t length, uint64_t value)
{
    struct uart *device = context;
    (void)offset, (void)length, (void)value;
    device->sent++;
    return 0;
}

/* An emulator's accesses by address. */
static uint8_t ram[4096];

__attribute__((noinline)) static uint8_t load_by_switch(uint32_t address)
{
    uint64_t value = 0;
    switch (address >> 12) {
    case 0x10000: return ram[address & 4095];
    case AT >> 12: load(&uart, address & 4095, 1, &value); return (uint8_t)value;
    default: abort();
    }
}

__attribute__((noinline)) static void store_by_switch(uint32_t address, uint8_t value)
{
    switch (address >> 12) {
    case 0x10000: ram[address & 4095] = value; break;
    case AT >> 12: store(&uart, address & 4095, 1, value); break;
    default: abort();
    }
}

static void poll_switch(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < POLLS; i++)
        if (load_by_switch(AT + STATUS) & IS_EMPTY) store_by_switch(AT, (uint8_t)i);
}

static void poll_paging(void *translations)
{
    const paging_translations *t = translations;
    for (uint32_t i = 0; i < POLLS; i++) {
        uint8_t status = 0;
        if (paging_load8(t, AT + STATUS, &status, NULL)) abort();
        if (status & IS_EMPTY && paging_store8(t, AT, (uint8_t)i, NULL)) abort();
    }
}

/* Unicorn's interface, of which its header is not needed here. */
static struct {
    int (*open)(int architecture, int mode, void **engine);
    int (*map)(void *engine, uint64_t at, uint64_t length, uint32_t rights);
    int (*map_device)(void *engine, uint64_t at, uint64_t length, uint64_t (*load)(void *, uint64_t, unsigned, void *), void *a,
        void (*store)(void *, uint64_t, unsigned, uint64_t, void *), void *b);
    int (*write)(void *engine, uint64_t at, const void *bytes, uint64_t length);
    int (*set)(void *engine, int reg, const void *value);
    int (*start)(void *engine, uint64_t begin, uint64_t until, uint64_t timeout, size_t count);
} unicorn;

static uint64_t unicorn_load(void *engine, uint64_t offset, unsigned length, void *context)
{
    uint64_t value;
    (void)engine;
    load(context, offset, length, &value);
    return value;
}

static void unicorn_store(void *engine, uint64_t offset, unsigned length, uint64_t value, void *context)
{
    (void)engine;
    store(context, offset, length, value);
}

/* poll: mov al,[edx+5]; test al,20h; jz next; mov [edx],al; next: dec ecx; jnz poll */
static const uint8_t loop[] = { 0x8A, 0x42, STATUS, 0xA8, IS_EMPTY, 0x74, 2, 0x88, 0x02, 0x49, 0x75, 0xF4 };

static void *open_unicorn(void)
{
    enum { X86 = 4, MODE_32 = 4, ALL = 7 };
    const char *path = getenv("PAGING_UNICORN");
    void *library = dlopen(path ? path : "libunicorn.so.2", RTLD_NOW), *engine = NULL;
    if (!library) return NULL;
    *(void **)&unicorn.open = dlsym(library, "uc_open");
    *(void **)&unicorn.map = dlsym(library, "uc_mem_map");
    *(void **)&unicorn.map_device = dlsym(library, "uc_mmio_map");
    *(void **)&unicorn.write = dlsym(library, "uc_mem_write");
    *(void **)&unicorn.set = dlsym(library, "uc_reg_write");
    *(void **)&unicorn.start = dlsym(library, "uc_emu_start");
    if (unicorn.open(X86, MODE_32, &engine) || unicorn.map(engine, CODE, 4096, ALL)
        || unicorn.map_device(engine, AT, 4096, unicorn_load, &uart, unicorn_store, &uart)
        || unicorn.write(engine, CODE, loop, sizeof loop)) abort();
    return engine;
}

static void poll_unicorn(void *engine)
{
    enum { ECX = 22, EDX = 24 };
    uint32_t count = POLLS, at = AT;
    if (unicorn.set(engine, ECX, &count) || unicorn.set(engine, EDX, &at)
        || unicorn.start(engine, CODE, CODE + sizeof loop, 0, 0)) abort();
}

static double least(void (*run)(void *), void *argument)
{
    double best = 1e18;
    for (int turn = 0; turn < TURNS; turn++) {
        uart = (struct uart){ 0, 0 };
        double before = now();
        run(argument);
        double took = now() - before;
        if (uart.polls != POLLS || uart.sent != POLLS / POLLS_TO_READY) abort();    /* it did what it claims */
        if (took < best) best = took;
    }
    return best / POLLS;
}

int main(void)
{
    paging_engine engine;
    paging_process process;
    paging_file file;
    paging_device device = { sizeof device, 0, &uart, load, store, NULL };
    if (paging_engine_create(NULL, &engine) || paging_process_create(engine, "bench", NULL, &process)
        || paging_device_create(engine, "uart", &device, 4096, PAGING_READ_WRITE, &file)) abort();
    int32_t descriptor = paging_file_open(file, process, PAGING_READ_WRITE, 0);
    if (paging_mmap(process, AT, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_SHARED | PAGING_MAP_FIXED, descriptor, 0) != AT)
        abort();
    double by_switch = least(poll_switch, NULL);
    double paged = least(poll_paging, (void *)(uintptr_t)paging_translations_of(process));
    void *emulator = open_unicorn();
    printf("ns for a poll: switch %.2f, paging %.2f (%.1f times)", by_switch, paged, paged / by_switch);
    if (emulator) printf(", Unicorn %.2f", least(poll_unicorn, emulator));
    puts("");
    return paging_free(engine);
}
