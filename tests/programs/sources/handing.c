/* Robust locks, sleepers that are killed, threads' own clocks, what select leaves of its time, unshared descriptors. */
#include "report.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static pthread_mutex_t lock;
static int order[8], count;

static void *take(void *number)
{
    pthread_mutex_lock(&lock);
    order[count++] = (int)(long)number;
    pthread_mutex_unlock(&lock);
    return 0;
}

static void *keep(void *unused)
{
    pthread_mutex_lock(&lock);
    return unused;
}

static struct timespec soon(long milliseconds)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += milliseconds * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

static void *try_for(void *unused)
{
    struct timespec at = soon(20);
    CALL(pthread_mutex_timedlock(&lock, &at));
    return unused;
}

static void mutexes(void)
{
    pthread_mutexattr_t kind;
    pthread_t threads[3];
    pthread_mutexattr_init(&kind);
    CALL(pthread_mutex_init(&lock, &kind));
    CALL(pthread_mutex_lock(&lock));
    for (long i = 0; i < 3; i++) {
        pthread_create(&threads[i], 0, take, (void *)(i + 1));
        usleep(20000);
    }
    CALL(pthread_mutex_unlock(&lock));
    for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
    HOLDS(count == 3 && order[0] + order[1] + order[2] == 6);
    CALL(pthread_mutex_lock(&lock));
    pthread_create(&threads[0], 0, try_for, 0);
    pthread_join(threads[0], 0);
    CALL(pthread_mutex_unlock(&lock));

    CALL(pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST));
    CALL(pthread_mutex_init(&lock, &kind));
    pthread_create(&threads[0], 0, keep, 0);
    pthread_join(threads[0], 0);
    CALL(pthread_mutex_lock(&lock));
    CALL(pthread_mutex_consistent(&lock));
    CALL(pthread_mutex_unlock(&lock));
    CALL(pthread_mutex_lock(&lock));
    CALL(pthread_mutex_unlock(&lock));
}

/* One that sleeps is killed: the next post is for the other. */
static void killed(void)
{
    sem_t *gate = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1, children[2];
    sem_init(gate, 1, 0);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) _exit(sem_wait(gate) == 0 ? 5 : 6);
        usleep(50000);
    }
    kill(children[0], SIGKILL);
    waitpid(children[0], &status, 0);
    CALL(status);
    CALL(sem_post(gate));
    waitpid(children[1], &status, 0);
    CALL(status);
}

static double seconds(clockid_t clock)
{
    struct timespec at;
    return clock_gettime(clock, &at) ? -1 : at.tv_sec + at.tv_nsec / 1e9;
}

static clockid_t of_worker;

static void *work(void *unused)
{
    pthread_getcpuclockid(pthread_self(), &of_worker);
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < 0.2) continue;
    HOLDS(seconds(of_worker) >= 0.2);
    return unused;
}

static void clocks(void)
{
    pthread_t thread;
    double before = seconds(CLOCK_THREAD_CPUTIME_ID);
    pthread_create(&thread, 0, work, 0);
    pthread_join(thread, 0);
    HOLDS(seconds(CLOCK_THREAD_CPUTIME_ID) - before < 0.1);
    HOLDS(seconds(CLOCK_PROCESS_CPUTIME_ID) >= 0.2);
    CALL(seconds(of_worker) < 0);
    CALL(seconds((~0 << 3) | 3) < 0);
    HOLDS(seconds((~0 << 3) | 6) >= 0 && seconds((~getpid() << 3) | 2) >= 0.2);
}

static void rung(int signal) { (void)signal; }

static void rests(void)
{
    struct itimerval ring = { { 0, 0 }, { 0, 50000 } };
    struct timeval left = { 10, 0 };
    long long rest[2] = { 10, 0 };
    struct sigaction action = { .sa_handler = rung };
    sigaction(SIGALRM, &action, 0);
    setitimer(ITIMER_REAL, &ring, 0);
    CALL(syscall(SYS__newselect, 0, 0, 0, 0, &left));
    HOLDS(left.tv_sec == 9);
    setitimer(ITIMER_REAL, &ring, 0);
    CALL(syscall(SYS_ppoll_time64, 0, 0, rest, 0, 8));
    HOLDS(rest[0] == 9);
    rest[0] = 0, rest[1] = 1000;
    CALL(syscall(SYS_ppoll_time64, 0, 0, rest, 0, 8));
    HOLDS(rest[0] == 0 && rest[1] == 0);
}

