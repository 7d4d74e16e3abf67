/* Lengths that no memory has: each call ends with an access violation, which a handler turns into a line, and the program goes on. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static jmp_buf place;

static EXCEPTION_DISPOSITION __cdecl except(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) return ExceptionContinueSearch;
    printf("%08lx ", record->ExceptionCode);
    longjmp(place, 1);
}

static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile fill)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;
static char *(*volatile pad)(char *, const char *, size_t) = strncpy;

static void attempt(int kind)
{
    /* each in an allocation of its own, behind which nothing lies that the program needs */
    char *one = VirtualAlloc(NULL, 0x20000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *other = VirtualAlloc(NULL, 0x20000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(one + 0x10000, 0x10000, MEM_DECOMMIT);
    VirtualFree(other + 0x10000, 0x10000, MEM_DECOMMIT);
    switch (kind) {
    case 0: copy(one, other, 0x7FFFFFFF); break;
    case 1: move(one, other, 0x7FFFFFFF); break;
    case 2: fill(one, 1, 0x7FFFFFFF); break;
    case 3: printf("%d ", compare(one, other, 0x7FFFFFFF)); break;
    case 4: pad(one, "text", 0x7FFFFFFF); break;
    }
}

int main(void)
{
    struct { void *next, *handler; } frame;
    volatile int kind;
    printf("beyond\n");
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame.next));
    frame.handler = except;
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&frame) : "memory");
    for (kind = 0; kind < 5; kind++) {
        if (setjmp(place) == 0) attempt(kind);
        printf("after %d\n", kind);
    }

    __asm__ volatile("movl %0, %%fs:0" : : "r"(frame.next) : "memory");
    return 0;
}
