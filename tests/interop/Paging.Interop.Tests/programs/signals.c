/* The host's own handler of SIGSEGV: installed before the library is used, and after. Both get the program's faults. */
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf escape;
static int caught;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info, (void)context;
    caught++;
    siglongjmp(escape, 1);
}

static void install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    CHECK(!sigaction(SIGSEGV, &action, NULL));
}

static void use(paging_engine *engine)
{
    paging_process process;
    uint32_t value = 7;
    CHECK(!paging_engine_create(NULL, engine) && !paging_process_create(*engine, "p", NULL, &process));
    uint32_t at = map(process, 4096, ANONYMOUS, -1);
    CHECK(!paging_write(process, at, &value, 4, NULL) && paging_write(process, 16, &value, 4, NULL) == -PAGING_EFAULT);
}

int main(void)
{
    paging_engine engine, other;
    volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install();
    use(&engine);    /* the runtime begins here, and puts its handler in front of ours */
    if (!sigsetjmp(escape, 1)) *page = 1;
    CHECK(caught == 1);
    install();
    if (!sigsetjmp(escape, 1)) *page = 1;
    CHECK(caught == 2);
    use(&other);
    CHECK(!paging_free(engine) && !paging_free(other));
    return 0;
}
