/* What GdbTests debugs: a call, two threads, a variable that is written and one that is read, and an access to nothing at the end. */
#pragma GCC optimize("O0")
#include <pthread.h>
#include <stdio.h>

int counter, table[3000];

int twice(int n) { return 2 * n; }

static void *add(void *none)
{
    for (int i = 0; i < 3; i++) counter += twice(i);
    return none;
}

int main(void)
{
    pthread_t thread;
    counter = 5;
    table[1500] = twice(counter);
    pthread_create(&thread, 0, add, 0);
    pthread_join(thread, 0);
    printf("%d %d\n", counter, table[1500]);
    *(volatile int *)16 = 1;
    return 0;
}
