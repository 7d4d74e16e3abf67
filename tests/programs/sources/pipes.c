/* How large pipes are and may become: pipe(7), fcntl(2). */
#include "report.h"
#include <fcntl.h>

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

int main(void)
{
    own_directory();
    sizes();
    if (geteuid() == 0) privileged();
    return 0;
}
