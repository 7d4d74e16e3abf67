/* System V: shared memory, by its own calls and by ipc(2); removal, rights and the errors. */
#include "report.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static void *volatile bad = (void *)8;

static void alarmed(int signal) { (void)signal; }

static int attached(int id)
{
    struct shmid_ds status;
    return shmctl(id, IPC_STAT, &status) ? -1 : (int)status.shm_nattch;
}

static void segments(void)
{
    int status, key = 0x50000000 + getpid();
    CALL(shmget(key, 5000, 0600));
    CALL(shmget(key, 0, IPC_CREAT | 0600));
    int id = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600);
    HOLDS(id >= 0);
    CALL(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
    HOLDS(shmget(key, 0, 0) == id && shmget(key, 5000, IPC_CREAT) == id);
    CALL(shmget(key, 5001, 0));
    struct shmid_ds info;
    CALL(shmctl(id, IPC_STAT, &info));
    HOLDS(info.shm_segsz == 5000 && info.shm_nattch == 0 && info.shm_cpid == getpid() && info.shm_lpid == 0 && info.shm_atime == 0);
    HOLDS(info.shm_perm.__key == key && info.shm_perm.uid == geteuid() && info.shm_perm.cuid == geteuid() && info.shm_ctime > 1000000);
    CALL(info.shm_perm.mode);
    CALL(shmctl(id + 1, IPC_STAT, &info));
    CALL(shmctl(-1, IPC_STAT, &info));
    CALL(shmctl(id, 77, &info));
    char *one = shmat(id, 0, 0), *two = shmat(id, 0, SHM_RDONLY);
    HOLDS(one != (void *)-1 && two != (void *)-1 && one != two);
    CALL(attached(id));
    strcpy(one, "the same");
    CALL(strcmp(two, "the same"));
    CALL(one[8191]);
    CALL(mprotect(two, 4096, PROT_READ | PROT_WRITE));
    CALL(mprotect(one, 4096, PROT_READ));
    CALL(attached(id));
    CALL(mprotect(one, 4096, PROT_READ | PROT_WRITE));
    PLACE(shmat(id, one, 0));
    PLACE(shmat(id, one + 1, 0));
    HOLDS(shmat(id, one + 1, SHM_RND | SHM_REMAP) == one);
    PLACE(shmat(id, 0, SHM_REMAP));
    PLACE(shmat(id + 1, 0, 0));
    PLACE(shmat(-1, 0, 0));
    CALL(attached(id));
    CALL(strcmp(one, "the same"));
    CALL(shmdt(one + 1));
    CALL(shmdt(one + 4096));
    CALL(shmdt(two));
    CALL(shmdt(two));
    if (!fork()) {
        CALL(attached(id));
        strcpy(one, "by the child");
        char *third = shmat(id, 0, 0);
        HOLDS(!strcmp(third, "by the child"));
        _exit(0);
    }
    wait(&status);
    CALL(attached(id));
    CALL(strcmp(one, "by the child"));
    CALL(shmctl(id, IPC_STAT, &info));
    HOLDS(info.shm_lpid != getpid() && info.shm_dtime != 0);
    CALL(munmap(one, 4096));
    CALL(attached(id));
    CALL(shmdt(one));
    CALL(attached(id));
    one = shmat(id, 0, 0);
    CALL(one[0]);
    info.shm_perm.mode = 0640;
    CALL(shmctl(id, IPC_SET, &info));
    CALL(shmctl(id, SHM_LOCK, 0));
    CALL(shmctl(id, IPC_STAT, &info));
    CALL(info.shm_perm.mode);
    CALL(shmctl(id, SHM_UNLOCK, 0));
    CALL(shmctl(id, IPC_RMID, 0));
    CALL(shmctl(id, IPC_STAT, &info));
    CALL(info.shm_perm.mode);
    CALL(info.shm_perm.__key);
    CALL(shmget(key, 5000, 0));
    two = shmat(id, 0, 0);
    CALL(two[3]);
    CALL(shmdt(one));
    CALL(attached(id));
    CALL(shmdt(two));
    CALL(shmctl(id, IPC_STAT, &info));
    id = shmget(IPC_PRIVATE, 4096, 0400);
    int another = shmget(IPC_PRIVATE, 4096, 0400);
    HOLDS(id >= 0 && another >= 0 && another != id);
    CALL(shmctl(another, IPC_RMID, 0));
    unsigned long where = 0;
    CALL(syscall(SYS_ipc, 21, id, SHM_RDONLY, &where, 0, 0));
    HOLDS(where != 0);
    CALL(syscall(SYS_ipc, 22, 0, 0, 0, where, 0));
    CALL(syscall(SYS_ipc, 24, id, IPC_RMID | 0x100, 0, 0, 0));
    CALL(syscall(SYS_ipc, 99, 0, 0, 0, 0, 0));
}

/* The fields of the line about an object, and the heading above it. */
static void line_of(const char *path, int id)
{
    char line[400];
    FILE *file = fopen(path, "r");
    printf("%s\n", fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        int key, number, mode, first;
        if (sscanf(line, "%d %d %o %d", &key, &number, &mode, &first) == 4 && number == id) printf("%d %o %d %d\n", key, mode, first, (int)strlen(line));
    }
    fclose(file);
}

static void lines(void)
{
    int segment = shmget(IPC_PRIVATE, 12345, 0640);
    line_of("/proc/sysvipc/shm", segment);
    CALL(shmctl(segment, IPC_RMID, 0));
}

static void rights(void)
{
    int segment = shmget(IPC_PRIVATE, 4096, 0600), status;
    if (geteuid() != 0) return;
    fflush(stdout);
    if (!fork()) {
        if (setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234)) _exit(9);
        PLACE(shmat(segment, 0, 0));
        CALL(shmctl(segment, IPC_RMID, 0));
        CALL(shmctl(segment, SHM_LOCK, 0));
        _exit(0);
    }
    wait(&status);
    CALL(WEXITSTATUS(status));
    CALL(shmctl(segment, IPC_RMID, 0));
}

int main(void)
{
    struct sigaction action = { .sa_handler = alarmed };
    sigaction(SIGALRM, &action, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    segments();
    lines();
    rights();
    return 0;
}
