/* Random calls of two living processes about their memory and each other's: company SEED COUNT. Each has an arena that a fork has shared,
   pieces of segments that mremap moves to where they fit, and an arena that a monitor thread supplies. A line for each call. */
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
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
#include <sys/wait.h>

enum { PAGE = 4096, PAGES = 32, SUPPLIED = 12, SEGMENTS = 2, SEGMENT_PAGES = 4 };
typedef uint64_t word;

static char *const base = (char *)0x20000000, *const supplied = (char *)0x28000000;
static struct { word state; int number, ends; } turn;
static int other, file, segments[SEGMENTS], error, faults, to[2], from[2], is_child;
static volatile int reports, order[256];
static char content[PAGE] __attribute__((aligned(PAGE)));
static sigjmp_buf back;
static volatile int signalled;

static uint32_t draw(uint32_t below)
{
    turn.state ^= turn.state << 13, turn.state ^= turn.state >> 7, turn.state ^= turn.state << 17;
    return (uint32_t)(turn.state >> 32) % below;
}

#define CHOOSE(...) ((const long long[]){ __VA_ARGS__ }[draw(sizeof (const long long[]){ __VA_ARGS__ } / sizeof(long long))])
#define TRY(call) ({ errno = 0; long long value_ = (long long)(call); error = errno; value_; })

static void say(long long value, const char *call, ...) __attribute__((format(printf, 2, 3)));
static void say(long long value, const char *call, ...)
{
    va_list arguments;
    va_start(arguments, call);
    printf("%d%c: ", turn.number, is_child ? 'c' : 'p');
    vprintf(call, arguments);
    va_end(arguments);
    if (value == -1) printf(" = %s\n", strerrorname_np(error) ? strerrorname_np(error) : "?");
    else printf(" = %#llx\n", value);
}

static char *place(void) { return base + draw(PAGES) * PAGE; }
static uint32_t length(void) { return (1 + draw(draw(3) ? 5 : PAGES)) * PAGE; }
static int rights(void) { return (int)CHOOSE(3, 3, 3, 1, 0, 2, 4, 7); }

static void *monitor(void *unused)
{
    struct { uint8_t event, reserved[7]; word flags, address, thread; } message;
    while (read(faults, &message, sizeof message) == sizeof message) {
        if (reports < 256) order[reports] = (int)(message.address - (uintptr_t)supplied) / PAGE * 10 + (int)(message.flags & 1);
        reports++;
        word words[5] = { message.address & ~4095ull, (uintptr_t)content, PAGE, 0, 0 };
        ioctl(faults, 0xc028aa03, words);
    }
    return unused;
}

