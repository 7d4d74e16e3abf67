/* Native code in a window: faults through the program's own handler and the trampoline, registers and red zone as they were, accesses by
 * call, refused ones, what a process loses, threads. */
#define _GNU_SOURCE
#include "check.h"
#include "paging_window.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOAD_FAULT (-1)

/* Loads and stores of one instruction each. The registers that may hold something are set before, and compared after it. */
uint32_t load(const char *base, uint32_t address);
void store(char *base, uint32_t address, uint32_t value);
uint64_t load_in_red_zone(const char *base, uint32_t address);
int load_keeps_vectors(const char *base, uint32_t address);
extern const char load_at[], load_end[], store_at[], store_end[];
__asm__(
    ".text\n"
    "load: movl %esi, %eax\n"
    "load_at: movl (%rdi,%rax), %eax\n"
    "load_end: ret\n"
    "store: movl %esi, %eax\n"
    "store_at: movl %edx, (%rdi,%rax)\n"
    "store_end: ret\n"
    "load_in_red_zone:\n"                  /* 1, if what lies below rsp, the flags and all registers survive the fault */
    "    pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
    "    movq $0x1122334455667788, %rcx; movq %rcx, -8(%rsp); movq %rcx, -128(%rsp)\n"
    "    movq %rcx, %rdx; movq %rcx, %rbx; movq %rcx, %rbp; movq %rcx, %r8; movq %rcx, %r9; movq %rcx, %r10; movq %rcx, %r11\n"
    "    movq %rcx, %r12; movq %rcx, %r13; movq %rcx, %r14; movq %rcx, %r15\n"
    "    movl %esi, %esi; xorl %eax, %eax; stc; std\n"
    "    movl (%rdi,%rsi), %eax\n"
    "    jnc 1f; cld\n"
    "    cmpq %rcx, -8(%rsp); jne 1f; cmpq %rcx, -128(%rsp); jne 1f; cmpq %rcx, %rdx; jne 1f; cmpq %rcx, %rbx; jne 1f\n"
    "    cmpq %rcx, %rbp; jne 1f; cmpq %rcx, %r8; jne 1f; cmpq %rcx, %r9; jne 1f; cmpq %rcx, %r10; jne 1f; cmpq %rcx, %r11; jne 1f\n"
    "    cmpq %rcx, %r12; jne 1f; cmpq %rcx, %r13; jne 1f; cmpq %rcx, %r14; jne 1f; cmpq %rcx, %r15; jne 1f\n"
    "    movl $1, %eax; jmp 2f\n"
    "1:  cld; xorl %eax, %eax\n"
    "2:  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx; ret\n"
    "load_keeps_vectors:\n"
    "    movl %esi, %esi; pcmpeqd %xmm0, %xmm0; movdqa %xmm0, %xmm7; movdqa %xmm0, %xmm15; fld1\n"
    "    movl (%rdi,%rsi), %eax\n"
    "    fld1; fcomip %st(1), %st; fstp %st(0); jne 1f\n"
    "    pand %xmm7, %xmm0; pand %xmm15, %xmm0; pcmpeqd %xmm1, %xmm1; pcmpeqd %xmm1, %xmm0; pmovmskb %xmm0, %eax\n"
    "    cmpl $0xffff, %eax; jne 1f; movl $1, %eax; ret\n"
    "1:  xorl %eax, %eax; ret\n");

static paging_window_signals how;
static paging_process process;
static atomic_int faults, others;
static atomic_uint by_call, refused;
static uint32_t device_word = 5;
static jmp_buf away;

static int32_t load_device(void *context, uint64_t offset, uint32_t length, uint64_t *value)
{
    (void)context, (void)offset, (void)length;
    *value = device_word;
    return 0;
}

static int32_t store_device(void *context, uint64_t offset, uint32_t length, uint64_t value)
{
    (void)context, (void)offset, (void)length;
    device_word = (uint32_t)value;
    return 0;
}

/* As a JIT: it knows its instructions, and makes their accesses by call. */
static void stopped(paging_window_stop *stop, void *context)
{
    CHECK(context == &how);
    uint64_t offset = (uint64_t)((const char *)stop->host_address - how.base);
    if (offset >> 32) longjmp(away, 10 + stop->outcome);    /* in a guard */
    uint32_t address = (uint32_t)stop->registers[0];
    if (stop->outcome == PAGING_WINDOW_REFUSED) {
        refused++;
        longjmp(away, (int)stop->fault.kind);
    }

    CHECK(stop->outcome == PAGING_WINDOW_BY_CALL);
    by_call++;
    if (stop->instruction == (uint64_t)(uintptr_t)load_at) {
        uint32_t value = 0;
        CHECK(!paging_read(process, address, &value, 4, NULL));
        stop->registers[0] = value, stop->instruction = (uint64_t)(uintptr_t)load_end;
    } else {
        uint32_t value = (uint32_t)stop->registers[2];
        CHECK(stop->instruction == (uint64_t)(uintptr_t)store_at && !paging_write(process, address, &value, 4, NULL));
        stop->instruction = (uint64_t)(uintptr_t)store_end;
    }
}

static struct sigaction before;

static void on_segv(int signal, siginfo_t *info, void *context)
{
    faults++;
    if (paging_window_signal(&how, info, context)) return;
    others++;
    if (before.sa_flags & SA_SIGINFO) before.sa_sigaction(signal, info, context);
    else _exit(3);
}

enum { GUARD = 64 << 10 };

static int fault_beside(const volatile char *byte)
{
    int kind = setjmp(away);
    if (kind == 0) (void)*byte;
    return kind;
}

static int fault_of(uint32_t address)
{
    int kind = setjmp(away);
    if (kind == 0) load(how.base, address);
    return kind;
}

