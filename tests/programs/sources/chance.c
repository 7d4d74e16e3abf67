/* Prints what no two runs of a host would say alike: clocks, random bytes, addresses, times of files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void bytes(const char *what, const unsigned char *at, int length)
{
    printf("%s", what);
    while (length--) printf(" %02x", *at++);
    printf("\n");
}

int main(void)
{
    unsigned char random[16];
    struct timespec now;
    struct timeval day;
    struct rusage usage;
    struct stat status;
    for (int clock = 0; clock < 8; clock++)
        if (clock_gettime(clock, &now) == 0) printf("clock %d %lld.%09ld\n", clock, (long long)now.tv_sec, now.tv_nsec);
    gettimeofday(&day, 0);
    printf("day %ld.%06ld\n", (long)day.tv_sec, (long)day.tv_usec);
    if (getrandom(random, sizeof random, 0) == sizeof random) bytes("getrandom", random, sizeof random);
    int file = open("/dev/urandom", O_RDONLY);
    if (read(file, random, sizeof random) == sizeof random) bytes("urandom", random, sizeof random);
    bytes("AT_RANDOM", (unsigned char *)getauxval(AT_RANDOM), 16);
    printf("addresses %p %p %p\n", (void *)&file, malloc(1 << 20), sbrk(0));
    getrusage(RUSAGE_SELF, &usage);
    printf("used %ld.%06ld\n", (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
    int made = open("/tmp/made", O_CREAT | O_RDWR, 0600);
    if (write(made, "x", 1) != 1 || fstat(made, &status) != 0) return 1;
    printf("file %lld.%09ld pid %d\n", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec, (int)getpid());
    return 0;
}
