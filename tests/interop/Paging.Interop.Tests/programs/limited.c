/* What fits under any limit on addresses that the library starts under: an engine, a process, an access. */
#include "check.h"

int main(void)
{
    paging_engine engine;
    paging_process process;
    uint32_t value = 7;
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    uint32_t at = map(process, 1 << 20, ANONYMOUS, -1);
    CHECK(!paging_write(process, at, &value, 4, NULL) && !paging_read(process, at, &value, 4, NULL) && value == 7);
    CHECK(!paging_free(engine));
    return 0;
}
