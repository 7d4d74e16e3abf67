/* A teaching kernel's memory, as a student of a course writes it, on the other side of the protocol of `paging conform`
 * (docs/CONFORMANCE.md): frames with reference counts, page tables of two levels, a list of areas for each process.
 *
 *   gcc -O2 -Wall -o xv6 samples/adapters/xv6.c
 *   paging conform --level 1-3 -- ./xv6
 *
 * It knows the levels 1 to 3: private anonymous memory, munmap, mprotect, brk, fork. With -DPLANTED=1, 2 or 3 it has an error that
 * students make, which the level of that number finds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLANTED
#define PLANTED 0
#endif

typedef uint32_t uint;
typedef uint8_t uchar;

enum { PGSIZE = 4096, NPTE = 1024, NPROC = 256 };
enum { PTE_P = 1, PTE_W = 2, PTE_U = 4 };                     /* a page without rights has P and not U */
enum { READ = 1, WRITE = 2, EXEC = 4, GROWS = 0x03000000 };
enum { FIXED = 0x10, ANONYMOUS = 0x20, POPULATE = 0x8000, NONBLOCK = 0x10000, NOREPLACE = 0x100000 };

#define PGROUNDUP(a) (((uint64_t)(a) + PGSIZE - 1) & ~(uint64_t)(PGSIZE - 1))
#define PGROUNDDOWN(a) ((a) & ~(uint)(PGSIZE - 1))
#define USERTOP 0xc0000000ull
#define LOWEST 0x10000u                                       /* of a place that the kernel chooses */

/* ---- kalloc.c: frames. Frame 0 is the page of zeros, which all share and nobody frees. ---- */

static struct { uchar **at; uint *refs; uint count, capacity, *freed, freed_count; } mem;

static uchar *frame(uint number) { return mem.at[number]; }

static uint kalloc(void)
{
    uint number;
    if (mem.freed_count) number = mem.freed[--mem.freed_count];
    else {
        if (mem.count == mem.capacity) {
            mem.capacity = mem.capacity ? 2 * mem.capacity : 1024;
            mem.at = realloc(mem.at, mem.capacity * sizeof *mem.at);
            mem.refs = realloc(mem.refs, mem.capacity * sizeof *mem.refs);
            mem.freed = realloc(mem.freed, mem.capacity * sizeof *mem.freed);
        }
        number = mem.count++;
        mem.at[number] = malloc(PGSIZE);
        memset(frame(number), 5, PGSIZE);                     /* junk, to find users who do not clear it */
    }
    mem.refs[number] = 1;
    return number;
}

static uint zalloc(void)
{
    uint number = kalloc();
    memset(frame(number), 0, PGSIZE);
    return number;
}

static void kfree(uint number)
{
    if (number == 0 || --mem.refs[number]) return;
    memset(frame(number), 1, PGSIZE);
    mem.freed[mem.freed_count++] = number;
}

/* ---- proc.c: a process is a page directory, areas in the order of their addresses, and a break. ---- */

struct area { uint start, last, rights; };                    /* last: its last byte, so that the end is a number of 32 bits */
struct proc { int used; uint pgdir, brk0, brk; struct area *areas; int count, capacity; };

static struct proc procs[NPROC];
static int proc_count;
static uint mmap_base, reserved;
static int is_classic;

static int find(struct proc *p, uint address)                 /* the first area that ends at the address or above it */
{
    int low = 0, high = p->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (p->areas[middle].last < address) low = middle + 1; else high = middle;
    }
    return low;
}

static int is_free(struct proc *p, uint64_t start, uint64_t end)
{
    int i = find(p, (uint)start);
    return end <= reserved && (i == p->count || p->areas[i].start >= end);
}

static void insert(struct proc *p, int at, struct area one)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 16;
        p->areas = realloc(p->areas, (size_t)p->capacity * sizeof one);
    }
    memmove(p->areas + at + 1, p->areas + at, (size_t)(p->count++ - at) * sizeof one);
    p->areas[at] = one;
}

static void take(struct proc *p, int at)
{
    memmove(p->areas + at, p->areas + at + 1, (size_t)(--p->count - at) * sizeof *p->areas);
}

