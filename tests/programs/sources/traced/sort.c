/* Heap sort and a check, in data that no file holds. */
#include "start.h"

static struct { unsigned key, unused[7]; } numbers[500];    /* four pages */

static void sift(unsigned at, unsigned end)
{
    for (;;) {
        unsigned child = 2 * at + 1;
        if (child >= end) return;
        if (child + 1 < end && numbers[child].key < numbers[child + 1].key) child++;
        if (numbers[at].key >= numbers[child].key) return;
        unsigned kept = numbers[at].key;
        numbers[at].key = numbers[child].key;
        numbers[child].key = kept;
        at = child;
    }
}

static void work(void)
{
    const unsigned count = sizeof numbers / sizeof *numbers;
    unsigned word = 1, sum = 0;
    for (unsigned i = 0; i < count; i++) sum += numbers[i].key;    /* the zero page, at many addresses */
    for (unsigned i = 0; i < count; i++) numbers[i].key = (word = word * 1664525 + 1013904223) + sum;
    for (unsigned i = count / 2; i-- > 0;) sift(i, count);
    for (unsigned end = count - 1; end > 0; end--) {
        unsigned kept = numbers[0].key;
        numbers[0].key = numbers[end].key;
        numbers[end].key = kept;
        sift(0, end);
    }
    call3(4, 1, (int)"sorted\n", 7);
}
