/* Two words beside each other: three additions to the first; a load of the second, an addition to it, a store, a vector of all. */
#include <sys/mman.h>

int main(void)
{
    volatile int *pair = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    asm volatile("movl $3, %%ecx\n1: addl $1, (%0)\n decl %%ecx\n jnz 1b\n movl 4(%0), %%eax\n addl $1, 4(%0)\n movl $7, 12(%0)\n"
        "movl $9, 4(%0)\n movups 4(%0), %%xmm0" : : "r"(pair) : "eax", "ecx", "memory");
    return 0;
}
