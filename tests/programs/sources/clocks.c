/* Timers that count a process's own time. */
#include "report.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile int rung, code, value;

static void ring(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    rung++;
    code = info->si_code;
    value = info->si_value.sival_int;
}

/* Works until so many have rung. */
static void work(int times)
{
    while (rung < times) idle();
}

static void intervals(int which, int signal)
{
    struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO };
    struct itimerval often = { { 0, 20000 }, { 0, 30000 } }, once = { { 0, 0 }, { 0, 20000 } }, now;
    sigaction(signal, &action, 0);
    rung = 0;
    CALL(setitimer(which, &often, 0));
    CALL(getitimer(which, &now));
    HOLDS(now.it_interval.tv_usec == 20000 && now.it_value.tv_usec > 0 && now.it_value.tv_usec <= 34000);
    usleep(100000);
    CALL(rung);
    work(3);
    HOLDS(rung >= 3 && code == SI_KERNEL);
    CALL(setitimer(which, &once, &now));
    CALL(now.it_interval.tv_usec);
    rung = 0;
    work(1);
    CALL(getitimer(which, &now));
    CALL(now.it_value.tv_usec + now.it_interval.tv_usec);
}

static void own_clock(clockid_t clock)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 31 };
    struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO };
    struct itimerspec time = { { 0, 20000000 }, { 0, 20000000 } }, now;
    timer_t timer;
    sigaction(SIGRTMIN, &action, 0);
    rung = 0;
    CALL(timer_create(clock, &event, &timer));
    CALL(timer_settime(timer, 0, &time, 0));
    usleep(100000);
    CALL(rung);
    work(2);
    HOLDS(code == SI_TIMER && value == 31);
    CALL(timer_gettime(timer, &now));
    HOLDS(now.it_interval.tv_nsec == 20000000 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 24000000);
    CALL(timer_delete(timer));
    CALL(timer_create(77, &event, &timer));
}

static unsigned long long counter(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (unsigned long long)high << 32 | low;
}

/* rdtsc goes with the clock, asleep or not. */
static void counters(void)
{
    double rate[2];
    for (int i = 0; i < 2; i++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        unsigned long long first = counter();
        usleep(i ? 300000 : 60000);
        unsigned long long last = counter();
        clock_gettime(CLOCK_MONOTONIC, &to);
        rate[i] = (double)(last - first) / ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec);
    }
    HOLDS(rate[0] > 0.5 * rate[1] && rate[0] < 2 * rate[1]);
    unsigned long long before = counter(), after = counter();
    HOLDS(before < after);
}

int main(void)
{
    clockid_t mine;
    setvbuf(stdout, NULL, _IOLBF, 0);
    intervals(ITIMER_VIRTUAL, SIGVTALRM);
    intervals(ITIMER_PROF, SIGPROF);
    own_clock(CLOCK_PROCESS_CPUTIME_ID);
    own_clock(CLOCK_THREAD_CPUTIME_ID);
    HOLDS(clock_getcpuclockid(0, &mine) == 0);
    own_clock(mine);
    counters();
    return 0;
}
