/* Random system calls with random arguments: hostile SEED COUNT. Children make them; the parent goes on until so many have been made. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
    "/proc/self/exe", "/proc/thread-self/comm", "/tmp", "/tmp/t", "//d//e", "./d/./e/../e", "\xff\xfe", "/proc/self/map_files",
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

static void misbehave(long count)
{
    char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(edge + 4096, 4096, PROT_NONE);
    edge += 4096;
    for (long i = 0; i < count; i++) {
        uint32_t number = next() % NUMBER_MAX;
        if (is_spared(number)) continue;
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
    made = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return 2;
    while (*made < wanted) {
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
    }
    return 0;
}
