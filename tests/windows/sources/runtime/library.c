/* The C library: memory, texts, numbers of the command line, output, exit and what it calls. Formats are those of mingw's own printf. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void first_registered(void) { printf("first registered, last called\n"); }
static void second_registered(void) { printf("second registered\n"); }

static int by_value(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

static void texts(void)
{
    char room[64];
    strcpy(room, "one,two;;three");
    printf("length %u, cut at %d\n", (unsigned)strlen(room), (int)(strchr(room, ';') - room));
    strcpy(room, "abc");
    strcat(room, "de");
    printf("%s %s %d %d\n", room, strstr(room, "cd"), strcmp("a", "b") < 0, strncmp("abc", "abd", 2));
    printf("%c%c %d %d\n", toupper('x'), tolower('Y'), isalpha('1') != 0, isspace('\t') != 0);
    memset(room, 'z', 5);
    memmove(room + 1, "1234", 3);
    printf("%.5s %d %s\n", room, memcmp("ab", "ac", 2) < 0, strrchr("a/b/c", '/'));
    strncpy(room, "filled", 20);
    printf("%s %d %s\n", room, room[19], (char *)memchr("a,b", ',', 3));
}

static void numbers(void)
{
    char *end;
    int values[] = {5, -3, 99, 0, 12, -3, 7, 1000, 2}, i, key = 12, *found;
    printf("%ld %ld %lu %d\n", strtol("-0x1fz", &end, 0), strtol("777", NULL, 8), strtoul("4294967295", NULL, 10), atoi(" 12ab"));
    printf("end %s\n", end);
    errno = 0;
    printf("%ld %d %s\n", strtol("99999999999", NULL, 10), errno == ERANGE, strerror(EINVAL));
    printf("[%5d][%-5d][%#x][%.3f][%g][%10s]\n", 42, 42, 255, 3.14159265, 1e-10, "right");
    qsort(values, 9, sizeof *values, by_value);
    for (i = 0; i < 9; i++) printf("%d ", values[i]);
    found = bsearch(&key, values, 9, sizeof *values, by_value);
    printf("at %d\n", (int)(found - values));
    srand(7);
    for (i = 0; i < 5; i++) printf("%d ", rand());
    printf("%d %d\n", time(NULL) > 1500000000, clock() >= 0);
}

int main(int argc, char **argv)
{
    char *block;
    int i;
    printf("library\n");
    printf("%d arguments, the name ends in %s\n", argc, strlen(argv[0]) > 3 ? argv[0] + strlen(argv[0]) - 4 : "?");
    atexit(first_registered);
    atexit(second_registered);
    texts();
    numbers();
    block = calloc(10, 100);
    for (i = 0; i < 1000 && block[i] == 0; i++) { }
    printf("%d zeros\n", i);
    memcpy(block, "kept", 5);
    block = realloc(block, 100000);
    printf("%s %d\n", block, malloc(0) != NULL);
    free(block);
    fprintf(stderr, "to stderr\n");
    fflush(stdout);
    puts("puts");
    fputs("fputs ", stdout);
    putchar('!');
    putchar('\n');
    exit(5);
}
