/* Random calls about memory, one after another: memory-calls SEED COUNT [EACH]. A line for each call with its arguments and its result, and
   after EACH calls what the memory is: areas and entries of page tables. Nothing depends on the host but its memory management, and
   nothing waits: a page for which a userfaultfd has no content is a SIGBUS. */
#include "report.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { PAGE = 4096, PAGES = 48, FILES = 3, SEGMENTS = 2, MARKED = 0x17f };    /* PAGE_IS_*: all that do not depend on the host's RAM */
typedef uint64_t word;

static char *const base = (char *)0x20000000;
static uint64_t state;
static int files[FILES], segments[SEGMENTS], faults = -1, pagemap, memory, number, error;
static char bytes[4 * PAGE] __attribute__((aligned(PAGE)));
static sigjmp_buf back;
static volatile int signalled;
static char *volatile where;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 32) % below;
}

#define CHOOSE(...) ((const long long[]){ __VA_ARGS__ }[draw(sizeof (const long long[]){ __VA_ARGS__ } / sizeof(long long))])
#define TRY(call) ({ errno = 0; long long value_ = (long long)(call); error = errno; value_; })

static void say(long long value, const char *call, ...) __attribute__((format(printf, 2, 3)));
static void say(long long value, const char *call, ...)
{
    va_list arguments;
    va_start(arguments, call);
    printf("%d: ", number);
    vprintf(call, arguments);
    va_end(arguments);
    if (value == -1) printf(" = %s\n", strerrorname_np(error) ? strerrorname_np(error) : "?");
    else printf(" = %#llx\n", value);
}

static char *place(void) { return base + draw(PAGES) * PAGE; }
static uint32_t length(void) { return draw(12) ? (1 + draw(draw(3) ? 6 : PAGES)) * PAGE : (uint32_t)CHOOSE(0, 1, 100, 5000, 0x70000000); }
static char *odd(void) { return draw(15) ? place() : place() + draw(PAGE); }
static int rights(void) { return (int)CHOOSE(PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_WRITE, 7); }
static uint32_t offset(void) { return (uint32_t)(draw(10) * PAGE); }
static int file(void) { return files[draw(FILES)]; }

static void map(void)
{
    char *at = odd();
    uint32_t count = length(), from = offset();
    int allowed = rights(), of = draw(2) ? -1 : file(), kind = (int)CHOOSE(MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED, MAP_SHARED_VALIDATE);
    int more = (int)CHOOSE(0, 0, 0, 0, MAP_POPULATE, MAP_GROWSDOWN, MAP_NORESERVE, MAP_LOCKED, MAP_FIXED_NOREPLACE & ~MAP_FIXED, 0x40, 0x80);
    int flags = kind | more | MAP_FIXED | (of < 0 ? MAP_ANONYMOUS : 0);
    if (draw(20) == 0) flags ^= MAP_ANONYMOUS;
    if (count > PAGES * PAGE && count < 0x80000000) count = PAGE;
    say(TRY((intptr_t)mmap(at, count, allowed, flags, of, from)), "mmap(%p, %#x, %d, %#x, %d, %#x)", at, count, allowed, flags, of, from);
}

static void unmap(void)
{
    char *at = odd();
    uint32_t count = draw(3) ? (1 + draw(4)) * PAGE : length();
    say(TRY(munmap(at, count)), "munmap(%p, %#x)", at, count);
}

static void protect(void)
{
    char *at = odd();
    uint32_t count = length();
    int allowed = (int)CHOOSE(rights(), rights(), PROT_READ | PROT_GROWSDOWN, 0x10);
    say(TRY(mprotect(at, count, allowed)), "mprotect(%p, %#x, %#x)", at, count, allowed);
}

static void advise(void)
{
    static const int advices[] = { MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK,
        MADV_KEEPONFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, 24, 102, 102, 102,
        103, MADV_RANDOM, MADV_SEQUENTIAL, MADV_NORMAL, MADV_WILLNEED, 99 };
    char *at = odd();
    uint32_t count = length();
    int advice = advices[draw(sizeof advices / sizeof *advices)];
    say(TRY(madvise(at, count, advice)), "madvise(%p, %#x, %d)", at, count, advice);
}

static void move(void)
{
    char *at = odd(), *to = odd();
    uint32_t count = length(), after = draw(2) ? count : length();
    int flags = (int)CHOOSE(0, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_FIXED | 4, MREMAP_FIXED, 8);
    if (draw(20) == 0) count = 0;
    if (after > PAGES * PAGE) after = PAGE;    /* what a host has room for */
    say(TRY((intptr_t)mremap(at, count, after, flags, to)), "mremap(%p, %#x, %#x, %d, %p)", at, count, after, flags, to);
}

