/* What mseal(2) forbids, call by call, and what it does not; then random calls on a window of pages, some of them sealed. */
#include "report.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096u
#define WINDOW 0x20000000u    /* far from what the two kernels place by themselves */
#define PAGES 24

static char *const window = (char *)WINDOW;

static long seal(void *at, unsigned long length, unsigned long flags) { return syscall(462, at, length, flags); }

/* The lines of the window, without what differs: devices and inodes. With the flags of each area where asked. */
static void show(int with_flags)
{
    char line[1000], flags[200] = "";
    int inside = 0;
    FILE *file = fopen(with_flags ? "/proc/self/smaps" : "/proc/self/maps", "r");
    while (fgets(line, sizeof line, file))
    {
        unsigned long from, to, offset;
        char rights[8];
        if (sscanf(line, "%lx-%lx %4s %lx", &from, &to, rights, &offset) == 4)
        {
            inside = from >= WINDOW && from < WINDOW + 4 * PAGES * PAGE;
            if (inside) printf("    %lx-%lx %s %lx\n", (from - WINDOW) / PAGE, (to - WINDOW) / PAGE, rights, offset / PAGE % 0x20000);
        }
        else if (inside && sscanf(line, "VmFlags: %199[^\n]", flags) == 1) printf("        %s\n", strstr(flags, "sl") ? "sealed" : "not sealed");
    }
    fclose(file);
}

