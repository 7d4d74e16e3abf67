/* Starts a program as the guests' tests start it on a host: start PROGRAM [ARGUMENT...].
 *
 * Only the standard streams are open, every signal has its default action and none is blocked, and root lacks CAP_SYS_RESOURCE, as in a
 * sandbox: so the limits of pipes, quotas and processes hold. */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    _exit(125);
}

static void limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit value = { soft, hard };
    if (setrlimit(resource, &value)) fail("setrlimit");
}

int main(int count, char **words)
{
    if (count < 2) return 125;
    limit(RLIMIT_CORE, 0, RLIM_INFINITY);
    limit(RLIMIT_MEMLOCK, 8 << 20, 8 << 20);
    limit(RLIMIT_NOFILE, 20000, 20000);
    limit(RLIMIT_STACK, 8 << 20, RLIM_INFINITY);
    if (prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0)) fail("PR_CAPBSET_DROP");
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) fail("capget");
    data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
    data[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
    if (syscall(SYS_capset, &header, data)) fail("capset");
    for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);    /* KILL and STOP refuse */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    syscall(SYS_close_range, 3, ~0u, 0);
    execv(words[1], words + 1);
    fail(words[1]);
}
