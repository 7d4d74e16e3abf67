/* The smallest program with a C library, built with default flags. */
#include <stdio.h>

int main(void)
{
    printf("plain: %d and %s\n", 42, "text");
    return 3;
}
