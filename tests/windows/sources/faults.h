/* Accesses whose exceptions are told instead of ending the program: a vectored handler goes on behind the access. */
static volatile DWORD fault_code, fault_kind, fault_address;
static DWORD fault_resume;

static LONG CALLBACK on_fault(EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (!fault_resume) return EXCEPTION_CONTINUE_SEARCH;
    fault_code = record->ExceptionCode;
    fault_kind = record->NumberParameters > 0 ? record->ExceptionInformation[0] : 99;
    fault_address = record->NumberParameters > 1 ? record->ExceptionInformation[1] : 0;
    pointers->ContextRecord->Eip = fault_resume;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void show_fault(const char *name, DWORD value)
{
    fault_resume = 0;
    line(name);
    if (!fault_code) {
        hex("value", value);
        return;
    }
    hex("raised", fault_code);
    hex("kind", fault_kind);
    hex("at", fault_address);
}

SHARED __attribute__((noinline)) void load(const char *name, const void *address)
{
    DWORD value = 0;
    fault_code = 0;
    __asm__ volatile("movl $1f, %1\n\tmovl (%2), %0\n1:" : "+&r"(value), "=m"(fault_resume) : "r"(address) : "memory");
    show_fault(name, value);
}

SHARED __attribute__((noinline)) void store(const char *name, void *address, DWORD value)
{
    fault_code = 0;
    __asm__ volatile("movl $1f, %0\n\tmovl %2, (%1)\n1:" : "=m"(fault_resume) : "r"(address), "r"(value) : "memory");
    show_fault(name, value);
}

/* Calls the byte there, which is a ret. */
SHARED __attribute__((noinline)) void execute(const char *name, const void *address)
{
    DWORD stack;
    fault_code = 0;
    __asm__ volatile("movl %%esp, %1\n\tmovl $1f, %0\n\tcall *%2\n1:\tmovl %1, %%esp"
                     : "=m"(fault_resume), "=&S"(stack) : "r"(address) : "memory", "eax", "ecx", "edx");
    show_fault(name, 0);
}