static void lock(void)
{
    char *at = odd();
    uint32_t count = length(), how = draw(4);
    long long value = how == 0 ? TRY(munlock(at, count)) : how == 1 ? TRY(munlock(at, count)) : TRY(syscall(SYS_mlock2, at, count, how - 2));
    say(value, "%s(%p, %#x, %u)", how < 2 ? "munlock" : "mlock2", at, count, how);
}

static void touch(int signal_, siginfo_t *info, void *context)
{
    (void)context;
    signalled = signal_ * 100 + info->si_code, where = info->si_addr;
    siglongjmp(back, 1);
}

static void use(void)
{
    char *volatile at = place() + draw(PAGE);
    volatile int store = (int)draw(2);
    signalled = 0;
    volatile unsigned char value = 0;
    if (!sigsetjmp(back, 1)) {
        if (store) *(volatile char *)at = (char)number;
        else value = *(volatile unsigned char *)at;
    }
    printf("%d: %s %p: %d %p, %#x\n", number, store ? "store" : "load", at, signalled, signalled ? where : 0, value);
}

static void inFile(void)
{
    int of = file();
    uint32_t at = offset() + (draw(5) ? 0 : draw(PAGE)), count = (1 + draw(5)) * PAGE - (draw(5) ? 0 : draw(PAGE));
    int mode = (int)CHOOSE(0, 0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 16);
    struct iovec part = { bytes, count > sizeof bytes ? sizeof bytes : count };
    memset(bytes, number, sizeof bytes);
    switch (draw(5)) {
    case 0: say(TRY(ftruncate(of, at)), "ftruncate(%d, %#x)", of, at); break;
    case 1: say(TRY(fallocate(of, mode, at, count)), "fallocate(%d, %d, %#x, %#x)", of, mode, at, count); break;
    case 2: say(TRY(pwritev(of, &part, 1, at)), "pwritev(%d, %#x, %#x)", of, (unsigned)part.iov_len, at); break;
    case 3: say(TRY(preadv(of, &part, 1, at)), "preadv(%d, %#x, %#x)", of, (unsigned)part.iov_len, at); break;
    default: {
        static const int seals[] = { F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, 0x10, 0x20, F_SEAL_SEAL };
        int seal = draw(3) ? seals[draw(draw(3) ? 5 : 6)] : 0;
        if (seal) say(TRY(fcntl(of, F_ADD_SEALS, seal)), "F_ADD_SEALS(%d, %#x)", of, seal);
        else say(TRY(fcntl(of, F_GET_SEALS)), "F_GET_SEALS(%d)", of);
    }
    }
}

static void replaceFile(void)
{
    uint32_t which = draw(FILES), flags = (uint32_t)CHOOSE(2, 2, 0, 8);
    close(files[which]);
    files[which] = (int)TRY(memfd_create("file", flags));
    say(files[which] < 0 ? -1 : 0, "memfd_create(%#x)", flags);
    if (draw(4)) ftruncate(files[which], (off_t)(1 + draw(12)) * PAGE - (draw(3) ? 0 : draw(PAGE)));
}

static void segment(void)
{
    uint32_t which = draw(SEGMENTS);
    char *at = odd();
    int flags = (int)CHOOSE(0, 0, SHM_REMAP, SHM_REMAP, SHM_RDONLY | SHM_REMAP, SHM_RND, SHM_EXEC);
    struct shmid_ds status;
    long long value;
    switch (draw(8)) {
    case 0: {
        uint32_t count = (1 + draw(6)) * PAGE - (draw(3) ? 0 : 9);
        if (segments[which] >= 0) shmctl(segments[which], IPC_RMID, 0);
        segments[which] = (int)TRY(shmget(IPC_PRIVATE, count, IPC_CREAT | 0600));
        say(segments[which] < 0 ? -1 : 0, "shmget(%#x)", count);
        break;
    }
    case 1: say(TRY(shmctl(segments[which], IPC_RMID, 0)), "IPC_RMID(%u)", which); break;
    case 2: case 3: say(TRY(shmdt(at)), "shmdt(%p)", at); break;
    case 4: say(value = TRY(shmctl(segments[which], IPC_STAT, &status)), "IPC_STAT(%u)", which);
        if (!value) printf("  %u attached, %#x\n", (unsigned)status.shm_nattch, (unsigned)status.shm_segsz);
        break;
    default: say(TRY((intptr_t)shmat(segments[which], at, flags)), "shmat(%u, %p, %#x)", which, at, flags);
    }
}

