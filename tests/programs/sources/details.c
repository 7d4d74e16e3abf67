/* Single rules that larger programs pass by: masks of futexes, sizes of pipes, frames of signals, lengths of messages, senders. */
#include "report.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/un.h>
#include <sys/wait.h>

static uint32_t word;
static char buffer[65536];

static long futex(int command, int count, uint32_t mask)
{
    return syscall(SYS_futex, &word, command | FUTEX_PRIVATE_FLAG, count, 0, 0, mask);
}

static void *sleeper(void *mask)
{
    futex(FUTEX_WAIT_BITSET, 0, (uint32_t)(uintptr_t)mask);
    return 0;
}

static void futexes(void)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], 0, sleeper, (void *)(uintptr_t)(i == 3 ? 3 : 1 << i));    /* 1, 2, 4, 3 */
    usleep(100000);
    CALL(futex(FUTEX_WAIT_BITSET, 0, 0));
    CALL(futex(FUTEX_WAKE_BITSET, 9, 0));
    CALL(futex(FUTEX_WAKE_BITSET, 9, 8));
    CALL(futex(FUTEX_WAKE_BITSET, 9, 2));
    CALL(futex(FUTEX_WAKE_BITSET, 1, 5));
    CALL(futex(FUTEX_WAKE, 9, 0));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
}

static void pipes(void)
{
    int ends[2];
    CALL(pipe2(ends, O_NONBLOCK));
    CALL(fcntl(ends[1], F_GETPIPE_SZ));
    CALL(write(ends[1], buffer, 65536));
    CALL(write(ends[1], buffer, 1));
    CALL(read(ends[0], buffer, 4095));
    CALL(write(ends[1], buffer, 1));
    CALL(read(ends[0], buffer, 1));
    CALL(write(ends[1], buffer, 4097));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 15 * 4096));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 8 * 4096));
    CALL(read(ends[0], buffer, 8 * 4096));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 8 * 4096));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 4 * 4096));
}

static volatile sig_atomic_t depth, flags;

static void note_flags(int signal)
{
    int now;
    (void)signal;
    __asm__ volatile("pushfl; popl %0" : "=r"(now));
    flags = now;
}

static void again(int signal)
{
    (void)signal;
    if (++depth > 300) _exit(7);
    syscall(SYS_kill, syscall(SYS_getpid), SIGUSR2);
    _exit(8);
}

static void set_stack_inside(int signal)
{
    (void)signal;
    stack_t other = { buffer, 0, sizeof buffer };
    CALL(sigaltstack(&other, 0));
}

/* runs on the alternate stack, which a nested frame asks to be shorter: it is in use, so it stays */
static void shorten(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    ((ucontext_t *)context)->uc_stack.ss_size -= 65536;
}

static void nest(int signal)
{
    (void)signal;
    stack_t found;
    raise(SIGUSR1);
    sigaltstack(0, &found);
    HOLDS(found.ss_size == 256 << 10 && found.ss_flags == SS_ONSTACK);
}

static void signals(void)
{
    signal(SIGUSR1, note_flags);
    int result;
    __asm__ volatile("std; int $0x80; cld" : "=a"(result) : "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1) : "memory");
    HOLDS((flags & 0x400) == 0);

    /* signals above 32 stay blocked after a handler, of both kinds */
    sigset_t set, now;
    sigemptyset(&set);
    sigaddset(&set, 40);
    sigaddset(&set, 64);
    sigprocmask(SIG_SETMASK, &set, 0);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, 0, &now);
    HOLDS(sigismember(&now, 40) && sigismember(&now, 64) && !sigismember(&now, 41) && !sigismember(&now, 8));
    struct sigaction action = { .sa_handler = note_flags, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, 0, &now);
    HOLDS(sigismember(&now, 40) && sigismember(&now, 64) && !sigismember(&now, 41) && !sigismember(&now, 8));
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, 0);

    /* a frame that does not fit on the alternate stack kills, and is not written below it */
    size_t least = getauxval(51) ? getauxval(51) : 2048;    /* AT_MINSIGSTKSZ */
    char *area = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *start = area + (512 << 10);
    int status = 0;
    pid_t child = fork();
    if (!child) {
        stack_t alternate = { start, 0, least + least / 2 + 512 };
        struct sigaction on_stack = { .sa_handler = again, .sa_flags = SA_ONSTACK | SA_NODEFER };
        sigaltstack(&alternate, 0);
        sigaction(SIGUSR2, &on_stack, 0);
        raise(SIGUSR2);
        _exit(9);
    }
    waitpid(child, &status, 0);
    HOLDS(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    int below = 0;
    for (char *at = start - 8192; at < start; at++) below |= *at;
    CALL(below);

    /* the stack in use cannot be changed; afterwards it is the one that was set */
    stack_t alternate = { area, 0, 256 << 10 }, found;
    CALL(sigaltstack(&alternate, 0));
    struct sigaction inside = { .sa_handler = set_stack_inside, .sa_flags = SA_ONSTACK | SA_SIGINFO };
    sigaction(SIGUSR2, &inside, 0);
    raise(SIGUSR2);
    CALL(sigaltstack(0, &found));
    HOLDS(found.ss_sp == area && found.ss_size == 256 << 10 && found.ss_flags == 0);
    struct sigaction shortens = { .sa_sigaction = shorten, .sa_flags = SA_ONSTACK | SA_SIGINFO };
    sigaction(SIGUSR1, &shortens, 0);
    inside.sa_handler = nest;
    sigaction(SIGUSR2, &inside, 0);
    raise(SIGUSR2);
    CALL(sigaltstack(0, &found));
    HOLDS(found.ss_size == 256 << 10);

    /* a blocked SIGCHLD waits, until it is ignored by default */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, 0);
    raise(SIGCHLD);
    sigpending(&now);
    HOLDS(sigismember(&now, SIGCHLD));
    signal(SIGCHLD, SIG_DFL);
    sigpending(&now);
    HOLDS(!sigismember(&now, SIGCHLD));
    sigprocmask(SIG_UNBLOCK, &set, 0);
}

