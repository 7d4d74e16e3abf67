/* Which of several errors comes first, and numbers that are cut rather than refused. */
#include "report.h"
#include <signal.h>

/* The target comes before the signal. Linux: kill_pid_info, __kill_pgrp_info, check_kill_permission. */
static void signals_and_targets(void)
{
    CALL(kill(0x3ffffff, 99));
    CALL(kill(-0x3ffffff, 99));
    CALL(kill(0x3ffffff, 0));
    CALL(kill(getpid(), 99));
    CALL(kill(1, 99));
    CALL(kill(0, 99));
    CALL(kill(0, 0));
}

int main(void)
{
    own_directory();
    signals_and_targets();
    return 0;
}
