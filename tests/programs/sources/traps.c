/* Exceptions that programs ask for, and selectors that they may not load: signal, code, address, trap number, error code and EIP. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

static sigjmp_buf back;
static const char *name;
static char *volatile start;
static int bounds[2] __attribute__((used)) = { 1, 5 };
static short small[2] __attribute__((used)) = { 1, 5 };

static void caught(int signal, siginfo_t *info, void *frame)
{
    greg_t *registers = ((ucontext_t *)frame)->uc_mcontext.gregs;
    const char *at = !info->si_addr ? "0" : (greg_t)info->si_addr == registers[REG_EIP] ? "eip" : "other";
    printf("%s: signal %d, code %d, address %s, trap %d, error %x, eip + %ld\n", name, signal, info->si_code, at, registers[REG_TRAPNO],
           registers[REG_ERR], (long)(registers[REG_EIP] - (long)start));
    siglongjmp(back, 1);
}

/* The instruction is at a symbol of its own, whose address the handler compares EIP with. */
#define TRY(number, before, text) \
    do { \
        name = text; \
        if (!sigsetjmp(back, 1)) { \
            __asm__ volatile("movl $try" #number ", %0\n" : "=m"(start)); \
            __asm__ volatile(before "\ntry" #number ": " text "\n" ::: "eax", "ecx", "memory", "cc"); \
            printf("%s: ran\n", name); \
        } \
        __asm__ volatile("fninit\n push %ss\n pop %ds\n push %ss\n pop %es\n cld"); \
    } while (0)

int main(void)
{
    static const int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV };
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };
    setvbuf(stdout, 0, _IOLBF, 0);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
    TRY(1, "mov $0x28, %%eax", "mov %%eax, %%ds");
    TRY(2, "mov $0x2b, %%eax", "mov %%eax, %%es");
    TRY(3, "mov $8, %%eax", "mov %%eax, %%ds");
    TRY(4, "mov $7, %%eax", "mov %%eax, %%ds");
    TRY(5, "mov $0xfff8, %%eax", "mov %%eax, %%es");
    TRY(6, "xor %%eax, %%eax", "mov %%eax, %%ss");
    TRY(7, "push $0x28", "pop %%ds");
    TRY(8, "", "int $4");
    TRY(9, "mov $0x7f, %%al\n addb $1, %%al", "into");
    TRY(10, "xor %%eax, %%eax", "into");
    TRY(11, "", "int $3");
    TRY(12, "", ".byte 0xcc");
    TRY(13, "", "int $1");
    TRY(14, "", "int $5");
    TRY(15, "", "int $0");
    TRY(16, "", "int $0xd");
    TRY(17, "", "int $0x81");
    TRY(19, "mov $9, %%eax", "bound %%eax, bounds");
    TRY(20, "mov $3, %%eax", "bound %%eax, bounds");
    TRY(21, "mov $9, %%ax", "boundw %%ax, small");
    TRY(22, "mov $-9, %%ax", "boundw %%ax, small");
    TRY(23, "mov $0x10003, %%eax", "boundw %%ax, small");
    TRY(24, "mov $9, %%eax", "bound %%eax, %%es:bounds");
    TRY(25, "push $0x37b\n fldcw (%%esp)\n pop %%eax\n fld1\n fldz\n fdivrp", "fwait");
    TRY(26, "", "hlt");
    TRY(27, "", "cli");
    TRY(28, "", "ud2");
    return 0;
}