/* Cuts the area that crosses an address in two there. */
static void cut(struct proc *p, uint address)
{
    int i = find(p, address);
    if (i == p->count || p->areas[i].start >= address) return;
    struct area above = { address, p->areas[i].last, p->areas[i].rights };
    p->areas[i].last = address - 1;
    insert(p, i + 1, above);
}

/* Joins neighbours that have the same rights. */
static void join(struct proc *p)
{
    for (int i = 1; i < p->count; i++) {
        struct area *below = &p->areas[i - 1];
        if (below->last + 1 != p->areas[i].start || below->rights != p->areas[i].rights) continue;
        below->last = p->areas[i].last;
        take(p, i--);
    }
}

/* ---- vm.c: page tables, and the fault that fills them. ---- */

static uint *walk(struct proc *p, uint address, int makes)
{
    uint *entry = (uint *)frame(p->pgdir) + (address >> 22);
    if (!(*entry & PTE_P)) {
        if (!makes) return NULL;
        uint table = zalloc();
        entry = (uint *)frame(p->pgdir) + (address >> 22);
        *entry = table << 12 | PTE_P | PTE_W | PTE_U;
    }
    return (uint *)frame(*entry >> 12) + (address >> 12) % NPTE;
}

static void unmap_pages(struct proc *p, uint start, uint last)
{
    for (uint64_t a = start; a < last; a += PGSIZE) {
        uint *entry = walk(p, (uint)a, 0);
        if (!entry) { a = ((a >> 22) + 1) * (uint64_t)PGSIZE * NPTE - PGSIZE; continue; }
        if (*entry & PTE_P) kfree(*entry >> 12);
        *entry = 0;
    }
}

/* What a page fault finds: 0 if it is served, else the code of the signal. */
static const char *pagefault(struct proc *p, uint address, int writes)
{
    int i = address < USERTOP ? find(p, address) : p->count;
    if (i == p->count || p->areas[i].start > address) return "SEGV_MAPERR";
    uint rights = p->areas[i].rights;
    if (writes ? !(rights & WRITE) : !rights) return "SEGV_ACCERR";
    uint *entry = walk(p, address, 1), old = *entry >> 12;
    if (!(*entry & PTE_P)) {
        if (!writes) { *entry = PTE_P | PTE_U; return NULL; }    /* the page of zeros */
        old = 0;
    }
    if (!writes) { *entry |= PTE_U; return NULL; }
    if (old == 0 || mem.refs[old] > 1) {
        int is_first = old == 0;
        uint copy = kalloc();
        if (!is_first) memcpy(frame(copy), frame(old), PGSIZE);
        else if (PLANTED != 1) memset(frame(copy), 0, PGSIZE);    /* planted: a fresh frame shows what was in it */
        kfree(old);
        old = copy;
    }
    *entry = old << 12 | PTE_P | PTE_W | PTE_U;
    return NULL;
}

/* The byte at an address, for one access; NULL with the code of the signal. */
static uchar *access_byte(struct proc *p, uint address, int writes, const char **code)
{
    uint *entry = address < USERTOP ? walk(p, address, 0) : NULL, needed = PTE_P | PTE_U | (writes ? PTE_W : 0);
    if (!entry || (*entry & needed) != needed) {
        if ((*code = pagefault(p, address, writes))) return NULL;
        entry = walk(p, address, 0);
    }
    return frame(*entry >> 12) + address % PGSIZE;
}

/* Rights change at once; a page that may be written again is asked for by a fault, since it may be shared. */
static void protect_pages(struct proc *p, uint start, uint last, uint rights)
{
    for (uint64_t a = start; a < last; a += PGSIZE) {
        uint *entry = walk(p, (uint)a, 0);
        if (!entry || !(*entry & PTE_P)) continue;
        *entry = (*entry & ~(uint)(PTE_W | PTE_U)) | (rights ? PTE_U : 0);
    }
}