/* Requests of all kinds, of which many are refused. Moves and copies take their source from the arena, too. */
static void request(void)
{
    static const unsigned requests[] = { 0xc020aa00, 0xc020aa00, 0xc020aa00, 0x8010aa01, 0x8010aa02, 0xc028aa03, 0xc028aa03, 0xc020aa04,
        0xc018aa06, 0xc018aa06, 0xc020aa07, 0xc020aa08, 0xc028aa05 };
    if (faults < 0 || draw(25) == 0) {
        if (faults >= 0) close(faults);
        word api[3] = { draw(20) ? 0xaa : 0xab, 0x80 | (word)CHOOSE(0, 0, 0x1, 0x2000, 0x8000, 0x4000, 0x40000000), 0 };
        faults = (int)TRY(syscall(374, (int)CHOOSE(1, 1, 0, 4) | O_NONBLOCK));
        say(faults < 0 ? -1 : 0, "userfaultfd()");
        say(TRY(ioctl(faults, 0xc018aa3f, api)), "UFFDIO_API(%#llx)", (unsigned long long)api[1]);
        printf("  %#llx %#llx\n", (unsigned long long)api[1], (unsigned long long)api[2]);
        return;
    }
    unsigned which = requests[draw(sizeof requests / sizeof *requests)];
    char *at = odd(), *from = draw(2) ? bytes : odd();
    uint32_t count = draw(3) ? PAGE * (1 + draw(2)) : length();
    word mode = (word)CHOOSE(0, 0, 0, 1, 1, 2, 3, 8, 1ll << 63);
    if (which == 0xc020aa00) mode = (word)CHOOSE(1, 1, 2, 3, 4, 5, 7, 0, 8);
    word range[5] = { (uintptr_t)at, count, mode, 77, 77 };
    word copy[5] = { (uintptr_t)at, (uintptr_t)from, count, mode, 77 };
    int copies = which >> 16 == 0xc028;
    if (which == 0xc020aa00 && !(mode & 2)) ioctl(faults, 0x8010aa01, range);    /* or marks of protected pages stay in areas without reports */
    say(TRY(ioctl(faults, which, copies ? copy : range)), "%#x(%p, %p, %#x, %#llx)", which, at, copies ? from : 0, count, (unsigned long long)mode);
    printf("  %lld %lld\n", copies ? (long long)copy[4] : 0, copies ? 0 : (long long)range[3]);
}

static void scanOnce(void)
{
    word found[3 * 64], start = (uintptr_t)odd(), end = start + length(), most = (word)CHOOSE(0, 0, 1, 3, 7);
    word flags = (word)CHOOSE(0, 0, 0, 1, 3, 2, 4), inverted = (word)CHOOSE(0, 0, 8, 2), mask = (word)CHOOSE(0, 2, 8, 1, 0x100, 0x10);
    word any = (word)CHOOSE(0, 0, 6, 0x12), shown = (word)CHOOSE(MARKED, MARKED, 2, 8, 0), room = (word)CHOOSE(64, 64, 1, 2, 0);
    word request[12] = { 96, flags, start, end, 0, (uintptr_t)found, room, most, inverted, mask, any, shown };
    if (flags & 1) request[6] += !room, request[8] |= 0x100, request[9] |= 0x100;    /* a guard can be protected, too: not in the engine */
    if (draw(20) == 0) request[draw(12)] = (word)CHOOSE(5, -1, 97);
    long long value = TRY(ioctl(pagemap, 0xc0606610, request));
    say(value, "PAGEMAP_SCAN(%#llx, %#llx-%#llx, %llu %llu, %#llx %#llx %#llx %#llx)", (long long)request[1], (long long)request[2],
        (long long)request[3], (long long)request[6], (long long)request[7], (long long)request[8], (long long)request[9],
        (long long)request[10], (long long)request[11]);
    printf("  at %#llx:", (long long)request[4]);
    for (int i = 0; i < value && i < 64; i++)
        printf(" %llx-%llx %llx", (long long)found[3 * i], (long long)found[3 * i + 1], (long long)found[3 * i + 2]);
    printf("\n");
}

static void elsewhere(void)
{
    char own[64];
    uint32_t count = 1 + draw(64), more = draw(2) ? draw(PAGE * 3) : 0, both = count / 2;
    char *at = place() + draw(PAGE), *next = draw(2) ? at + both : place();
    struct iovec here = { own, count }, there[2] = { { at, both + more }, { next, count - both } };
    memset(own, number, sizeof own);
    switch (draw(3)) {
    case 0: say(TRY(process_vm_readv(getpid(), &here, 1, there, 2, 0)), "process_vm_readv(%p %u, %p)", at, both + more, next); break;
    case 1: say(TRY(process_vm_writev(getpid(), &here, 1, there, 2, 0)), "process_vm_writev(%p %u, %p)", at, both + more, next); break;
    default: say(TRY(pread(memory, own, count, (off_t)(uintptr_t)at)), "pread(mem, %u, %p)", count, at);
    }
    unsigned hash = 0;
    for (unsigned i = 0; i < count; i++) hash = hash * 31 + (unsigned char)own[i];
    printf("  %08x\n", hash);
}

