/* How processes end: every exit signal that clone takes, also those that are none, and programs that do not fit. */
#include "report.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static volatile int caught, caught_code;

static void catch(int signal, siginfo_t *info, void *context)
{
    (void)context;
    caught = signal;
    caught_code = info->si_code;
}

static int waited(int id, int options)
{
    int status = -1, found = waitpid(id, &status, options);
    return found == id ? status : -1 - errno;
}

/* The parent gets the signal that the child was to send, if there is one of that number. */
static void exit_signals(void)
{
    struct sigaction action = { .sa_sigaction = catch, .sa_flags = SA_SIGINFO };
    for (int signal = 1; signal < 65; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33 && signal != 34) sigaction(signal, &action, 0);
    }
    for (int signal = 0; signal < 256; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP || (signal >= 32 && signal <= 34)) continue;
        caught = caught_code = 0;
        long id = syscall(SYS_clone, signal, 0, 0, 0, 0);
        if (id == 0) _exit(signal & 7);
        int plain = waited((int)id, 0), other = waited((int)id, __WCLONE), left = waited((int)id, __WALL);
        printf("exit signal %d: %x %x %x, caught %d code %d\n", signal, plain, other, left, caught, caught_code);
    }
}

/* execve makes the exit signal SIGCHLD again. */
static void executed(const char *self)
{
    signal(SIGUSR1, SIG_IGN);
    caught = 0;
    long id = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
    if (id == 0) {
        execl(self, self, "7", (char *)0);
        _exit(1);
    }
    siginfo_t info;
    waitid(P_PID, (id_t)id, &info, WEXITED | WNOWAIT | __WALL);
    printf("executed: %x, caught %d\n", waited((int)id, 0), caught);
}

/* A program of so much more memory than its file has; more than there is, or than the address space has room for. */
static void too_large(uint32_t byte_length)
{
    static struct { Elf32_Ehdr header; Elf32_Phdr segments[2]; unsigned char code[16]; } image = {
        { { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT }, ET_EXEC, EM_386, EV_CURRENT,
            0x10000000 + sizeof(Elf32_Ehdr) + 2 * sizeof(Elf32_Phdr), sizeof(Elf32_Ehdr), 0, 0, sizeof(Elf32_Ehdr), sizeof(Elf32_Phdr), 2,
            0, 0, 0 },
        { { PT_LOAD, 0, 0x10000000, 0x10000000, sizeof image, sizeof image, PF_R | PF_X, 4096 },
            { PT_LOAD, 0, 0x10010000, 0x10010000, 0, 0, PF_R | PF_W, 4096 } },
        { 0xbb, 42, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xcd, 0x80 } };    /* exit(42) */
    image.segments[1].p_memsz = byte_length;
    int file = open("large", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (write(file, &image, sizeof image) != sizeof image) exit(98);
    close(file);
    for (int sharing = 0; sharing < 2; sharing++) {
        int id = sharing ? vfork() : fork();
        if (id == 0) {
            execl("./large", "large", (char *)0);
            _exit(1);
        }
        int status = waited(id, 0);
        printf("%u MiB of zeros, %s: %s %d\n", byte_length >> 20, sharing ? "vfork" : "fork", WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

int main(int count, char **words)
{
    if (count > 2) {    /* one that a machine of the test's has no memory for, which stays */
        own_directory();
        too_large(1200u << 20);
        return 0;
    }
    if (count > 1) return atoi(words[1]);
    char self[256] = { 0 };
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 97;
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    own_directory();
    exit_signals();
    executed(self);
    too_large(1 << 20);
    too_large(0xf0000000);
    return 0;
}
