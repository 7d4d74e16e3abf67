/* Owners of open files: F_SETOWN and its kin, O_ASYNC, SIGIO and the signal that was chosen instead, what a handler is told. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static volatile int got, code, band, descriptor;

static void hear(int signal, siginfo_t *info, void *context)
{
    got = signal;
    code = info->si_code;
    band = info->si_band;
    descriptor = info->si_fd;
    (void)context;
}

static void show(const char *what)
{
    printf("%s: ", what);
    if (got && code < 0x80) printf("%d code %d band %x descriptor %d\n", got, code, band, descriptor);
    else if (got) printf("%d\n", got);
    else puts("nothing");
    got = code = band = descriptor = 0;
}

static void names(int file)
{
    struct f_owner_ex owner = { F_OWNER_PID, 0 };
    CALL(fcntl(file, F_GETOWN));
    CALL(fcntl(file, F_SETOWN, getpid()));
    CALL(fcntl(file, F_GETOWN) == getpid());
    CALL(fcntl(file, F_SETOWN, -getpgrp()));
    CALL(syscall(SYS_fcntl64, file, F_GETOWN_EX, &owner));
    CALL(owner.type * 10 + (owner.pid == getpgrp()));
    CALL(fcntl(file, F_SETOWN, 0x3ffffff));
    CALL(fcntl(file, F_SETOWN, -0x3ffffff));
    CALL(fcntl(file, F_SETOWN, 0x80000000));
    owner = (struct f_owner_ex){ F_OWNER_TID, syscall(SYS_gettid) };
    CALL(fcntl(file, F_SETOWN_EX, &owner));
    owner.pid = 0;
    CALL(fcntl(file, F_GETOWN_EX, &owner));
    CALL(owner.type * 10 + (owner.pid == getpid()));
    owner.type = 7;
    CALL(fcntl(file, F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){ F_OWNER_PID, 0x3ffffff };
    CALL(fcntl(file, F_SETOWN_EX, &owner));
    CALL(fcntl(file, F_SETOWN_EX, 1));
    CALL(fcntl(file, F_GETOWN_EX, 1));
    CALL(fcntl(file, F_SETOWN, 0));
    CALL(fcntl(file, F_GETOWN));
    CALL(fcntl(file, F_GETSIG));
    CALL(fcntl(file, F_SETSIG, SIGUSR1));
    CALL(fcntl(file, F_GETSIG));
    CALL(fcntl(file, F_SETSIG, 65));
    CALL(fcntl(file, F_SETSIG, -1));
    CALL(fcntl(file, F_SETSIG, 0));
}

static void pipes(void)
{
    int ends[2];
    char byte;
    if (pipe(ends)) abort();
    names(ends[0]);
    fcntl(ends[0], F_SETFL, O_ASYNC);
    CALL(write(ends[1], "x", 1));
    show("nobody owns it");
    fcntl(ends[0], F_SETOWN, getpid());
    CALL(write(ends[1], "x", 1));
    show("written");
    fcntl(ends[0], F_SETSIG, SIGUSR1);
    CALL(write(ends[1], "x", 1));
    show("another signal");
    fcntl(ends[0], F_SETSIG, SIGRTMIN);
    int copy = dup(ends[0]);
    CALL(write(ends[1], "x", 1));
    show("copied");
    CALL(read(copy, &byte, 1));
    show("read");
    fcntl(ends[1], F_SETFL, O_ASYNC);
    fcntl(ends[1], F_SETOWN, getpid());
    fcntl(ends[1], F_SETSIG, SIGUSR2);
    CALL(read(copy, &byte, 1));
    show("read, and the writer wants to know");
    fcntl(ends[0], F_SETFL, 0);
    CALL(write(ends[1], "x", 1));
    show("no more");
    CALL(fcntl(ends[0], F_GETFL));
    int on = 1;
    CALL(ioctl(copy, FIOASYNC, &on));
    CALL(fcntl(ends[0], F_GETFL));
    CALL(write(ends[1], "x", 1));
    show("through the copy");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(write(ends[1], "x", 1) != 1);
    waitpid(child, 0, 0);
    show("a child wrote");
    fcntl(ends[1], F_SETFL, 0);
    close(ends[1]);
    show("no writer any more");
}

static void sockets(void)
{
    int ends[2], number = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) abort();
    CALL(ioctl(ends[0], FIOSETOWN, &number));
    number = 0;
    CALL(ioctl(ends[0], FIOGETOWN, &number));
    CALL(number == getpid());
    fcntl(ends[0], F_SETFL, O_ASYNC);
    fcntl(ends[0], F_SETSIG, SIGRTMIN + 1);
    CALL(write(ends[1], "x", 1));
    show("socket");
    int file = open("file", O_CREAT | O_RDWR, 0600);
    fcntl(file, F_SETOWN, getpid());
    CALL(fcntl(file, F_SETFL, O_ASYNC));
    CALL(write(file, "x", 1));
    show("a file");
    CALL(fcntl(open("file", O_PATH), F_SETOWN, getpid()));
}

int main(void)
{
    own_directory();
    struct sigaction action = { .sa_sigaction = hear, .sa_flags = SA_SIGINFO };
    int heard[] = { SIGIO, SIGUSR1, SIGUSR2, SIGRTMIN, SIGRTMIN + 1 };
    for (int i = 0; i < 5; i++) sigaction(heard[i], &action, 0);
    pipes();
    sockets();
    return 0;
}
