/*
 * Random system calls with random arguments: hostile SEED COUNT. Children make them; the parent goes on until so many have been made.
 * One of their files is a hole of terabytes. Between calls they start children with any exit signal, load selectors, change signal frames,
 * execute code that they have just changed, and now and then 64-bit code.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS_OF_CHILD = 2000, NUMBER_MAX = 470, PATIENCE = 30 };

static uint64_t state;
static volatile long *made;
static char buffer[16384];

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static const char *const paths[] = {
    ".", "..", "/", "d", "d/e", "f", "l", "/d/../f", "/proc/self/fd/3", "/proc/self/maps", "/proc/self/mem", "/proc/1000/cmdline", "/dev/zero",
    "/dev/shm", "/dev/shm/x", "/dev/shm/y/z", "/dev/full", "/proc/self/cwd/d", "/proc/self/root/f", "fifo", "/sys/devices/system/cpu/online",
    "/proc/sys/vm/drop_caches", "d/", "f/", "l/x", "socket", "/hostile", "/proc/self/pagemap", "/proc/self/clear_refs", "", "/dev/stdin",
    "/proc/self/exe", "hole", "/proc/thread-self/comm", "/tmp", "/tmp/t", "//d//e", "./d/./e/../e", "\xff\xfe", "/proc/self/map_files",
};

static uint32_t argument(char *edge)
{
    static const uint32_t odd[] = { 0, 1, 2, 3, 4, 7, 8, 16, 24, 64, 255, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000, 0xffffffff,
        0xfffffffe, 0xffffff9c, 0xc0000000, 0xbffff000, 0x1000, 0x100, 0x200, 0x1000000, 0x40000000, 0x80000, 0x200000, 0x410000 };
    switch (next() % 10) {
    case 0: case 1: return odd[next() % (sizeof odd / sizeof *odd)];
    case 2: case 3: return next() % 24;
    case 4: case 5: return (uint32_t)(uintptr_t)paths[next() % (sizeof paths / sizeof *paths)];
    case 6: case 7: return (uint32_t)(uintptr_t)(buffer + next() % sizeof buffer);
    case 8: return (uint32_t)(uintptr_t)edge - next() % 32;
    default: return next();
    }
}

/* What would end or stop the parent, multiply without end, or leave the child without anything to do. */
static int is_spared(uint32_t number)
{
    switch (number) {
    case 1: case 2: case 29: case 37: case 120: case 190: case 238: case 252: case 270: case 178: case 335: case 424: case 435: case 72:
    case 179: case 119: case 173: case 97: case 57: case 66: return 1;
    default: return number >= NUMBER_MAX;
    }
}

static volatile uint32_t recovery, own_gs, wild_words, touched;
static char *code;

/* Lets a fault of a selector go on behind it; and, where it is asked to, returns to words that chance has chosen. */
static void recover(int signal, siginfo_t *info, void *frame)
{
    greg_t *words = ((ucontext_t *)frame)->uc_mcontext.gregs;
    asm volatile("mov %0, %%gs" : : "r"(own_gs));
    (void)info;
    if (signal == SIGSEGV && !recovery) _exit(1);
    if (recovery) words[REG_EIP] = (greg_t)recovery;
    for (int i = REG_GS; i <= REG_DS; i++) words[i] = i == REG_GS ? (greg_t)own_gs : i == REG_FS ? 0 : words[REG_SS];
    for (; wild_words > 0; wild_words--) {
        uint32_t at = next() % 24;
        if (at < 19) words[at] = (greg_t)(next() % 2 ? argument(code) : next() & 0xffff);
        else if (at == 19) ((ucontext_t *)frame)->uc_mcontext.fpregs = (void *)(uintptr_t)argument(code);
        else if (((ucontext_t *)frame)->uc_mcontext.fpregs) ((uint32_t *)((ucontext_t *)frame)->uc_mcontext.fpregs)[next() % 160] = next();
    }
}

/* A selector of any kind; a call, a load and a store while it is there; and the old one again. */
#define LOAD(name)                                                                                                                \
    asm volatile("movl $1f, %0\n mov %1, %%" #name "\n mov $20, %%eax\n int $0x80\n incl %2\n 1: movl $0, %%ss:%0\n"               \
                 "mov %%ss, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n mov %3, %%eax\n mov %%eax, %%gs"                           \
                 : "+m"(recovery) : "d"(selector), "m"(touched), "m"(own_gs) : "eax", "memory")

static void select_segments(void)
{
    static const uint32_t known[] = { 0, 1, 2, 3, 0x28, 0x29, 0x2a, 0x2b, 0x20, 0x23, 0x33, 0x60, 0x63, 0x73, 0x7b, 0x78, 0x7a };
    uint32_t selector = next() % 2 ? known[next() % (sizeof known / sizeof *known)] : next() & 0xffff;
    switch (next() % 4) {
    case 0: LOAD(ds); break;
    case 1: LOAD(es); break;
    case 2: LOAD(fs); break;
    default: LOAD(gs); break;
    }
}

