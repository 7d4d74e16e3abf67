/* System V: shared memory, semaphores with undo, message queues; by their own calls and by ipc(2); removal, rights, waiting and the errors. */
#include "report.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static char bytes[20000];
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

static int operate(int id, int number, int amount, int flags)
{
    struct sembuf operation = { number, amount, flags };
    return semop(id, &operation, 1);
}

static void semaphores(void)
{
    int status, key = 0x60000000 + getpid();
    CALL(semget(key, 3, 0600));
    CALL(semget(key, 0, IPC_CREAT | 0600));
    CALL(semget(key, 40000, IPC_CREAT | 0600));
    int id = semget(key, 3, IPC_CREAT | 0600);
    HOLDS(id >= 0 && semget(key, 0, 0) == id);
    CALL(semget(key, 4, 0));
    CALL(semget(key, 3, IPC_CREAT | IPC_EXCL));
    CALL(operate(id, 0, 2, 0));
    CALL(operate(id, 0, -1, 0));
    CALL(semctl(id, 0, GETVAL));
    HOLDS(semctl(id, 0, GETPID) == getpid());
    CALL(operate(id, 0, -2, IPC_NOWAIT));
    CALL(operate(id, 0, 0, IPC_NOWAIT));
    CALL(operate(id, 1, 0, IPC_NOWAIT));
    CALL(operate(id, 3, 1, 0));
    CALL(operate(id, 0, 32767, 0));
    CALL(operate(id + 1, 0, 1, 0));
    CALL(semop(id, (void *)bytes, 0));
    CALL(semop(id, (void *)bytes, 501));
    CALL(semop(id, bad, 1));
    CALL(semctl(id, 1, SETVAL, 40000));
    CALL(semctl(id, 1, SETVAL, -1));
    CALL(semctl(id, 5, SETVAL, 1));
    CALL(semctl(id, 5, GETVAL));
    CALL(semctl(id, 0, 99));
    unsigned short all[3] = { 5, 6, 40000 };
    CALL(semctl(id, 0, SETALL, all));
    all[2] = 7;
    CALL(semctl(id, 0, SETALL, all));
    memset(all, 0, sizeof all);
    CALL(semctl(id, 0, GETALL, all));
    printf("%d %d %d\n", all[0], all[1], all[2]);
    struct sembuf both[2] = { { 0, -5, 0 }, { 1, -7, IPC_NOWAIT } };
    CALL(semop(id, both, 2));
    CALL(semctl(id, 0, GETVAL));
    both[1].sem_op = -6;
    CALL(semop(id, both, 2));
    CALL(semctl(id, 0, GETVAL) + semctl(id, 1, GETVAL));
    struct semid_ds info;
    CALL(semctl(id, 0, IPC_STAT, &info));
    HOLDS(info.sem_nsems == 3 && info.sem_otime > 1000000 && info.sem_ctime > 1000000 && info.sem_perm.__key == key);
    CALL(info.sem_perm.mode);
    if (!fork()) _exit(operate(id, 0, -3, 0));
    if (!fork()) _exit(operate(id, 1, 4, SEM_UNDO));
    siginfo_t ended;
    CALL(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT));    /* the second: the first waits */
    while (semctl(id, 0, GETNCNT) != 1) usleep(1000);
    CALL(semctl(id, 0, GETZCNT));
    CALL(semctl(id, 1, GETVAL));
    CALL(operate(id, 0, 2, 0));
    CALL(operate(id, 0, 1, 0));
    wait(&status);
    CALL(status);
    wait(&status);
    CALL(status);
    CALL(semctl(id, 0, GETVAL));
    CALL(semctl(id, 0, SETVAL, 10));
    if (!fork()) { operate(id, 0, -4, SEM_UNDO); operate(id, 0, 1, SEM_UNDO); CALL(semctl(id, 0, GETVAL)); _exit(0); }
    wait(&status);
    CALL(semctl(id, 0, GETVAL));
    if (!fork()) { operate(id, 0, -4, SEM_UNDO); semctl(id, 0, SETVAL, 3); _exit(0); }
    wait(&status);
    CALL(semctl(id, 0, GETVAL));
    struct timespec little = { 0, 30000000 }, wrong = { 0, 2000000000 };
    struct sembuf down = { 2, -20, 0 };
    CALL(semtimedop(id, &down, 1, &little));
    CALL(semtimedop(id, &down, 1, &wrong));
    INTERRUPTED(semop(id, &down, 1));
    if (!fork()) _exit(semop(id, &down, 1) ? errno : 0);
    while (semctl(id, 2, GETNCNT) != 1) usleep(1000);
    CALL(semctl(id, 0, IPC_RMID));
    wait(&status);
    CALL(WEXITSTATUS(status));
    CALL(semctl(id, 0, GETVAL));
    unsigned long argument = 9;
    id = syscall(SYS_ipc, 2, IPC_PRIVATE, 1, 0600, 0, 0);
    CALL(syscall(SYS_ipc, 3, id, 0, SETVAL | 0x100, &argument, 0));
    CALL(syscall(SYS_ipc, 3, id, 0, GETVAL | 0x100, &argument, 0));
    down.sem_num = 0;
    down.sem_op = -9;
    CALL(syscall(SYS_ipc, 1, id, 1, 0, &down, 0));
    long times[2] = { 0, 10000000 };
    CALL(syscall(SYS_ipc, 4, id, 1, 0, &down, times));
    CALL(syscall(SYS_ipc, 3, id, 0, IPC_RMID, &argument, 0));
}

