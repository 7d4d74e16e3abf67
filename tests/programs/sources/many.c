/* Makes threads until there may be no more, or so many as are asked for; then as many timers: many [COUNT]. */
#include "report.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

enum { THREADS_MAX = 20000, STACK_BYTES = 16384 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *waits(void *unused)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return unused;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    static pthread_t threads[THREADS_MAX];
    int wanted = count > 1 ? atoi(arguments[1]) : THREADS_MAX, made = 0, error = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    pthread_mutex_lock(&gate);
    double start = seconds();
    while (made < wanted && !(error = pthread_create(&threads[made], &small, waits, 0))) made++;
    double end = seconds();
    printf("threads: %d, %s\n", made, error == EAGAIN ? "EAGAIN" : strerror(error));
    printf("fork: %s\n", error && fork() < 0 && errno == EAGAIN ? "EAGAIN" : "not tried");
    if (count > 1) fprintf(stderr, "%.1f us each\n", (end - start) * 1e6 / made);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < made; i++) pthread_join(threads[i], 0);
    printf("again: %s\n", pthread_create(threads, &small, waits, 0) ? "no" : "yes");
    pthread_join(threads[0], 0);
    struct sigevent none = { .sigev_notify = SIGEV_NONE };
    timer_t timer;
    struct itimerspec later = { { 0, 0 }, { 1000, 0 } };
    int timers = 0;
    start = seconds();
    while (timers < made && !timer_create(CLOCK_REALTIME, &none, &timer) && !timer_settime(timer, 0, &later, 0)) timers++;
    if (count > 1) fprintf(stderr, "%d timers, %.1f us each\n", timers, (seconds() - start) * 1e6 / timers);
    return 0;
}
