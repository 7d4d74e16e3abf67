/* Bad pages under pipes and futexes, set-group-ID and directories, what a descriptor cannot do, threads in /proc. */
#include "report.h"
#include <fcntl.h>
#include <ftw.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PAGE 4096
#define ASK_SAME (1024 + 3)
#define ASK_MADE (1024 + 4)

/* two pages, of which the second one is gone */
static char *before_a_hole(void)
{
    char *pages = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + PAGE, PAGE);
    return pages;
}

static int left_in(int pipe)
{
    int count;
    return ioctl(pipe, FIONREAD, &count) ? -1 : count;
}

/* what a reader cannot take stays in the pipe, page by page */
static void reading_into_a_hole(void)
{
    char *good = before_a_hole(), bytes[3 * PAGE];
    int ends[2];
    pipe(ends);
    for (int i = 0; i < (int)sizeof bytes; i++) bytes[i] = i * 7 + i / 256;
    CALL(write(ends[1], bytes, 100));
    CALL(read(ends[0], good + PAGE - 50, 100));
    CALL(left_in(ends[0]));
    CALL(read(ends[0], good, 100));
    HOLDS(!memcmp(good, bytes, 100));

    CALL(write(ends[1], bytes, sizeof bytes));
    CALL(read(ends[0], good, sizeof bytes));
    HOLDS(!memcmp(good, bytes, PAGE));
    CALL(left_in(ends[0]));
    CALL(read(ends[0], good + 100, PAGE));
    CALL(left_in(ends[0]));
    CALL(read(ends[0], good + PAGE, 1));
    struct iovec parts[3] = { { good, 1000 }, { good + 1000, 96 }, { good + PAGE - 10, 20 } };
    CALL(readv(ends[0], parts, 3));
    CALL(left_in(ends[0]));
    CALL(readv(ends[0], parts, 2));
    HOLDS(!memcmp(good, bytes + PAGE, 1096));
    CALL(left_in(ends[0]));
    CALL(read(ends[0], bytes, sizeof bytes));
    CALL(left_in(ends[0]));
}

static void writing_from_a_hole(void)
{
    char *good = before_a_hole();
    int ends[2];
    pipe(ends);
    CALL(write(ends[1], good + PAGE - 10, 20));
    CALL(left_in(ends[0]));
    CALL(write(ends[1], good + PAGE - 10, 10));
    CALL(write(ends[1], good + PAGE - 10, 20));
    CALL(write(ends[1], good, PAGE + 100));
    CALL(left_in(ends[0]));
    CALL(write(ends[1], good + 1, PAGE + 100));
    CALL(left_in(ends[0]));
    CALL(write(ends[1], good, 2 * PAGE));
    CALL(left_in(ends[0]));
}

static long futex(void *word, int command, long value, long count, void *other, long compared)
{
    return syscall(SYS_futex, word, command, value, count, other, compared);
}

static void futexes(void)
{
    int word = 0, file = open("shared", O_RDWR | O_CREAT, 0600);
    char *gone = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *closed = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *fixed = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(gone, PAGE);
    ftruncate(file, PAGE);
    char *cut = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ftruncate(file, 0);
    char *words[] = { gone, closed, cut, fixed };
    for (int i = 0; i < 4; i++) {
        CALL(futex(words[i], FUTEX_WAKE, 1, 0, 0, 0));
        CALL(futex(words[i], FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
        CALL(futex(words[i], FUTEX_CMP_REQUEUE, 1, 1, &word, 0));
        CALL(futex(&word, FUTEX_CMP_REQUEUE, 1, 1, words[i], 0));
        CALL(futex(words[i], FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &word, 0));
        CALL(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, words[i], 0));
        CALL(futex(words[i], FUTEX_WAKE_OP, 1, 1, &word, FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)));
        CALL(futex(&word, FUTEX_WAKE_OP, 1, 1, words[i], FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)));
        CALL(futex(words[i], FUTEX_WAIT, 5, 0, 0, 0));
    }
    close(file);
}

static int mode_of(const char *path)
{
    struct stat status;
    return stat(path, &status) ? -1 : (int)(status.st_mode & 07777);
}

static int group_of(const char *path)
{
    struct stat status;
    return stat(path, &status) ? -1 : (int)status.st_gid;
}

static void made_in(const char *directory)
{
    char path[64];
    snprintf(path, sizeof path, "%s/file", directory);
    close(open(path, O_CREAT | O_EXCL | O_WRONLY, 02775));
    CALL(mode_of(path));
    CALL(group_of(path));
    CALL(chmod(path, 06711));
    CALL(mode_of(path));
    CALL(chown(path, -1, getegid()));
    CALL(mode_of(path));
    snprintf(path, sizeof path, "%s/unrun", directory);
    close(open(path, O_CREAT | O_EXCL | O_WRONLY, 06664));
    CALL(mode_of(path));
    snprintf(path, sizeof path, "%s/below", directory);
    CALL(mkdir(path, 0755));
    CALL(mode_of(path));
    CALL(group_of(path));
    snprintf(path, sizeof path, "%s/queue", directory);
    CALL(mkfifo(path, 0644));
    CALL(mode_of(path));
    CALL(group_of(path));
}

