/* A small JIT for RV32IM in one file: three ways from a guest's load to its byte, with the same translator and the same programs.
 *
 *   array     host = base + address: an array, no memory management at all. What the others are measured against
 *   tables    paging_load32's way: look the page up in the table of translations, then the access
 *   window    host = base + address again, and base is a window (paging_window_open): the host's MMU looks the page up
 *
 *   L=src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish
 *   gcc -O2 -o /tmp/rv32 -Ibindings/c samples/jit/rv32.c -L$L -lpaging -Wl,-rpath,$PWD/$L && /tmp/rv32
 *
 * A block is translated when it is first executed, and ends with a jump. Ten of the guest's registers live in the host's, the others in
 * struct cpu. Blocks that are known jump to each other; the rest goes through `dispatch`. What the translator leaves out (div, and
 * accesses that miss) is made by interpret(), one instruction at a time. Not here: self-modifying code, interrupts, privileges.
 */
#define _GNU_SOURCE
#include "paging_window.h"
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum mode { ARRAY, TABLES, WINDOW, MODES };

enum { CODE = 0x10000, CODE_END = 0x20000, DATA = 0x1000000, DATA_BYTES = 64 << 20, HOST_BYTES = 1 << 20, PAGE = 4096 };

/* rbx leads here. */
static struct cpu {
    uint32_t x[32];
    uint32_t pc, reason;
    void *blocks[CODE_END / 4];     /* the code of the block that begins at a pc; NULL: not translated */
} cpu;

enum { MISSING, ECALL, STEP };      /* why the code has returned: no block at pc, the program's end, interpret one instruction */

static enum mode mode;
static paging_engine engine;
static paging_process process;
static paging_window window;
static paging_window_signals signals;
static const paging_translations *tables;
static char *base;                  /* of the array or the window: the byte at guest address 0 */
static uint8_t *code, *next, *dispatch, *leave;
static void (*enter)(struct cpu *cpu, void *block, const void *base_or_tables);
static long faults, by_call, refused;

static void fail(const char *what) { fprintf(stderr, "rv32: %s: %s\n", what, paging_last_error()); exit(1); }

/* ---- the host's code: rax, rcx and rdx are free, rbp has the base or the tables ------------------------------------------------- */

/* The host's register of a guest's, or -1. */
static int place(int x)
{
    static const signed char places[32] = { -1, -1, -1, -1, -1, 8, 9, 10, -1, -1, 11, 12, 13, 14, 15, 6, 7, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1 };
    return places[x];
}

static void byte(int value) { *next++ = (uint8_t)value; }
static void word(uint32_t value) { memcpy(next, &value, 4), next += 4; }
static void bytes(const char *text, int count) { memcpy(next, text, (size_t)count), next += count; }
#define CODE_OF(text) bytes(text, (int)sizeof text - 1)

/* op reg, rm, where rm is a guest's register in the host's or in cpu.x. */
static void with_guest(int prefix, int op, int reg, int x)
{
    int rm = place(x), rex = 0x40 | (reg >= 8) << 2 | (rm >= 8);
    if (rex != 0x40) byte(rex);
    if (prefix) byte(prefix);
    byte(op);
    if (rm >= 0) byte(0xc0 | (reg & 7) << 3 | (rm & 7));
    else byte(0x83 | (reg & 7) << 3), word(4 * (uint32_t)x);    /* [rbx + 4 x] */
}

static void get(int reg, int x)
{
    if (x) with_guest(0, 0x8b, reg, x);
    else byte(0x31), byte(0xc0 | reg << 3 | reg);
}

static void put(int x, int reg) { if (x) with_guest(0, 0x89, reg, x); }
static void set(int reg, uint32_t value) { byte(0xb8 | reg), word(value); }
static void jump(int condition, const void *target)    /* condition: 0 for always, or the second byte of jcc */
{
    if (condition) byte(0x0f), byte(condition);
    else byte(0xe9);
    word((uint32_t)((const uint8_t *)target - (next + 4)));
}

static uint8_t *forward(int condition) { jump(condition, next); return next; }
static void land(uint8_t *after) { uint32_t distance = (uint32_t)(next - after); memcpy(after - 4, &distance, 4); }

