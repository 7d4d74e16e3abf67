/* Reads its input, a file or standard input, and does what its first byte says: for ProcessCopyTests and FuzzCommandTests. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int count;

int main(int argc, char **argv)
{
    char input[64] = { 0 };
    count++;                                  /* before the input: once for all copies */
    int file = argc > 1 ? open(argv[1], O_RDONLY) : 0;
    if (file < 0) return 99;
    int length = read(file, input, sizeof input - 1);
    count++;                                  /* behind it: in each of them */
    switch (input[0]) {
    case '!': *(volatile int *)0 = length; break;
    case 'a': abort();
    case 'l': for (;;);
    case 'w': pause(); break;
    case 'f': if (fork() == 0) for (;;) pause(); break;
    case 'm': { volatile char *block = malloc(4); block[input[1] - '0'] = 1; free((void *)block); break; }
    case 'k': kill(getppid(), SIGKILL); break;
    case 'e':
        for (int i = 1; i < length; i++) if (input[i] == 'x') return 3;
        return 4;
    }
    printf("%d %d %s\n", count, (int)getpid(), input);
    return length;
}
