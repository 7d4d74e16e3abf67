// Stores where nothing is mapped, and handles nothing.
int main(void)
{
    __asm__ volatile("movl $7, 16");
    return 0;
}