static void inMemory(void)
{
    unsigned char there[PAGES + 1] = { 0 };
    char *at = odd();
    uint32_t count = length();
    if (count > PAGES * PAGE) count = PAGES * PAGE;
    long long value = TRY(mincore(at, count, there));
    say(value, "mincore(%p, %#x) ", at, count);
    if (value) return;
    for (uint32_t i = 0; i < (count + PAGE - 1) / PAGE; i++) printf("%d", there[i] & 1);
    printf("\n");
}

static void look(void)
{
    struct { word size, flags, address, start, end, found, bytes, offset, inode; uint32_t major, minor, room, build; word name, id; } query = {
        sizeof query, (word)draw(64), (uintptr_t)place() + draw(2) * 5, .room = 0, .name = 0 };
    int maps = open("/proc/self/maps", O_RDONLY);
    query.flags &= ~4ull;    /* what is executable above is the system's own */
    long long value = TRY(ioctl(maps, 0xc0686611, &query));
    close(maps);
    say(value, "PROCMAP_QUERY(%#llx, %#llx)", (long long)query.flags, (long long)query.address);
    if (!value && query.start < (uintptr_t)base + 2 * PAGES * PAGE)
        printf("  %llx-%llx %llx %llx %llx\n", (long long)query.start, (long long)query.end, (long long)query.found, (long long)query.bytes,
            (long long)query.offset);
}

/* All areas of the arena, and the marks of their entries. */
static void show(void)
{
    char line[400];
    word entries[PAGES];
    FILE *maps = fopen("/proc/self/smaps", "r");
    int here = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned start, end, size;
        char allowed[8], name[32];
        if (sscanf(line, "%x-%x %5s", &start, &end, allowed) == 3 && line[8] == '-') {
            here = start >= (uintptr_t)base && end <= (uintptr_t)base + 2 * PAGES * PAGE;
            if (here) printf("%s %.31s", here == 1 ? "\n" : "", line);
        } else if (here && sscanf(line, "%30[^:]: %u kB", name, &size) == 2 && size && (!strcmp(name, "Rss") || !strcmp(name, "Anonymous")
            || !strcmp(name, "Locked"))) printf(" %s %u", name, size);
        else if (here && !strncmp(line, "VmFlags:", 8)) {
            for (char *flag = strtok(line + 8, " \n"); flag; flag = strtok(0, " \n"))
                if (strcmp(flag, "sd")) printf(" %s", flag);
        }
    }
    fclose(maps);
    pread(pagemap, entries, sizeof entries, (off_t)((uintptr_t)base / PAGE * 8));
    printf("\n  ");
    for (int i = 0; i < PAGES; i++) printf(" %x", (unsigned)(entries[i] >> 56) & ~1u);
    printf("\n");
}

static void (*const kinds[])(void) = {
    map, map, map, map, map, unmap, unmap, protect, protect, advise, advise, advise, advise, move, move, move, lock, use, use, use, use, use,
    use, use, inFile, inFile, inFile, inFile, replaceFile, segment, segment, segment, request, request, request, request, request, scanOnce,
    scanOnce, elsewhere, elsewhere, inMemory, look,
};

int main(int count, char **arguments)
{
    int wanted = count > 2 ? atoi(arguments[2]) : 500, each = count > 3 ? atoi(arguments[3]) : 8;
    struct sigaction action = { .sa_sigaction = touch, .sa_flags = SA_SIGINFO };
    setvbuf(stdout, 0, _IOLBF, 0);
    state = 88172645463325252ull + 7919ull * (count > 1 ? (unsigned)atoi(arguments[1]) : 1);
    for (int i = 0; i < 20; i++) draw(2);
    sigaction(SIGSEGV, &action, 0), sigaction(SIGBUS, &action, 0);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    pagemap = open("/proc/self/pagemap", O_RDONLY), memory = open("/proc/self/mem", O_RDONLY);
    for (int i = 0; i < FILES; i++) files[i] = memfd_create("file", 2), ftruncate(files[i], (i + 3) * PAGE);
    for (int i = 0; i < SEGMENTS; i++) segments[i] = -1;
    for (number = 1; number <= wanted; number++) {
        kinds[draw(sizeof kinds / sizeof *kinds)]();
        if (number % each == 0) show();
    }
    for (int i = 0; i < SEGMENTS; i++) if (segments[i] >= 0) shmctl(segments[i], IPC_RMID, 0);
    return 0;
}
