/* paging_window.h - the way from a SIGSEGV in a window (paging.h, "Windows of the host") to paging_window_fault, outside the signal. For
 * Linux on x86-64, gcc or clang, C99 and C++17; nothing to link. Define _GNU_SOURCE before the first include of a system header.
 *
 *     static paging_window_signals how;
 *
 *     static void stopped(paging_window_stop *stop, void *context) { … by a call, or the guest's fault … }
 *
 *     static void on_segv(int signal, siginfo_t *info, void *context)
 *     {
 *         if (paging_window_signal(&how, info, context)) return;
 *         … the handler that was there before: the library has one, which its own code needs …
 *     }
 *
 *     paging_window_signals_init(&how, window, base, stopped, NULL);
 *
 * The handler saves the registers below the red zone of the thread that was interrupted, and lets it go on in a trampoline: that calls
 * paging_window_fault as ordinary code does, loads the registers again, and executes the instruction once more. So
 *
 *   async-signal-safe   paging_window_signal, which reads and writes what it is given and nothing else
 *   not so, and need not be   paging_window_fault and stopped: they run when the signal is over, on the thread's own stack
 *
 * A fault costs about two microseconds more than the call: the signal, and sigreturn(2). The thread needs 16 KiB of stack below the
 * instruction. Let the handler run on a stack of its own (SA_ONSTACK) if the code that accesses the window uses little. A guest's
 * instruction that faults in stopped's own code is stopped's affair. Not for threads with a shadow stack (CET). */
#ifndef PAGING_WINDOW_H
#define PAGING_WINDOW_H

#include "paging.h"
#include <cpuid.h>
#include <signal.h>
#include <ucontext.h>

/* A host in another language that does not link libpaging (C# with the package Paging) defines it as NULL, and sets signals.fault itself. */
#ifndef PAGING_WINDOW_FAULT
#define PAGING_WINDOW_FAULT paging_window_fault
#endif

/* An access that was not made. The registers are those before the instruction, and may be changed, instruction too: it goes on with
 * them. rsp may only grow. outcome is that of paging_window_fault: BY_CALL or REFUSED, or a code below 0. */
typedef struct paging_window_stop {
    uint64_t registers[16];         /* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15, as the processor numbers them */
    uint64_t instruction;           /* rip */
    uint64_t flags;
    const void *host_address;       /* the byte that could not be accessed */
    uint32_t access;                /* PAGING_ACCESS_READ or PAGING_ACCESS_WRITE */
    int32_t outcome;
    paging_fault fault;
} paging_window_stop;

/* What the handler needs. Written once, before the first fault. */
typedef struct paging_window_signals {
    paging_window window;
    char *base;
    int32_t (*fault)(paging_window window, const void *host_address, uint32_t access, paging_fault *fault);    /* paging_window_fault */
    void (*stopped)(paging_window_stop *stop, void *context);    /* may longjmp(3) */
    void *context;
    uint64_t state_size;            /* of the vector registers, in bytes */
} paging_window_signals;

/* What lies on the stack of the thread while it is in the trampoline, whose code knows the offsets. */
struct paging_window_frame {
    paging_window_stop stop;        /* 0, 168 bytes */
    uint64_t flags, stack;          /* 168: loaded last */
    uint64_t state_size;            /* 184 */
    void (*resolve)(struct paging_window_frame *frame);    /* 192 */
    const paging_window_signals *how;
};

static inline void paging_window_resolve(struct paging_window_frame *frame)
{
    const paging_window_signals *how = frame->how;
    paging_window_stop *stop = &frame->stop;
    stop->outcome = how->fault(how->window, stop->host_address, stop->access, &stop->fault);
    if (stop->outcome != PAGING_WINDOW_SHOWN) how->stopped(stop, how->context);
    frame->flags = stop->flags;
    frame->stack = stop->registers[4] - 136;    /* below the red zone: ret 128 goes back above it */
    *(uint64_t *)(uintptr_t)frame->stack = stop->instruction;
}

