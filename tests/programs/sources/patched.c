/* Code that stores of all widths patch, at every offset from a page's border: what is called must be what memory holds.
   The stores lie in this program's text, or (odd rounds) in the page that they patch. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PITCH 67
#define PAGES 6
#define SLOTS ((PAGES * 4096 - 512) / PITCH)

static unsigned char *code;
static uint32_t seed = 12345, hash = 1, wrong;

static uint32_t next(void) { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed; }

static unsigned char *slot(unsigned i) { return code + 256 + i * PITCH; }

static void call(unsigned i)
{
    uint32_t want, got = ((uint32_t (*)(void))slot(i))();
    memcpy(&want, slot(i) + 1, 4);
    hash = hash * 31 + got;
    if (got != want) {
        if (wrong++ < 5) printf("slot %u at %x: returned %x, holds %x\n", i, (unsigned)(slot(i) - code), got, want);
    }
}

/* Each kind changes bytes at `at` only; the new bytes lie in `bytes`. */
static int store(int kind, unsigned char *at, unsigned char *bytes)
{
    uint32_t word;
    uint16_t half;
    memcpy(&word, bytes, 4);
    memcpy(&half, bytes, 2);
    switch (kind) {
    case 0: *(volatile unsigned char *)at = bytes[0]; return 1;
    case 1: __asm__ volatile("movw %0,(%1)" :: "r"(half), "r"(at) : "memory"); return 2;
    case 2: __asm__ volatile("movl %0,(%1)" :: "r"(word), "r"(at) : "memory"); return 4;
    case 3: __asm__ volatile("movq (%0),%%xmm0; movq %%xmm0,(%1)" :: "r"(bytes), "r"(at) : "memory"); return 8;
    case 4: __asm__ volatile("movdqu (%0),%%xmm0; movdqu %%xmm0,(%1)" :: "r"(bytes), "r"(at) : "memory"); return 16;
    case 5: { unsigned char *s = bytes, *d = at; unsigned n = 7;
        __asm__ volatile("rep movsb" : "+S"(s), "+D"(d), "+c"(n) :: "memory"); return 7; }
    case 6: { unsigned char *s = bytes, *d = at; unsigned n = 3;
        __asm__ volatile("rep movsl" : "+S"(s), "+D"(d), "+c"(n) :: "memory"); return 12; }
    case 7: __asm__ volatile("movl %%esp,%%edx; leal 4(%1),%%esp; pushl %0; movl %%edx,%%esp" :: "r"(word), "r"(at) : "edx", "memory");
        return 4;
    case 8: { uint32_t old; memcpy(&old, at, 4); word -= old; __asm__ volatile("xaddl %0,(%1)" : "+r"(word) : "r"(at) : "memory"); return 4; }
    case 9: { uint32_t lo, hi, nlo, nhi; memcpy(&lo, at, 4); memcpy(&hi, at + 4, 4); memcpy(&nlo, bytes, 4); memcpy(&nhi, bytes + 4, 4);
        __asm__ volatile("pushl %%ebx; movl %4,%%ebx; cmpxchg8b (%2); popl %%ebx" : "+a"(lo), "+d"(hi) : "S"(at), "c"(nhi), "D"(nlo)
            : "memory", "cc"); return 8; }
    case 10: __asm__ volatile("fildll (%0); fistpll (%1)" :: "r"(bytes), "r"(at) : "memory"); return 8;
    case 11: __asm__ volatile("movq (%0),%%mm0; movq %%mm0,(%1); emms" :: "r"(bytes), "r"(at) : "memory"); return 8;
    case 12: { uint32_t old; memcpy(&old, at, 4);
        __asm__ volatile("cmpxchgl %1,(%2)" : "+a"(old) : "r"(word), "r"(at) : "memory", "cc"); return 4; }
    case 13: __asm__ volatile("xchgl %0,(%1)" : "+r"(word) : "r"(at) : "memory"); return 4;
    default: __asm__ volatile("movups (%0),%%xmm1; movups %%xmm1,(%1)" :: "r"(bytes), "r"(at) : "memory"); return 16;
    }
}
enum { KINDS = 15 };

