/* Scheduling policies, attributes and nice values, which are kept and reported; membarrier. */
#include "report.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { SET_ATTRIBUTES = 351, GET_ATTRIBUTES = 352 };

static struct { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long times[3]; unsigned clamps[2]; }
    attributes;

static void show(void)
{
    attributes.nice = attributes.priority = 99;
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, sizeof attributes, 0));
    printf("%u %u %d %u\n", attributes.size, attributes.policy, attributes.nice, attributes.priority);
    memset(&attributes, 0, sizeof attributes);
}

static void with_attributes(void)
{
    show();
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 48, 0));
    CALL(attributes.size);
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 47, 0));
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 8192, 0));
    CALL(syscall(GET_ATTRIBUTES, 0, &attributes, 48, 1));
    CALL(syscall(GET_ATTRIBUTES, 0, 0, 48, 0));
    CALL(syscall(GET_ATTRIBUTES, -1, &attributes, 48, 0));
    CALL(syscall(GET_ATTRIBUTES, 0x3ffffff, &attributes, 48, 0));
    memset(&attributes, 0, sizeof attributes);
    attributes.size = 48;
    attributes.nice = 5;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(getpriority(PRIO_PROCESS, 0));
    show();
    attributes.size = 40;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(attributes.size);
    attributes.policy = 9;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    attributes.policy = SCHED_FIFO;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    attributes.priority = 100;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    memset(&attributes, 0, sizeof attributes);
    attributes.policy = SCHED_BATCH;
    attributes.nice = 30;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    show();
    attributes.flags = 1 << 20;
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 0));
    CALL(syscall(SET_ATTRIBUTES, 0, &attributes, 1));
    CALL(syscall(SET_ATTRIBUTES, 0, 0, 0));
    CALL(syscall(SET_ATTRIBUTES, 0, 1, 0));
}

static void sleeper(int nice, int user)
{
    fflush(stdout);
    if (fork()) return;
    if (nice) setpriority(PRIO_PROCESS, 0, nice);
    if (user >= 0 && setresuid(user, user, user)) _exit(1);
    pause();
    _exit(0);
}

/* The best of several, and the limits of nice values. Linux: getpriority, is_nice_reduction. */
static void priorities(void)
{
    int status;
    fflush(stdout);
    if (!fork()) {
        setpgid(0, 0);
        sleeper(11, -1), sleeper(7, -1), sleeper(15, -1);
        while (getpriority(PRIO_PGRP, 0) != 0) usleep(1000);    /* its own */
        usleep(50000);
        CALL(getpriority(PRIO_PGRP, 0));
        CALL(setpriority(PRIO_PROCESS, 0, 13));
        CALL(getpriority(PRIO_PGRP, 0));
        CALL(getpriority(PRIO_PGRP, getpid()));
        CALL(setpriority(PRIO_PGRP, 0, 18));
        CALL(getpriority(PRIO_PGRP, 0));
        CALL(setpriority(PRIO_PROCESS, 0, 19));
        CALL(getpriority(PRIO_PGRP, 0));
        CALL(setpriority(PRIO_PROCESS, 0, 40));
        CALL(getpriority(PRIO_PROCESS, 0));
        fflush(stdout);
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        for (int i = 0; i < 3; i++) wait(&status);
        _exit(0);
    }
    wait(&status);
    if (geteuid() != 0) return;
    static const int limits[] = { 0, 1, 15, 16, 17, 19, 20, 21, 25, 39, 40, 41 };
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        fflush(stdout);
        if (!fork()) {
            struct rlimit most = { (rlim_t)limits[i], (rlim_t)limits[i] };
            int may = !setrlimit(RLIMIT_NICE, &most), wrong = 0;    /* root in a container may not */
            if (setresuid(65534, 65534, 65534)) _exit(1);
            for (int value = -20; may && value <= 5; value++) {
                wrong += setpriority(PRIO_PROCESS, 0, 6) != 0;
                int is_allowed = 20 - value <= limits[i];
                wrong += (setpriority(PRIO_PROCESS, 0, value) == 0) != is_allowed || (!is_allowed && errno != EACCES);
                wrong += setpriority(PRIO_PROCESS, 0, 6) != 0;
                wrong += (syscall(SYS_nice, value - 6) == 0) != is_allowed || (!is_allowed && errno != EPERM);
            }
            CALL(wrong);
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
    }
}

