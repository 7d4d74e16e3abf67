/* What RecordedRunTests records with little memory: 4 MiB that are written again and again. */
#include <stdio.h>

static unsigned char pages[1024][4096];

int main(void)
{
    unsigned sum = 0;
    for (int turn = 0; turn < 20000; turn++)
        for (int page = 0; page < 1024; page++) sum += ++pages[page][turn & 4095];
    printf("%u\n", sum);
    return 7;
}