static struct { long type; char text[10000]; } message;

static int put(int id, int type, const char *text, int flags)
{
    message.type = type;
    strcpy(message.text, text);
    return msgsnd(id, &message, strlen(text), flags);
}

static int get(int id, int length, int type, int flags)
{
    memset(&message, 0, sizeof message);
    int result = msgrcv(id, &message, length, type, flags);
    int error = errno;
    if (result >= 0) printf("[%ld '%.30s'] ", message.type, message.text);
    errno = error;
    return result;
}

static void queues(void)
{
    int status, key = 0x70000000 + getpid();
    CALL(msgget(key, 0600));
    int id = msgget(key, IPC_CREAT | 0600);
    HOLDS(id >= 0 && msgget(key, 0) == id);
    CALL(msgget(key, IPC_CREAT | IPC_EXCL));
    CALL(put(id, 1, "first", 0));
    CALL(put(id, 3, "third", 0));
    CALL(put(id, 2, "second of a longer kind", 0));
    CALL(put(id, 1, "", 0));
    CALL(put(id, 0, "x", 0));
    CALL(put(id, -1, "x", 0));
    CALL(put(id + 1, 1, "x", 0));
    CALL(msgsnd(id, &message, 8193, 0));
    CALL(msgsnd(id, &message, -1, 0));
    CALL(msgsnd(id, bad, 1, 0));
    struct msqid_ds info;
    CALL(msgctl(id, IPC_STAT, &info));
    HOLDS(info.msg_qnum == 4 && info.__msg_cbytes == 33 && info.msg_qbytes == 16384 && info.msg_lspid == getpid() && info.msg_lrpid == 0);
    CALL(get(id, 100, 2, 0));
    CALL(get(id, 100, -2, 0));
    CALL(get(id, 100, -2, 0));
    CALL(get(id, 100, 3, MSG_EXCEPT | IPC_NOWAIT));
    CALL(get(id, 3, 0, 0));
    CALL(get(id, 3, 0, MSG_NOERROR));
    CALL(get(id, 3, 0, IPC_NOWAIT));
    CALL(get(id, -1, 0, IPC_NOWAIT));
    CALL(get(id, 10, 0, 040000));
    CALL(put(id, 1, "one", 0));
    CALL(msgrcv(id, bad, 10, 0, 0));
    CALL(get(id, 10, 0, IPC_NOWAIT));
    int count = 0;
    while (!msgsnd(id, &message, 0, IPC_NOWAIT) || (message.type = 1, count == 0 && !msgsnd(id, &message, 0, IPC_NOWAIT))) count++;
    HOLDS(count > 16000);
    CALL(msgsnd(id, &message, 0, IPC_NOWAIT));
    INTERRUPTED(msgsnd(id, &message, 0, 0));
    CALL(msgctl(id, IPC_RMID, 0));
    id = msgget(IPC_PRIVATE, 0600);
    message.type = 1;
    for (count = 0; !msgsnd(id, &message, 1000, IPC_NOWAIT);) count++;
    CALL(count);
    if (!fork()) { message.type = 5; _exit(msgsnd(id, &message, 1000, 0) ? errno : 0); }
    usleep(30000);
    HOLDS(msgrcv(id, &message, 1000, 0, 0) == 1000);
    wait(&status);
    CALL(WEXITSTATUS(status));
    HOLDS(msgrcv(id, &message, 1000, 5, 0) == 1000);
    while (msgrcv(id, &message, 1000, 0, IPC_NOWAIT) >= 0) { }
    if (!fork()) { usleep(30000); put(id, 4, "late", 0); _exit(0); }
    CALL(get(id, 100, 4, 0));
    wait(&status);
    INTERRUPTED(get(id, 100, 0, 0));
    info.msg_qbytes = 50;
    info.msg_perm.uid = geteuid();
    info.msg_perm.gid = getegid();
    info.msg_perm.mode = 0600;
    CALL(msgctl(id, IPC_SET, &info));
    CALL(msgsnd(id, &message, 51, IPC_NOWAIT));
    if (!fork()) _exit(get(id, 100, 0, 0) < 0 ? errno : 0);
    usleep(200000);    /* nothing tells that it waits */
    CALL(msgctl(id, IPC_RMID, 0));
    wait(&status);
    CALL(WEXITSTATUS(status));
    CALL(msgctl(id, IPC_STAT, &info));
    id = syscall(SYS_ipc, 13, IPC_PRIVATE, 0600, 0, 0, 0);
    message.type = 8;
    CALL(syscall(SYS_ipc, 11, id, 4, 0, &message, 0));
    unsigned long kludge[2] = { (unsigned long)&message, 8 };
    CALL(syscall(SYS_ipc, 12, id, 100, 0, kludge, 0));
    CALL(syscall(SYS_ipc, 14, id, IPC_RMID | 0x100, 0, 0, 0));
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
    int segment = shmget(IPC_PRIVATE, 12345, 0640), set = semget(IPC_PRIVATE, 7, 0604), queue = msgget(IPC_PRIVATE, 0620);
    put(queue, 1, "twelve bytes", 0);
    line_of("/proc/sysvipc/shm", segment);
    line_of("/proc/sysvipc/sem", set);
    line_of("/proc/sysvipc/msg", queue);
    CALL(shmctl(segment, IPC_RMID, 0));
    CALL(semctl(set, 0, IPC_RMID));
    CALL(msgctl(queue, IPC_RMID, 0));
}

static void rights(void)
{
    int id = msgget(IPC_PRIVATE, 0200), segment = shmget(IPC_PRIVATE, 4096, 0600), status;
    if (geteuid() != 0) return;
    fflush(stdout);
    if (!fork()) {
        if (setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234)) _exit(9);
        struct msqid_ds info;
        CALL(msgctl(id, IPC_STAT, &info));
        CALL(msgsnd(id, &message, 1, 0));
        CALL(msgctl(id, IPC_RMID, 0));
        PLACE(shmat(segment, 0, 0));
        CALL(shmctl(segment, IPC_RMID, 0));
        CALL(shmctl(segment, SHM_LOCK, 0));
        _exit(0);
    }
    wait(&status);
    CALL(WEXITSTATUS(status));
    CALL(msgctl(id, IPC_RMID, 0));
    CALL(shmctl(segment, IPC_RMID, 0));
}

int main(void)
{
    struct sigaction action = { .sa_handler = alarmed };
    sigaction(SIGALRM, &action, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    segments();
    semaphores();
    queues();
    lines();
    rights();
    return 0;
}