static void go_to(uint32_t pc)
{
    if (pc < CODE_END && cpu.blocks[pc / 4]) { jump(0, cpu.blocks[pc / 4]); return; }
    set(0, pc), jump(0, dispatch);
}

static void stop_at(uint32_t pc, int reason)
{
    byte(0xc7), byte(0x83), word(offsetof(struct cpu, reason)), word((uint32_t)reason);
    set(0, pc), jump(0, leave);
}

static void make_stubs(void)
{
    static const int kept[] = { 5, 6, 7, 10, 11, 12, 13, 14, 15, 16 };
    code = next = mmap(NULL, HOST_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) fail("mmap");
    void *made = next;
    memcpy(&enter, &made, sizeof enter);
    CODE_OF("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57\x48\x83\xec\x08");    /* push rbx, rbp, r12 to r15; sub rsp, 8 */
    CODE_OF("\x48\x89\xfb\x48\x89\xf0\x48\x89\xd5");                        /* mov rbx, rdi; mov rax, rsi; mov rbp, rdx */
    for (int i = 0; i < 10; i++) {
        int reg = place(kept[i]);
        if (reg >= 8) byte(0x44);
        byte(0x8b), byte(0x83 | (reg & 7) << 3), word(4 * (uint32_t)kept[i]);
    }
    CODE_OF("\xff\xe0");                                                    /* jmp rax */
    dispatch = next;                                                        /* eax: the pc */
    byte(0x3d), word(CODE_END);
    uint8_t *beyond = forward(0x83);
    CODE_OF("\x48\x8b\x8c\x43"), word(offsetof(struct cpu, blocks));        /* mov rcx, [rbx + 2 rax + blocks] */
    CODE_OF("\x48\x85\xc9\x74\x02\xff\xe1");                                /* test rcx, rcx; jz; jmp rcx */
    land(beyond);
    leave = next;
    byte(0x89), byte(0x83), word(offsetof(struct cpu, pc));
    for (int i = 0; i < 10; i++) {
        int reg = place(kept[i]);
        if (reg >= 8) byte(0x44);
        byte(0x89), byte(0x83 | (reg & 7) << 3), word(4 * (uint32_t)kept[i]);
    }
    CODE_OF("\x48\x83\xc4\x08\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3");
}

/* ---- an access: the address in ecx, the value in eax (loads) or edx (stores) ----------------------------------------------------- */

enum { LB, LH, LW, LBU = 4, LHU, SB = 8, SH, SW };

static int length_of(int kind) { return 1 << (kind & 3); }

/* The instruction of the access: at rbp + rcx, or at what the tables have given (rdx of a load, rax of a store) + rcx. */
static void access_at(int kind, int through_rdx)
{
    static const struct { unsigned char prefix, first, op; } loads[] = {
        [LB] = { 0, 0x0f, 0xbe }, [LH] = { 0, 0x0f, 0xbf }, [LW] = { 0, 0, 0x8b }, [LBU] = { 0, 0x0f, 0xb6 }, [LHU] = { 0, 0x0f, 0xb7 },
        [SB] = { 0, 0, 0x88 }, [SH] = { 0x66, 0, 0x89 }, [SW] = { 0, 0, 0x89 } };
    if (loads[kind].prefix) byte(loads[kind].prefix);
    if (loads[kind].first) byte(loads[kind].first);
    byte(loads[kind].op);
    int reg = kind >= SB ? 2 : 0;
    if (through_rdx) byte(0x04 | (kind >= SB ? 2 : 0) << 3), byte(0x08 | (kind >= SB ? 0 : 2));    /* [rdx + rcx], stores: [rax + rcx] */
    else byte(0x44 | reg << 3), byte(0x0d), byte(0);                                                /* [rbp + rcx + 0] */
}

static struct site { uint8_t *start, *end; uint32_t kind, pc; } sites[1 << 14];
static int site_count;