/* rsp leads to the frame, a multiple of 64. The last loads are from above rsp, so that a signal in between overwrites nothing. */
__attribute__((naked, noinline, unused)) static void paging_window_trampoline(void)
{
    __asm__ volatile(
        "movq %rsp, %rbx\n\t"
        "subq 184(%rsp), %rsp\n\t"
        "andq $-64, %rsp\n\t"
        "movq %rsp, %r12\n\t"
        "xorl %eax, %eax\n\t"                                                       /* the header of the area must be 0 */
        "movq %rax, 512(%rsp)\n\t" "movq %rax, 520(%rsp)\n\t" "movq %rax, 528(%rsp)\n\t" "movq %rax, 536(%rsp)\n\t"
        "movq %rax, 544(%rsp)\n\t" "movq %rax, 552(%rsp)\n\t" "movq %rax, 560(%rsp)\n\t" "movq %rax, 568(%rsp)\n\t"
        "movl $-1, %eax\n\t" "movl $-1, %edx\n\t"
        "xsave64 (%r12)\n\t"
        "cld\n\t"
        "movq %rbx, %rdi\n\t"
        "call *192(%rbx)\n\t"
        "movl $-1, %eax\n\t" "movl $-1, %edx\n\t"
        "xrstor64 (%r12)\n\t"
        "movq %rbx, %rsp\n\t"
        "movq 0(%rsp), %rax\n\t" "movq 8(%rsp), %rcx\n\t" "movq 16(%rsp), %rdx\n\t" "movq 24(%rsp), %rbx\n\t"
        "movq 40(%rsp), %rbp\n\t" "movq 48(%rsp), %rsi\n\t" "movq 56(%rsp), %rdi\n\t" "movq 64(%rsp), %r8\n\t"
        "movq 72(%rsp), %r9\n\t" "movq 80(%rsp), %r10\n\t" "movq 88(%rsp), %r11\n\t" "movq 96(%rsp), %r12\n\t"
        "movq 104(%rsp), %r13\n\t" "movq 112(%rsp), %r14\n\t" "movq 120(%rsp), %r15\n\t"
        "leaq 168(%rsp), %rsp\n\t"
        "popfq\n\t"
        "popq %rsp\n\t"
        "ret $128\n\t");
}

/* Returns 0, or -1: the processor has no XSAVE. */
static inline int paging_window_signals_init(paging_window_signals *how, paging_window window, void *base,
    void (*stopped)(paging_window_stop *stop, void *context), void *context)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !__get_cpuid_count(13, 0, &a, &b, &c, &d)) return -1;
    how->window = window, how->base = (char *)base, how->fault = PAGING_WINDOW_FAULT;
    how->stopped = stopped, how->context = context, how->state_size = b;
    return 0;
}

/* Returns 1: return from the handler, and the instruction is executed again or stopped is called. 0: not an access in this window. */
static inline int paging_window_signal(const paging_window_signals *how, const siginfo_t *info, void *context)
{
    static const unsigned char places[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9,
        REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
    const uint64_t guard = 64 << 10;
    ucontext_t *thread = (ucontext_t *)context;
    greg_t *registers = thread->uc_mcontext.gregs;
    uint64_t offset = (uint64_t)(uintptr_t)info->si_addr - (uint64_t)(uintptr_t)how->base;
    if (info->si_code <= 0 || registers[REG_TRAPNO] != 14 || offset + guard >= (1ull << 32) + 2 * guard) return 0;
    struct paging_window_frame *frame = (struct paging_window_frame *)(uintptr_t)
        (((uint64_t)registers[REG_RSP] - 128 - 16 - sizeof *frame) & ~63ull);
    for (int i = 0; i < 16; i++) frame->stop.registers[i] = (uint64_t)registers[places[i]];
    frame->stop.instruction = (uint64_t)registers[REG_RIP], frame->stop.flags = (uint64_t)registers[REG_EFL];
    frame->stop.host_address = info->si_addr;
    frame->stop.access = registers[REG_ERR] & 2 ? PAGING_ACCESS_WRITE : PAGING_ACCESS_READ;
    frame->state_size = how->state_size, frame->resolve = paging_window_resolve, frame->how = how;
    registers[REG_RSP] = (greg_t)(uintptr_t)frame, registers[REG_RIP] = (greg_t)(uintptr_t)paging_window_trampoline;
    return 1;
}

#endif
