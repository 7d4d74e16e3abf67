/* What the test programs share: a line and an exit code for what is not as it must be. */
#include "paging.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(holds) do { if (!(holds)) { \
    fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #holds, paging_last_error()); exit(1); } } while (0)

#define ANONYMOUS (PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS)
#define READ_WRITE (PAGING_PROT_READ | PAGING_PROT_WRITE)

static inline uint32_t map(paging_process process, uint32_t length, uint32_t flags, int32_t descriptor)
{
    int64_t at = paging_mmap(process, 0, length, READ_WRITE, flags, descriptor, 0);
    CHECK(at > 0);
    return (uint32_t)at;
}