static void access_memory(uint32_t pc, int kind, int base_register, int32_t offset, int value)
{
    get(1, base_register);
    if (offset) byte(0x81), byte(0xc1), word((uint32_t)offset);             /* add ecx, offset */
    if (kind >= SB) get(2, value);
    if (mode != TABLES) {
        if (site_count == 1 << 14) fail("too many accesses");
        struct site *site = &sites[site_count++];
        site->start = next, access_at(kind, 0), site->end = next, site->kind = (uint32_t)kind, site->pc = pc;
        if (kind < SB) put(value, 0);
        return;
    }

    int scratch = kind >= SB ? 0 : 2;                                       /* rax for stores, rdx for loads */
    uint8_t *crosses = NULL;
    if (length_of(kind) > 1) {                                              /* two pages? */
        byte(0x89), byte(0xc8 | scratch), byte(0x81), byte(0xe0 | scratch), word(PAGE - 1);
        byte(0x81), byte(0xf8 | scratch), word((uint32_t)(PAGE - length_of(kind)));
        crosses = forward(0x87);
    }
    byte(0x89), byte(0xc8 | scratch), byte(0xc1), byte(0xe8 | scratch), byte(12);       /* the page */
    size_t table = kind >= SB ? offsetof(paging_translations, write) : offsetof(paging_translations, read);
    byte(0x48), byte(0xc1), byte(0xe0 | scratch), byte(3);                              /* shl scratch, 3 */
    byte(0x48), byte(0x03), byte(0x45 | scratch << 3), byte((int)table);                /* add scratch, [rbp + table] */
    byte(0x48), byte(0x8b), byte(scratch << 3 | scratch);                               /* mov scratch, [scratch] */
    byte(0x48), byte(0x85), byte(0xc0 | scratch << 3 | scratch);
    uint8_t *hits = forward(0x85);
    if (crosses) land(crosses);
    stop_at(pc, STEP);
    land(hits);
    access_at(kind, 1);
    if (kind < SB) put(value, 0);
}

/* ---- the translator -------------------------------------------------------------------------------------------------------------- */

static uint32_t fetch(uint32_t pc)
{
    uint32_t instruction = 0;
    if (mode == ARRAY) memcpy(&instruction, base + pc, 4);
    else if (paging_fetch(process, pc, &instruction, 4, NULL)) fail("fetch");
    return instruction;
}

static int32_t imm_s(uint32_t i) { return ((int32_t)i >> 25 << 5) | (int32_t)(i >> 7 & 31); }
static int32_t imm_b(uint32_t i)
{
    return ((int32_t)i >> 31 << 12) | (int32_t)((i >> 7 & 1) << 11 | (i >> 25 & 63) << 5 | (i >> 8 & 15) << 1);
}

static int32_t imm_j(uint32_t i)
{
    return ((int32_t)i >> 31 << 20) | (int32_t)((i & 0xff000) | (i >> 20 & 1) << 11 | (i >> 21 & 1023) << 1);
}

static void shift(int f3, int is_arithmetic) { byte(f3 == 1 ? 0xe0 : is_arithmetic ? 0xf8 : 0xe8); }
static void set_on(int condition) { byte(0x0f), byte(condition), byte(0xc0), byte(0x0f), byte(0xb6), byte(0xc0); }

static int operation(uint32_t i, int rd, int rs1, int rs2, int is_immediate)
{
    static const int with_register[] = { 0x03, 0, 0x3b, 0x3b, 0x33, 0, 0x0b, 0x23 };
    static const int with_word[] = { 0x05, 0, 0x3d, 0x3d, 0x35, 0, 0x0d, 0x25 };
    int f3 = (int)(i >> 12 & 7), f7 = (int)(i >> 25);
    if (!is_immediate && f7 == 1) {
        if (f3 > 3 || f3 == 2) return 0;
        get(0, rs1);
        if (f3 == 0) { if (rs2) with_guest(0x0f, 0xaf, 0, rs2); else set(0, 0); put(rd, 0); return 1; }
        get(1, rs2), byte(0xf7), byte(f3 == 1 ? 0xe9 : 0xe1), put(rd, 2);
        return 1;
    }

    get(0, rs1);
    if (f3 == 1 || f3 == 5) {
        if (is_immediate) byte(0xc1), shift(f3, f7 == 32), byte(rs2);
        else get(1, rs2), byte(0xd3), shift(f3, f7 == 32);
    } else {
        if (is_immediate) byte(with_word[f3]), word((uint32_t)((int32_t)i >> 20));
        else if (rs2 == 0) byte(f3 == 0 && f7 == 32 ? 0x2d : with_word[f3]), word(0);
        else with_guest(0, f3 == 0 && f7 == 32 ? 0x2b : with_register[f3], 0, rs2);
        if (f3 == 2) set_on(0x9c);
        if (f3 == 3) set_on(0x92);
    }
    put(rd, 0);
    return 1;
}

