/* The least program: a line, and an exit code. */
#include "report.h"

static DWORD run(void)
{
    put("hello");
    return 7;
}
