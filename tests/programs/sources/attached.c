/* Segments of System V whose attachments are cut, moved and mixed: shmdt takes the pieces of one attachment only. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096 };
static char *const at = (char *)0x20000000;
static int ids[2];

static void shows(const char *what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerrorname_np(errno) : "");
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[300];
    while (fgets(line, sizeof line, maps)) if (line[0] == '2' && line[8] == '-') printf("  %.31s\n", line);
    fclose(maps);
    for (int i = 0; i < 2; i++) {
        struct shmid_ds status;
        if (shmctl(ids[i], IPC_STAT, &status) == 0) printf("  segment %d: %d attached\n", i, (int)status.shm_nattch);
        else printf("  segment %d: gone\n", i);
    }
}

static char *attach(int which, int where, int flags) {
    char *result = shmat(ids[which], at + where * page, flags);
    if (result == (char *)-1) printf("attach %d at %d: %s\n", which, where, strerrorname_np(errno));
    return result;
}

static long move(int from, int count, int to) {
    char *result = mremap(at + from * page, count * page, count * page, MREMAP_MAYMOVE | MREMAP_FIXED, at + to * page);
    return result == MAP_FAILED ? -1 : (result - at) / page;
}

static void clear(void) { munmap(at, 256 * page); }

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < 2; i++) ids[i] = shmget(IPC_PRIVATE, 4 * page, 0600 | IPC_CREAT);

    attach(0, 0, 0);
    attach(0, 16, 0);
    munmap(at + page, 2 * page);
    shows("a piece of another attachment, where it fits", move(17, 1, 1));
    shows("detach", shmdt(at));
    shows("detach again", shmdt(at));
    clear();

    attach(0, 0, 0);
    attach(1, 16, 0);
    munmap(at + page, page);
    shows("a piece of another segment, where it fits", move(17, 1, 1));
    shows("detach", shmdt(at));
    shows("detach what is left", shmdt(at));
    clear();

    attach(0, 0, 0);
    attach(0, 16, 0);
    munmap(at, page);
    shows("the other one is first", move(16, 1, 0));
    shows("detach", shmdt(at));
    shows("detach again", shmdt(at));
    clear();

    attach(0, 0, 0);
    mprotect(at + page, page, PROT_READ);
    shows("a piece moved away", move(3, 1, 40));
    shows("detach at its own start", shmdt(at + 37 * page));
    shows("detach the rest", shmdt(at));
    clear();

    attach(0, 0, 0);
    shows("moved as a whole", move(0, 4, 8));
    shows("detach at the old place", shmdt(at));
    shows("detach at the new place", shmdt(at + 8 * page));
    clear();

    attach(0, 0, 0);
    shows("a piece beyond the end of the range", move(2, 1, 6));
    shows("detach", shmdt(at));
    shows("detach the piece", shmdt(at + 4 * page));
    clear();

    attach(0, 0, 0);
    attach(1, 2, SHM_REMAP);
    shows("replaced in part", 0);
    shows("detach the first", shmdt(at));
    shows("detach the second", shmdt(at + 2 * page));
    attach(0, 0, 0);
    attach(0, 0, SHM_REMAP);
    shows("replaced by itself", 0);
    attach(0, 2, 0);
    attach(0, 1, SHM_REMAP | SHM_RDONLY);
    shows("replaced by itself, read-only", 0);
    shows("detach", shmdt(at + page));
    shows("detach", shmdt(at));
    clear();

    attach(0, 4, 0);
    shows("copied", mremap(at + 4 * page, 0, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, at + 12 * page) == MAP_FAILED);
    munmap(at + 5 * page, page);
    shows("a piece of the copy", move(13, 1, 5));
    shows("detach", shmdt(at + 4 * page));
    clear();

    attach(0, 0, 0);
    int child = fork();
    if (child == 0) {
        attach(0, 16, 0);
        munmap(at + page, page);
        move(17, 1, 1);
        shows("in a child", 0);
        shows("detach", shmdt(at));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    shows("in the parent", 0);
    shmctl(ids[0], IPC_RMID, NULL);
    shows("removed", 0);
    attach(1, 16, 0);
    munmap(at + 2 * page, 2 * page);
    shows("a piece of another segment", move(18, 1, 2));
    shows("detach", shmdt(at));
    shows("growing", mremap(at + 16 * page, page, 2 * page, 0) == MAP_FAILED ? -1 : 0);
    shows("detach a hole", shmdt(at + 30 * page));
    shows("detach not aligned", shmdt(at + 1));
    shmctl(ids[1], IPC_RMID, NULL);
    shows("removed", 0);
    return 0;
}
