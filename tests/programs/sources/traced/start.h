/* Programs without libc, on a stack of their own: every address is the same under any kernel, so that traces can be compared. */
__attribute__((used, aligned(4096))) static char stack[16384];

static inline int call3(int number, int a, int b, int c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

static void work(void);

__attribute__((used)) static void begin(void)
{
    work();
    call3(1, 0, 0, 0);
    for (;;) { }
}

__asm__(".globl _start\n_start:\n movl $stack + 16384 - 16, %esp\n xorl %ebp, %ebp\n call begin\n");