/* mov $number, %eax; ret at any place of two pages, also across their border; changed by stores of all widths, and called. */
static void patch(void)
{
    static uint32_t at;
    if (next() % 8 == 0) at = next() % 2 ? 4088 + next() % 8 : next() % 8000;
    uint32_t number = next();
    char *place = code + at;
    if (next() % 4 == 0) {
        memcpy(place, "\xb8\0\0\0\0\xc3", 6);
    } else if (place[0] != (char)0xb8 || place[5] != (char)0xc3) {
        memcpy(place, "\xb8\0\0\0\0\xc3", 6);
    }
    switch (next() % 3) {
    case 0: *(volatile uint32_t *)(place + 1) = number; break;
    case 1: for (int i = 0; i < 4; i++) ((volatile char *)place)[1 + i] = (char)(number >> (8 * i)); break;
    default: {
        uint64_t word = 0xb8 | ((uint64_t)number << 8) | (0xc3ull << 40);
        asm volatile("movq %1, %%xmm0\n movq %%xmm0, %0" : "=m"(*(uint64_t *)place) : "m"(word) : "memory");
    }
    }
    if (((uint32_t (*)(void))place)() != number) ++made[1];    /* an answer that is stale */
}

/* Code of 64 bits: calls of the kernel, of the vsyscall page, registers that 32-bit code has not. It does not come back. */
static void widen(void)
{
    static const char *const wide[] = { "\x48\xc7\xc0\x00\x04\x60\xff\xff\xd0\xeb\xfe", "\xb8\x3c\0\0\0\x31\xff\x0f\x05\xeb\xfe",
        "\x49\xff\xc7\x4d\x31\xc0\xcd\x80\xeb\xfe", "\x0f\x01\xef\x31\xc0\x31\xc9\x31\xd2\x0f\x01\xef\xeb\xfe" };
    memcpy(code, wide[next() % 4], 16);
    asm volatile("ljmp *%0" : : "m"(*(struct { uint32_t at; uint16_t selector; } *)&(struct { uint32_t at; uint16_t selector; }) {
        (uint32_t)(uintptr_t)code, next() % 4 ? 0x33 : (uint16_t)next() }) : "memory");
}

/* A child with any exit signal, also one that is none. */
static void multiply(void)
{
    uint32_t signal = next() & 0xff;
    if (signal != SIGKILL && signal != SIGSTOP && syscall(SYS_clone, signal, 0, 0, 0, 0) == 0) _exit((int)signal);
}

static void act(void)
{
    switch (next() % 256) {
    case 0: widen(); break;
    case 1: case 2: wild_words = 1 + next() % 3, recovery = 0, raise(SIGUSR2); break;
    case 9: case 10: multiply(); break;
    case 3: case 4: case 5: case 6: case 7: case 8: wild_words = 0, recovery = 0, raise(SIGUSR2); break;
    default: if (next() % 2) patch(); else select_segments();
    }
}

static void prepare(void)
{
    struct sigaction action = { .sa_sigaction = recover, .sa_flags = SA_SIGINFO | SA_NODEFER };
    asm volatile("mov %%gs, %0" : "=r"(own_gs));
    code = mmap(0, 16384, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGUSR2, &action, 0);
    sigaction(SIGSEGV, &action, 0);
}

static void misbehave(long count)
{
    char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(edge + 4096, 4096, PROT_NONE);
    edge += 4096;
    prepare();
    int hole = open("hole", O_RDWR | O_CREAT, 0644);    /* of eight terabytes, for calls that are long */
    if (hole < 0 || ftruncate64(hole, 1LL << 43)) unlink("hole");
    for (long i = 0; i < count; i++) {
        uint32_t number = next() % NUMBER_MAX;
        if (is_spared(number)) continue;
        if (next() % 8 == 0) act();
        for (int j = 0; j < 4; j++) ((uint32_t *)buffer)[next() % (sizeof buffer / 4)] = argument(edge);
        ++*made;
        uint32_t a = argument(edge), b = argument(edge), c = argument(edge), d = argument(edge), e = argument(edge), f = argument(edge);
        if (number == 26 || number == 340) a = 0;
        syscall(number, a, b, c, d, e, f);
    }
    _exit(0);
}

int main(int count, char **arguments)
{
    uint64_t seed = count > 1 ? strtoull(arguments[1], 0, 10) : 1;
    long wanted = count > 2 ? atol(arguments[2]) : 1000, children = 0;
    long total = 0, stale = 0;
    made = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return 2;
    while (total < wanted) {
        state = (seed + 1) * 0x9e3779b97f4a7c15u + children++;
        for (int i = 0; i < 4; i++) next();
        if (chdir("/")) return 3;
        pid_t child = fork();
        if (child < 0) return 4;
        if (child == 0) {
            alarm(PATIENCE);
            misbehave(CALLS_OF_CHILD);
        }
        struct timespec moment = { 0, 50000000 };
        for (int tries = 0; waitpid(child, 0, WNOHANG) != child; tries++) {
            nanosleep(&moment, 0);
            if (tries == 20 * PATIENCE) kill(child, SIGKILL);
        }
        /* The child's calls may have written anywhere, also over its own count. */
        if (made[0] >= 0 && made[0] <= CALLS_OF_CHILD) total += made[0];
        if (made[1] >= 0 && made[1] <= CALLS_OF_CHILD) stale += made[1];
        made[0] = made[1] = 0;
    }
    if (count > 3) printf("%ld calls, %ld stale answers of changed code\n", total, stale);
    return stale ? 5 : 0;
}
