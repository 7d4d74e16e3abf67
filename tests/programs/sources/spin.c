/* A loop without a system call: only a limit ends it. With an argument, it says first that it begins. */
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1 && write(1, "spins\n", 6) != 6)
        return 1;
    for (volatile unsigned turns = 0;; turns++) {
    }
}
