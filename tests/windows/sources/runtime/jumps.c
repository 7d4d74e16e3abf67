/* setjmp and longjmp: out of calls, out of the handler of an exception, and with the chain of frames as it was at setjmp. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

typedef struct frame {
    struct frame *next;
    void *handler;
} frame;

static jmp_buf place;

static void *first_frame(void)
{
    void *frame;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame));
    return frame;
}

static void push(frame *one, void *handler)
{
    one->next = first_frame();
    one->handler = handler;
    __asm__ volatile("movl %0, %%fs:0" : : "r"(one) : "memory");
}

static EXCEPTION_DISPOSITION __cdecl passes(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION __cdecl leaves(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    if (record->ExceptionFlags & EXCEPTION_UNWIND) return ExceptionContinueSearch;
    printf("leaves %08lx\n", record->ExceptionCode);
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
    push(&one, passes);
    push(&two, passes);
    if (kind == 0) longjmp(place, 0);
    if (kind == 1) *(volatile int *)0x10 = 1;
    RaiseException(0xE0000001, 0, 0, NULL);
}

int main(void)
{
    frame outer;
    void *before = first_frame();
    void *volatile own = &outer;    /* volatile: or the compiler takes the chain's start for another frame */
    volatile int result;
    printf("jumps\n");
    result = setjmp(place);
    if (result == 0) deep(50);
    printf("back with %d\n", result);
    result = setjmp(place);
    if (result == 0) guarded(0);
    printf("over frames: %d, chain %d\n", result, first_frame() == before);
    push(&outer, leaves);
    result = setjmp(place);
    if (result == 0) guarded(1);
    printf("after a fault: %d, chain %d\n", result, first_frame() == own);
    result = setjmp(place);
    if (result == 0) guarded(2);
    printf("after an exception: %d, chain %d\n", result, first_frame() == own);
    __asm__ volatile("movl %0, %%fs:0" : : "r"(outer.next) : "memory");
    return 0;
}
