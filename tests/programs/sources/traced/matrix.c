/* Products of matrices, with the x87 and with SSE, in memory that is mapped where it is wanted. */
#include "start.h"

enum { N = 16, STRIDE = 64 };    /* each matrix lies in two pages */

static int map(unsigned at, unsigned length)
{
    unsigned words[] = { at, length, 3, 0x32, -1u, 0 };    /* old mmap: PROT_READ | PROT_WRITE, MAP_PRIVATE | FIXED | ANONYMOUS */
    return call3(90, (int)words, 0, 0);
}

static void work(void)
{
    map(0x20000000, 1 << 20);
    double (*a)[STRIDE] = (void *)0x20000000, (*b)[STRIDE] = (void *)0x20040000, (*c)[STRIDE] = (void *)0x20080008;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) a[i][k] = i + k, b[i][k] = i - k;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    float *v = (void *)0x200c0000;
    for (int i = 0; i < 8192; i += 4)
        __asm__ volatile("movups (%0), %%xmm0\n addps %%xmm0, %%xmm0\n movaps %%xmm0, (%1)" : : "r"(v + i + 1), "r"(v + i) : "memory");
    call3(4, 1, (int)"product\n", 8);
}
