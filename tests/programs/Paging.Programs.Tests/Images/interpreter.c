/* Stands in for ld-linux.so.2: it is what the kernel enters first, and it gives up at once. */
int interpreterState = 7;

void _start(void)
{
    __asm__ volatile("int $0x80" : : "a"(1), "b"(interpreterState));
}
