/* libx86emu, Debian's x86 interpreter, with every access through paging.h and its page faults resolved by the engine.
 *
 *   apt-get install libx86emu-dev; tools/clients/x86emu.sh
 *
 * The guest (x86emu-guest.c) is 32-bit code in protected mode. Its table is mapped when it faults there: the interpreter's memory function
 * raises #PF with CR2, the handler maps the page, and the instruction starts again. At the end a write to read-only memory ends it.
 */
#include "paging.h"
#include <x86emu.h>
#include <stdio.h>
#include <stdlib.h>

enum { CODE = 0x08048000, STACK = 0x0a000000, TABLE = 0x20000000, TABLE_END = 0x20040000 };
static paging_process process;
static const paging_translations *t;
static unsigned mapped, ended_at;

static void check(const char *what, int64_t code)
{
    if (code < 0) fprintf(stderr, "%s: %lld %s\n", what, (long long)code, paging_last_error()), exit(1);
}

static void map(uint32_t at, uint32_t length, uint32_t protection)
{
    check("mmap", paging_mmap(process, at, length, protection, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_FIXED, -1, 0));
}

static unsigned access_memory(x86emu_t *emu, u32 address, u32 *value, unsigned type)
{
    uint32_t length = (type & 255) == X86EMU_MEMIO_32 ? 4 : (type & 255) == X86EMU_MEMIO_16 ? 2 : 1;
    paging_fault fault;
    uint8_t byte = (uint8_t)*value;
    uint16_t half = (uint16_t)*value;
    int32_t refused;
    switch (type & ~255u) {
    case X86EMU_MEMIO_W:
        refused = length == 4 ? paging_store32(t, address, *value, &fault) : length == 2 ? paging_store16(t, address, half, &fault)
            : paging_store8(t, address, byte, &fault);
        break;
    case X86EMU_MEMIO_R:
    case X86EMU_MEMIO_X:
        refused = length == 4 ? paging_load32(t, address, value, &fault) : length == 2 ? paging_load16(t, address, &half, &fault)
            : paging_load8(t, address, &byte, &fault);
        if (length < 4) *value = length == 2 ? half : byte;
        break;
    default: return 1;
    }
    if (!refused) return 0;
    emu->x86.R_CR2 = fault.address;
    x86emu_intr_raise(emu, 14, INTR_TYPE_FAULT | INTR_MODE_RESTART | INTR_MODE_ERRCODE, (type & ~255u) == X86EMU_MEMIO_W ? 2 : 0);
    return 0;
}

/* Linux' part: a page fault maps a page of the table, or ends the program; int 0x80 ends it. */
static int interrupt(x86emu_t *emu, u8 number, unsigned type)
{
    (void)type;
    uint32_t page = emu->x86.R_CR2 & ~4095u;
    if (number == 14 && page >= TABLE && page < TABLE_END) {
        map(page, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE);
        mapped++;
        emu->x86.R_EIP = emu->x86.saved_eip;    /* the library restarts an instruction only if it delivers the interrupt itself */
        return 1;
    }
    ended_at = number == 14 ? emu->x86.R_CR2 : 0;
    x86emu_stop(emu);
    return 1;
}

int main(int count, char **arguments)
{
    static uint8_t program[4096];
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    size_t length = file ? fread(program, 1, sizeof program, file) : 0;
    paging_engine engine;
    if (!length) return 1;
    check("engine", paging_engine_create(NULL, &engine));
    check("process", paging_process_create(engine, "guest", NULL, &process));
    t = paging_translations_of(process);
    map(CODE, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE);
    check("code", paging_copy_in(process, CODE, program, length, NULL));
    check("mprotect", paging_mprotect(process, CODE, 4096, PAGING_PROT_READ | PAGING_PROT_EXEC));
    map(STACK - 65536, 65536, PAGING_PROT_READ | PAGING_PROT_WRITE);

    x86emu_t *emu = x86emu_new(0, 0);
    x86emu_set_memio_handler(emu, access_memory);
    x86emu_set_intr_handler(emu, interrupt);
    for (int i = 0; i < 6; i++) {
        emu->x86.seg[i].base = 0;
        emu->x86.seg[i].limit = 0xffffffff;
        emu->x86.seg[i].acc = i == R_CS_INDEX ? 0xc9b : 0xc93;
    }
    emu->x86.R_CR0 |= 1;    /* protected mode */
    emu->x86.R_EIP = CODE;
    emu->x86.R_ESP = STACK - 16;
    unsigned why = x86emu_run(emu, X86EMU_RUN_LOOP | X86EMU_RUN_NO_CODE);
    paging_usage usage = { .size = sizeof usage };
    check("usage", paging_usage_get(process, &usage));
    printf("eax %u; %u pages mapped by faults, %u resident; ended by a write to %08x (%x)\n", emu->x86.R_EAX, mapped, usage.resident,
        ended_at, why);
    unsigned eax = emu->x86.R_EAX;
    x86emu_done(emu);
    return paging_free(engine) || ended_at != CODE || mapped != 64 || eax != 23000;
}
