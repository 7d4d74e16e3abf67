/* The program that runs inside: it fills a table, says 1, and answers the number in its mailbox; then it says 2. Position-independent. */
typedef unsigned int word;
#define SAY (*(volatile word *)0x11100000)
#define MAILBOX ((volatile word *)0x803ff000)
#define TABLE ((word *)0x80400000)

enum { WORDS = 1 << 20 };

__attribute__((section(".text.start"), noreturn)) void _start(void)
{
    word seed = 1;
    for (word round = 0; round < 8; round++) {
        for (word i = 0; i < WORDS; i++) {
            seed = seed * 1664525 + 1013904223;
            TABLE[i] += seed >> 8;
        }
    }
    SAY = 1;
    for (;;) {
        word state = MAILBOX[0], sum = 0;
        for (word i = 0; i < 200; i++) {
            state = state * 1664525 + 1013904223;
            word at = (state >> 24) * 16;    /* 4 pages of the table */
            sum += TABLE[at];
            TABLE[at] = sum ^ state;
        }
        MAILBOX[1] = sum;
        SAY = 2;
    }
}