static void unmap(struct proc *p, uint start, uint last)
{
    int i;
#if PLANTED == 2                                              /* planted: what lies above a hole is forgotten */
    i = find(p, start);
    if (i < p->count && p->areas[i].start < start && p->areas[i].last > last) {
        unmap_pages(p, start, p->areas[i].last);
        p->areas[i].last = start - 1;
        return;
    }
#endif
    cut(p, start);
    if (last != UINT32_MAX) cut(p, last + 1);
    while ((i = find(p, start)) < p->count && p->areas[i].start <= last) take(p, i);
    unmap_pages(p, start, last);
}

static void map(struct proc *p, uint start, uint last, uint rights)
{
    unmap(p, start, last);
    insert(p, find(p, start), (struct area){ start, last, rights });
    join(p);
}

/* ---- sysproc.c ---- */

static void fork_into(struct proc *parent, struct proc *child)
{
    *child = *parent;
    child->areas = malloc((size_t)(parent->capacity ? parent->capacity : 1) * sizeof *child->areas);
    memcpy(child->areas, parent->areas, (size_t)parent->count * sizeof *child->areas);
    child->pgdir = zalloc();
    for (uint i = 0; i < NPTE; i++) {
        uint entry = ((uint *)frame(parent->pgdir))[i];
        if (!(entry & PTE_P)) continue;
        uint table = zalloc();
        ((uint *)frame(child->pgdir))[i] = table << 12 | PTE_P | PTE_W | PTE_U;
        for (uint j = 0; j < NPTE; j++) {
            uint *from = (uint *)frame(entry >> 12) + j;
            if (!(*from & PTE_P)) continue;
            ((uint *)frame(table))[j] = *from & ~(uint)PTE_W;
            if (PLANTED != 3) *from &= ~(uint)PTE_W;          /* planted: the parent goes on writing to the shared page */
            if (*from >> 12) mem.refs[*from >> 12]++;
        }
    }
}

static void free_proc(struct proc *p)
{
    if (!p->used) return;
    unmap_pages(p, 0, (uint)USERTOP - 1);
    for (uint i = 0; i < NPTE; i++)
        if (((uint *)frame(p->pgdir))[i] & PTE_P) kfree(((uint *)frame(p->pgdir))[i] >> 12);
    kfree(p->pgdir);
    free(p->areas);
    memset(p, 0, sizeof *p);
}

/* The lowest free range of a length in [low, high), or the top of the highest; 0: there is none. */
static uint search(struct proc *p, uint64_t low, uint64_t high, uint64_t length, int highest)
{
    uint found = 0;
    uint64_t begin = low;
    for (int i = 0; i <= p->count; i++) {
        uint64_t end = i < p->count ? p->areas[i].start : reserved;
        if (end > high) end = high;
        if (begin < end && end - begin >= length) {
            found = (uint)(highest ? end - length : begin);
            if (!highest) return found;
        }
        if (i < p->count && (uint64_t)p->areas[i].last + 1 > begin) begin = (uint64_t)p->areas[i].last + 1;
    }
    return found;
}

static uint place(struct proc *p, uint hint, uint64_t length)
{
    hint = PGROUNDDOWN(hint);
    if (hint && hint < LOWEST) hint = LOWEST;
    if (hint && is_free(p, hint, hint + length)) return hint;
    if (is_classic) return search(p, mmap_base, USERTOP, length, 0);
    uint found = search(p, LOWEST, mmap_base, length, 1);
    return found ? found : search(p, 0x40000000, USERTOP, length, 0);
}

static const char *sys_mmap(struct proc *p, int64_t *a, uint *result)
{
    uint address = (uint)a[0], rights = a[2] & (READ | WRITE | EXEC), flags = (uint)a[3];
    uint64_t length = PGROUNDUP((uint)a[1]);
    if (a[5] % PGSIZE || !a[1]) return "EINVAL";
    if (length >> 32) return "ENOMEM";
    if (flags & (FIXED | NOREPLACE)) {
        if (address + length > USERTOP) return "ENOMEM";
        if (address % PGSIZE) return "EINVAL";
        if (address < PGSIZE) return "EPERM";
        if ((flags & NOREPLACE) && !is_free(p, address, address + length)) return "EEXIST";
    } else if (length > USERTOP || !(address = place(p, address, length))) return "ENOMEM";
    map(p, address, (uint)(address + length - 1), rights);
    for (uint64_t at = address; (flags & (POPULATE | NONBLOCK)) == POPULATE && at < address + length; at += PGSIZE)
        if (rights) pagefault(p, (uint)at, rights & WRITE);
    *result = address;
    return NULL;
}

