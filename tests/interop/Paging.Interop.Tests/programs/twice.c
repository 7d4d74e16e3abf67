/* Two copies of the library in one program, with 24 GiB of addresses for everything; dlclose leaves them usable. */
#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <sys/resource.h>

typedef int32_t create_function(const paging_options *, paging_engine *);
typedef int32_t destroy_function(paging_handle);

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
    CHECK(source && target);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, source));) CHECK(fwrite(bytes, 1, count, target) == count);
    fclose(source), fclose(target);
}

int main(int count, char **arguments)
{
    struct rlimit limit = { 24ull << 30, 24ull << 30 };
    paging_engine engine, other;
    Dl_info here;
    void *address;
    CHECK(count == 2 && !setrlimit(RLIMIT_AS, &limit));
    CHECK(!paging_engine_create(NULL, &engine));
    *(int32_t (**)(paging_handle))(void *)&address = paging_free;
    CHECK(dladdr(address, &here));
    copy(here.dli_fname, arguments[1]);
    void *second = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(second);
    create_function *create;
    destroy_function *destroy;
    *(void **)&create = dlsym(second, "paging_engine_create");
    *(void **)&destroy = dlsym(second, "paging_free");
    CHECK(create != NULL && create != paging_engine_create && !create(NULL, &other));
    CHECK(!dlclose(second) && !destroy(other.any) && !create(NULL, &other) && !destroy(other.any) && !paging_free(engine));
    return 0;
}