/* directories that pass on their group, in the root and in memory */
static void set_group(const char *place)
{
    int status;
    if (geteuid() != 0) return;
    umask(0);
    if (chdir(place)) return;
    mkdir("plain", 0777);
    mkdir("inherited", 0777);
    CALL(chown("inherited", 0, 4242));
    CALL(chmod("inherited", 02777));
    CALL(mode_of("inherited"));
    fflush(stdout);
    if (!fork()) {
        if (setgid(1000) || setuid(1000)) _exit(1);
        made_in("plain");
        made_in("inherited");
        CALL(chmod("inherited", 0777));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    made_in("inherited/below");
    umask(022);
}

static void opening(void)
{
    int status, file = open("made", O_CREAT | O_RDWR, 0644), again = open("made", O_CREAT | O_RDWR, 0644);
    CALL(fcntl(file, ASK_MADE));
    CALL(fcntl(again, ASK_MADE));
    int same = dup(file);
    CALL(fcntl(same, ASK_MADE));
    CALL(fcntl(file, ASK_SAME, same));
    CALL(fcntl(file, ASK_SAME, again));
    CALL(fcntl(file, ASK_SAME, 77));
    CALL(open("made", O_RDONLY | O_NOATIME) >= 0);
    if (geteuid() == 0) {
        fflush(stdout);
        if (!fork()) {
            mkdir("public", 0755);
            if (chdir("public")) _exit(1);
            close(open("roots", O_CREAT | O_WRONLY, 0644));
            setuid(1000);
            CALL(open("roots", O_RDONLY | O_NOATIME));
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
    }

    struct epoll_event event = { EPOLLIN, { 0 } };
    int watch = epoll_create1(0);
    const char *files[] = { "made", ".", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/maps" };
    for (int i = 0; i < 7; i++) CALL(epoll_ctl(watch, EPOLL_CTL_ADD, open(files[i], O_RDONLY), &event));
    CALL(epoll_ctl(watch, EPOLL_CTL_ADD, open("/dev/random", O_RDONLY), &event));
}

static void at_the_limit(void)
{
    int status;
    fflush(stdout);
    if (!fork()) {
        struct rlimit few = { 40, 40 };
        setrlimit(RLIMIT_NOFILE, &few);
        while (open("made", O_RDONLY) >= 0) {}
        CALL(fcntl(1, F_DUPFD, 1));
        CALL(fcntl(1, F_DUPFD, 40));
        CALL(dup(1));
        CALL(open("other", O_CREAT | O_RDWR, 0600));
        CALL(access("other", F_OK));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
}

/* what a program has set stays, though the bytes come to the disk later */
static void file_times(void)
{
    struct timespec set[2] = { { 900000000, 123456789 }, { 1000000000, 987654321 } };
    struct stat status;
    char name[16];
    int file = open("kept", O_CREAT | O_RDWR, 0644);
    CALL(write(file, "some bytes", 10));
    CALL(futimens(file, set));
    close(file);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "other-%d", i);
        close(open(name, O_CREAT | O_RDWR, 0644));
    }
    stat("kept", &status);
    HOLDS(status.st_mtim.tv_sec == 1000000000 && status.st_mtim.tv_nsec == 987654321);
    HOLDS(status.st_atim.tv_sec == 900000000 && status.st_atim.tv_nsec == 123456789);
    HOLDS(status.st_ctim.tv_sec > 1600000000);
    file = open("kept", O_RDWR);
    CALL(write(file, "other", 5));
    fstat(file, &status);
    HOLDS(status.st_mtim.tv_sec > 1600000000);
    set[0].tv_nsec = UTIME_OMIT;
    CALL(futimens(file, set));
    CALL(fsync(file));
    close(file);
    stat("kept", &status);
    HOLDS(status.st_mtim.tv_sec == 1000000000 && status.st_atim.tv_sec == 900000000);
}

static int own_id;

static void *sleeper(void *word)
{
    prctl(PR_SET_NAME, "a sleeper");
    own_id = syscall(SYS_gettid);
    while (*(volatile int *)word == 0) futex(word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
    return 0;
}

static char state_of(int task)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", task);
    int file = open(path, O_RDONLY);
    read(file, text, sizeof text - 1);
    close(file);
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

static void threads(void)
{
    pthread_t thread;
    int word = 0;
    char path[64], text[64] = "";
    own_id = 0;
    pthread_create(&thread, 0, sleeper, &word);
    for (int i = 0; i < 5000 && (!own_id || state_of(own_id) != 'S'); i++) usleep(1000);
    HOLDS(state_of(own_id) == 'S');
    HOLDS(state_of(getpid()) == 'R');
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", own_id);
    int file = open(path, O_RDWR);
    CALL(read(file, text, sizeof text));
    HOLDS(!strcmp(text, "a sleeper\n"));
    CALL(pwrite(file, "renamed", 7, 0));
    CALL(write(open(path, O_WRONLY), "renamed", 7));
    memset(text, 0, sizeof text);
    CALL(pread(file, text, sizeof text, 0));
    HOLDS(!strcmp(text, "renamed\n"));
    prctl(PR_GET_NAME, text);
    HOLDS(strcmp(text, "renamed"));
    word = 1;
    futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
    pthread_join(thread, 0);
    while (!access(path, F_OK)) usleep(1000);
    CALL(pread(file, text, sizeof text, 0));
}

static int forget(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

int main(void)
{
    char *place = own_directory();
    reading_into_a_hole();
    writing_from_a_hole();
    futexes();
    opening();
    at_the_limit();
    file_times();
    threads();
    set_group(place);
    char in_memory[32];
    snprintf(in_memory, sizeof in_memory, "/dev/shm/edges-%d", getpid());
    if (mkdir(in_memory, 0755)) return 1;
    set_group(in_memory);
    nftw(in_memory, forget, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