static char *fresh(int rights)
{
    munmap(window, 4 * PAGES * PAGE);
    char *at = mmap(window, PAGES * PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (at != window) exit(98);
    return at;
}

/* The seals stay until the process ends. */
#define ALONE(what) do { fflush(stdout); if (fork() == 0) { what(); fflush(stdout); _exit(0); } wait(0); } while (0)

static void arguments(void)
{
    char *at = fresh(PROT_READ | PROT_WRITE);
    CALL(seal(at, PAGE, 1));
    CALL(seal(at + 1, PAGE, 0));
    CALL(seal(at + 1, 0, 0));
    CALL(seal(at + 1, 0, 1));
    CALL(seal(at, 0, 0));
    CALL(seal(at, 0xC0000000, 0));    /* what wraps around at 4 GiB is EINVAL where addresses have 32 bits, and not on a 64-bit host */
    CALL(seal(at + (PAGES - 1) * PAGE, 2 * PAGE, 0));
    CALL(seal(at - PAGE, 2 * PAGE, 0));
    munmap(at + 5 * PAGE, PAGE);
    CALL(seal(at + 4 * PAGE, 3 * PAGE, 0));
    CALL(seal(at + 5 * PAGE, PAGE, 0));
    show(1);
    CALL(seal(at + 2 * PAGE, 1, 0));
    CALL(seal(at + 2 * PAGE, PAGE, 0));
    show(1);
    CALL(seal(at + PAGE, 3 * PAGE, 0));
    show(1);
}

static void changes(void)
{
    char *at = fresh(PROT_READ | PROT_WRITE);
    memset(at, 'a', PAGES * PAGE);
    CALL(seal(at + 4 * PAGE, 4 * PAGE, 0));
    CALL(munmap(at + 4 * PAGE, 4 * PAGE));
    CALL(munmap(at + 4 * PAGE, PAGE));
    CALL(munmap(at + 7 * PAGE, PAGE));
    CALL(munmap(at + 5 * PAGE, PAGE));
    CALL(munmap(at + 5 * PAGE, 5 * PAGE));
    CALL(munmap(at + 2 * PAGE, 4 * PAGE));
    show(0);
    CALL(munmap(at, PAGES * PAGE));
    CALL(mprotect(at + 4 * PAGE, PAGE, PROT_READ));
    CALL(mprotect(at + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE));
    CALL(mprotect(at + 2 * PAGE, 4 * PAGE, PROT_READ));
    show(0);
    CALL(mprotect(at + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
    CALL(mprotect(at + 6 * PAGE, 40 * PAGE, PROT_READ));
    CALL(mmap(at + 3 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
    CALL((long)mmap(at + 7 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    CALL((long)mmap(at + 7 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    CALL((long)mremap(at + 4 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    CALL((long)mremap(at + 4 * PAGE, 2 * PAGE, PAGE, 0));
    CALL((long)mremap(at + 4 * PAGE, PAGE, PAGE, 0));
    CALL((long)mremap(at + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + 2 * PAGES * PAGE));
    CALL((long)mremap(at + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
    CALL((long)mremap(at + 4 * PAGE, 0, PAGE, MREMAP_MAYMOVE));
    CALL((long)mremap(at + 12 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + 4 * PAGE));
    CALL((long)mremap(at + 3 * PAGE, 2 * PAGE, PAGE, 0));
    CALL((long)mremap(at + 2 * PAGE, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + 2 * PAGES * PAGE));
    CALL((long)mremap(at + 2 * PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
    show(0);
    CALL(at[4 * PAGE] + at[7 * PAGE]);
    at[4 * PAGE] = 'b';
    CALL(mlock(at + 3 * PAGE, 2 * PAGE));
    CALL(munlock(at + 3 * PAGE, 2 * PAGE));
    show(1);
}

static const int advices[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK,
    MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD,
    MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, 24, 102, 103 };

static void advise_all(char *at, const char *what)
{
    printf("%s\n", what);
    for (unsigned i = 0; i < sizeof advices / sizeof *advices; i++)
    {
        if (advices[i] == MADV_HUGEPAGE || advices[i] == MADV_NOHUGEPAGE || advices[i] == MADV_MERGEABLE || advices[i] == MADV_UNMERGEABLE) continue;
        printf("%d ", advices[i]);
        CALL(madvise(at, PAGE, advices[i]));
    }
}

static void contents(void)
{
    char *at = fresh(PROT_READ | PROT_WRITE);
    seal(at, PAGE, 0);
    advise_all(at, "writable");
    mprotect(at + 2 * PAGE, PAGE, PROT_READ);
    seal(at + 2 * PAGE, PAGE, 0);
    advise_all(at + 2 * PAGE, "only readable");
    mprotect(at + 4 * PAGE, PAGE, PROT_NONE);
    seal(at + 4 * PAGE, PAGE, 0);
    advise_all(at + 4 * PAGE, "no rights");
    int file = open("sealed", O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, PAGE)) exit(97);
    mmap(at + 6 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
    seal(at + 6 * PAGE, PAGE, 0);
    advise_all(at + 6 * PAGE, "a file, private");
    mmap(at + 8 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
    seal(at + 8 * PAGE, PAGE, 0);
    advise_all(at + 8 * PAGE, "a file, shared");
    mmap(at + 10 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    seal(at + 10 * PAGE, PAGE, 0);
    advise_all(at + 10 * PAGE, "shared memory");
    CALL(madvise(at, 4 * PAGE, MADV_DONTNEED));
    CALL(madvise(at + 3 * PAGE, 3 * PAGE, MADV_DONTNEED));
    CALL(remap_file_pages(at + 8 * PAGE, PAGE, 0, 0, 0));
    CALL(syscall(SYS_remap_file_pages, at + 10 * PAGE, PAGE, 0, 0, 0));
}

static void others(void)
{
    char *at = fresh(PROT_READ | PROT_WRITE), *end = sbrk(0);
    seal(at, 2 * PAGE, 0);
    fflush(stdout);
    if (fork() == 0)
    {
        CALL(munmap(at, PAGE));    /* a child has the seals */
        show(1);
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    end = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);
    CALL(brk(end + 4 * PAGE));
    CALL(seal(end + PAGE, PAGE, 0));
    CALL(brk(end));
    CALL(brk(end + 3 * PAGE));
    CALL(brk(end + 2 * PAGE));
    CALL(brk(end + 5 * PAGE));
    HOLDS(sbrk(0) == end + 5 * PAGE);
    int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
    CALL(shmat(id, at + 12 * PAGE, SHM_REMAP) == at + 12 * PAGE);
    CALL(seal(at + 12 * PAGE, PAGE, 0));
    CALL((long)shmat(id, at + 11 * PAGE, SHM_REMAP));
    CALL(shmdt(at + 12 * PAGE));
    show(1);
    shmctl(id, IPC_RMID, 0);
    char *vector = at + 20 * PAGE;
    CALL(mincore(at, 2 * PAGE, (unsigned char *)vector));
    CALL(msync(at, 2 * PAGE, MS_SYNC));
}

static uint32_t chance;

static unsigned pick(unsigned bound)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % bound;
}

/* Calls whose results depend on the seals; what a page holds is its number in the round, or 0. */
static void round_of(unsigned seed)
{
    chance = seed;
    char *at = fresh(PROT_READ | PROT_WRITE);
    for (int step = 0; step < 60; step++)
    {
        unsigned first = pick(PAGES), count = 1 + pick(step % 5 == 0 ? PAGES : 4), what = pick(12), rights = pick(4) == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
        char *place = at + first * PAGE, *other = at + pick(PAGES) * PAGE;
        long result = 0;
        errno = 0;
        switch (what)
        {
            case 0: result = step < 10 ? 0 : seal(place, count * PAGE, 0); break;
            case 1: result = munmap(place, count * PAGE); break;
            case 2: case 3: result = mprotect(place, count * PAGE, rights); break;
            case 4: case 5:
                result = (long)mmap(place, count * PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
                break;
            case 6: result = madvise(place, count * PAGE, MADV_DONTNEED); break;
            case 7: result = madvise(place, count * PAGE, pick(2) ? MADV_DONTFORK : MADV_DOFORK); break;
            case 8: result = (long)mremap(place, count * PAGE, (1 + pick(4)) * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other); break;
            case 9: result = (long)mremap(place, count * PAGE, (1 + pick(4)) * PAGE, 0); break;
            case 10: result = mlock(place, count * PAGE) | munlock(place, count * PAGE); break;
            default:
                for (unsigned i = 0; i < count && first + i < PAGES; i++)
                {
                    int pipes[2];
                    if (pipe(pipes)) exit(96);
                    if (write(pipes[1], &step, 1) == 1 && read(pipes[0], place + i * PAGE, 1) == 1) result++;
                    close(pipes[0]);
                    close(pipes[1]);
                }
                break;
        }
        printf("%d %u %u+%u: %ld %s\n", step, what, first, count, result, result == -1 ? strerror(errno) : "");
    }
    show(1);
    char *held = malloc(PAGES);
    for (int i = 0; i < PAGES; i++)
    {
        int pipes[2];
        if (pipe(pipes)) exit(96);
        held[i] = write(pipes[1], at + i * PAGE, 1) == 1 && read(pipes[0], &held[i], 1) == 1 ? held[i] : 127;
        close(pipes[0]);
        close(pipes[1]);
        printf("%d%c", held[i], i == PAGES - 1 ? '\n' : ' ');
    }
}

static unsigned seed_now;
static void round_now(void) { round_of(seed_now); }

int main(void)
{
    own_directory();
    if (seal(0, 0, 1) == -1 && errno == ENOSYS) return puts("no mseal") < 0;
    ALONE(arguments);
    ALONE(changes);
    ALONE(contents);
    ALONE(others);
    for (seed_now = 1; seed_now <= 40; seed_now++) ALONE(round_now);
    return 0;
}