static const char *sys_munmap(struct proc *p, int64_t *a)
{
    uint64_t end = PGROUNDUP(a[0] + a[1]);
    if (a[0] % PGSIZE || !a[1] || end > USERTOP) return "EINVAL";
    unmap(p, (uint)a[0], (uint)(end - 1));
    return NULL;
}

static const char *sys_mprotect(struct proc *p, int64_t *a)
{
    uint64_t at = (uint)a[0], end = PGROUNDUP(a[0] + a[1]);
    if (at % PGSIZE) return "EINVAL";
    if (!a[1]) return NULL;
    if (a[2] & ~15) return "EINVAL";                          /* PROT_SEM is 8, and says nothing here */
    while (at < end) {
        int i = find(p, (uint)at);
        if (i == p->count || p->areas[i].start > at) { join(p); return "ENOMEM"; }
        uint64_t reach = (uint64_t)p->areas[i].last + 1;
        if (reach > end) reach = end;
        cut(p, (uint)at);
        cut(p, (uint)reach);
        p->areas[find(p, (uint)at)].rights = a[2] & (READ | WRITE | EXEC);
        protect_pages(p, (uint)at, (uint)(reach - 1), a[2] & (READ | WRITE | EXEC));
        at = reach;
    }
    join(p);
    return NULL;
}

static uint sys_brk(struct proc *p, uint address)
{
    uint64_t old = PGROUNDUP(p->brk), fresh = PGROUNDUP(address);
    if (address < p->brk0) return p->brk;
    if (fresh > old && !is_free(p, old, fresh + PGSIZE)) return p->brk;
    if (fresh > old) map(p, (uint)old, (uint)(fresh - 1), READ | WRITE);
    if (fresh < old) unmap(p, (uint)fresh, (uint)(old - 1));
    return p->brk = address;
}

/* ---- The protocol. ---- */

static uint crc_table[256];

static uint crc32(uint crc, uchar byte) { return crc_table[(crc ^ byte) & 255] ^ crc >> 8; }

static uchar pattern(int64_t index, int64_t seed) { return (uchar)(index * 7 + seed * 13 + (index >> 12) * 31); }

static void print_signal(const char *code, uint address) { printf("SIGSEGV %s 0x%08x\n", code, address); }

/* load32 and store32: both pages must let the access pass before anything is stored. */
static void access_word(struct proc *p, uint address, int writes, uint word)
{
    uchar *bytes[4];
    const char *code;
    for (uint i = 0; i < 4; i++)
        if (!(bytes[i] = access_byte(p, address + i, writes, &code))) { print_signal(code, address + i); return; }
    for (uint i = 0; i < 4; i++)
        if (writes) *bytes[i] = (uchar)(word >> 8 * i); else word |= (uint)*bytes[i] << 8 * i;
    if (writes) puts("0"); else printf("0x%08x\n", word);
}

/* fill, sum, copyin and copyout go upwards to the first byte that cannot be reached. */
static void move_bytes(struct proc *p, const char *name, int64_t *a)
{
    int writes = !strcmp(name, "fill") || !strcmp(name, "copyin"), copies = *name == 'c';
    const char *code = NULL;
    int64_t done = 0;
    uint crc = ~0u;
    for (; done < a[1]; done++) {
        uint address = (uint)(a[0] + done);
        uchar *byte = access_byte(p, address, writes, &code);
        if (!byte) break;
        if (!writes) crc = crc32(crc, *byte);
        else *byte = copies ? pattern(done, a[2]) : (uchar)a[2];
    }
    if (copies && !done && a[1]) puts("-1 EFAULT");
    else if (!copies && code) print_signal(code, (uint)(a[0] + done));
    else if (!strcmp(name, "fill")) puts("0");
    else if (!strcmp(name, "sum")) printf("crc32=0x%08x\n", ~crc);
    else if (writes) printf("%lld\n", (long long)done);
    else printf("%lld crc32=0x%08x\n", (long long)done, ~crc);
}