static char state_of(int process)
{
    char path[64], text[512] = { 0 };
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    int fd = open(path, O_RDONLY);
    read(fd, text, sizeof text - 1);
    close(fd);
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

static int thread_id;

static void *names_itself(void *gate)
{
    thread_id = syscall(SYS_gettid);
    sem_post(gate);
    while (thread_id) pause();
    return gate;
}

static int got;

static void gets(int signal) { got = signal; }

/* A thread's number is good for kill; one that has a signal to take does not sleep. */
static void numbers(void)
{
    struct itimerval timer = { { 10, 0 }, { 0, 0 } }, old;
    pthread_t thread;
    sem_t gate;
    sem_init(&gate, 0, 0);
    signal(SIGUSR1, gets);
    pthread_create(&thread, 0, names_itself, &gate);
    sem_wait(&gate);
    CALL(kill(thread_id, SIGUSR1));
    for (int i = 0; i < 100 && !got; i++) usleep(1000);
    CALL(got);

    int kinds[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
    for (int i = 0; i < 3; i++) {
        CALL(setitimer(kinds[i], &timer, 0));
        CALL(getitimer(kinds[i], &old));
        CALL(old.it_interval.tv_sec);
        CALL(old.it_value.tv_sec + old.it_value.tv_usec);
    }

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    int child = fork(), taken;
    if (child == 0) {
        sigwait(&set, &taken);
        sigwait(&set, &taken);
        _exit(taken);
    }
    while (state_of(child) != 'S') usleep(1000);
    kill(child, SIGUSR1);
    usleep(1000);
    while (state_of(child) != 'S') usleep(1000);
    kill(child, SIGUSR1);
    waitpid(child, &taken, 0);
    CALL(taken);
    sigprocmask(SIG_UNBLOCK, &set, 0);
}

static int advise(int fd, void *at, size_t length, size_t count, int advice, unsigned flags)
{
    struct iovec some = { at, length };
    return syscall(SYS_process_madvise, fd, at ? &some : (void *)8, count, advice, flags);
}

static void advices(void)
{
    char *pages = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(pages, 7, 4 * 4096);
    munmap(pages + 3 * 4096, 4096);
    int child = fork();
    if (child == 0) for (;;) pause();
    int fd = syscall(SYS_pidfd_open, child, 0);
    CALL(advise(fd, pages, 2 * 4096, 1, MADV_COLD, 0));
    CALL(advise(fd, pages, 4 * 4096, 1, MADV_COLD, 0));
    CALL(advise(fd, pages + 1, 4096, 1, MADV_PAGEOUT, 0));
    CALL(advise(fd, pages, 4096, 1, MADV_DONTNEED, 0));
    CALL(advise(fd, pages, 4096, 1, MADV_COLD, 1));
    CALL(advise(fd, pages, 4096, 1025, MADV_COLD, 0));
    CALL(advise(1, pages, 4096, 1, MADV_COLD, 0));
    CALL(advise(fd, 0, 4096, 1, MADV_COLD, 0));
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    CALL(advise(fd, pages, 4096, 1, MADV_COLD, 0));
    int file = open("advised", O_CREAT | O_RDWR, 0600);
    CALL(syscall(SYS_fadvise64, file, 0, 0, -1, POSIX_FADV_NORMAL));
    CALL(posix_fadvise64(file, 0, -1, POSIX_FADV_NORMAL));
}

static char stack[65536];

static int leaves(void *unused)
{
    (void)unused;
    syscall(SYS_close_range, 50, 60, 2);
    close(49);
    return 0;
}

static void descriptors(void)
{
    int status;
    dup2(1, 49);
    dup2(1, 55);
    int child = clone(leaves, stack + sizeof stack, CLONE_FILES | SIGCHLD, 0);
    waitpid(child, &status, 0);
    HOLDS(fcntl(49, F_GETFD) == 0 && fcntl(55, F_GETFD) == 0);
    int here = open(".", O_PATH | O_DIRECTORY);
    CALL(renameat(here, "none", 999, "other"));
    CALL(renameat(999, "none", here, "other"));
    CALL(renameat(here, "none", here, "other"));
}

int main(void)
{
    own_directory();
    mutexes();
    killed();
    clocks();
    rests();
    descriptors();
    advices();
    numbers();
    return 0;
}
