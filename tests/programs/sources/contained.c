/* A child makes a call and a page fault that a test lets throw inside the kernel; the parent says how the child has ended, and goes on. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *sleeps(void *unused)
{
    for (;;) pause();
    return unused;
}

int main(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        pthread_t other;
        pthread_create(&other, 0, sleeps, 0);
        char *page = mmap((void *)0x5EAD0000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (page == (void *)0x5EAD0000) *page = 1;
        getpgid(0);
        _exit(3);
    }
    if (waitpid(child, &status, 0) != child) return 1;
    if (WIFSIGNALED(status)) printf("child ended by signal %d\n", WTERMSIG(status));
    else printf("child ended with %d\n", WEXITSTATUS(status));
    puts("parent goes on");
    return 0;
}