/* New bytes for 16 bytes at an address: those of immediates change, all others stay. */
static void draw(unsigned char *at, unsigned char *bytes)
{
    for (int i = 0; i < 16; i++) {
        int in = (int)(at + i - slot(0)), off = in % PITCH;
        bytes[i] = in >= 0 && in / PITCH < SLOTS && off >= 1 && off <= 4 ? next() : at[i];
    }
}

static void patch(int kind, unsigned i)
{
    unsigned char bytes[16], *at = slot(i) + 1 - (int)(next() % 16) + (int)(next() % 4);
    draw(at, bytes);
    store(kind, at, bytes);
}

int main(void)
{
    code = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < SLOTS; i++) {
        slot(i)[0] = 0xB8;    /* mov $i,%eax; ret */
        memcpy(slot(i) + 1, &i, 4);
        slot(i)[5] = 0xC3;
    }
    /* one in each page: mov 4(%esp),%ecx; mov 8(%esp),%eax; mov %eax,(%ecx); ret */
    static const unsigned char stores[] = {0x8B, 0x4C, 0x24, 4, 0x8B, 0x44, 0x24, 8, 0x89, 0x01, 0xC3};
    for (int round = 0; round < 3; round++) for (unsigned i = 0; i < SLOTS; i++) call(i);
    for (int kind = 0; kind < KINDS; kind++) {
        for (int n = 0; n < 400; n++) {
            unsigned border = (next() % (PAGES - 1) + 1) * 4096, i = (border - 256) / PITCH;    /* the slot at a page's border */
            if (n % 3 == 0) i = next() % (SLOTS - 2) + 1;
            patch(kind, i);
            if (n % 2) patch((kind + n) % KINDS, next() % (SLOTS - 2) + 1);    /* two before any is called */
            call(i);
            call(i + 1);
            call(i - 1);
            call(next() % SLOTS);
        }
        for (unsigned i = 0; i < SLOTS; i++) call(i);
        printf("kind %2d: %08x, %u wrong\n", kind, hash, wrong);
    }
    memcpy(code, stores, sizeof stores);
    for (int n = 0; n < 2000; n++) {    /* by code of the same page */
        unsigned i = next() % 40;
        ((void (*)(void *, uint32_t))code)(slot(i) + 1, next());
        if (n % 2) ((void (*)(void *, uint32_t))code)(slot(next() % 40) + 1, next());
        call(i);
        call(next() % 40);
    }
    printf("own page: %08x, %u wrong\n", hash, wrong);
    /* through another mapping of the same memory */
    int file = memfd_create("code", 0);
    if (ftruncate(file, 8192)) return 2;
    unsigned char *at = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    code = mmap(0, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    memset(at, 0x90, 8192);
    for (unsigned i = 0; i < 100; i++) { at[256 + i * PITCH] = 0xB8; at[256 + i * PITCH + 5] = 0xC3; }
    for (unsigned i = 0; i < 100; i++) call(i);
    for (int n = 0; n < 2000; n++) {
        unsigned i = next() % 99;
        uint32_t word = next();
        memcpy(at + 256 + i * PITCH + 1, &word, 4);
        word = next();
        if (n % 2) memcpy(at + 256 + (i + 1) * PITCH + 1, &word, 4);
        call(i);
        call(i + 1);
    }
    printf("alias: %08x, %u wrong\n", hash, wrong);
    /* closed and opened again by mprotect */
    code = at;
    for (int n = 0; n < 500; n++) {
        unsigned i = next() % 99;
        uint32_t word = next();
        mprotect(at, 8192, n % 2 ? PROT_READ | PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC);
        memcpy(at + 256 + i * PITCH + 1, &word, 4);
        mprotect(at, 8192, PROT_READ | PROT_EXEC);
        call(i);
        call(next() % 99);
    }
    printf("rights: %08x, %u wrong\n", hash, wrong);
    return wrong != 0;
}
