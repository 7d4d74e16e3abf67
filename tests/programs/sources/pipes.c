/* How large pipes are, may become, and what a user's pipes may hold together: pipe(7), fcntl(2). */
#include "report.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int ends[2];

static long switch_of(const char *name)
{
    char path[100];
    long value = -1;
    snprintf(path, sizeof path, "/proc/sys/fs/%s", name);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    if (fscanf(file, "%ld", &value) != 1) value = -1;
    fclose(file);
    return value;
}

static void sizes(void)
{
    CALL(switch_of("pipe-max-size"));
    CALL(pipe(ends));
    CALL(fcntl(ends[0], F_GETPIPE_SZ));
    CALL(fcntl(ends[0], F_SETPIPE_SZ, 0));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 1));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 4097));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 12288));
    CALL(fcntl(ends[1], F_GETPIPE_SZ));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 0x80000001));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, -1));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20));
    CALL(fcntl(open("/dev/null", O_RDONLY), F_SETPIPE_SZ, 4096));
    char page[4096];
    memset(page, 'a', sizeof page);
    for (int i = 0; i < 3; i++) CALL(write(ends[1], page, 4000));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 8192));
    CALL(read(ends[0], page, 3999));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 8192));
    CALL(read(ends[0], page, 1));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 8192));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 4096));
    close(ends[0]);
    close(ends[1]);
}

/* Root may have more than pipe-max-size. */
static void privileged(void)
{
    CALL(pipe(ends));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, (1 << 20) + 1));
    CALL(fcntl(ends[1], F_SETPIPE_SZ, 1u << 31));
    CALL(fcntl(ends[1], F_GETPIPE_SZ));
    close(ends[0]);
    close(ends[1]);
}

/* A user without rights: 64 pipes of 1 MiB are as much as the soft limit allows. */
static void bound(void)
{
    int pipes[65][2];
    for (int i = 0; i < 63; i++)
        if (pipe(pipes[i]) || fcntl(pipes[i][0], F_SETPIPE_SZ, 1 << 20) != 1 << 20) printf("pipe %d: %s\n", i, strerror(errno));
    CALL(pipe(pipes[63]));
    CALL(fcntl(pipes[63][0], F_SETPIPE_SZ, (1 << 20) + 1));
    CALL(pipe(pipes[64]));
    CALL(fcntl(pipes[63][0], F_SETPIPE_SZ, 1 << 20));
    CALL(fcntl(pipes[63][0], F_SETPIPE_SZ, 1 << 19));
    CALL(fcntl(pipes[64][0], F_SETPIPE_SZ, 1 << 19));
    CALL(fcntl(pipes[64][0], F_SETPIPE_SZ, 1 << 18));
    CALL(fcntl(pipes[64][0], F_SETPIPE_SZ, 4096));
    CALL(fcntl(pipes[63][0], F_SETPIPE_SZ, 1 << 20));
    for (int i = 0; i < 9; i++)    /* the last ones have two pages */
    {
        CALL(pipe(ends));
        CALL(fcntl(ends[0], F_GETPIPE_SZ));
    }

    CALL(fcntl(ends[0], F_SETPIPE_SZ, 16384));
    CALL(fcntl(ends[0], F_SETPIPE_SZ, 4096));
    CALL(fcntl(ends[0], F_SETPIPE_SZ, 8192));
    char bytes[8192] = { 0 };
    CALL(write(ends[1], bytes, 4096));
    CALL(fcntl(ends[0], F_SETPIPE_SZ, 8192));
    CALL(mkfifo("fifo", 0600));
    int fifo = open("fifo", O_RDWR);
    CALL(fcntl(fifo, F_GETPIPE_SZ));
    CALL(close(fifo));
    for (int i = 0; i < 2; i++) CALL(close(pipes[0][i]));
    fifo = open("fifo", O_RDWR);
    CALL(fcntl(fifo, F_GETPIPE_SZ));
    CALL(fcntl(ends[0], F_SETPIPE_SZ, 65536));
}

int main(void)
{
    own_directory();
    sizes();
    if (geteuid() == 0) privileged();
    if (chmod(".", 0777) == 0 && fork() == 0)
    {
        if (geteuid() == 0 && setuid(61234)) printf("setuid: %s\n", strerror(errno));
        bound();
        return 0;
    }

    wait(0);
    return 0;
}
