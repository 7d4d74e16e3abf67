/* Grows its heap, maps and protects, and prints its own /proc/self/maps. Linked without PT_GNU_STACK it shows what READ_IMPLIES_EXEC does;
 * told "again" it executes what its second argument names, to show that the new program inherits it. */

static char text[8192];
static volatile int counter = 1;

static long call(long number, long a, long b, long c, long d, long e, long f)
{
    long result, all[6] = { a, b, c, d, e, f };
    __asm__ volatile("push %%ebp\n push %%ebx\n mov 4(%%ecx), %%ebx\n mov %%ebx, %%edx\n mov 0(%%ecx), %%ebx\n mov 12(%%ecx), %%esi\n mov 16(%%ecx), %%edi\n"
                     " mov 20(%%ecx), %%ebp\n push %%edx\n mov 8(%%ecx), %%edx\n pop %%ecx\n int $0x80\n pop %%ebx\n pop %%ebp"
                     : "=a"(result) : "a"(number), "c"(all) : "edx", "esi", "edi", "memory");
    return result;
}

enum { EXIT = 1, READ = 3, WRITE = 4, OPEN = 5, EXECVE = 11, BRK = 45, MPROTECT = 125, MMAP2 = 192 };

__attribute__((used)) static void start(long *stack)
{
    char **arguments = (char **)(stack + 1);
    if (stack[0] > 2 && arguments[1][0] == 'a') {
        char *rest[] = { arguments[2], "maps", 0 };
        call(EXECVE, (long)arguments[2], (long)rest, 0, 0, 0, 0);
    }
    long heap = call(BRK, 0, 0, 0, 0, 0, 0);
    call(BRK, ((heap + 0xfff) & ~0xfffl) + 0x3000, 0, 0, 0, 0, 0);
    call(MMAP2, 0x20000000, 0x2000, 3, 0x32, -1, 0);    /* read and write */
    call(MMAP2, 0x20010000, 0x2000, 2, 0x32, -1, 0);    /* write only */
    call(MMAP2, 0x20020000, 0x2000, 0, 0x32, -1, 0);    /* nothing, and then: */
    call(MPROTECT, 0x20020000, 0x1000, 1, 0, 0, 0);
    call(MPROTECT, 0x20000000, 0x1000, 2, 0, 0, 0);
    long count, maps = call(OPEN, (long)"/proc/self/maps", 0, 0, 0, 0, 0);
    while ((count = call(READ, maps, (long)text, sizeof text, 0, 0, 0)) > 0) call(WRITE, 1, (long)text, count, 0, 0, 0);
    call(EXIT, counter - 1, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call start\n hlt\n");
