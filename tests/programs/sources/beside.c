/* What lies beside the usual calls: fallocate's pages, refused userfaultfd requests, scans, remote accesses, marks in smaps, seals,
   pieces of a System V segment, and queries of maps. */
#include "report.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { page = 4096 };
typedef uint64_t word;
static char *const base = (char *)0x20000000;

static char *map(char *at, int pages, int rights, int kind, int file, long offset)
{
    return mmap(at, pages * page, rights, kind | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0), file, offset);
}

static void show(void)
{
    char line[400];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        if (line[8] == '-' && line[0] == '2') printf("  %.31s\n", line);
    fclose(maps);
}

static void figures(const char *title, char *at)
{
    char line[400], rights[9], name[40];
    int here = 0;
    FILE *smaps = fopen("/proc/self/smaps", "r");
    printf("%s:", title);
    while (fgets(line, sizeof line, smaps)) {
        unsigned start, end, size;
        if (sscanf(line, "%x-%x %8s", &start, &end, rights) == 3 && line[8] == '-') here = start == (uintptr_t)at;
        else if (here && sscanf(line, "%39[^:]: %u kB", name, &size) == 2 && size
            && (strstr(name, "_Clean") || strstr(name, "_Dirty") || !strcmp(name, "Referenced") || !strcmp(name, "Anonymous")))
            printf(" %s=%u", name, size);
        else if (here && !strncmp(line, "VmFlags:", 8)) {
            for (char *flag = strtok(line + 8, " \n"); flag; flag = strtok(0, " \n"))
                if (!strcmp(flag, "sh") || !strcmp(flag, "mw") || !strcmp(flag, "ms")) printf(" %s", flag);
        }
    }
    fclose(smaps);
    printf("\n");
}

static void extents(int file)
{
    word range[2] = { 0, 0 }, counts[5] = { 0 };
    off_t at = 0, end;
    printf("  data");
    while ((at = lseek(file, at, SEEK_DATA)) >= 0) {
        end = lseek(file, at, SEEK_HOLE);
        printf(" %llx-%llx", (long long)at, (long long)end);
        at = end;
    }
    syscall(451, file, range, counts, 0);
    printf(", cached %llu\n", (unsigned long long)counts[0]);
}

static void allocations(void)
{
    char bytes[2 * page];
    unsigned char there[8];
    int file = memfd_create("file", 0);
    CALL(fallocate(file, 0, 0, 2 * page));
    extents(file);
    CALL(fallocate(file, FALLOC_FL_KEEP_SIZE, 16 * page, page));
    extents(file);
    CALL(pread(file, bytes, sizeof bytes, 0));
    extents(file);
    CALL(fallocate(file, 0, 0, 100));
    extents(file);
    CALL(fallocate(file, 0, 3 * page, 5 * page));
    map(base, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CALL(*(volatile char *)(base + 4 * page));
    mincore(base, 8 * page, there);
    for (int i = 0; i < 8; i++) printf("%d", there[i] & 1);
    printf("\n");
    extents(file);
    CALL(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * page + 100, 10));
    CALL(ftruncate(file, 5 * page + 1));
    extents(file);
    for (int mode = 0; mode < 256; mode++)
        if (mode > 3) CALL(fallocate(file, mode, 0, page));
    CALL(fallocate(file, 8, 1, page));
    munmap(base, 16 * page);
    close(file);
}

struct copy { word to, from, length, mode; int64_t done; };

