/* mini-rv32ima, a RISC-V interpreter in one header, with its RAM in an engine. With -DOWN_ARRAY, its RAM is an array, as its author has it.
 *
 *   tools/clients/rv32ima.sh CHECKOUT       builds both, runs both, compares what the guest says
 *
 * The guest (rv32ima-guest.c) boots, which fills tables, and says that it is ready. From there each of 1,000 inputs runs from the same
 * snapshot; a dirty log says how many pages it has written.
 */
#define _POSIX_C_SOURCE 199309L
#include "paging.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RAM = 64 << 20, BASE = 0x20000000, MAILBOX = 0x3ff000, INPUTS = 1000 };
static const paging_translations *memory;
static uint8_t *image;
static uint32_t said;

static int32_t say(uint32_t address, uint32_t value)
{
    if (address == 0x11100000) said = value;
    return address == 0x11100000;
}

#define MINI_RV32_RAM_SIZE RAM
#define MINIRV32_IMPLEMENTATION
#ifndef OWN_ARRAY
#define DEFINE(bits) \
    static inline uint##bits##_t load##bits(const void *translations, uint32_t offset) \
    { \
        uint##bits##_t value = 0; \
        if (paging_load##bits(translations, BASE + offset, &value, NULL)) abort(); \
        return value; \
    } \
    static inline void store##bits(const void *translations, uint32_t offset, uint##bits##_t value) \
    { \
        if (paging_store##bits(translations, BASE + offset, value, NULL)) abort(); \
    }
DEFINE(8)
DEFINE(16)
DEFINE(32)
#define MINIRV32_CUSTOM_MEMORY_BUS
#define MINIRV32_STORE4(offset, value) store32(image, offset, value)
#define MINIRV32_STORE2(offset, value) store16(image, offset, (uint16_t)(value))
#define MINIRV32_STORE1(offset, value) store8(image, offset, (uint8_t)(value))
#define MINIRV32_LOAD4(offset) load32(image, offset)
#define MINIRV32_LOAD2(offset) load16(image, offset)
#define MINIRV32_LOAD1(offset) load8(image, offset)
#define MINIRV32_LOAD2_SIGNED(offset) (int16_t)load16(image, offset)
#define MINIRV32_LOAD1_SIGNED(offset) (int8_t)load8(image, offset)
#endif
#define MINIRV32_HANDLE_MEM_STORE_CONTROL(address, value) (void)say(address, value);
#include "mini-rv32ima.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);    /* the machine may be busy */
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void check(const char *what, int64_t code)
{
    if (code < 0) fprintf(stderr, "%s: %lld %s\n", what, (long long)code, paging_last_error()), exit(1);
}

static paging_process make_memory(void)
{
    paging_options options = { .size = sizeof options };
    paging_engine engine;
    paging_process process;
    check("options", paging_options_defaults(&options));
    options.ram_bytes = 256 << 20;
    check("engine", paging_engine_create(&options, &engine));
    check("process", paging_process_create(engine, "guest", NULL, &process));
    check("mmap", paging_mmap(process, BASE, RAM, PAGING_PROT_READ | PAGING_PROT_WRITE,
        PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_FIXED, -1, 0));
    memory = paging_translations_of(process);
    image = (uint8_t *)(uintptr_t)memory;    /* what the interpreter hands to its loads and stores, in a register */
    return process;
}

/* Runs until the guest says something. Returns how many instructions that took, in steps of 64. */
static uint64_t run(struct MiniRV32IMAState *state)
{
    uint64_t count = 0;
    for (said = 0; !said; count += 64) MiniRV32IMAStep(state, image, 0, 1, 64);
    return count;
}

int main(int count, char **arguments)
{
    static uint8_t program[65536];
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    size_t length = file ? fread(program, 1, sizeof program, file) : 0;
    struct MiniRV32IMAState state = { .pc = MINIRV32_RAM_IMAGE_OFFSET, .extraflags = 3 };
    uint64_t dirty = 0, sum = 0;
    if (!length) return 1;
    state.regs[2] = MINIRV32_RAM_IMAGE_OFFSET + 0x3f0000;    /* the stack */
#ifdef OWN_ARRAY
    image = calloc(RAM, 1);
    memcpy(image, program, length);
#else
    paging_process process = make_memory();
    check("program", paging_copy_in(process, BASE, program, length, NULL));
#endif
    double before = now();
    uint64_t instructions = run(&state);
    fprintf(stderr, "boot: %.0f million instructions a second\n", (double)instructions / (now() - before) / 1e6);
    struct MiniRV32IMAState booted = state;
#ifdef OWN_ARRAY
    uint8_t *copy = malloc(RAM);
    memcpy(copy, image, RAM);
#else
    static uint32_t pages[4096];
    paging_snapshot snapshot;
    paging_dirty_log log;
    check("snapshot", paging_snapshot_take(process, &snapshot));
    check("log", paging_dirty_log_open(process, &log));
#endif
    before = now();
    for (uint32_t input = 0; input < INPUTS; input++) {
        uint32_t answer;
#ifdef OWN_ARRAY
        memcpy(image + MAILBOX, &input, 4);
        run(&state);
        memcpy(&answer, image + MAILBOX + 4, 4);
        memcpy(image, copy, RAM);
#else
        check("input", paging_store32(memory, BASE + MAILBOX, input, NULL));
        run(&state);
        check("answer", paging_load32(memory, BASE + MAILBOX + 4, &answer, NULL));
        int64_t written = paging_dirty_log_collect(log, pages, 4096);
        check("log", written);
        dirty += (uint64_t)written;
        check("restore", paging_snapshot_restore(snapshot));
#endif
        state = booted;
        sum = sum * 31 + answer;
    }
    fprintf(stderr, "input: %.1f us, restore included", (now() - before) / INPUTS * 1e6);
    if (dirty) fprintf(stderr, "; %.1f pages written", (double)dirty / INPUTS);
    fprintf(stderr, "\n");
    printf("checksum %016llx\n", (unsigned long long)sum);
    return 0;
}