enum { THREADS = 3, CALLS = 300 };
static uint32_t shared_at, counts[THREADS];
static atomic_int begun, is_over;

static void *count_up(void *number)
{
    uint32_t mine = shared_at + 4096 * (uint32_t)(uintptr_t)number, *count = &counts[(uintptr_t)number];
    while (!is_over) {
        store(how.base, mine, load(how.base, mine) + 1);
        if (++*count == 1000) begun++;
    }

    return NULL;
}

static void run_threads(void)
{
    paging_options options = { .size = sizeof options };
    CHECK(!paging_options_defaults(&options));
    options.share_ram = 1, options.allow_threads = 1, options.ram_bytes = 4 << 20;
    paging_engine engine;
    paging_window window;
    void *base;
    CHECK(!paging_engine_create(&options, &engine) && !paging_process_create(engine, "threads", NULL, &process));
    CHECK(!paging_window_open(process, 0, &window, &base) && !paging_window_signals_init(&how, window, base, stopped, &how));
    shared_at = map(process, THREADS * 4096, ANONYMOUS, -1);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, count_up, (void *)i));
    for (int call = 0; call < CALLS || begun < THREADS; call++) {
        paging_process child;
        paging_snapshot snapshot;
        if (call % 2) CHECK(!paging_fork(process, &child) && !paging_free(child));
        else CHECK(!paging_snapshot_take(process, &snapshot) && !paging_free(snapshot));
    }

    is_over = 1;
    for (int i = 0; i < THREADS; i++) CHECK(!pthread_join(threads[i], NULL));
    for (uint32_t i = 0; i < THREADS; i++) CHECK(load(base, shared_at + i * 4096) == counts[i]);
    CHECK(!paging_free(window) && !paging_free(engine));
}

int main(void)
{
    paging_options options = { .size = sizeof options };
    CHECK(!paging_options_defaults(&options));
    options.share_ram = 1, options.ram_bytes = 8 << 20;
    paging_engine engine;
    paging_window window;
    void *base;
    CHECK(!paging_engine_create(&options, &engine) && !paging_process_create(engine, "window", NULL, &process));
    struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    CHECK(stack.ss_sp && !sigaltstack(&stack, NULL) && !sigaction(SIGSEGV, &action, &before));
    CHECK(!paging_window_open(process, 0, &window, &base) && !paging_window_signals_init(&how, window, base, stopped, &how));

    uint32_t at = map(process, 16 * 4096, ANONYMOUS, -1), word = 0;
    CHECK(load_in_red_zone(base, at) == 1 && faults == 1 && load_in_red_zone(base, at) == 1 && faults == 1);
    CHECK(load_keeps_vectors(base, at + 4096) && faults == 2 && load_keeps_vectors(base, at + 4096) && faults == 2);
    store(base, at, 42), store(base, at + 4, 43);
    CHECK(faults == 3 && load(base, at) == 42 && !paging_read(process, at + 4, &word, 4, NULL) && word == 43);
    store(base, at + 4094, 0x11223344);                                             /* in two pages */
    CHECK(faults == 4 && load(base, at + 4094) == 0x11223344 && !paging_read(process, at + 4096, &word, 2, NULL) && word == 0x1122);

    paging_process child;
    CHECK(!paging_fork(process, &child));
    store(base, at, 1);
    CHECK(faults == 5 && !paging_read(child, at, &word, 4, NULL) && word == 42 && !paging_free(child));
    paging_snapshot snapshot;
    CHECK(!paging_snapshot_take(process, &snapshot));
    store(base, at, 2);
    CHECK(faults == 6 && !paging_snapshot_restore(snapshot) && load(base, at) == 1 && !paging_free(snapshot));

    CHECK(fault_of(0x1000) == PAGING_FAULT_NOT_MAPPED && fault_of(0xffffff00u) == PAGING_FAULT_NOT_MAPPED && refused == 2);
    /* The guards are the window's, too, from their first byte to their last: a displacement went beyond the guest's addresses. */
    char *const end = (char *)base + (1ull << 32);
    char *const beside[] = { (char *)base - GUARD, (char *)base - 1, end, end + GUARD - 1 };
    for (int i = 0; i < 4; i++) CHECK(fault_beside(beside[i]) == 10 + PAGING_WINDOW_BY_CALL);
    siginfo_t info = { .si_code = SEGV_ACCERR, .si_addr = (char *)base - GUARD - 1 };
    ucontext_t thread = { .uc_mcontext.gregs[REG_TRAPNO] = 14 };
    CHECK(!paging_window_signal(&how, &info, &thread));
    info.si_addr = end + GUARD;
    CHECK(!paging_window_signal(&how, &info, &thread));
    CHECK(!paging_mprotect(process, at, 4096, PAGING_PROT_NONE) && fault_of(at) == PAGING_FAULT_NOT_ALLOWED);
    CHECK(!paging_munmap(process, at, 4096) && fault_of(at) == PAGING_FAULT_NOT_MAPPED);

    paging_device device = { .size = sizeof device, .load = load_device, .store = store_device };
    paging_file file;
    CHECK(!paging_device_create(engine, "device", &device, 4096, PAGING_READ_WRITE, &file));
    int32_t descriptor = paging_file_open(file, process, PAGING_READ_WRITE, 0);
    CHECK(descriptor >= 0);
    uint32_t registers = map(process, 4096, PAGING_MAP_SHARED, descriptor);
    CHECK(load(base, registers) == 5 && by_call == 1);
    store(base, registers, 6);
    CHECK(device_word == 6 && by_call == 2 && others == 0);
    CHECK(!paging_audit(engine, NULL, 0) && !paging_free(window) && !paging_free(engine));
    run_threads();
    return 0;
}
