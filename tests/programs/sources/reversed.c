/* What ReverseTests goes back in: names on the heap, of which one is too long; input that is read; a timer whose handler counts. */
#pragma GCC optimize("O0")
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct node { char name[12]; struct node *next; };

struct node *list, *victim;
volatile int ticks, work;
char input[16];
int inputLength;

static void tick(int signal) { ticks++; }

static void add(const char *name)
{
    struct node *node = malloc(sizeof *node);
    strcpy(node->name, name);
    node->next = list;
    list = node;
}

static void corrupt(void) { memcpy(victim->name, "sixteen letters!", 16); }

static void compute(int turns)
{
    for (int i = 0; i < turns; i++) work += i;
}

static void finish(void)
{
    printf("%d of %s, %s\n", inputLength, input, ticks > 0 ? "ticks" : "no tick");
    fflush(stdout);
}

int main(void)
{
    struct itimerval every = { { 0, 50 }, { 0, 50 } };
    signal(SIGVTALRM, tick);
    setitimer(ITIMER_VIRTUAL, &every, 0);
    add("one");
    add("two");
    victim = list;
    add("three");
    compute(50000);
    write(1, "written\n", 8);
    inputLength = read(0, input, sizeof input - 1);
    corrupt();
    compute(50000);
    finish();
    for (struct node *node = list; node; node = node->next) work += node->name[0];
    return 3;
}