static void *translate(uint32_t pc)
{
    static const unsigned char conditions[] = { 0x84, 0x85, 0, 0, 0x8c, 0x8d, 0x82, 0x83 };
    if (pc < CODE || pc >= CODE_END || next > code + HOST_BYTES - PAGE) fail("no code there, or no room for more");
    uint8_t *start = next;
    cpu.blocks[pc / 4] = start;
    for (;; pc += 4) {
        uint32_t i = fetch(pc);
        int rd = (int)(i >> 7 & 31), f3 = (int)(i >> 12 & 7), rs1 = (int)(i >> 15 & 31), rs2 = (int)(i >> 20 & 31);
        switch (i & 127) {
        case 0x37: set(0, i & 0xfffff000), put(rd, 0); continue;
        case 0x17: set(0, pc + (i & 0xfffff000)), put(rd, 0); continue;
        case 0x13: operation(i, rd, rs1, rs2, 1); continue;
        case 0x33: if (operation(i, rd, rs1, rs2, 0)) continue; stop_at(pc, STEP); return start;
        case 0x03: access_memory(pc, f3, rs1, (int32_t)i >> 20, rd); continue;
        case 0x23: access_memory(pc, SB + f3, rs1, imm_s(i), rs2); continue;
        case 0x6f: set(0, pc + 4), put(rd, 0), go_to(pc + (uint32_t)imm_j(i)); return start;
        case 0x67:
            get(1, rs1), byte(0x81), byte(0xc1), word((uint32_t)((int32_t)i >> 20)), set(0, pc + 4), put(rd, 0);
            CODE_OF("\x89\xc8"), jump(0, dispatch);
            return start;
        case 0x63: {
            get(0, rs1);
            if (rs2) with_guest(0, 0x3b, 0, rs2);
            else byte(0x3d), word(0);
            uint8_t *taken = forward(conditions[f3]);
            go_to(pc + 4), land(taken), go_to(pc + (uint32_t)imm_b(i));
            return start;
        }
        default: stop_at(pc, i == 0x73 ? ECALL : STEP); return start;
        }
    }
}

/* One instruction, as the translator would: div and rem, and accesses that missed the tables. */
static void interpret(uint32_t pc)
{
    uint32_t i = fetch(pc), a = cpu.x[i >> 15 & 31], b = cpu.x[i >> 20 & 31], value = 0;
    int f3 = (int)(i >> 12 & 7), rd = (int)(i >> 7 & 31), kind = (i & 127) == 0x23 ? SB + f3 : f3;
    paging_fault fault;
    switch (i & 127) {
    case 0x33: {
        int overflows = a == 0x80000000 && b == 0xffffffff;
        if (f3 == 2) value = (uint32_t)((int64_t)(int32_t)a * (int64_t)(uint64_t)b >> 32);
        if (f3 == 4) value = b == 0 ? 0xffffffff : overflows ? a : (uint32_t)((int32_t)a / (int32_t)b);
        if (f3 == 5) value = b == 0 ? 0xffffffff : a / b;
        if (f3 == 6) value = b == 0 ? a : overflows ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
        if (f3 == 7) value = b == 0 ? a : a % b;
        break;
    }
    case 0x03:
        faults++;
        if (paging_read(process, a + (uint32_t)((int32_t)i >> 20), &value, (uint32_t)length_of(kind), &fault)) fail("a load of the guest");
        if (kind == LB) value = (uint32_t)(int8_t)value;
        if (kind == LH) value = (uint32_t)(int16_t)value;
        break;
    case 0x23:
        faults++, rd = 0;
        if (paging_write(process, a + (uint32_t)imm_s(i), &b, (uint32_t)length_of(kind), &fault)) fail("a store of the guest");
        break;
    default: fail("an instruction that is not RV32IM");
    }
    if (rd) cpu.x[rd] = value;
    cpu.pc = pc + 4;
}

static sigjmp_buf out;

