/* The C library: memory, texts, numbers, sorting, the printf and scanf families of msvcrt itself, exit and what it calls. */
#define __USE_MINGW_ANSI_STDIO 0
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

static void first_registered(void) { printf("first registered, last called\n"); }
static void second_registered(void) { printf("second registered\n"); }
static void on_signal(int number) { printf("signal %d\n", number); }

static void texts(void)
{
    char room[64], *word;
    strcpy(room, "one,two;;three");
    printf("length %u, cut at %u\n", (unsigned)strlen(room), (unsigned)strcspn(room, ";"));
    for (word = strtok(room, ",;"); word; word = strtok(NULL, ",;")) printf("[%s]", word);
    strcpy(room, "abc");
    strncat(room, "defgh", 2);
    printf("\n%s %s %d %d %d\n", room, strstr(room, "cd"), strcmp("a", "b") < 0, strncmp("abc", "abd", 2), _stricmp("ABC", "abc"));
    printf("%c%c %d %d\n", toupper('x'), tolower('Y'), isalpha('1') != 0, isspace('\t') != 0);
    memset(room, 'z', 5);
    memmove(room + 1, "1234", 3);
    printf("%.5s %d %s\n", room, memcmp("ab", "ac", 2) < 0, strrchr("a/b/c", '/'));
}

static void numbers(void)
{
    char *end, room[40];
    int values[] = {5, -3, 99, 0, 12, -3, 7, 1000, 2}, i, key = 12, *found;
    printf("%ld %ld %lu %d\n", strtol("-0x1fz", &end, 0), strtol("777", NULL, 8), strtoul("4294967295", NULL, 10), atoi(" 12ab"));
    printf("end %s\n", end);
    errno = 0;
    printf("%ld %d\n", strtol("99999999999", NULL, 10), errno == ERANGE);
    printf("%.3f %g %g\n", strtod("1.5e2x", &end), atof("-0.25"), atof(".5"));
    qsort(values, 9, sizeof *values, by_value);
    for (i = 0; i < 9; i++) printf("%d ", values[i]);
    found = bsearch(&key, values, 9, sizeof *values, by_value);
    printf("at %d\n", (int)(found - values));
    srand(7);
    printf("%d %d %d\n", rand(), rand(), rand());
    printf("%s %s\n", _itoa(255, room, 16), _ltoa(-5, room + 20, 10));
}

static void formats(void)
{
    int count = 0, one = 0;
    char word[20] = "", set[20] = "", room[16];
    float number = 0;
    printf("[%5d][%-5d][%05d][%+d][% d][%.3d][%x][%#X][%o][%#o][%u]\n", 42, 42, 42, 42, 42, 7, 255, 255, 8, 8, -1);
    printf("[%I64d][%I64x][%hd][%c][%10s][%-10s][%.2s][%%][%p]\n", -5000000000LL, 0x123456789abcLL, 70000, 'c', "right", "left", "cut",
        (void *)0x1234abc);
    printf("[%f][%.0f][%10.2f][%-10.3f][%e][%.2E][%g][%g][%g][%G]\n", 3.14159265, 2.6, 1234.5678, -0.5, 12345.678, 0.00012, 100000.0,
        1e6, 0.0001, 1e-10);
    printf("[%*d][%-*d][%.*f][%S][%ls]\n", 6, 1, 6, 2, 1, 9.87, L"wide", L"also");
    printf("[%f][%g][%8.3e]%n\n", 1e15, 0.1 + 0.2, 0.0, &one);
    printf("%d %d\n", one > 0, _snprintf(room, sizeof room, "%s", "longer than the room"));
    printf("%d %.5s\n", _snprintf(room, 6, "ab%d", 12), room);
    count = sscanf(" 17 word,3.5 abc9", "%d %[a-z],%f %[^0-9]", &one, word, &number, set);
    printf("%d: %d %s %.1f %s\n", count, one, word, number, set);
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
    formats();
    block = calloc(10, 100);
    for (i = 0; i < 1000 && block[i] == 0; i++) { }
    printf("%d zeros\n", i);
    memcpy(block, "kept", 5);
    block = realloc(block, 100000);
    printf("%s %d\n", block, malloc(0) != NULL);
    free(block);
    printf("%.4f %.4f %.1f %.1f\n", sqrt(2.0), sin(1.0), floor(-1.5), pow(2.0, 10.0));
    signal(SIGTERM, on_signal);
    printf("%d\n", raise(SIGTERM));
    fprintf(stderr, "to stderr\n");
    fflush(stdout);
    puts("puts");
    fputs("fputs ", stdout);
    putchar('!');
    putchar('\n');
    exit(5);
}
