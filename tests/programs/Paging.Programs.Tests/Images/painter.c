/* A program bound to its addresses that uses variables of a library as if they were its own: R_386_COPY. */
extern int frameCount;
extern int paint(int number);

int (*painting)(int) = paint;                            /* the address of its own stub: all objects must agree on it */

__attribute__((used)) static void start(void)
{
    int code = painting(2) == 2 * 24 + 24 + 5 && paint(1) == 53 && frameCount == 24 ? 0 : 1;
    __asm__ volatile("int $0x80" : : "a"(1), "b"(code));
}

__asm__(".globl _start\n_start: call start\n hlt\n");
