/* Rows of the tables: a call and what it gives. The text of a misuse is one line in the words of paging.h. */
#define _GNU_SOURCE
#define PAGING_UNTYPED_HANDLES    /* rows give wrong handles on purpose */
#include "check.h"
#include <ctype.h>
#include <inttypes.h>

static int wrong;

#define ROW(call, expected) row(__FILE__, __LINE__, #call, (int64_t)(call), (int64_t)(expected))
#define SAYS(text) (strstr(paging_last_error(), text) != NULL)
#define MISUSE PAGING_BAD_ARGUMENT
#define STALE PAGING_BAD_HANDLE

/* A capital inside a word is a name of another language's. Words in quotes are the program's own; MiB is none. */
static int is_of_c(const char *text)
{
    int is_quoted = 0;
    for (size_t i = 0; text[i]; i++) {
        int is_inside = i > 0 && isalpha(text[i - 1]) && isalpha(text[i + 1]);    /* as in process's */
        if (text[i] == '\'' && !is_inside) is_quoted = !is_quoted;
        if (text[i] == '\n' || strncmp(text + i, "(Parameter", 10) == 0 || strncmp(text + i, "Paging.", 7) == 0) return 0;
        if (!is_quoted && i > 0 && islower(text[i - 1]) && isupper(text[i]) && strncmp(text + i - 1, "iB", 2)) return 0;
    }
    return *text != 0;
}

static void row(const char *file, int line, const char *call, int64_t given, int64_t expected)
{
    const char *place = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    if (given != expected) {
        fprintf(stderr, "%s:%d: %s gave %" PRId64 ", not %" PRId64 "; last error: %s\n", place, line, call, given, expected,
            paging_last_error());
        wrong++;
    } else if (given <= PAGING_BAD_HANDLE && given >= PAGING_UNEXPECTED && !is_of_c(paging_last_error())) {
        fprintf(stderr, "%s:%d: the text of %s is not C's: %s\n", place, line, call, paging_last_error());
        wrong++;
    }
}
