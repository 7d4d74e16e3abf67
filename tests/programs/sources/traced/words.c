/* A hash table of strings, string instructions, recursion, and a page of text that is mapped twice. */
#include "start.h"

struct node { struct node *next; unsigned hash; char text[24]; };
static struct node pool[300], *table[512];
static const char letters[] = "the quick brown fox jumps over the lazy dog and runs away from it";

static unsigned hash(const char *text, unsigned length)
{
    unsigned word = 2166136261u;
    while (length--) word = (word ^ (unsigned char)*text++) * 16777619u;
    return word;
}

static unsigned depth(unsigned n) { return n < 2 ? n : depth(n - 1) + depth(n - 2); }

static void work(void)
{
    static char copy[6000];
    unsigned used = 0;
    for (unsigned i = 0; i < sizeof pool / sizeof *pool; i++) {
        unsigned from = i * 7 % 40, length = 1 + i % 20, word = hash(letters + from, length);
        struct node **at = &table[word % 512];
        while (*at && (*at)->hash != word) at = &(*at)->next;
        if (*at) continue;
        struct node *node = *at = &pool[used++ * 2 % 300];
        node->hash = word;
        const char *source = letters + from;
        char *target = node->text;
        __asm__ volatile("rep movsb" : "+S"(source), "+D"(target), "+c"(length) : : "memory");
    }
    char *to = copy + 3;
    unsigned count = 1400;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(0x20202020) : "memory");
    *(volatile unsigned *)copy = depth(12);
    __asm__ volatile("pushal\n popal\n btsl %1, %0\n lock incl %0" : "+m"(copy[100]) : "r"(9000) : "memory", "cc");
    call3(4, 1, (int)"words\n", 6);
}
