/* splice: between pipes, into files and out of them, with what each refuses. */
#include "report.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int one[2], two[2], file;
static char bytes[70000];

static void show(int from)
{
    char text[64] = "";
    int count = read(from, text, 60);
    printf("%d '%s'\n", count, text);
}

static void files(void)
{
    loff_t offset = 2, beyond = 5;
    CALL(pwrite(file, "0123456789", 10, 0));
    CALL(splice(file, &offset, one[1], 0, 4, 0));
    CALL(offset);
    CALL(lseek(file, 0, SEEK_CUR));
    show(one[0]);
    CALL(splice(file, 0, one[1], 0, 100, 0));
    CALL(lseek(file, 0, SEEK_CUR));
    CALL(splice(file, 0, one[1], 0, 100, 0));
    int other = open("other", O_CREAT | O_RDWR, 0600);
    CALL(splice(one[0], 0, other, &beyond, 3, 0));
    CALL(beyond);
    CALL(splice(one[0], 0, other, 0, 100, 0));
    CALL(lseek(other, 0, SEEK_SET));
    show(other);
    CALL(splice(one[0], 0, file, 0, 1, SPLICE_F_NONBLOCK));
    offset = -1;
    CALL(splice(file, &offset, one[1], 0, 4, 0));
    CALL(splice(file, 0, one[1], &offset, 4, 0));
    CALL(splice(one[0], &offset, two[1], 0, 4, 0));
    CALL(splice(file, 0, file, 0, 4, 0));
    CALL(splice(file, (void *)1, one[1], 0, 4, 0));
    CALL(splice(-1, 0, one[1], 0, 4, 0));
    CALL(splice(one[1], 0, file, 0, 4, 0));
    CALL(splice(file, 0, one[0], 0, 4, 0));
    CALL(splice(file, 0, one[1], 0, 0, 99));
    CALL(splice(file, 0, one[1], 0, 1, 99));
    int appended = open("file", O_WRONLY | O_APPEND), events = eventfd(0, 0), null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
    CALL(write(one[1], "12345678", 8));
    CALL(splice(one[0], 0, appended, 0, 4, 0));
    CALL(splice(one[0], 0, events, 0, 8, 0));
    CALL(splice(events, 0, two[1], 0, 8, SPLICE_F_NONBLOCK) < 0);
    CALL(splice(one[0], 0, null, 0, 4, 0));
    CALL(splice(zero, 0, two[1], 0, 4, 0));
    CALL(read(two[0], bytes, 10));
    CALL(splice(open(".", O_RDONLY), 0, two[1], 0, 4, 0));
    show(one[0]);
}

static void pipes(void)
{
    int third[2];
    CALL(write(one[1], "0123456789", 10));
    CALL(splice(one[0], 0, two[1], 0, 4, 0));
    show(one[0]);
    show(two[0]);
    CALL(splice(one[0], 0, one[1], 0, 4, 0));
    CALL(splice(one[0], 0, two[1], 0, 4, SPLICE_F_NONBLOCK));
    CALL(pipe(third));
    close(third[0]);
    CALL(write(one[1], "abc", 3));
    CALL(splice(one[0], 0, third[1], 0, 4, 0));
    CALL(splice(file, 0, third[1], 0, 4, 0));
    show(one[0]);
    CALL(pipe(third));
    close(third[1]);
    CALL(splice(third[0], 0, two[1], 0, 4, 0));
    CALL(splice(third[0], 0, file, 0, 4, 0));
    CALL(fcntl(two[1], F_SETFL, O_NONBLOCK));
    while (write(two[1], bytes, sizeof bytes) > 0);
    CALL(write(one[1], "abc", 3));
    CALL(splice(one[0], 0, two[1], 0, 4, 0));
    CALL(splice(file, 0, two[1], 0, 4, SPLICE_F_NONBLOCK));
    CALL(read(two[0], bytes, sizeof bytes));
    CALL(fcntl(two[1], F_SETFL, 0));
    show(one[0]);
}

static void waits(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        if (write(one[1], "late", 4) != 4) _exit(1);
        _exit(0);
    }
    CALL(splice(one[0], 0, two[1], 0, 100, 0));
    CALL(waitpid(child, 0, 0) == child);
    show(two[0]);
    INTERRUPTED(splice(one[0], 0, two[1], 0, 100, 0));
}

static void into_socket(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) abort();
    CALL(write(one[1], "to a socket", 11));
    CALL(splice(one[0], 0, ends[0], 0, 100, 0));
    show(ends[1]);
}

static void ring(int signal) { (void)signal; }

int main(void)
{
    own_directory();
    struct sigaction action = { .sa_handler = ring };
    sigaction(SIGALRM, &action, 0);
    signal(SIGPIPE, SIG_IGN);
    if (pipe(one) || pipe(two)) abort();
    file = open("file", O_CREAT | O_RDWR, 0600);
    files();
    pipes();
    waits();
    into_socket();
    return 0;
}
