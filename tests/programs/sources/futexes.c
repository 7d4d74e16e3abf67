/* futex(2) where its calls meet: private and shared words, requeueing. */
#include "report.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define FUTEX(...) syscall(SYS_futex, __VA_ARGS__)
#define SHORT (&(struct timespec){ 0, 200000000 })

static int word, other;

/* A thread: makes one call, and what it returned or its error is what it ends with. */
#define SLEEPER(name, call) static void *name(void *unused) \
    { (void)unused; long value = call; return (void *)(value == -1 ? -(long)errno : value); }

SLEEPER(sleep_shared, FUTEX(&word, FUTEX_WAIT, 0, SHORT, 0, 0))
SLEEPER(sleep_private, FUTEX(&word, FUTEX_WAIT_PRIVATE, 0, SHORT, 0, 0))

static pthread_t start(void *(*sleeper)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, 0, sleeper, 0)) abort();
    usleep(50000);
    return thread;
}

static long end(pthread_t thread)
{
    void *value;
    pthread_join(thread, &value);
    return (long)value;
}

static void keys(void)
{
    pthread_t thread = start(sleep_shared);
    CALL(FUTEX(&word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
    CALL(end(thread));
    thread = start(sleep_private);
    CALL(FUTEX(&word, FUTEX_WAKE, 1, 0, 0, 0));
    CALL(FUTEX(&word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
    CALL(end(thread));
    thread = start(sleep_shared);
    CALL(FUTEX(&word, FUTEX_REQUEUE, 0, 1, &other, 0));
    CALL(FUTEX(&word, FUTEX_WAKE, 1, 0, 0, 0));
    CALL(FUTEX(&other, FUTEX_WAKE, 1, 0, 0, 0));
    CALL(end(thread));
    CALL(FUTEX(0, FUTEX_WAKE, 1, 0, 0, 0));
    CALL(FUTEX(0, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
    CALL(FUTEX(1, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
    CALL(FUTEX(&word, FUTEX_WAKE_OP, 1, 1, 0, 0));
    CALL(FUTEX(&word, FUTEX_WAKE_OP, 1, 1, &other, 7 << 28));
    CALL(FUTEX(&word, FUTEX_WAKE_OP, 1, 1, &other, 9 << 24));
    CALL(FUTEX(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, 0, 0));
    CALL(FUTEX(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 1, SHORT, 0, 0));
    CALL(FUTEX(&word, FUTEX_CMP_REQUEUE, 1, 1, &other, 5));
    CALL(FUTEX(&word, FUTEX_REQUEUE, -1, 1, &other, 0));
}

/* A robust list: its thread ends with a lock in the list, and was about to take another. */
static int *shared_lock;
static struct robust_list_head list;

static void robust(void)
{
    shared_lock = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        struct { struct robust_list node; int lock; } *at = (void *)shared_lock;
        list.list.next = &at[0].node;
        at[0].node.next = &list.list;
        list.futex_offset = sizeof(struct robust_list);
        list.list_op_pending = &at[1].node;
        at[0].lock = at[1].lock = getpid();
        syscall(SYS_set_robust_list, &list, sizeof list);
        syscall(SYS_exit, 0);
    }
    waitpid(child, 0, 0);
    HOLDS(shared_lock[1] == FUTEX_OWNER_DIED);
    HOLDS(shared_lock[3] == FUTEX_OWNER_DIED);
}

int main(void)
{
    own_directory();
    alarm(20);
    keys();
    robust();
    return 0;
}
