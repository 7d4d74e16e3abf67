/* Heap sort and a check, in data that no file holds. */
#include "start.h"

static unsigned numbers[4000];

static void sift(unsigned at, unsigned end)
{
    for (;;) {
        unsigned child = 2 * at + 1;
        if (child >= end) return;
        if (child + 1 < end && numbers[child] < numbers[child + 1]) child++;
        if (numbers[at] >= numbers[child]) return;
        unsigned kept = numbers[at];
        numbers[at] = numbers[child];
        numbers[child] = kept;
        at = child;
    }
}

static void work(void)
{
    const unsigned count = sizeof numbers / sizeof *numbers;
    unsigned word = 1, sum = 0;
    for (unsigned i = 0; i < count; i++) sum += numbers[i];    /* the zero page, at many addresses */
    for (unsigned i = 0; i < count; i++) numbers[i] = (word = word * 1664525 + 1013904223) + sum;
    for (unsigned i = count / 2; i-- > 0;) sift(i, count);
    for (unsigned end = count - 1; end > 0; end--) {
        unsigned kept = numbers[0];
        numbers[0] = numbers[end];
        numbers[end] = kept;
        sift(0, end);
    }
    call3(4, 1, (int)"sorted\n", 7);
}
