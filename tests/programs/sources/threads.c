/* Threads: mutexes, conditions, storage of their own, one that spins on a word, cancellation, a fork among them. */
#include "report.h"
#include <pthread.h>
#include <sys/wait.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, ready;
static __thread int own;

static void *counts(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    own = (int)(long)argument;
    free(memset(malloc(100000), 1, 100000));
    return (void *)(long)(own * 2);
}

static void *waits(void *argument)
{
    pthread_mutex_lock(&mutex);
    while (!ready) pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void *spins(void *argument)
{
    while (!*(volatile int *)argument) ;
    return (void *)5;
}

static void *sleeps(void *argument) { sleep(100); return argument; }

int main(void)
{
    pthread_t threads[10];
    void *result;
    long sum = 0;
    volatile int flag = 0;
    for (long i = 0; i < 10; i++) pthread_create(&threads[i], NULL, counts, (void *)i);
    for (int i = 0; i < 10; i++) pthread_join(threads[i], &result), sum += (long)result;
    printf("%d %ld\n", counter, sum);
    pthread_create(&threads[0], NULL, waits, (void *)3);
    usleep(1000);
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    pthread_join(threads[0], &result);
    printf("%ld\n", (long)result);
    pthread_create(&threads[0], NULL, spins, (void *)&flag);
    usleep(5000);
    flag = 1;
    pthread_join(threads[0], &result);
    printf("%ld\n", (long)result);
    pthread_create(&threads[0], NULL, sleeps, NULL);
    pthread_cancel(threads[0]);
    pthread_join(threads[0], &result);
    HOLDS(result == PTHREAD_CANCELED);
    fflush(stdout);
    int status;
    if (!fork()) exit(3);
    wait(&status);
    CALL(WEXITSTATUS(status));
    return 9;
}
