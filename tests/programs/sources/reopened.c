/* Standard input, a file, opened again: each open file has its own position. */
#include "report.h"
#include <fcntl.h>

static void some(int file, int length)
{
    char text[8] = { 0 };
    if (read(file, text, (size_t)length) != length) strcpy(text, "?");
    printf("%s ", text);
}

int main(void)
{
    some(0, 2);
    int again = open("/dev/stdin", O_RDONLY), third = open("/proc/self/fd/0", O_RDONLY);
    some(again, 3);
    some(0, 2);
    some(again, 2);
    lseek(third, 4, SEEK_SET);
    char text[8] = { 0 };
    read(third, text, 2);
    errno = 0;
    int writes = open("/dev/fd/0", O_RDWR);
    printf("%s, to write: %s\n", text, writes < 0 ? strerror(errno) : "opened");
    return 0;
}
