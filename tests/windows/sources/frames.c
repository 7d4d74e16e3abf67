/* Exceptions shown to frames of the stack, to the last filter, and raised by the program itself. */
#include "report.h"

typedef struct frame {
    struct frame *next;
    void *handler;
} frame;

static DWORD seen;

static EXCEPTION_DISPOSITION __cdecl on_frame(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    line("frame");
    hex("code", record->ExceptionCode);
    hex("parameters", record->NumberParameters);
    seen++;
    if (record->ExceptionCode != EXCEPTION_INT_DIVIDE_BY_ZERO) return ExceptionContinueSearch;
    context->Eip += 2; /* div ecx */
    context->Eax = 1234;
    return ExceptionContinueExecution;
}

static EXCEPTION_DISPOSITION __cdecl outer_frame(EXCEPTION_RECORD *record, void *at, CONTEXT *context, void *dispatcher)
{
    line("outer frame");
    hex("code", record->ExceptionCode);
    return record->ExceptionFlags & EXCEPTION_NONCONTINUABLE ? ExceptionContinueSearch : ExceptionContinueExecution;
}

static LONG WINAPI on_nobody(EXCEPTION_POINTERS *pointers)
{
    line("last filter");
    hex("code", pointers->ExceptionRecord->ExceptionCode);
    put("\n");
    ExitProcess(9);
    return 0;
}

static DWORD run(void)
{
    frame outer, inner;
    DWORD quotient = 10;
    ULONG_PTR parameters[2] = {1, 2};
    put("frames");
    __asm__ volatile("movl %%fs:0, %0" : "=r"(outer.next));
    outer.handler = outer_frame;
    inner.next = &outer;
    inner.handler = on_frame;
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&inner) : "memory");
    __asm__ volatile("xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tdivl %%ecx" : "+a"(quotient) : : "ecx", "edx");
    hex("quotient", quotient);
    RaiseException(0xE0001234, 0, 2, parameters);
    line("raised and gone on");
    hex("seen", seen);
    __asm__ volatile("movl %0, %%fs:0" : : "r"(outer.next) : "memory");
    SetUnhandledExceptionFilter(on_nobody);
    *(volatile DWORD *)0x30000000 = 1;
    return 0;
}
