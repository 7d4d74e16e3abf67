/* A breakpoint is a fault to its handlers: the context is at the instruction, and who goes on behind it adds its length. */
#include "report.h"

static LONG CALLBACK on_break(EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    hex("code", record->ExceptionCode);
    hex("at_the_instruction", record->ExceptionAddress == (void *)pointers->ContextRecord->Eip);
    hex("byte", *(BYTE *)record->ExceptionAddress);
    pointers->ContextRecord->Eip++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD run(void)
{
    DWORD count = 5;
    put("breaks");
    AddVectoredExceptionHandler(1, on_break);
    __asm__ volatile("int3\n\tincl %0" : "+a"(count));
    hex("count", count);
    return 0;
}
