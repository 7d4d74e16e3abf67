/* Timers that count a process's own time, and how many signals may wait. */
#include "report.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile int rung, code;

static void ring(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    rung++;
    code = info->si_code;
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

static void limits(void)
{
    int status;
    if (!fork()) {
        if (geteuid() == 0 && (setgid(54321) || setuid(54321))) _exit(9);
        struct rlimit limit = { 5, 5 };
        CALL(setrlimit(RLIMIT_SIGPENDING, &limit));
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGRTMIN);
        sigprocmask(SIG_BLOCK, &set, 0);
        for (int i = 0; i < 7; i++) CALL(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }));
        siginfo_t info;
        CALL(sigwaitinfo(&set, &info) == SIGRTMIN);
        CALL(info.si_value.sival_int);
        CALL(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 9 }));
        CALL(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 10 }));
        CALL(sigqueue(getpid(), 99, (union sigval){ .sival_int = 9 }));
        CALL(sigqueue(1, SIGRTMIN, (union sigval){ .sival_int = 9 }));
        CALL(sigqueue(999999, SIGRTMIN, (union sigval){ .sival_int = 9 }));
        if (geteuid() == 54321) CALL(sigqueue(getppid(), 0, (union sigval){ .sival_int = 9 }));
        _exit(0);
    }
    wait(&status);
    CALL(status);
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
    setvbuf(stdout, NULL, _IOLBF, 0);
    intervals(ITIMER_VIRTUAL, SIGVTALRM);
    intervals(ITIMER_PROF, SIGPROF);
    limits();
    counters();
    return 0;
}
