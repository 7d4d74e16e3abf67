// 22 errors with memory, one for each number, and 0: a program without any that looks as if it had some. 23 calls what is not mapped.
// Not optimised: the errors have to stay where they are. What valgrind says of them is in planted.valgrind, by tools/record-planted.sh.
#pragma GCC optimize ("O0")
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline))

static volatile int sink;
struct list { int value; struct list *next; };
struct padded { char letter; int number; };
struct bits { unsigned low : 3, middle : 5, high : 8; };

APART static void overflow_by_one(void) { char *p = malloc(24); p[24] = 1; free(p); }
APART static void overflow_of_words(void) { int *p = malloc(10 * sizeof *p); for (int i = 0; i <= 10; i++) p[i] = i; sink = p[3]; free(p); }
APART static void underflow(void) { char *p = malloc(16); p[-1] = 1; free(p); }
APART static void read_beyond(void) { short *p = calloc(5, sizeof *p); sink = p[5]; free(p); }
APART static void use_after_free(void) { char *p = calloc(1, 32); free(p); sink = p[8]; }
APART static void write_after_free(void) { int *p = malloc(64); free(p); p[4] = 7; }
APART static void free_twice(void) { char *p = malloc(40); free(p); free(p); }
APART static void free_inside(void) { char *p = malloc(40); free(p + 8); free(p); }
APART static void free_of_stack(void) { char here[32]; free(here); }
APART static void branch_on_heap(void) { int *p = malloc(8); if (p[1] == 5) puts("five"); free(p); }
APART static void branch_on_local(void) { int local; volatile int *p = &local; if (*p > 3) sink++; }
APART static void branch_on_member(void) { struct padded *p = malloc(sizeof *p); p->letter = 'a'; if (p->number) sink++; free(p); }
APART static void index_by_heap(void) { unsigned char *p = malloc(4); static volatile int table[256]; sink = table[p[2]]; free(p); }
APART static void write_of_heap(void) { char *p = malloc(16); memset(p, 'x', 8); sink = (int)write(1, p, 16); free(p); }
APART static void reallocated(void) { char *p = malloc(16); char *q = realloc(p, 64); p[2] = 1; free(q); }
APART static void grown_part(void) { char *p = calloc(1, 8); p = realloc(p, 32); if (p[20]) sink++; free(p); }
APART static void list_after_free(void) {
    struct list *head = NULL;
    for (int i = 0; i < 3; i++) { struct list *n = malloc(sizeof *n); n->value = i; n->next = head; head = n; }
    for (struct list *n = head; n; n = n->next) free(n);
}
APART static void copied(void) { int *p = malloc(16), *q = malloc(16); for (int i = 0; i < 4; i++) q[i] = p[i]; if (q[2] == 9) sink++; free(p); free(q); }
APART static void mixed_sum(void) { int *p = malloc(12); p[0] = 1; p[2] = 2; int sum = p[0] + p[1] + p[2]; if (sum > 100) sink++; free(p); }
APART static void overflow_of_large(void) { char *p = malloc(1 << 20); p[1 << 20] = 3; free(p); }
APART static void null_read(void) { struct list *p = NULL; sink = p->next->value; }
APART static void wild_write(void) { char *p = (char *)0x10; *p = 1; }
APART static void wild_call(void) { void (*function)(void) = (void (*)(void))0x20; function(); sink++; }

APART static void clean(void) {
    char *text = malloc(40), *copy;
    strcpy(text, "a string that ends before its block");
    copy = strdup(text);
    sink = (int)strlen(copy) + strcmp(text, copy) + (strchr(copy, 'z') != NULL) + memcmp(text, copy, 20);
    for (int length = 1; length < 70; length++) {
        char *part = malloc((size_t)length);
        memset(part, 'b', (size_t)length - 1);
        part[length - 1] = 0;
        sink += (int)strlen(part) + (strrchr(part, 'b') != NULL) + (strstr(part, "bbbc") != NULL);
        free(part);
    }
    struct padded a, b;
    a.letter = 'x'; a.number = 3;
    b = a;                                              // the padding as well
    sink += b.number == 3 && b.letter == 'x';
    struct bits *field = malloc(sizeof *field);
    field->middle = 9;
    if (field->middle == 9) sink++;                     // of a word of which other bits were never written
    field->low = 2;
    if (field->low == 2 && field->middle == 9) sink++;
    unsigned char *some = malloc(4);
    some[0] = 1;
    uint32_t word; memcpy(&word, some, 4);
    if (word & 1) sink++;                               // the one good bit
    if ((word & 0xFF) == 1) sink++;
    printf("%s %d %5.2f\n", copy, sink > 0, 2.5);
    int *numbers = malloc(50 * sizeof *numbers);
    for (int i = 0; i < 50; i++) numbers[i] = (i * 37) % 50;
    for (int i = 0; i < 49; i++) for (int j = 0; j < 49 - i; j++) if (numbers[j] > numbers[j + 1]) { int t = numbers[j]; numbers[j] = numbers[j + 1]; numbers[j + 1] = t; }
    printf("%d %d\n", numbers[0], numbers[49]);
    void *aligned; if (posix_memalign(&aligned, 256, 100)) return;
    memset(aligned, 0, 100);
    free(aligned); free(numbers); free(some); free(field); free(copy); free(text); free(NULL);
}

int main(int argc, char **argv) {
    static void (*const planted[])(void) = {
        clean, overflow_by_one, overflow_of_words, underflow, read_beyond, use_after_free, write_after_free, free_twice, free_inside,
        free_of_stack, branch_on_heap, branch_on_local, branch_on_member, index_by_heap, write_of_heap, reallocated, grown_part,
        list_after_free, copied, mixed_sum, overflow_of_large, null_read, wild_write, wild_call,
    };
    size_t number = argc > 1 ? (size_t)atoi(argv[1]) : 0;
    if (number >= sizeof planted / sizeof *planted) return 2;
    planted[number]();
    return 0;
}
