// Sleeps between making a table and adding it up, so that a core file of it, dumped meanwhile, can go on elsewhere. CoreStartTests.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void)
{
    unsigned count = 100000, sum = 0;
    unsigned *table = malloc(count * sizeof *table);
    double third = 1.0 / 3;
    for (unsigned i = 0; i < count; i++) table[i] = i * 2654435761u;
    struct timespec long_time = { 100, 0 };
    fputs("sleeps\n", stderr);    // a signal from now on finds it in the call, or before it
    while (nanosleep(&long_time, &long_time) != 0) { }
    for (unsigned i = 0; i < count; i++) sum += table[i];
    char *more = malloc(1 << 20);    // a call for memory
    more[1 << 19] = 1;
    printf("sum %u, third %.6f\n", sum, third * more[1 << 19]);
    return 42;
}