/* Called after the signal, for an access that the window cannot make. */
static void stopped(paging_window_stop *stop, void *context)
{
    (void)context;
    for (int i = 0; i < site_count; i++) {
        struct site *site = &sites[i];
        if ((uint64_t)(uintptr_t)site->start != stop->instruction) continue;
        uint32_t address = (uint32_t)stop->registers[1], value = (uint32_t)stop->registers[2];
        uint32_t length = (uint32_t)length_of((int)site->kind);
        if (stop->outcome != PAGING_WINDOW_BY_CALL) break;
        by_call++;
        if (site->kind >= SB ? paging_write(process, address, &value, length, &stop->fault)
                : paging_read(process, address, (value = 0, &value), length, &stop->fault)) break;
        if (site->kind == LB) value = (uint32_t)(int8_t)value;
        if (site->kind == LH) value = (uint32_t)(int16_t)value;
        if (site->kind < SB) stop->registers[0] = value;
        stop->instruction = (uint64_t)(uintptr_t)site->end;
        return;
    }

    refused++;
    siglongjmp(out, 1);    /* a fault of the guest: the registers are in stop, and its pc is the site's */
}

static struct sigaction before;

static void on_segv(int number, siginfo_t *info, void *context)
{
    if (mode == WINDOW && paging_window_signal(&signals, info, context)) { faults++; return; }
    if (before.sa_flags & SA_SIGINFO) before.sa_sigaction(number, info, context);
    else abort();
}

/* Runs from a pc to ecall. Returns 0, or -1 after a fault of the guest in a window. */
static int run(uint32_t pc)
{
    cpu.pc = pc;
    if (sigsetjmp(out, 0)) return -1;
    for (;;) {
        void *block = cpu.blocks[cpu.pc / 4];
        cpu.reason = MISSING;
        enter(&cpu, block ? block : translate(cpu.pc), mode == TABLES ? (const void *)tables : base);
        if (cpu.reason == ECALL) return 0;
        if (cpu.reason == STEP) interpret(cpu.pc);
    }
}

/* ---- the programs: an assembler of a line each ------------------------------------------------------------------------------------ */

static uint32_t program[1024];
static int length;

static int put_word(uint32_t i) { program[length] = i; return length++; }
static int r_type(int f7, int f3, int rd, int a, int b)
{
    return put_word((uint32_t)(f7 << 25 | b << 20 | a << 15 | f3 << 12 | rd << 7 | 0x33));
}

static int i_type(int op, int f3, int rd, int a, int imm)
{
    return put_word((uint32_t)imm << 20 | (uint32_t)(a << 15 | f3 << 12 | rd << 7 | op));
}

static int add(int rd, int a, int b) { return r_type(0, 0, rd, a, b); }
static int mul(int rd, int a, int b) { return r_type(1, 0, rd, a, b); }
static int xor(int rd, int a, int b) { return r_type(0, 4, rd, a, b); }
static int addi(int rd, int a, int imm) { return i_type(0x13, 0, rd, a, imm); }
static int andi(int rd, int a, int imm) { return i_type(0x13, 7, rd, a, imm); }
static int srli(int rd, int a, int imm) { return i_type(0x13, 5, rd, a, imm); }
static int lw(int rd, int a, int imm) { return i_type(0x03, 2, rd, a, imm); }
static int lbu(int rd, int a, int imm) { return i_type(0x03, 4, rd, a, imm); }
static int sw(int b, int a, int imm)
{
    return put_word((uint32_t)(imm >> 5 & 127) << 25 | (uint32_t)(b << 20 | a << 15 | 2 << 12 | (imm & 31) << 7 | 0x23));
}

static void li(int rd, uint32_t value)
{
    put_word(((value + 0x800) & 0xfffff000) | (uint32_t)(rd << 7 | 0x37)), addi(rd, rd, (int)(value & 0xfff));
}

static void branch(int f3, int a, int b, int to)
{
    uint32_t d = (uint32_t)(to - length) * 4;
    put_word((d >> 12 & 1) << 31 | (d >> 5 & 63) << 25 | (uint32_t)(b << 20 | a << 15 | f3 << 12) | (d >> 1 & 15) << 8
        | (d >> 11 & 1) << 7 | 0x63);
}

static void bne(int a, int b, int to) { branch(1, a, b, to); }
static void end(void) { put_word(0x73); }