static void print_areas(struct proc *p, uint64_t low, uint64_t high)
{
    puts("{");
    for (int i = 0; i < p->count; i++) {
        struct area *one = &p->areas[i];
        if (one->start >= high || one->last < low) continue;
        printf("%08x-%08x %c%c%cp 00000000\n", one->start, one->last + 1, one->rights & READ ? 'r' : '-',
            one->rights & WRITE ? 'w' : '-', one->rights & EXEC ? 'x' : '-');
    }
    puts("}");
}

static void print_pages(struct proc *p, uint64_t low, uint64_t high, int is_map)
{
    uint count = 0;
    if (is_map) putchar('"');
    for (uint64_t at = low; at < high; at += PGSIZE) {
        uint *entry = at < USERTOP ? walk(p, (uint)at, 0) : NULL;
        int is_own = entry && (*entry & PTE_P) && *entry >> 12;
        count += (uint)is_own;
        if (is_map) putchar(is_own ? 'a' : '.');
    }
    if (is_map) puts("\""); else printf("%u\n", count);
}

static void print_vm(struct proc *p)
{
    uint size = 0, data = 0;
    for (int i = 0; i < p->count; i++) {
        uint pages = (p->areas[i].last - p->areas[i].start + 1) / PGSIZE;
        size += pages;
        if (p->areas[i].rights & WRITE) data += pages;
    }
    printf("size=%u data=%u stack=0 locked=0\n", size, data);
}

static int sys_fork(struct proc *p)
{
    if (proc_count == NPROC) return -1;
    fork_into(p, &procs[proc_count]);
    return proc_count++;
}

static void call(struct proc *p, const char *name, int64_t *a)
{
    const char *error = NULL, *code;
    uint result = 0;
    uchar *byte;
    if (!strcmp(name, "mmap")) {
        if (!(a[3] & ANONYMOUS)) { puts("unsupported a file"); return; }
        if ((a[3] & 15) != 2) { puts("unsupported shared memory"); return; }
        if (!(error = sys_mmap(p, a, &result))) { printf("0x%08x\n", result); return; }
    } else if (!strcmp(name, "munmap")) error = sys_munmap(p, a);
    else if (!strcmp(name, "mprotect")) {
        if (a[2] & GROWS) { puts("unsupported areas that grow"); return; }
        error = sys_mprotect(p, a);
    }
    else if (!strcmp(name, "brk")) { printf("0x%08x\n", sys_brk(p, (uint)a[0])); return; }
    else if (!strcmp(name, "load") || !strcmp(name, "store") || !strcmp(name, "add")) {
        if (!(byte = access_byte(p, (uint)a[0], *name != 'l', &code))) { print_signal(code, (uint)a[0]); return; }
        if (*name == 's') *byte = (uchar)a[1];
        if (*name == 'a') *byte = (uchar)(*byte + a[1]);
        if (*name == 's') puts("0"); else printf("0x%02x\n", *byte);
        return;
    } else if (!strcmp(name, "load32") || !strcmp(name, "store32")) {
        access_word(p, (uint)a[0], *name == 's', *name == 's' ? (uint)a[1] : 0);
        return;
    } else if (!strcmp(name, "fill") || !strcmp(name, "sum") || !strcmp(name, "copyin") || !strcmp(name, "copyout")) {
        move_bytes(p, name, a);
        return;
    } else if (!strcmp(name, "fork")) { printf("%d\n", sys_fork(p)); return; }
    else if (!strcmp(name, "exit")) { free_proc(p); printf("%lld\n", (long long)a[0]); return; }
    else if (!strcmp(name, "areas")) { print_areas(p, (uint)a[0], (uint64_t)a[1]); return; }
    else if (!strcmp(name, "resident") || !strcmp(name, "pagemap")) {
        print_pages(p, (uint)a[0], (uint64_t)a[1], *name == 'p');
        return;
    } else if (!strcmp(name, "vm")) { print_vm(p); return; }
    else { printf("unsupported %s\n", name); return; }
    if (error) printf("-1 %s\n", error); else puts("0");
}

