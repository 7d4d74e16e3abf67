/* Waits that only time can end: an hour beside a standard input that is always ready; or for ever, while a timer rings that nobody reads. As a guest only. */
#include "report.h"
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>

int main(int argc, char **argv)
{
    (void)argv;
    int pipes[2];
    char byte;
    CALL(pipe(pipes));
    if (argc > 1) {
        struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } };
        CALL(timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &often, 0));
        fflush(stdout);
        CALL(read(pipes[0], &byte, 1));
    }
    struct pollfd one = { pipes[0], POLLIN, 0 };
    CALL(poll(&one, 1, 3600 * 1000));
    return 5;
}
