/* The program that runs inside: a sieve in memory that appears when it is touched. At the end it writes to its own code. */
__attribute__((section(".text.start"), noreturn)) void _start(void)
{
    volatile unsigned char *table = (unsigned char *)0x20000000;
    unsigned count = 0;
    for (unsigned i = 2; i < 0x40000; i++) {
        if (table[i]) continue;
        count++;
        for (unsigned j = i + i; j < 0x40000; j += i) table[j] = 1;
    }
    *(volatile unsigned char *)0x20000000 = 1;
    __asm__ volatile("movl %0, %%eax; movb $1, 0x08048000" : : "r"(count) : "eax", "memory");
    for (;;) { }
}