static void give(uint32_t address, const void *from, uint32_t count)
{
    if (mode == ARRAY) memcpy(base + address, from, count);
    else if (paging_copy_in(process, address, from, count, NULL) != count) fail("copy_in");
}

/* a0 rounds of what CoreMark does: a product of matrices, a walk along a list, a CRC. */
enum { N = 10, LIST = DATA + 0x4000, LIST_NODES = 64, TEXT = DATA + 0x8000, TEXT_BYTES = 64 };

static void core(void)
{
    int round = length, i, j, k, node, letter, bit;
    li(18, DATA), addi(11, 0, N), i = length;                       /* x18: a row of A */
    addi(12, 0, N), li(19, DATA + 0x1000), j = length;              /* x19: a column of B */
    add(14, 18, 0), add(15, 19, 0), addi(13, 0, 0), addi(16, 0, N), k = length;
    lw(5, 14, 0), lw(6, 15, 0), mul(5, 5, 6), add(13, 13, 5), addi(14, 14, 4), addi(15, 15, N * 4), addi(16, 16, -1), bne(16, 0, k);
    sw(13, 19, 0), addi(19, 19, 4), addi(12, 12, -1), bne(12, 0, j);
    addi(18, 18, N * 4), addi(11, 11, -1), bne(11, 0, i);
    li(14, LIST), node = length, lw(5, 14, 4), add(13, 13, 5), lw(14, 14, 0), bne(14, 0, node);
    li(14, TEXT), addi(15, 0, TEXT_BYTES), addi(16, 0, 0), li(7, 0xa001), letter = length;
    lbu(5, 14, 0), xor(16, 16, 5), addi(11, 0, 8), bit = length;
    andi(6, 16, 1), srli(16, 16, 1), mul(6, 6, 7), xor(16, 16, 6), addi(11, 11, -1), bne(11, 0, bit);
    addi(14, 14, 1), addi(15, 15, -1), bne(15, 0, letter);
    add(28, 13, 16), addi(10, 10, -1), bne(10, 0, round), end();
}

static void core_data(void)
{
    uint32_t words[0x1000];
    for (int i = 0; i < 0x1000; i++) words[i] = (uint32_t)i * 2654435761u >> 20;
    give(DATA, words, 0x2000), give(TEXT, words, TEXT_BYTES);
    for (int i = 0; i < LIST_NODES; i++) words[i * 16] = i + 1 < LIST_NODES ? LIST + (uint32_t)(i + 1) * 64 : 0;
    give(LIST, words, LIST_NODES * 64);
}

/* a0 copies of 1 MiB, 32 bytes a round. */
static void copies(void)
{
    int copy = length, line;
    li(11, DATA), li(12, DATA + (8 << 20)), li(13, DATA + (1 << 20)), line = length;
    for (int i = 0; i < 32; i += 8) lw(5, 11, i), lw(6, 11, i + 4), sw(5, 12, i), sw(6, 12, i + 4);
    addi(11, 11, 32), addi(12, 12, 32), bne(11, 13, line);
    addi(10, 10, -1), bne(10, 0, copy), end();
}

/* a0 steps along a chain. */
static void chase(void)
{
    int step;
    li(11, DATA), step = length;
    lw(11, 11, 0), addi(10, 10, -1), bne(10, 0, step);
    add(28, 11, 0), end();
}

static void chain(uint32_t span)
{
    uint32_t count = span / 64, *order = malloc(count * 4), seed = 1;
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        seed = seed * 1664525 + 1013904223;
        uint32_t j = 1 + (seed >> 8) % i, kept = order[i];
        if (i > 1) order[i] = order[j], order[j] = kept;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = DATA + order[(i + 1) % count] * 64;
        give(DATA + order[i] * 64, &to, 4);
    }
    free(order);
}

/* Adds to a word in each of a0 pages, x17 times. */
static void pages(void)
{
    int page, again;
    li(12, DATA), li(13, PAGE), page = length;
    add(14, 17, 0), again = length;
    lw(5, 12, 16), addi(5, 5, 1), sw(5, 12, 16), addi(14, 14, -1), bne(14, 0, again);
    add(12, 12, 13), addi(10, 10, -1), bne(10, 0, page), end();
}

