/* What mremap does with the registration of an area, and of the areas that the moved one is merged with. */
#include "report.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <linux/userfaultfd.h>

#define PAGE 4096L
#define BASE 0x30000000L
#define PAGES 12

static char page[PAGE] __attribute__((aligned(4096)));

/* The areas of the twelve pages, in pages, with what is registered and how much is there. */
static void maps(void)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    int is_ours = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned long first, end;
        if (sscanf(line, "%lx-%lx ", &first, &end) == 2) {
            is_ours = first >= BASE && end <= BASE + PAGES * PAGE;
            if (is_ours) printf("  %lu..%lu", (first - BASE) / PAGE, (end - BASE) / PAGE);
        } else if (is_ours && !strncmp(line, "Rss:", 4)) {
            printf(" rss %d", atoi(line + 4));
        } else if (is_ours && !strncmp(line, "VmFlags:", 8)) {
            printf("%s%s\n", strstr(line, " um") ? " missing" : "", strstr(line, " uw") ? " writes" : "");
        }
    }
    fclose(file);
}

/* Bits of the pages: registered from a page, so many; touched; the move. */
struct trial { int registered, registered_count, touched, from, count, to, flags, is_shared; };

static void try_move(struct trial trial, int mode)
{
    printf("registered %d+%d touched %x, %d+%d to %d flags %d%s mode %d\n", trial.registered, trial.registered_count, trial.touched,
        trial.from, trial.count, trial.to, trial.flags, trial.is_shared ? " shared" : "", mode);
    int monitor = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);    /* UFFD_USER_MODE_ONLY */
    struct uffdio_api api = { .api = UFFD_API };
    if (ioctl(monitor, UFFDIO_API, &api)) printf("no userfaultfd: %s\n", strerror(errno));
    char *base = mmap((void *)BASE, PAGES * PAGE, PROT_READ | PROT_WRITE, (trial.is_shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS
        | MAP_FIXED, -1, 0);
    for (int i = 0; i < PAGES; i++) if (trial.touched >> i & 1) base[i * PAGE] = i + 1;
    struct uffdio_register area = { { BASE + trial.registered * PAGE, trial.registered_count * PAGE }, mode, 0 };
    int result = ioctl(monitor, UFFDIO_REGISTER, &area);
    char *at = mremap(base + trial.from * PAGE, trial.count * PAGE, trial.count * PAGE, trial.flags, base + trial.to * PAGE);
    printf(" register %d, moved to %ld\n", result, at == MAP_FAILED ? -errno : (at - base) / PAGE);
    maps();
    printf(" copies:");
    for (int i = 0; i < PAGES; i++) {
        struct uffdio_copy copy = { .dst = BASE + i * PAGE, .src = (unsigned long)page, .len = PAGE };
        result = ioctl(monitor, UFFDIO_COPY, &copy);
        printf(" %d", result ? errno : 0);
    }
    printf("\n");
    close(monitor);
    munmap(base, PAGES * PAGE);
}

int main(void)
{
    enum { MOVE = MREMAP_MAYMOVE | MREMAP_FIXED, KEEP = MOVE | 4 /* MREMAP_DONTUNMAP */ };
    static const struct trial trials[] = {
        { 0, 8, 0xff, 0, 4, 4, KEEP }, { 0, 12, 0xfff, 0, 4, 8, KEEP }, { 0, 8, 0xff, 4, 4, 0, KEEP }, { 0, 12, 0xfff, 2, 2, 6, KEEP },
        { 0, 8, 0, 0, 4, 4, KEEP }, { 0, 8, 0, 4, 4, 0, KEEP }, { 0, 8, 0, 0, 2, 2, KEEP }, { 0, 8, 1, 0, 2, 2, KEEP },
        { 0, 8, 1, 0, 2, 4, KEEP }, { 4, 4, 0, 4, 4, 0, KEEP }, { 0, 4, 0, 0, 4, 4, KEEP }, { 0, 12, 0, 4, 2, 8, KEEP },
        { 0, 4, 0xf, 0, 4, 4, KEEP }, { 0, 4, 0xff, 2, 2, 6, KEEP }, { 4, 4, 0xfff, 4, 4, 0, KEEP },
        { 0, 8, 0xff, 0, 4, 4, MOVE }, { 0, 8, 0, 0, 4, 4, MOVE }, { 0, 8, 0, 4, 4, 0, MOVE }, { 0, 12, 0, 4, 2, 8, MOVE },
        { 0, 4, 0, 0, 2, 6, MOVE }, { 0, 12, 0, 2, 2, 6, MOVE }, { 0, 2, 0, 0, 2, 6, MOVE }, { 0, 12, 0xff, 0, 2, 10, MOVE },
        { 0, 12, 0, 0, 4, 8, MOVE, 1 }, { 0, 12, 0, 0, 4, 4, KEEP, 1 }, { 0, 8, 0xff, 4, 4, 0, KEEP, 1 }, { 0, 12, 0xff, 2, 4, 8, MOVE, 1 },
        { 0, 12, 0, 0, 1, 1, KEEP }, { 0, 12, 0, 11, 1, 0, KEEP }, { 2, 4, 0, 3, 2, 7, KEEP }, { 2, 8, 0, 3, 2, 7, MOVE },
    };
    setvbuf(stdout, 0, _IOLBF, 0);
    for (unsigned i = 0; i < sizeof trials / sizeof *trials; i++) {
        try_move(trials[i], UFFDIO_REGISTER_MODE_MISSING);
        try_move(trials[i], UFFDIO_REGISTER_MODE_WP);
    }
    return 0;
}