static void supply(void)
{
    word api[3] = { 0xaa, 0, 0 }, range[4] = { (uintptr_t)supplied, SUPPLIED * PAGE, 1, 0 };
    pthread_t thread;
    if (faults) close(faults);
    faults = syscall(374, O_CLOEXEC);
    ioctl(faults, 0xc018aa3f, api);
    mmap(supplied, SUPPLIED * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ioctl(faults, 0xc020aa00, range);
    pthread_create(&thread, 0, monitor, 0);
}

static void told(void)
{
    if (!reports) return;
    printf("  reports");
    for (int i = 0; i < reports && i < 256; i++) printf(" %d", order[i]);
    printf("\n");
    reports = 0;
}

static void map(void)
{
    char *at = place();
    uint32_t count = length(), offset = draw(8) * PAGE;
    int allowed = rights(), of = draw(2) ? -1 : file;
    int flags = (int)CHOOSE(MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED) | MAP_FIXED | (of < 0 ? MAP_ANONYMOUS : 0) | (int)CHOOSE(0, 0, 0, MAP_POPULATE);
    say(TRY((intptr_t)mmap(at, count, allowed, flags, of, offset)), "mmap(%p, %#x, %d, %#x, %d, %#x)", at, count, allowed, flags, of, offset);
}

static void unmap(void)
{
    char *at = place();
    uint32_t count = (1 + draw(3)) * PAGE;
    say(TRY(munmap(at, count)), "munmap(%p, %#x)", at, count);
}

static void protect(void)
{
    char *at = place();
    uint32_t count = length();
    int allowed = rights();
    say(TRY(mprotect(at, count, allowed)), "mprotect(%p, %#x, %d)", at, count, allowed);
}

static void advise(void)
{
    char *at = place();
    uint32_t count = length();
    int advice = (int)CHOOSE(MADV_DONTNEED, MADV_DONTNEED, MADV_REMOVE, MADV_POPULATE_READ, MADV_POPULATE_WRITE, 102, 103, MADV_WIPEONFORK);
    say(TRY(madvise(at, count, advice)), "madvise(%p, %#x, %d)", at, count, advice);
}

static void move(void)
{
    char *at = place(), *there = place();
    uint32_t count = (1 + draw(4)) * PAGE;
    say(TRY((intptr_t)mremap(at, count, count, 3, there)), "mremap(%p, %#x, %p)", at, count, there);
}

static void lock(void)
{
    char *at = place();
    uint32_t count = length(), how = draw(3);
    say(how == 2 ? TRY(munlock(at, count)) : TRY(syscall(SYS_mlock2, at, count, how)), "mlock(%p, %#x, %u)", at, count, how);
}

static void touch(int signal_) { signalled = signal_, siglongjmp(back, 1); }

static void use(void)
{
    char *volatile at = place() + draw(PAGE);
    volatile int store = (int)draw(2), value = 0;
    signalled = 0;
    if (!sigsetjmp(back, 1)) {
        if (store) *(volatile char *)at = (char)turn.number;
        else value = *(volatile unsigned char *)at;
    }
    printf("%d%c: %s %p: %d %#x\n", turn.number, is_child ? 'c' : 'p', store ? "store" : "load", at, signalled, value);
}

/* A segment at a multiple of its length, and a piece of it at its offset within another such place: where shmdt might take it. */
static void segment(void)
{
    int which = (int)draw(SEGMENTS);
    uint32_t slot = draw(PAGES / SEGMENT_PAGES), into = draw(PAGES / SEGMENT_PAGES), piece = draw(SEGMENT_PAGES), count = 1 + draw(2);
    char *at = base + slot * SEGMENT_PAGES * PAGE, *there = base + into * SEGMENT_PAGES * PAGE + piece * PAGE;
    struct shmid_ds status;
    switch (draw(6)) {
    case 0: say(TRY(shmdt(at)), "shmdt(%p)", at); break;
    case 1: say(TRY(shmdt(there)), "shmdt(%p)", there); break;
    case 2: case 3:
        say(TRY((intptr_t)mremap(at + piece * PAGE, count * PAGE, count * PAGE, 3, there)), "mremap(%p, %u, %p)", at + piece * PAGE, count, there);
        break;
    default: say(TRY((intptr_t)shmat(segments[which], at, SHM_REMAP)), "shmat(%d, %p)", which, at);
    }
    for (int i = 0; i < SEGMENTS; i++) {
        shmctl(segments[i], IPC_STAT, &status);
        printf("  %u attached", (unsigned)status.shm_nattch);
    }
    printf("\n");
}

static void pieces(struct iovec *parts, int count, char *start, int pages, const char *what)
{
    printf("  %s", what);
    for (int i = 0; i < count; i++) {
        parts[i].iov_base = start + draw(pages) * PAGE + (draw(2) ? 0 : draw(PAGE));
        parts[i].iov_len = draw(8) ? 1 + draw(3 * PAGE) : 0;
        printf(" %p+%u", parts[i].iov_base, (unsigned)parts[i].iov_len);
    }
    printf("\n");
}

static void remote(void)
{
    static char bytes[8 * PAGE];
    struct iovec own[3], theirs[3];
    int owns = 1 + (int)draw(3), others = 1 + (int)draw(3), writes = (int)draw(2), whose = draw(6) ? other : getpid(), where = (int)draw(4);
    if (where == 0) owns = 1, own[0] = (struct iovec){ bytes, sizeof bytes }, memset(bytes, turn.number, sizeof bytes);
    else pieces(own, owns, where == 1 ? supplied : base, where == 1 ? SUPPLIED : PAGES, "own");
    int in_supplied = draw(3) == 0;
    pieces(theirs, others, in_supplied ? supplied : base, in_supplied ? SUPPLIED : PAGES, whose == other ? "the other's" : "own");
    say(writes ? TRY(process_vm_writev(whose, own, owns, theirs, others, 0)) : TRY(process_vm_readv(whose, own, owns, theirs, others, 0)),
        "process_vm_%s", writes ? "writev" : "readv");
}

static void peek(void)
{
    char name[40], bytes[100];
    snprintf(name, sizeof name, "/proc/%d/mem", other);
    int memory = open(name, O_RDONLY);
    char *at = draw(4) ? place() + draw(PAGE) : supplied + draw(SUPPLIED) * PAGE;
    say(TRY(pread(memory, bytes, sizeof bytes, (uintptr_t)at)), "pread(mem, %p)", at);
    close(memory);
}

static void supply_call(void)
{
    char *at = supplied + draw(SUPPLIED) * PAGE + (draw(2) ? 0 : draw(PAGE));
    uint32_t count = 1 + draw(3 * PAGE), pages = (1 + draw(3)) * PAGE;
    char *page = supplied + draw(SUPPLIED - 3) * PAGE;
    int which = (int)draw(10), ends[2];
    long long value = 0;
    switch (which) {
    case 0: value = TRY(madvise(supplied, SUPPLIED * PAGE, 24)); break;    /* MADV_DONTNEED_LOCKED */
    case 1: value = TRY(mlock(page, pages)); munlock(supplied, SUPPLIED * PAGE); break;
    case 2: value = TRY(madvise(page, pages, MADV_POPULATE_READ)); break;
    case 3: value = TRY(madvise(page, pages, MADV_POPULATE_WRITE)); break;
    case 4: value = TRY(pread(file, at, count, draw(PAGE))); break;
    case 5: value = TRY(pwrite(file, at, count, draw(PAGE))); break;
    case 6:
        pipe(ends);
        value = TRY(write(ends[1], at, count));
        if (value > 0) value += read(ends[0], at, count) * 100000;
        close(ends[0]), close(ends[1]);
        break;
    case 7: value = TRY(mincore(base, PAGE, (void *)at)); break;
    case 8: value = TRY(syscall(SYS_futex, (uintptr_t)at & ~3u, 1, 1, 0, 0, 0)); break;
    default: value = *(volatile unsigned char *)at;
    }
    say(value, "supplied %d(%p %u, %p %#x)", which, at, count, page, pages);
}

static void show(void)
{
    char line[300];
    word entries[PAGES];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        if (line[8] == '-' && line[0] == '2' && line[1] == '0') printf("  %.31s\n", line);
    fclose(maps);
    int pagemap = open("/proc/self/pagemap", O_RDONLY);
    pread(pagemap, entries, sizeof entries, (off_t)((uintptr_t)base / PAGE * 8));
    close(pagemap);
    printf("  ");
    for (int i = 0; i < PAGES; i++) printf(" %x", (unsigned)(entries[i] >> 56) & 0xa1);    /* present, of a file, mapped once */
    printf("\n");
}

static void (*const kinds[])(void) = {
    map, map, map, unmap, protect, protect, advise, advise, move, move, lock, use, use, use, use, use, segment, segment, segment, remote, remote,
    remote, remote, remote, remote, peek, supply_call, supply_call, supply_call, supply_call, show,
};

static void step(void)
{
    kinds[draw(sizeof kinds / sizeof *kinds)]();
    told();
    fflush(stdout);
}

static void give_birth(void)
{
    fflush(stdout);
    if (other) {
        turn.ends = 1;
        write(to[1], &turn, sizeof turn);
        waitpid(other, 0, 0);
        for (int i = 0; i < 2; i++) close(to[i]), close(from[i]);
    }
    turn.ends = 0;
    pipe(to), pipe(from);
    other = fork();
    if (other) return;
    is_child = 1, other = getppid(), reports = 0;
    supply();
    write(from[1], &turn, sizeof turn);
    while (read(to[0], &turn, sizeof turn) == sizeof turn && !turn.ends) {
        step();
        write(from[1], &turn, sizeof turn);
    }
    _exit(0);
}

int main(int count, char **arguments)
{
    int wanted = count > 2 ? atoi(arguments[2]) : 300;
    setvbuf(stdout, 0, _IOFBF, 65536);
    turn.state = 88172645463325252ull + 7919ull * (count > 1 ? (unsigned)atoi(arguments[1]) : 1);
    for (int i = 0; i < 20; i++) draw(2);
    signal(SIGSEGV, touch), signal(SIGBUS, touch);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    memset(content, 5, sizeof content);
    file = memfd_create("file", 0), ftruncate(file, 6 * PAGE + 100);
    for (int i = 0; i < SEGMENTS; i++) segments[i] = shmget(IPC_PRIVATE, SEGMENT_PAGES * PAGE, IPC_CREAT | 0600);
    mmap(base, PAGES * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    supply();
    for (turn.number = 1; turn.number <= wanted; turn.number++) {
        if (turn.number % 50 == 1) {
            give_birth();
            read(from[0], &turn, sizeof turn);
        }
        if (draw(2)) {
            step();
            continue;
        }
        fflush(stdout);
        write(to[1], &turn, sizeof turn);
        if (read(from[0], &turn, sizeof turn) != sizeof turn) return 1;
    }
    turn.ends = 1;
    write(to[1], &turn, sizeof turn);
    waitpid(other, 0, 0);
    for (int i = 0; i < SEGMENTS; i++) shmctl(segments[i], IPC_RMID, 0);
    return 0;
}