/* ---- measuring ------------------------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void begin(enum mode wanted, void (*make)(void))
{
    mode = wanted;
    length = 0, make();
    next = code, site_count = 0, memset(&cpu, 0, sizeof cpu);
    make_stubs();
    if (mode == ARRAY) {
        base = (char *)mmap(NULL, DATA + DATA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED) fail("mmap");
    } else {
        paging_options options = { .size = sizeof options };
        void *first = NULL;
        if (paging_options_defaults(&options)) fail("options");
        options.share_ram = 1, options.ram_bytes = 192u << 20;
        if (paging_engine_create(&options, &engine) || paging_process_create(engine, "rv32", NULL, &process)) fail("engine");
        int32_t flags = PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_FIXED, rights = PAGING_PROT_READ | PAGING_PROT_WRITE;
        if (paging_mmap(process, CODE, CODE_END - CODE, (uint32_t)rights | PAGING_PROT_EXEC, (uint32_t)flags, -1, 0) != CODE) fail("mmap");
        for (int warm = 0; warm < 2; warm++) {      /* the second time, the host has given RAM its memory */
            if (paging_mmap(process, DATA, DATA_BYTES, (uint32_t)rights, (uint32_t)flags, -1, 0) != DATA) fail("mmap");
            if (warm == 0 && paging_fill(process, DATA, DATA_BYTES, 1, NULL) != DATA_BYTES) fail("fill");
        }
        tables = paging_translations_of(process);
        if (mode == WINDOW && paging_window_open(process, 0, &window, &first)) fail("window");
        base = (char *)first;
        if (mode == WINDOW && paging_window_signals_init(&signals, window, base, stopped, NULL)) fail("the processor has no XSAVE");
    }
    give(CODE, program, (uint32_t)length * 4);
    faults = 0;
}

static void finish(void)
{
    munmap(code, HOST_BYTES);
    if (mode == ARRAY) munmap(base, DATA + DATA_BYTES);
    else if ((mode == WINDOW && paging_free(window)) || paging_free(engine)) fail("end");
}

/* How often a row begins anew, is timed each time, and an iteration is repeated. With an argument each is short: the results are compared
 * as always, and the times say little. */
static int again_most = 3, timed_most = 5, iterations = 2000;

static double least(double a, double b) { return a < b ? a : b; }

static void print(const char *name, const double *best, double each, const char *unit, long faults_seen)
{
    printf("| %s | %.2f | %.2f (%.2f) | %.2f (%.2f) | %s | %ld |\n", name, best[ARRAY] / each, best[TABLES] / each,
        best[TABLES] / best[ARRAY], best[WINDOW] / each, best[WINDOW] / best[ARRAY], unit, faults_seen);
}

/* Runs the program with a number in a0, and returns nanoseconds. */
static double timed(uint32_t a0)
{
    cpu.x[10] = a0;
    double start = now();
    if (run(CODE)) fail("a fault of the guest");
    return now() - start;
}

static void row(const char *name, void (*make)(void), void (*prepare)(void), uint32_t rounds, double each, const char *unit)
{
    double best[MODES] = { 1e30, 1e30, 1e30 };
    long seen[MODES];
    uint32_t result[MODES];
    for (int again = 0; again < again_most; again++) {       /* one after the other: the host's speed changes */
        for (int m = 0; m < MODES; m++) {
            begin((enum mode)m, make);
            if (prepare) prepare();
            timed(rounds), seen[m] = faults;
            for (int i = 0; i < timed_most; i++) best[m] = least(best[m], timed(rounds));
            result[m] = cpu.x[28];
            finish();
        }
    }
    if (result[TABLES] != result[ARRAY] || result[WINDOW] != result[ARRAY]) fail("the ways differ");
    print(name, best, each, unit, seen[WINDOW]);
}

static void chain_16(void) { chain(16 << 20); }
static void chain_small(void) { chain(256 << 10); }