static void own_memory(void)
{
    static char text[] = "abcdefghij";
    char got[4] = "";
    int file = open("/proc/self/mem", O_RDWR);
    off_t base = (uintptr_t)text;
    CALL(lseek(file, base, SEEK_SET) == base);
    CALL(read(file, got, 2));
    CALL(got[0]);
    CALL(lseek(file, 2, SEEK_CUR) - base);
    CALL(write(file, "XY", 2));
    CALL(lseek(file, 0, SEEK_CUR) - base);
    CALL(read(file, got, 1));
    CALL(got[0]);
    CALL(strcmp(text, "abcdXYghij"));
    CALL(lseek(file, 0, SEEK_END));
    close(file);
}

static void send_file(int socket, int file)
{
    char control[CMSG_SPACE(sizeof(int))] = "";
    struct iovec part = { "f", 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &file, sizeof file);
    CALL(sendmsg(socket, &message, 0));
}

static int receive_file(int socket, int flags)
{
    char control[CMSG_SPACE(sizeof(int))] = "", byte;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    if (recvmsg(socket, &message, flags) != 1) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int file = -2;
    if (header) memcpy(&file, CMSG_DATA(header), sizeof file);
    if (file >= 0) close(file);
    return file >= 0;
}

static void sockets(void)
{
    int pair[2];
    CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    CALL(send(pair[0], "0123456789", 10, 0));
    CALL(send(pair[0], "0123456789", 10, 0));
    CALL(recv(pair[1], buffer, 4, MSG_TRUNC));
    CALL(recv(pair[1], buffer, 4, 0));

    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        CALL(socketpair(AF_UNIX, type, 0, pair));
        send_file(pair[0], 1);
        CALL(receive_file(pair[1], MSG_PEEK));
        CALL(receive_file(pair[1], MSG_PEEK));
        CALL(receive_file(pair[1], 0));
    }

    struct sockaddr_un name = { AF_UNIX, "here" };
    int bound = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0), same = socket(AF_UNIX, SOCK_DGRAM, 0);
    CALL(bind(bound, (struct sockaddr *)&name, sizeof name));
    CALL(connect(other, (struct sockaddr *)&name, sizeof name));
    CALL(connect(same, (struct sockaddr *)&name, sizeof name));
    close(bound);
    CALL(connect(same, (struct sockaddr *)&name, sizeof name));
}

int main(int argc, char **argv)
{
    if (argc > 1) {    /* the program that was executed: what was ignored still is, what was handled is not */
        struct sigaction action;
        sigaction(SIGUSR1, 0, &action);
        HOLDS(action.sa_handler == SIG_IGN);
        sigaction(SIGUSR2, 0, &action);
        HOLDS(action.sa_handler == SIG_DFL);
        return 3;
    }

    char self[256], link[256] = "";
    if (!realpath(argv[0], self)) return 98;
    own_directory();
    futexes();
    pipes();
    signals();
    own_memory();
    sockets();
    CALL(readlink("/proc/self/exe", link, sizeof link) > 0);
    HOLDS(strcmp(link, self) == 0);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, note_flags);
    fflush(stdout);
    execl("/proc/self/exe", argv[0], "again", (char *)0);
    return 97;
}