static void tell_turns(void)
{
    CALL(sched_getscheduler(0));
    CALL(getpriority(PRIO_PROCESS, 0));
}

static void turns(void)
{
    struct sched_param none = { 0 }, some = { 3 };
    int status;
    fflush(stdout);
    if (!fork()) {
        CALL(sched_setscheduler(1, 99, &none));
        CALL(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &some));
        tell_turns();
        fflush(stdout);
        if (!fork()) {
            tell_turns();
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
        CALL(setpriority(PRIO_PROCESS, 0, -5));
        CALL(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none));
        fflush(stdout);
        if (!fork()) {
            tell_turns();
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
        fflush(stdout);
        if (!fork()) {
            if (setresuid(77, 77, 77)) _exit(1);
            tell_turns();
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
        CALL(sched_setscheduler(0, SCHED_OTHER, &none));
        CALL(sched_setscheduler(0, 6, &none));
        tell_turns();
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    CALL(status);
}

static void bounds(void)
{
    struct timespec slice;
    for (int policy = 0; policy < 8; policy++) CALL(sched_get_priority_max(policy) * 100 + sched_get_priority_min(policy));
    for (int policy = -1; policy < 9; policy += 9) CALL(sched_get_priority_max(policy));
    CALL(sched_rr_get_interval(0, &slice));    /* how long depends on the number of processors */
    CALL(sched_rr_get_interval(-1, &slice));
    CALL(sched_rr_get_interval(0x3ffffff, &slice));
    CALL(syscall(SYS_sched_rr_get_interval, 0, 8));
    CALL(syscall(423, 0, 8));    /* sched_rr_get_interval_time64 */
    CALL(sched_getscheduler(-1));
    CALL(sched_getscheduler(0x3ffffff));
    CALL(sched_getparam(0, 0));
    CALL(sched_setscheduler(0, -1, &(struct sched_param){ 0 }));
    CALL(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 1 }));
    CALL(syscall(SYS_sched_setparam, 0, 8));
    CALL(sched_setparam(0, &(struct sched_param){ 0 }));
}

static void *of_thread(void *unused)
{
    struct sched_param parameter;
    int policy;
    CALL(pthread_getschedparam(pthread_self(), &policy, &parameter));
    CALL(policy * 100 + parameter.sched_priority);
    CALL(setpriority(PRIO_PROCESS, 0, 4));    /* a thread's own, as getpriority(2) admits */
    CALL(getpriority(PRIO_PROCESS, 0));
    return unused;
}

static void threads(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, of_thread, 0);
    pthread_join(thread, 0);
    CALL(getpriority(PRIO_PROCESS, 0));
}

static int barrier(int command, unsigned flags) { return syscall(SYS_membarrier, command, flags, 0); }

static void barriers(void)
{
    HOLDS((barrier(MEMBARRIER_CMD_QUERY, 0) & 0x27F) == 0x27F);
    CALL(barrier(MEMBARRIER_CMD_QUERY, 1));
    CALL(barrier(1 << 20, 0));
    CALL(barrier(MEMBARRIER_CMD_GLOBAL, 0));
    CALL(barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0));
    CALL(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
    CALL(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
    CALL(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
    CALL(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0));
    CALL(barrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0));
    CALL(barrier(512, 0));
    int child, status = 0;
    fflush(stdout);
    child = fork();
    if (child == 0) _exit(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0 ? 3 : 4);
    CALL(waitpid(child, &status, 0) == child);
    CALL(status);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    bounds();
    threads();
    turns();
    priorities();
    barriers();
    with_attributes();
    return 0;
}
