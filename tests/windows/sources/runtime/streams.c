/* Files of the C library: text and binary, reading, writing, seeking, what is put back, ends and errors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const char *name = "streams.tmp";
    char line[40];
    int letter;
    FILE *file;
    printf("streams\n");
    file = fopen("not-there.tmp", "r");
    printf("%d %d\n", file == NULL, errno == ENOENT);
    file = fopen(name, "w");
    fprintf(file, "one\ntwo %d\nthree", 2);
    printf("at %ld\n", ftell(file));
    printf("closed %d\n", fclose(file));
    file = fopen(name, "rb");
    fseek(file, 0, SEEK_END);
    printf("length %ld\n", ftell(file));
    rewind(file);
    printf("%u:", (unsigned)fread(line, 1, 6, file));
    for (letter = 0; letter < 6; letter++) printf(" %02x", line[letter] & 0xff);
    printf("\n");
    fclose(file);
    file = fopen(name, "r");
    while (fgets(line, sizeof line, file)) printf("[%s]", line);
    printf(" %d %d\n", feof(file) != 0, ferror(file) != 0);
    fseek(file, 5, SEEK_SET);
    letter = fgetc(file);
    ungetc('X', file);
    printf("%c %c %c\n", letter, fgetc(file), fgetc(file));
    fclose(file);
    file = fopen(name, "a+");
    fputs("\nfour", file);
    fseek(file, 0, SEEK_SET);
    for (letter = 0; fgets(line, sizeof line, file); letter++) { }
    printf("%d lines, the last %s\n", letter, line);
    fclose(file);
    printf("removed %d\n", remove(name));
    printf("again %d\n", remove(name) != 0);
    return 0;
}