static int is_inherited(void)    /* whether a child finds page 0 in its table */
{
    fflush(stdout);
    int child = fork(), status;
    if (!child) {
        word entry = 0;
        pread(open("/proc/self/pagemap", O_RDONLY), &entry, 8, (uintptr_t)base / page * 8);
        _exit(entry >> 63);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void refusals(void)
{
    static char source[page] __attribute__((aligned(page)));
    static const unsigned requests[] = { 0xc028aa03, 0xc020aa04, 0xc020aa07, 0xc020aa08, 0xc028aa05, 0xc018aa06 };
    word api[3] = { 0xaa, 0, 0 };
    int faults = syscall(374, 1 | O_NONBLOCK);
    CALL(ioctl(faults, 0xc018aa3f, api));
    for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++) {
        map(base, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
        (void)*(volatile char *)base;
        struct copy copy = { (uintptr_t)base + page, i == 4 ? (uintptr_t)base + 2 * page : (uintptr_t)source, page, 0, 77 };
        word fill[4] = { (uintptr_t)base + page, page, 0, 77 };
        printf("%x ", requests[i]);
        CALL(ioctl(faults, requests[i], requests[i] >> 16 == 0xc028 ? (void *)&copy : fill));
        printf("  %lld %lld, inherited %d\n", (long long)copy.done, (long long)fill[3], is_inherited());
        munmap(base, 4 * page);
    }
    map(base, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    fflush(stdout);
    int child = fork();
    if (!child) {
        struct copy move = { (uintptr_t)base + page, (uintptr_t)base + 2 * page, page, 0, 77 };
        CALL(ioctl(faults, 0xc028aa05, &move));
        printf("  in a child %lld\n", (long long)move.done);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, 0, 0);
    close(faults);

    faults = syscall(374, 1 | O_NONBLOCK);
    api[1] = 1 << 14;
    CALL(ioctl(faults, 0xc018aa3f, api));
    word area[4] = { (uintptr_t)base, 4 * page, 1, 0 }, poison[4] = { (uintptr_t)base + page, page, 0, 0 }, entries[4];
    CALL(ioctl(faults, 0xc020aa00, area));
    CALL(ioctl(faults, 0xc020aa08, poison));
    CALL(madvise(base + 3 * page, page, 102));
    pread(open("/proc/self/pagemap", O_RDONLY), entries, sizeof entries, (uintptr_t)base / page * 8);
    for (int i = 0; i < 4; i++) printf("  entry %llx\n", (unsigned long long)(entries[i] >> 57 << 1));
    munmap(base, 4 * page);
    close(faults);
}

static void scan(const char *title, word categories)
{
    static int pagemap = -1;
    word found[24], request[12] = { 96, 0, (uintptr_t)base, (uintptr_t)base + 4 * page, 0, (uintptr_t)found, 8, 0, 0, 0, 0, categories };
    if (pagemap < 0) pagemap = open("/proc/self/pagemap", O_RDONLY);
    int count = ioctl(pagemap, 0xc0606610, request);
    printf("%s: %d", title, count);
    for (int i = 0; i < count; i++)
        printf(" [%llx-%llx %llx]", (long long)found[3 * i], (long long)found[3 * i + 1], (long long)found[3 * i + 2]);
    printf("\n");
}

static void scans(void)
{
    map(base, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    scan("no table", 0x17f);
    base[page] = 1;
    scan("a page", 0x17f);
    munmap(base + page, page);
    scan("unmapped", 0x17f);
    base[0] = 1;
    map(base, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    scan("replaced in part", 0x17f);
    CALL(madvise(base + 2 * page, page, 102));
    scan("a guard", 0x17f);
    map(base, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    scan("replaced", 0x17f);
    base[0] = 1;
    PLACE(mremap(base, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, base + 16 * page));
    map(base, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    scan("moved away", 0x17f);
    CALL(fallocate(-1, 0, 0, 1));
    scan("unknown", 0x200);
    munmap(base, 32 * page);
}

static void remote(void)
{
    int memory = open("/proc/self/mem", O_RDONLY);
    for (int kind = 0; kind < 2; kind++)
        for (int rights = 0; rights < 6; rights++)
            for (int isTouched = 0; isTouched < 2; isTouched++) {
                char bytes[8] = "";
                struct iovec here = { bytes, 8 }, there = { base, 8 };
                map(base, 1, PROT_READ | PROT_WRITE, kind ? MAP_SHARED : MAP_PRIVATE, -1, 0);
                if (isTouched) base[0] = 5;
                mprotect(base, page, rights);
                printf("kind %d rights %d touched %d\n", kind, rights, isTouched);
                CALL(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
                CALL(pread(memory, bytes, 8, (uintptr_t)base));
                HOLDS(bytes[0] == (isTouched ? 5 : 0));
                CALL(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
                mprotect(base, page, PROT_READ);
                HOLDS(base[0] == (isTouched ? 5 : 0));
            }
    char bytes[8];
    struct iovec here = { bytes, 8 }, there = { base - page, 8 };
    map(base, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN, -1, 0);
    CALL(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
    CALL(pread(memory, bytes, 8, (uintptr_t)base - page));
    show();
    munmap(base - page, 2 * page);
    close(memory);
}

static void marks(void)
{
    int file = memfd_create("marks", 0);
    struct iovec here = { "abc", 3 }, there = { base, 3 };
    ftruncate(file, 16 * page);
    pwrite(file, "x", 1, 2 * page);
    fallocate(file, 0, 3 * page, page);
    for (int i = 0; i < 5; i++) {
        map(base, 1, i == 4 ? PROT_READ : PROT_READ | PROT_WRITE, i == 1 ? MAP_PRIVATE : MAP_SHARED, file, i * page);
        (void)*(volatile char *)base;
        figures("page of a file", base);
        munmap(base, page);
    }
    map(base, 1, PROT_READ, MAP_SHARED, -1, 0);
    (void)*(volatile char *)base;
    figures("shared, read", base);
    map(base, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, -1, 0);
    figures("shared, populated", base);
    map(base, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    for (int i = 0; i < 2; i++) {    /* the second touch makes the page active, and takes the mark away */
        CALL(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
        fflush(stdout);
        int child = fork();
        if (!child) {
            figures("in a child", base);
            fflush(stdout);
            _exit(0);
        }
        waitpid(child, 0, 0);
    }
    munmap(base, page);
    close(file);
}

static void sealed(void)
{
    for (int seal = F_SEAL_WRITE; seal <= 0x10; seal <<= 1) {
        int file = memfd_create("sealed", MFD_ALLOW_SEALING);
        ftruncate(file, 2 * page);
        CALL(fcntl(file, F_ADD_SEALS, seal));
        PLACE(map(base, 1, PROT_READ, MAP_SHARED, file, 0));
        figures("sealed", base);
        CALL(mprotect(base, page, PROT_READ | PROT_WRITE));
        CALL(madvise(base, page, MADV_REMOVE));
        PLACE(map(base, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
        PLACE(map(base, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_GROWSDOWN, file, 0));
        PLACE(map(base, 1, PROT_READ, MAP_SHARED | MAP_GROWSDOWN, file, 0));
        PLACE(map(base, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0));
        figures("private", base);
        munmap(base, page);
        close(file);
    }
}

static void attached(int id)
{
    struct shmid_ds status;
    shmctl(id, IPC_STAT, &status);
    printf("  attached %d\n", (int)status.shm_nattch);
    show();
}

static void segments(void)
{
    int id = shmget(IPC_PRIVATE, 8 * page, 0600 | IPC_CREAT);
    PLACE(shmat(id, base, 0));
    static const struct { int first, count, rights; } changes[] =
        { { 2, 2, 1 }, { 2, 2, 3 }, { 2, 1, 1 }, { 2, 1, 3 }, { 0, 2, 1 }, { 2, 1, 1 }, { 0, 8, 3 }, { 0, 8, 1 }, { 0, 8, 3 } };
    for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
        CALL(mprotect(base + changes[i].first * page, changes[i].count * page, changes[i].rights));
        attached(id);
    }
    CALL(munmap(base + 4 * page, page));
    PLACE(mremap(base + 5 * page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, base + 64 * page));
    PLACE(mremap(base + 64 * page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, base + 5 * page));
    attached(id);
    PLACE(mremap(base, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_FIXED, base + 128 * page));
    attached(id);
    CALL(shmdt(base));
    attached(id);
    map(base, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    base[0] = 1;
    PLACE(shmat(id, base + page, SHM_REMAP));
    PLACE(mremap(base, 3 * page, 3 * page, MREMAP_MAYMOVE | MREMAP_FIXED, base + 32 * page));
    show();
    shmctl(id, IPC_RMID, 0);
    munmap(base, 64 * page);
}

static void query(word flags, char *at, uint32_t room)
{
    static int maps = -1;
    char name[64] = "";
    struct { word size, flags, address, start, end, found, bytes, offset, inode; uint32_t major, minor, room, build; word name, id; }
        query = { sizeof query, flags, (uintptr_t)at, .room = room, .name = room ? (uintptr_t)name : 0 };
    if (maps < 0) maps = open("/proc/self/maps", O_RDONLY);
    CALL(ioctl(maps, 0xc0686611, &query));
    if (query.start >= 0x30000000) {
        printf("  above\n");
        return;
    }
    printf("  %llx-%llx %llx %llx %llx %d %u '%s'\n", (long long)query.start, (long long)query.end, (long long)query.found,
        (long long)query.bytes, (long long)query.offset, query.inode != 0, query.room, name);
}

static void queries(void)
{
    int file = memfd_create("query", 0), maps = open("/proc/self/maps", O_RDONLY);
    struct iovec range = { base, page };
    word two[2] = { 24, 0 };
    ftruncate(file, 8 * page);
    map(base, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
    map(base + 4 * page, 2, PROT_READ, MAP_SHARED, file, 2 * page);
    for (word flags = 0; flags < 64; flags++)    /* what is executable above is the system's own */
        if ((flags & 20) != 20) query(flags, base + 2 * page, 0);
    query(64, base, 0);
    query(0, base + page + 5, 64);
    query(0, base + 5 * page, 64);
    query(0, base + 5 * page, 8);
    CALL(ioctl(maps, 0xc0686611, two));
    two[0] = 16;
    CALL(ioctl(maps, 0xc0686611, two));
    two[0] = 5000;
    CALL(ioctl(maps, 0xc0686611, two));
    CALL(ioctl(maps, 0xc0686612, two));
    CALL(ioctl(maps, 0xc0686611, 16));
    CALL(syscall(440, -10000, &range, 1, MADV_DONTNEED, 0));
    CALL(syscall(440, -10001, &range, 1, MADV_COLD, 0));
    CALL(syscall(440, -10003, &range, 1, MADV_COLD, 0));
    munmap(base, 8 * page);
}

int main(void)
{
    own_directory();
    allocations();
    refusals();
    scans();
    remote();
    marks();
    sealed();
    segments();
    queries();
    return 0;
}