/* Iterations of a fuzzer: some pages are written, then the process goes back to a snapshot; by hand in the array. */
static void iterate(uint32_t count, uint32_t times)
{
    double best[MODES];
    char name[80];
    for (int m = 0; m < MODES; m++) {
        paging_snapshot snapshot = { 0 };
        char *copy = malloc((size_t)count * PAGE);
        begin((enum mode)m, pages);
        cpu.x[17] = times, timed(count);
        if (m == ARRAY) memcpy(copy, base + DATA, (size_t)count * PAGE);
        else if (paging_snapshot_take(process, &snapshot)) fail("snapshot");
        best[m] = 1e30;
        for (int i = 0; i < iterations / (int)count + iterations / 100; i++) {
            double t = timed(count), start = now();
            if (m == ARRAY) memcpy(base + DATA, copy, (size_t)count * PAGE);
            else if (paging_snapshot_restore(snapshot)) fail("restore");
            best[m] = least(best[m], t + now() - start);
        }
        finish(), free(copy);
    }
    snprintf(name, sizeof name, "%u accesses in each of %u pages, and back", 2 * times, count);
    print(name, best, 1e3, "us", (long)count);
}

/* The price of a fault, and after how many accesses to its page a window is cheaper than the tables. */
static void break_even(void)
{
    enum { COUNT = 1024, FEW = 64, TIMES = 4096 };
    double first[MODES] = { 1e30, 1e30, 1e30 }, later[MODES] = { 1e30, 1e30, 1e30 };
    for (int again = 0; again < again_most; again++) {
        for (int m = 0; m < MODES; m++) {
            begin((enum mode)m, pages);
            cpu.x[17] = 1, first[m] = least(first[m], timed(COUNT) / COUNT), cpu.x[17] = TIMES;
            for (int i = 0; i < timed_most; i++) later[m] = least(later[m], timed(FEW) / FEW / TIMES / 2);
            finish();
        }
    }
    printf("\nFirst touch of a page: array %.0f ns, tables %.0f, window %.0f. An access after it, with its share of the loop: "
        "%.2f, %.2f, %.2f.\n", first[ARRAY], first[TABLES], first[WINDOW], later[ARRAY], later[TABLES], later[WINDOW]);
    printf("The window is cheaper than the tables from %.0f accesses for each page that it shows.\n",
        (first[WINDOW] - first[TABLES]) / (later[TABLES] - later[WINDOW]));
}

/* What a window cannot show: a device, and no memory at all. */
static int32_t load_port(void *context, uint64_t offset, uint32_t bytes, uint64_t *value)
{
    (void)context, (void)offset, (void)bytes, *value = 42;
    return 0;
}

static int32_t store_port(void *context, uint64_t offset, uint32_t bytes, uint64_t value)
{
    (void)context, (void)offset, (void)bytes, (void)value;
    return 0;
}

static void port(void) { lw(28, 11, 0), addi(28, 28, 1), sw(28, 11, 0), end(); }

static void others(void)
{
    paging_device device = { .size = sizeof device, .load = load_port, .store = store_port };
    paging_file file;
    begin(WINDOW, port);
    if (paging_device_create(engine, "port", &device, PAGE, PAGING_READ_WRITE, &file)) fail("device");
    int64_t registers = paging_mmap(process, 0, PAGE, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_SHARED,
        paging_file_open(file, process, PAGING_READ_WRITE, 0), 0);
    cpu.x[11] = (uint32_t)registers;
    if (registers < 0 || run(CODE) || cpu.x[28] != 43 || by_call != 2) fail("a device by call");
    cpu.x[11] = 0x10;
    if (!run(CODE) || refused != 1) fail("a fault of the guest");
    finish();
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1) again_most = timed_most = 1, iterations = 100;
    static char stack[1 << 16];
    stack_t own = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    if (paging_version() < 0 || sigaltstack(&own, NULL) || sigaction(SIGSEGV, &action, &before)) fail("SIGSEGV");
    others();
    printf("| | array | tables | window | in | faults |\n|---|--:|--:|--:|---|--:|\n");
    row("matrices, lists, CRC (CoreMark's kind)", core, core_data, 2000, 2000e3, "us a round");
    row("copies of 1 MiB", copies, NULL, 20, 20e3, "us each");
    row("a chain through 256 KiB", chase, chain_small, 2000000, 2000000, "ns a step");
    row("a chain through 16 MiB", chase, chain_16, 500000, 500000, "ns a step");
    iterate(1, 8), iterate(10, 8), iterate(10, 4096), iterate(100, 64);
    break_even();
    return 0;
}
