/* Instructions that a program may not execute, and the error codes, traps and codes of signals that exceptions become. */
#include "report.h"
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

static sigjmp_buf back;
static volatile int before, after;
static char bytes[64] __attribute__((aligned(16)));

static void caught(int number, siginfo_t *info, void *context)
{
    greg_t *words = ((ucontext_t *)context)->uc_mcontext.gregs;
    printf("signal %d code %d error %x trap %d, before %d after %d\n", number, info->si_code, (unsigned)words[REG_ERR],
        (int)words[REG_TRAPNO], before, after);
    siglongjmp(back, 1);
}

/* What stands before the instruction has happened, what stands behind it has not. */
#define TRY(instruction, ...) do { before = after = 0; printf("%s: ", instruction); \
    if (sigsetjmp(back, 1) == 0) { \
        asm volatile("movl $1, %[b]\n " instruction "\n movl $1, %[a]" : [b] "=m"(before), [a] "=m"(after) : __VA_ARGS__ : "memory", "cc"); \
        printf("ran, before %d after %d\n", before, after); } } while (0)

static void ports(void)
{
    TRY("inb $0x80, %%al", "a"(0));
    TRY("inl $0x80, %%eax", "a"(0));
    TRY("inb %%dx, %%al", "a"(0), "d"(0x80));
    TRY("inw %%dx, %%ax", "a"(0), "d"(0x5658));
    TRY("inl %%dx, %%eax", "a"(0), "d"(0x5658));
    TRY("outb %%al, $0x80", "a"(0));
    TRY("outl %%eax, $0x80", "a"(0));
    TRY("outb %%al, %%dx", "a"(0), "d"(0x80));
    TRY("outw %%ax, %%dx", "a"(0), "d"(0x80));
    TRY("insb", "D"(bytes), "d"(0x80));
    TRY("insw", "D"(bytes), "d"(0x80));
    TRY("insl", "D"(bytes), "d"(0x80));
    TRY("rep insb", "D"(bytes), "d"(0x80), "c"(4));
    TRY("outsb", "S"(bytes), "d"(0x80));
    TRY("outsl", "S"(bytes), "d"(0x80));
    TRY("rep outsw", "S"(bytes), "d"(0x80), "c"(4));
}

static void machine(void)
{
    TRY("hlt", "a"(0));
    TRY("cli", "a"(0));
    TRY("sti", "a"(0));
    TRY("rdmsr", "c"(0x10), "a"(0), "d"(0));
    TRY("wrmsr", "c"(0x10), "a"(0), "d"(0));
    TRY("rdpmc", "c"(0), "a"(0), "d"(0));
    TRY("movl %%cr0, %%eax", "a"(0));
    TRY("movl %%eax, %%cr3", "a"(0));
    TRY("movl %%dr7, %%eax", "a"(0));
    TRY("lgdt (%%ecx)", "c"(bytes));
    TRY("lidt (%%ecx)", "c"(bytes));
    TRY("lldt %%ax", "a"(0));
    TRY("ltr %%ax", "a"(0));
    TRY("lmsw %%ax", "a"(0));
    TRY("clts", "a"(0));
    TRY("invd", "a"(0));
    TRY("wbinvd", "a"(0));
    TRY("invlpg (%%ecx)", "c"(bytes));
    TRY("ud2", "a"(0));
    TRY(".byte 0xf0, 0x89, 0x01", "a"(0), "c"(bytes));    /* lock mov */
    TRY(".byte 0xf0, 0x90", "a"(0));
    TRY(".byte 0xf0, 0x39, 0x01", "a"(0), "c"(bytes));    /* lock cmp */
    TRY(".byte 0x66, 0xf0, 0x01, 0xc8", "a"(0), "c"(0));
    TRY(".byte 0xf0, 0x8b, 0x01", "a"(0), "c"(bytes));
    TRY("lock; addl %%eax, (%%ecx)", "a"(0), "c"(bytes));
    TRY("int3", "a"(0));
    TRY("int $0x81", "a"(0));
    TRY("int $3", "a"(0));
    TRY("into", "a"(0));
    TRY("movb $0x7f, %%al; addb $1, %%al; into", "a"(0));
    TRY("bound %%eax, (%%ecx)", "a"(-1), "c"(bytes));
    TRY("idivl %%ecx", "a"(1), "d"(0), "c"(0));
    TRY("aam $0", "a"(1));
}

static void selectors(void)
{
    TRY("movw %%ax, %%ds", "a"(0xfff0));
    TRY("movw %%ax, %%es", "a"(0x7fc));
    TRY("movw (%%ecx), %%fs", "c"((uint16_t[]){ 0xfff3 }));
    TRY("movw %%ax, %%ss", "a"(0));
    TRY("pushl $0xfffa; popl %%fs", "a"(0));
    TRY("lesl (%%ecx), %%eax", "c"(((uint16_t[]){ 0, 0, 0xffe4 })));
    TRY("ljmp *(%%ecx)", "c"(((uint16_t[]){ 0, 0, 0xffd4 })));
    TRY("ljmp $0xffc8, $0", "a"(0));
}

static void pages(void)
{
    char *page = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = page[4096] = 1;
    TRY("movb (%%ecx), %%al", "c"(page + 8192), "a"(0));
    mprotect(page, 4096, PROT_NONE);
    mprotect(page + 4096, 4096, PROT_READ);
    mprotect(page + 8192, 4096, PROT_NONE);
    TRY("movb (%%ecx), %%al", "c"(page), "a"(0));
    TRY("movb %%al, (%%ecx)", "c"(page), "a"(0));
    TRY("addb %%al, (%%ecx)", "c"(page), "a"(0));
    TRY("movb %%al, (%%ecx)", "c"(page + 4096), "a"(0));
    TRY("movb (%%ecx), %%al", "c"(page + 8192), "a"(0));
    TRY("movb %%al, (%%ecx)", "c"(page + 8192), "a"(0));
    TRY("movb (%%ecx), %%al", "c"(16), "a"(0));
    TRY("movb %%al, (%%ecx)", "c"(16), "a"(0));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };
    for (int signal = 1; signal < 32; signal++) {
        if (signal == SIGSEGV || signal == SIGILL || signal == SIGTRAP || signal == SIGBUS || signal == SIGFPE) sigaction(signal, &action, 0);
    }
    ports();
    ports();    /* once more: the code is known now */
    machine();
    selectors();
    pages();
    return 0;
}
