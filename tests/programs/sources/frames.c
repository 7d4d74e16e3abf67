/*
 * Signal frames that handlers change: frames [SEED [COUNT]] for the halves that every processor has; "frames x" for xsave's part as well.
 * Prints the floating point, flags and alternate stack that each frame leaves, or the signal that it ends with.
 */
#include "report.h"
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>

enum { EXTENDED = 112, SOFTWARE = EXTENDED + 464, HEADER = EXTENDED + 512 };

static uint64_t state;
static int with_xsave;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static unsigned char *word(unsigned char *image, int at, uint32_t value)
{
    memcpy(image + at, &value, sizeof value);
    return image;
}

static uint32_t word_at(const unsigned char *image, int at)
{
    uint32_t value;
    memcpy(&value, image + at, sizeof value);
    return value;
}

static void change(ucontext_t *context, unsigned char *image)
{
    switch (next() % (with_xsave ? 24 : 14)) {
    case 0: word(image, 0, 0xffff0000 | (0x37f ^ (next() & 0xc00))); break;    /* the control word, where handlers change it */
    case 1: word(image, 4, 0xffff0000 | (next() & 0x3f3f)); break;    /* status, with the top */
    case 2: word(image, 8, 0xffff0000 | (next() & 0xffff)); break;    /* tags */
    case 3: image[28 + next() % 80] = (unsigned char)next(); break;    /* a register */
    case 4: word(image, EXTENDED, next() & 0x3f7f003f); break;    /* fxsave's, which are not used */
    case 5: image[EXTENDED + 32 + next() % 8 * 16 + next() % 10] = (unsigned char)next(); break;
    case 6: word(image, EXTENDED + 24, 0x1f80 ^ (next() & 0x603f)); break;    /* MXCSR */
    case 7: word(image, EXTENDED + 24, 0x1f80 | 0x40000u << next() % 14); break;    /* reserved bits: no processor loads them */
    case 8: image[EXTENDED + 160 + next() % 128] = (unsigned char)next(); break;    /* a vector */
    case 9: context->uc_mcontext.fpregs = 0; break;    /* none: as after fninit */
    case 10: context->uc_mcontext.fpregs = (void *)(next() % 2 ? 0x10000 : 0xfffff000); break;
    case 11: context->uc_stack.ss_size = next() % 4096; context->uc_stack.ss_flags = (int)(next() % 5); break;
    case 12: context->uc_mcontext.gregs[REG_EFL] ^= (greg_t)(next() & 0x0cd5); break;
    case 13: context->uc_mcontext.gregs[REG_EFL] ^= 0x200000 | 0x3000; break;    /* ID, IOPL: not from here */
    case 14: word(image, HEADER, 1u << next() % 12); break;    /* parts that are there, or not */
    case 15: word(image, HEADER, next() % 8); break;
    case 16: word(image, HEADER + 4, 1u << next() % 32); break;
    case 17: word(image, HEADER + 8 + (int)(next() % 14) * 4, 1u << next() % 32); break;    /* the compacted form; reserved */
    case 18: word(image, SOFTWARE, next()); break;    /* the first magic number */
    case 19: word(image, SOFTWARE + 4, next() % 4096); break;
    case 20: word(image, SOFTWARE + 16, next() % 4096); break;
    case 21: word(image, SOFTWARE + 8, next() % 8); break;    /* parts to restore */
    case 22: word(image, EXTENDED + (int)word_at(image, SOFTWARE + 16), next()); break;    /* the second */
    default: word(image, HEADER, next() % 4); word(image, SOFTWARE + 8, next() % 4); break;
    }
}

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    ucontext_t *saved = context;
    unsigned char *image = (unsigned char *)saved->uc_mcontext.fpregs;
    for (uint32_t changes = 1 + next() % 2; changes > 0; changes--) change(saved, image);
}

static unsigned char before[512] __attribute__((aligned(64))), after[512] __attribute__((aligned(64)));

static void one(void)
{
    uint32_t flags;
    asm volatile("fninit; fld1; fldpi; fldl2e; fldz; fxsave %0" : "=m"(before));
    for (int i = 160; i < 288; i++) before[i] = (unsigned char)(i * 7);
    word(before, 24, 0x1fa0);
    long id = getpid();
    asm volatile("fxrstor %3; int $0x80; fxsave %1; pushf; pop %2"
        : "+a"((long){ SYS_kill }), "=m"(after), "=r"(flags) : "m"(before), "b"(id), "c"(SIGUSR1) : "memory");
    asm volatile("cld; fninit");
    stack_t stack = { 0 };
    sigaltstack(0, &stack);
    printf("control %x status %x tags %x mxcsr %x", word_at(after, 0) & 0xffff, word_at(after, 2) & 0x7f7f, after[4], word_at(after, 24));
    for (int i = 0; i < 8; i++) {
        uint64_t low;
        memcpy(&low, after + 32 + i * 16, sizeof low);
        printf(" %04x%016llx", word_at(after, 40 + i * 16) & 0xffff, (unsigned long long)low);
    }
    uint32_t sum = 0;
    for (int i = 160; i < 288; i++) sum = sum * 31 + after[i];
    printf(" vectors %08x flags %x stack %d %u\n", sum, flags & 0x200cd5, stack.ss_flags, (unsigned)stack.ss_size);
}

/* The usual idiom against floating-point exceptions goes on behind them. */
static volatile int count;

static void mask_all(int signal, siginfo_t *info, void *context)
{
    ucontext_t *saved = context;
    printf("signal %d code %d trap %d\n", signal, info->si_code, (int)saved->uc_mcontext.gregs[REG_TRAPNO]);
    if (++count > 3) _exit(1);
    saved->uc_mcontext.fpregs->cw |= 0x3f;
    saved->uc_mcontext.fpregs->sw &= ~0x80ffu;
}

static void idiom(void)
{
    struct sigaction action = { .sa_sigaction = mask_all, .sa_flags = SA_SIGINFO };
    sigaction(SIGFPE, &action, 0);
    unsigned short control = 0x37b;
    asm volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait; fstp %%st" : : "m"(control));
    printf("after %d signals\n", count);
}

/* TF's trap behind every instruction, also one that the kernel emulates. */
static volatile int traps;
static volatile uint32_t first_trap, last_trap;

static void trapped(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    greg_t *words = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (traps++ == 0) first_trap = (uint32_t)words[REG_EIP];
    last_trap = (uint32_t)words[REG_EIP];
}

static void steps(void)
{
    struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
    sigaction(SIGTRAP, &action, 0);
    asm volatile("pushf; orl $0x100, (%%esp); popf; nop; rdtsc; nop; rdtsc; pushf; andl $~0x100, (%%esp); popf" : : : "eax", "edx");
    printf("%d traps over %u bytes\n", traps, last_trap - first_trap);
}

int main(int words, char **arguments)
{
    with_xsave = words > 1 && arguments[1][0] == 'x';
    uint64_t seed = words > 1 && !with_xsave ? strtoull(arguments[1], 0, 10) : 1;
    long number = words > 2 ? atol(arguments[2]) : 300;
    setvbuf(stdout, 0, _IONBF, 0);
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    idiom();
    steps();
    for (long i = 0; i < number; i++) {
        state = seed * 0x9e3779b97f4a7c15 + (uint64_t)i * 0xbf58476d1ce4e5b9 + 1;
        for (int warm = 0; warm < 8; warm++) next();
        printf("%ld: ", i);
        pid_t child = fork();
        if (child == 0) {
            one();
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
        else if (status) printf("status %d\n", WEXITSTATUS(status));
    }
    return 0;
}
