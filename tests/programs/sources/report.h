/* What every program here prints: the call as it is written, what it returned, and errno's words where it failed. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static inline void report(int line, const char *call, long long value, int error)
{
    printf("%d: %s = %lld%s%s\n", line, call, value, value == -1 ? " " : "", value == -1 ? strerror(error) : "");
}

/* SIGALRM every so many microseconds of the clock on the wall; 0: no more. */
static inline void ring_every(long microseconds)
{
    struct itimerval time = { { 0, microseconds }, { 0, microseconds } };
    setitimer(ITIMER_REAL, &time, 0);
}

/* The guest's clock counts the bytes of executed code: of long instructions that do nothing, its seconds are short. */
static inline void idle(void)
{
    __asm__ volatile(".rept 400\n .byte 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0\n .endr");
}

/* A call whose value is the same everywhere. */
#define CALL(call) do { errno = 0; long long value_ = (long long)(call); report(__LINE__, #call, value_, errno); } while (0)

/* A call that SIGALRM interrupts. It rings again and again: on a busy host once may be before the call waits. */
#define INTERRUPTED(call) do { ring_every(30000); errno = 0; long long value_ = (long long)(call); int error_ = errno; \
    ring_every(0); report(__LINE__, #call, value_, error_); } while (0)

/* A call that returns an address: only whether there is one. */
#define PLACE(call) do { errno = 0; long value_ = (long)(call); \
    printf("%d: %s = %s%s\n", __LINE__, #call, value_ == -1 ? "-1 " : "an address", value_ == -1 ? strerror(errno) : ""); } while (0)

/* Something that holds, or does not. */
#define HOLDS(condition) printf("%d: %s: %s\n", __LINE__, #condition, (condition) ? "yes" : "NO")

/* A directory of its own below $TMPDIR, and goes there. */
static inline char *own_directory(void)
{
    static char path[256];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/program.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(path) || chdir(path)) exit(99);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return path;
}
