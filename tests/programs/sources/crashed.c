// A program of three threads that dies of SIGSEGV, with memory of every kind. CoreDumpTests compare its core files.
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static pthread_barrier_t barrier;
static volatile int value = 7;
char text[10000];
char *mapped, *secret, *shared;

static void *wait_for_ever(void *argument)
{
    pthread_barrier_wait(&barrier);
    for (;;) pause();
    return argument;
}

__attribute__((noinline)) static int crash(int *where, int what)
{
    *where = what;
    return what;
}

__attribute__((noinline)) static int middle(int what)
{
    return crash((int *)16, what) + 1;
}

int main(void)
{
    pthread_t threads[2];
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    pthread_barrier_init(&barrier, 0, 3);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, wait_for_ever, 0);
    pthread_barrier_wait(&barrier);
    usleep(50000);
    strcpy(text + 5000, "a text in bss");
    mapped = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(mapped + 8192, "in the third page");
    secret = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(secret, 8192, MADV_DONTDUMP);
    strcpy(secret, "not dumped");
    shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(shared, "shared");
    double number = 1.5;
    __asm__ volatile("fldl %0" :: "m"(number));
    return middle(value);
}