static const struct { const char *name; int64_t value; } names[] = {
    { "PROT_NONE", 0 }, { "PROT_READ", READ }, { "PROT_WRITE", WRITE }, { "PROT_EXEC", EXEC }, { "PROT_SEM", 8 },
    { "PROT_GROWSDOWN", 0x01000000 }, { "PROT_GROWSUP", 0x02000000 },
    { "MAP_SHARED", 1 }, { "MAP_PRIVATE", 2 }, { "MAP_SHARED_VALIDATE", 3 }, { "MAP_FIXED", FIXED }, { "MAP_ANONYMOUS", ANONYMOUS },
    { "MAP_DENYWRITE", 0x800 }, { "MAP_EXECUTABLE", 0x1000 }, { "MAP_NORESERVE", 0x4000 }, { "MAP_POPULATE", POPULATE },
    { "MAP_NONBLOCK", NONBLOCK }, { "MAP_STACK", 0x20000 }, { "MAP_SYNC", 0x80000 }, { "MAP_FIXED_NOREPLACE", NOREPLACE },
};

static int read_number(char *text, int64_t *value)
{
    *value = 0;
    for (char *rest, *term = strtok_r(text, "|", &rest); term; term = strtok_r(NULL, "|", &rest)) {
        size_t i = 0, count = sizeof names / sizeof *names;
        if (*term == '-' || (*term >= '0' && *term <= '9')) { *value |= strtoll(term, NULL, 0); continue; }
        while (i < count && strcmp(names[i].name, term)) i++;
        if (i == count) return 0;
        *value |= names[i].value;
    }
    return 1;
}

static void answer(char *line)
{
    int64_t arguments[8] = { 0 };
    long number = 0;
    int count = 0;
    char *rest;
    if (*line == '[') {
        number = strtol(line + 1, &line, 10);
        line += strspn(line, "] ");
    }
    if (number < 0 || number >= proc_count || !procs[number].used) { puts("unsupported there is no such process"); return; }
    char *name = strtok_r(line, "(", &rest), *list = strtok_r(NULL, ")", &rest);
    for (char *word = list ? strtok_r(list, ", ", &rest) : NULL; word; word = strtok_r(NULL, ", ", &rest))
        if (count == 8 || !read_number(word, &arguments[count++])) { printf("unsupported %s\n", word); return; }
    call(&procs[number], name, arguments);
}

static uint key(const char *line, const char *name)
{
    const char *at = strstr(line, name);
    return at ? (uint)strtoull(at + strlen(name), NULL, 0) : 0;
}

static void begin(const char *line)
{
    struct proc *first = &procs[0];
    is_classic = strstr(line, "layout=classic") != NULL;
    mmap_base = key(line, "mmap_base=");
    reserved = key(line, "reserved=");
    *first = (struct proc){ .used = 1, .pgdir = zalloc(), .brk0 = key(line, "brk="), .brk = key(line, "brk=") };
    proc_count = 1;
    puts("0");
}

int main(void)
{
    static char line[1 << 20];
    for (uint i = 0; i < 256; i++) {
        crc_table[i] = i;
        for (int bit = 0; bit < 8; bit++) crc_table[i] = crc_table[i] >> 1 ^ (crc_table[i] & 1 ? 0xedb88320 : 0);
    }
    zalloc();                                                 /* the page of zeros is frame 0 */
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "paging-conform", 14))
            puts("name a teaching kernel\nsupports mmap munmap mprotect brk load load32 store store32 add fill sum copyin copyout\n"
                "supports fork exit areas resident pagemap vm\nserves many\nready");
        else if (!strncmp(line, "process(", 8)) begin(line);
        else if (!strcmp(line, "end")) {
            for (int i = 0; i < proc_count; i++) free_proc(&procs[i]);
            puts("0");
        } else answer(line);
        fflush(stdout);
    }
    return 0;
}
