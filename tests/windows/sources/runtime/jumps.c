/* setjmp and longjmp, frames of FS:0 that are unwound, RtlUnwind itself, and an exception that a handler leaves by longjmp. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

NTSYSAPI VOID NTAPI RtlUnwind(PVOID, PVOID, PEXCEPTION_RECORD, PVOID);

typedef struct frame {
    struct frame *next;
    void *handler;
    int number;
} frame;

static jmp_buf place;

static void *first_frame(void)
{
    void *frame;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame));
    return frame;
}

static void push(frame *one, void *handler, int number)
{
    one->next = first_frame();
    one->handler = handler;
    one->number = number;
    __asm__ volatile("movl %0, %%fs:0" : : "r"(one) : "memory");
}

static void pop(frame *one)
{
    __asm__ volatile("movl %0, %%fs:0" : : "r"(one->next) : "memory");
}

/* A __finally: it is told when its frame is unwound. */
static EXCEPTION_DISPOSITION __cdecl finally(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    if (record->ExceptionFlags & EXCEPTION_UNWIND) printf("finally of %d\n", ((frame *)at)->number);
    return ExceptionContinueSearch;
}

/* An __except: unwinds to itself and goes on behind the code that failed. */
static EXCEPTION_DISPOSITION __cdecl except(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    if (record->ExceptionFlags & EXCEPTION_UNWIND) return ExceptionContinueSearch;
    printf("except of %d: %08lx\n", ((frame *)at)->number, record->ExceptionCode);
    RtlUnwind(at, 0, record, 0);
    printf("unwound %d %d\n", first_frame() == at, (record->ExceptionFlags & EXCEPTION_UNWINDING) != 0);
    longjmp(place, 9);
}

static void deep(int left)
{
    volatile char room[500];
    room[0] = (char)left;
    if (left == 0) longjmp(place, 7);
    deep(left - 1);
}

static void guarded(int kind)
{
    frame one, two;
    push(&one, finally, 1);
    push(&two, finally, 2);
    if (kind == 0) longjmp(place, 0);
    if (kind == 1) *(volatile int *)0x10 = 1;
    RaiseException(0xE0000001, 0, 0, NULL);
}

int main(void)
{
    frame outer;
    void *before = first_frame();
    volatile int result;
    printf("jumps\n");
    result = setjmp(place);
    if (result == 0) deep(50);
    printf("back with %d\n", result);
    result = setjmp(place);
    if (result == 0) guarded(0);
    printf("over frames: %d, chain %d\n", result, first_frame() == before);
    push(&outer, except, 3);
    result = setjmp(place);
    if (result == 0) guarded(1);
    printf("after a fault: %d, chain %d\n", result, first_frame() == &outer);
    result = setjmp(place);
    if (result == 0) guarded(2);
    printf("after an exception: %d, chain %d\n", result, first_frame() == &outer);
    pop(&outer);
    return 0;
}
