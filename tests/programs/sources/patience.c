/* A wait that only time can end: an hour beside a standard input that is always ready. As a guest only. */
#include "report.h"
#include <poll.h>

int main(void)
{
    int pipes[2];
    CALL(pipe(pipes));
    struct pollfd one = { pipes[0], POLLIN, 0 };
    CALL(poll(&one, 1, 3600 * 1000));
    return 5;
}
