/* Everything that belongs to programs alone, held by two processes: whoever stops them in the middle and lets them go on elsewhere must not
   be seen in what they print. */
#include "report.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

struct shared
{
    volatile int turn, sum;
    int words[8192];
};

static void pass_time(void)
{
    for (int i = 0; i < 40; i++) getppid();
}

static void send_descriptor(int to, int file)
{
    char byte = 'f', room[CMSG_SPACE(sizeof(int))];
    struct iovec part = { &byte, 1 };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(control), &file, sizeof file);
    CALL(sendmsg(to, &header, 0));
}

static int receive_descriptor(int from)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec part = { &byte, 1 };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    CALL(recvmsg(from, &header, 0));
    int file = -1;
    if (CMSG_FIRSTHDR(&header)) memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof file);
    return file;
}

static void wait_turn(struct shared *shared, int turn)
{
    for (int now; (now = shared->turn) != turn;) syscall(SYS_futex, &shared->turn, FUTEX_WAIT, now, 0, 0, 0);
}

static void give_turn(struct shared *shared, int turn)
{
    shared->turn = turn;
    syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 16, 0, 0, 0);
}

int main(void)
{
    own_directory();
    char text[64] = "";
    struct shared *shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 8192; i++) shared->words[i] = i;

    /* Files without names: of the host, in memory, mapped. */
    int lost = open("lost", O_RDWR | O_CREAT, 0640), again = open("lost", O_RDONLY);
    CALL(write(lost, "kept without a name", 19));
    CALL(lseek(again, 5, SEEK_SET));
    char *seen = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, lost, 0);
    CALL(unlink("lost"));
    int memory = memfd_create("bytes", MFD_ALLOW_SEALING);
    CALL(ftruncate(memory, 20000));
    CALL(pwrite(memory, "deep inside", 11, 12345));
    CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK));
    char *mapped = mmap(0, 20000, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    int sparse = memfd_create("sparse", 0);    /* a terabyte, of which one page is there */
    CALL(ftruncate(sparse, 1LL << 40));
    CALL(pwrite(sparse, "far out", 7, 1LL << 39));
    int named = open("/dev/shm/travels", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CALL(write(named, "in shared memory", 16));
    CALL(mkdir("/dev/shm/below", 0755));
    CALL(symlink("../travels", "/dev/shm/below/link"));

    /* Events. */
    int counter = eventfd(3, EFD_SEMAPHORE), other = eventfd(0, EFD_NONBLOCK);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CALL(sigprocmask(SIG_BLOCK, &set, 0));
    int epoll = epoll_create1(0);
    struct epoll_event event = { EPOLLIN | EPOLLET, { .u32 = 11 } };
    CALL(epoll_ctl(epoll, EPOLL_CTL_ADD, counter, &event));
    event.data.u32 = 12;
    event.events = EPOLLIN;
    CALL(epoll_ctl(epoll, EPOLL_CTL_ADD, other, &event));

    /* Sockets: a pair, one by name, one that nobody has accepted, a file on its way. */
    int pair[2], datagrams[2];
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) == 0);
    CALL(send(datagrams[0], "one", 3, 0));
    CALL(send(datagrams[0], "second", 6, 0));
    struct sockaddr_un name = { AF_UNIX, "socket" };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(bind(listener, (struct sockaddr *)&name, sizeof name));
    CALL(listen(listener, 3));
    CALL(connect(client, (struct sockaddr *)&name, sizeof name));
    CALL(write(client, "hello", 5));
    send_descriptor(pair[0], memory);

    /* System V. */
    int segment = shmget(0x5050, 9000, IPC_CREAT | 0600), turns[2];
    CALL(pipe(turns));
    char *attached = shmat(segment, 0, 0);
    strcpy(attached + 5000, "attached");

    /* Locks. */
    int locked = open("locked", O_RDWR | O_CREAT, 0600), whole = open("whole", O_RDWR | O_CREAT, 0600);
    struct flock range = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
    CALL(fcntl(locked, F_SETLK, &range));
    CALL(flock(whole, LOCK_EX));

    pid_t child = fork();
    if (child == 0)
    {
        wait_turn(shared, 1);
        struct flock asked = { .l_type = F_WRLCK, .l_start = 0, .l_len = 100 };
        CALL(fcntl(locked, F_GETLK, &asked));
        HOLDS(asked.l_type == F_WRLCK && asked.l_start == 10 && asked.l_len == 5 && asked.l_pid == getppid());
        int second = open("whole", O_RDONLY);
        CALL(flock(second, LOCK_EX | LOCK_NB));
        for (int i = 0; i < 8192; i++) shared->sum += shared->words[i];
        pass_time();
        strcpy(mapped + 100, "from the child");
        strcpy(seen + 20, "mapped");
        give_turn(shared, 2);
        CALL(read(turns[0], text, 1));    /* waits for the parent */
        if (write(pair[1], "back", 4) != 4) _exit(4);
        asked.l_type = F_WRLCK;
        CALL(fcntl(locked, F_SETLKW, &asked));
        CALL(flock(second, LOCK_EX));
        pass_time();
        _exit(3);
    }

    pass_time();
    give_turn(shared, 1);
    wait_turn(shared, 2);
    HOLDS(shared->sum == 8191 * 4096);
    HOLDS(strcmp(mapped + 100, "from the child") == 0 && strcmp(mapped + 12345, "deep inside") == 0);
    pass_time();
    CALL(pread(lost, text, 40, 0));
    printf("%s|%s\n", text, text + 20);
    CALL(read(again, text, 7));
    printf("%.7s\n", text);
    struct stat status;
    CALL(fstat(lost, &status));
    HOLDS(status.st_nlink == 0 && (status.st_mode & 0777) == 0640 && status.st_size == 19);
    CALL(pread(sparse, text, 7, 1LL << 39));
    HOLDS(!memcmp(text, "far out", 7) && lseek(sparse, 0, SEEK_END) == 1LL << 40);
    CALL(ftruncate(memory, 10));
    pass_time();
    int through = open("/dev/shm/below/link", O_RDONLY);
    CALL(read(through, text, 16));
    printf("%.16s\n", text);
    CALL(lseek(named, 0, SEEK_CUR));

    uint64_t count;
    struct epoll_event events[4];
    CALL(epoll_wait(epoll, events, 4, 0));
    CALL(epoll_wait(epoll, events, 4, 0));
    count = 4;
    CALL(write(other, &count, 8));
    pass_time();
    CALL(epoll_wait(epoll, events, 4, 0));
    HOLDS(events[0].data.u32 == 12);
    CALL(read(counter, &count, 8));
    CALL(read(other, &count, 8));
    HOLDS(count == 4);
    CALL(kill(getpid(), SIGUSR2));
    pass_time();
    siginfo_t told;
    CALL(sigwaitinfo(&set, &told) == SIGUSR2);
    HOLDS(told.si_pid == getpid());

    CALL(recv(datagrams[1], text, 64, 0));
    pass_time();
    CALL(recv(datagrams[1], text, 64, 0));
    int accepted = accept(listener, 0, 0);
    CALL(read(accepted, text, 64));
    CALL(write(accepted, "and back", 8));
    pass_time();
    CALL(read(client, text, 64));
    int sent = receive_descriptor(pair[1]);
    CALL(pread(sent, text, 11, 12345));
    printf("%.11s\n", text);

    struct shmid_ds about;
    CALL(shmctl(segment, IPC_STAT, &about));
    HOLDS(about.shm_segsz == 9000 && about.shm_nattch == 2 && strcmp(attached + 5000, "attached") == 0);
    pass_time();
    fflush(stdout);
    if (write(turns[1], "x", 1) != 1) _exit(7);    /* what both would print at once, neither does */
    CALL(read(pair[0], text, 4));
    pass_time();
    range.l_type = F_UNLCK;
    if (fcntl(locked, F_SETLK, &range)) _exit(5);
    pass_time();
    if (flock(whole, LOCK_UN)) _exit(6);
    int end = 0;
    CALL(waitpid(child, &end, 0) == child);
    HOLDS(WIFEXITED(end) && WEXITSTATUS(end) == 3);
    CALL(shmctl(segment, IPC_RMID, 0));
    return 0;
}
