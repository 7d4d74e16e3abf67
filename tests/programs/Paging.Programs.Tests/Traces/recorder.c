/* Records what a program asks malloc for: LD_PRELOAD it, name the file in ALLOCATION_TRACE. One call a line, as AllocationTrace reads them:
 *
 *   a ID SIZE   malloc, calloc        r ID SIZE   realloc        f ID   free
 *
 * For one thread of one process, the first that writes. What was allocated before it was there, or by calls it does not know (memalign), is not recorded at all. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS = 1 << 20 };

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static struct { uintptr_t block; unsigned id; } known[SLOTS];    /* open addressing; block 1: something was here */
static unsigned count;
static int file = -2;
static pid_t owner;

static unsigned *find(uintptr_t block)
{
    for (unsigned slot = (block >> 3) * 2654435761u >> 12;; slot++) {
        slot %= SLOTS;
        if (known[slot].block == block) return &known[slot].id;
        if (known[slot].block == 0) return NULL;
    }
}

static unsigned add(void *block)
{
    unsigned slot = ((uintptr_t)block >> 3) * 2654435761u >> 12;
    while (known[slot % SLOTS].block > 1) slot++;
    known[slot % SLOTS].block = (uintptr_t)block;
    return known[slot % SLOTS].id = count++;
}

static void forget(unsigned *id) { *(uintptr_t *)((char *)id - offsetof(__typeof__(known[0]), id)) = 1; }

static void note(char what, unsigned id, size_t size)
{
    char line[48];
    int length = what == 'f' ? snprintf(line, sizeof line, "f %u\n", id) : snprintf(line, sizeof line, "%c %u %zu\n", what, id, size);
    if (file == -2) file = getenv("ALLOCATION_TRACE") ? open(getenv("ALLOCATION_TRACE"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    if (!owner) owner = getpid();
    if (file >= 0 && owner == getpid() && write(file, line, length) != length) _exit(99);
}

void *malloc(size_t size)
{
    void *block = __libc_malloc(size);
    if (block) note('a', add(block), size);
    return block;
}

void *calloc(size_t number, size_t size)
{
    void *block = __libc_calloc(number, size);
    if (block) note('a', add(block), number * size);
    return block;
}

void free(void *block)
{
    unsigned *id = block ? find((uintptr_t)block) : NULL;
    if (id) {
        note('f', *id, 0);
        forget(id);
    }
    __libc_free(block);
}

void *realloc(void *old, size_t size)
{
    if (!old) return malloc(size);
    if (size == 0) {
        free(old);
        return NULL;
    }
    unsigned *id = find((uintptr_t)old);
    void *block = __libc_realloc(old, size);
    if (!id || !block) return block;
    unsigned number = *id;
    note('r', number, size);
    if (block != old) {
        forget(id);
        add(block);
        *find((uintptr_t)block) = number;
        count--;
    }
    return block;
}
