/* The smallest program with a C library, built with default flags. */
#include <stdio.h>

int main(int count, char **arguments, char **environment)
{
    printf("plain: %d and %s\n", 42, "text");
    if (count != 1 || !arguments[0] || arguments[count]) return 4;    /* C99 5.1.2.2.1: argv[argc] is a null pointer */
    return environment ? 3 : 5;
}
