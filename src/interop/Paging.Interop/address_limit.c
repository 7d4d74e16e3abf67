/* The runtime reserves addresses for its managed heap at the first call, 4 GiB (System.GC.RegionRange in the project), and ends the
 * program if it cannot. Under RLIMIT_AS (ulimit -v) the heap gets a quarter of what is allowed, so that engines have room as well. The
 * runtime reads this variable at the first call; what the user has set stays. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

__attribute__((constructor)) static void fit_heap_to_limit(void)
{
    const unsigned long long enough = 16ull << 30;    /* a quarter of it is the usual heap */
    struct rlimit limit;
    char range[20];
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur >= enough) return;
    snprintf(range, sizeof range, "%llx", (unsigned long long)limit.rlim_cur / 4);
    setenv("DOTNET_GCRegionRange", range, 0);
}
