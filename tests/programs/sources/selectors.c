/* Data selectors that a program may load: what they are before and behind the kernel, and behind a signal frame that has them. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define LOAD(name, selector, before, behind)                                                                                      \
    do {                                                                                                                          \
        unsigned own, wanted = (selector);                                                                                        \
        asm volatile("mov %%" #name ", %2\n mov %3, %%" #name "\n mov %%" #name ", %0\n mov $20, %%eax\n int $0x80\n"              \
                     "mov %%" #name ", %1\n mov %2, %%" #name                                                                      \
                     : "=&b"(before), "=&S"(behind), "=&D"(own) : "d"(wanted) : "eax", "memory");                                \
    } while (0)

static const unsigned selectors[] = { 0, 1, 2, 3, 0x28, 0x29, 0x2a, 0x2b, 0x20, 0x21, 0x23, 0x33, 0x60, 0x61, 0x63, 0x7b, 0x78 };
static const unsigned restored[] = { 0, 1, 2, 3, 0x28, 0x2b, 0x0b, 0x08, 0x10, 0x60, 0x63, 0x68, 0xfff8, 0x1004, 0x7c };
static unsigned at;
static int registerAt;
static volatile unsigned sink;

static void change(int signal, siginfo_t *info, void *frame)
{
    (void)signal, (void)info;
    ((ucontext_t *)frame)->uc_mcontext.gregs[registerAt] = (int)restored[at];
}

int main(void)
{
    for (at = 0; at < sizeof selectors / sizeof *selectors; at++) {
        unsigned before, behind;
        LOAD(ds, selectors[at], before, behind);
        printf("%x: ds %x %x", selectors[at], before & 0xffff, behind & 0xffff);
        LOAD(es, selectors[at], before, behind);
        printf(", es %x %x", before & 0xffff, behind & 0xffff);
        LOAD(fs, selectors[at], before, behind);
        printf(", fs %x %x", before & 0xffff, behind & 0xffff);
        LOAD(gs, selectors[at], before, behind);
        printf(", gs %x %x\n", before & 0xffff, behind & 0xffff);
    }
    /* a page fault while a selector is loaded */
    char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned own, word;
    asm volatile("mov %%ds, %0\n mov %2, %%ds\n movl $7, (%3)\n addl (%3), %2\n mov %%ds, %1\n mov %0, %%ds"
                 : "=&b"(own), "=&S"(word) : "d"(0x28), "D"(page) : "memory");
    printf("fault: %x %d\n", word & 0xffff, *page);
    struct sigaction action = { .sa_sigaction = change, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    for (registerAt = REG_FS; registerAt <= REG_ES; registerAt++) {
        for (at = 0; at < sizeof restored / sizeof *restored; at++) {
            unsigned found, mine;
            asm volatile("mov %%fs, %0" : "=r"(mine));
            raise(SIGUSR1);
            if (registerAt == REG_FS) asm volatile("mov %%fs, %0\n mov %1, %%fs" : "=&r"(found) : "r"(mine));
            else asm volatile("mov %%es, %0\n push %%ds\n pop %%es" : "=r"(found));
            printf("sigreturn, register %d, %x: %x\n", registerAt, restored[at], found & 0xffff);
            sink += found;
        }
    }
    return 0;
}
