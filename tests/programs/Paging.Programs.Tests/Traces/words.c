/* Something for the recorder to watch: reads a text, counts its words in a table that grows, prints the most frequent ones. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Word { struct Word *next; char *text; int count, *lines; } Word;

static Word **table;
static int tableSize = 16, wordCount;

static unsigned hash(const char *text)
{
    unsigned value = 5381;
    while (*text) value = value * 33 + (unsigned char)*text++;
    return value;
}

static void grow(void)
{
    Word **larger = calloc(tableSize * 2, sizeof *larger);
    for (int i = 0; i < tableSize; i++)
        for (Word *word = table[i], *next; word; word = next) {
            next = word->next;
            Word **head = &larger[hash(word->text) % (tableSize * 2)];
            word->next = *head;
            *head = word;
        }
    free(table);
    table = larger;
    tableSize *= 2;
}

static void note(const char *text, int line)
{
    Word *word = table[hash(text) % tableSize];
    while (word && strcmp(word->text, text)) word = word->next;
    if (!word) {
        if (wordCount++ > tableSize) grow();
        word = calloc(1, sizeof *word);
        word->text = strdup(text);
        word->next = table[hash(text) % tableSize];
        table[hash(text) % tableSize] = word;
    }
    word->lines = realloc(word->lines, ++word->count * sizeof *word->lines);
    word->lines[word->count - 1] = line;
}

static int moreOften(const void *left, const void *right) { return (*(Word **)right)->count - (*(Word **)left)->count; }

int main(int count, char **arguments)
{
    FILE *file = count > 1 ? fopen(arguments[1], "r") : stdin;
    if (!file) return 1;
    char *line = NULL;
    size_t room = 0;
    table = calloc(tableSize, sizeof *table);
    for (int number = 1; getline(&line, &room, file) > 0; number++)
        for (char *word = strtok(line, " \t\n.,;:()<>\"'`|*/=+-"); word; word = strtok(NULL, " \t\n.,;:()<>\"'`|*/=+-")) {
            for (char *letter = word; *letter; letter++) *letter = tolower((unsigned char)*letter);
            note(word, number);
        }
    free(line);
    fclose(file);
    Word **all = malloc(wordCount * sizeof *all);
    int found = 0;
    for (int i = 0; i < tableSize; i++)
        for (Word *word = table[i]; word; word = word->next) all[found++] = word;
    qsort(all, found, sizeof *all, moreOften);
    for (int i = 0; i < found && i < 10; i++) printf("%d %s\n", all[i]->count, all[i]->text);
    for (int i = 0; i < found; i++) {
        free(all[i]->text);
        free(all[i]->lines);
        free(all[i]);
    }
    free(all);
    free(table);
    return 0;
}
