/* The order of errors, and what a refused call leaves: mmap of pipes, limits, seals, userfaultfds of gone processes, scripts. */
#define _GNU_SOURCE
#include "report.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>

enum { page = 4096 };
#define API 0xc018aa3fu
#define REGISTER 0xc020aa00u
#define UNREGISTER 0x8010aa01u
#define WAKE 0x8010aa02u
#define COPY 0xc028aa03u
#define ZERO 0xc020aa04u
#define PROTECT 0xc018aa06u
#define CONTINUE 0xc020aa07u
#define POISON 0xc020aa08u

static char *const at = (char *)0x20000000;
static char source[page] __attribute__((aligned(4096)));

static char *map(char *where, int pages, int rights, int kind, int file) {
    return mmap(where, pages * page, rights, kind | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
}

static int present(char *where) {
    uint64_t word = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY);
    pread(fd, &word, 8, (uintptr_t)where / page * 8LL);
    close(fd);
    return word >> 63;
}

static void maps_of_pipes(void) {
    int ends[2];
    pipe(ends);
    map(at, 4, 3, MAP_PRIVATE, -1);
    for (int kind = 1; kind < 4; kind++) {
        for (int end = 0; end < 2; end++) {
            CALL(syscall(SYS_mmap2, at, page, 3, 0x100000 + kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, at + 1, page, 3, 0x10 + kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, 0xfffff000, 0x1000000, 3, kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, 0, 0xf0000000, 3, kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, 0, 0xfffff001, 3, kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, 0, 0, 3, kind, ends[end], 0));
            CALL(syscall(SYS_mmap2, 0, page, 3, kind, ends[end], 0xffffffff));
            CALL(syscall(SYS_mmap2, 0, page, 1, kind, ends[end], 0));
        }
    }
    CALL(syscall(SYS_mmap2, 0, page, 3, 0, ends[0], 0));
    CALL(syscall(SYS_mmap2, at + 1, page, 3, 0x10, ends[0], 0));
}

static void file_limits(void) {
    struct rlimit limit = { 2 * page, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
    static const int modes[] = { 0, 1, 2, 3, 8, 0x10, 0x11, 0x20, 0x40, 0x41, 0x80 };
    int file = memfd_create("m", MFD_ALLOW_SEALING);
    ftruncate(file, page);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 11; i++) {
        CALL(fallocate(file, modes[i], 0x3a17, 0x3000));
        CALL(fallocate(file, modes[i], 0, 2 * page));
        CALL(fallocate(file, modes[i], 0x7fffffffffff0000LL, 0x10000));
        CALL(fallocate(file, modes[i], -1, 0));
    }
    struct stat status;
    fstat(file, &status);
    CALL(status.st_size);
    setrlimit(RLIMIT_FSIZE, &none);
    fcntl(file, F_ADD_SEALS, F_SEAL_GROW);
    map(at, 4, 3, MAP_PRIVATE, -1);
    struct iovec two[2] = { { at, page }, { at + page, page } };
    CALL(pwritev(file, two, 2, status.st_size - page));
    CALL(present(at) * 10 + present(at + page));
    fcntl(file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
    CALL(pwritev(file, two + 1, 1, 0));
    CALL(write(file, at + page, 10));
    CALL(write(file, (char *)0x30000000, 10));
    CALL(present(at + page));
    for (int flags = 0; flags < 2; flags++) CALL(pwritev2(file, two + 1, 1, -1, flags * 0x10) < 0);    // RWF_APPEND
    close(file);
}

static void own_pages(void) {    // a source that lies in the file itself, beyond its end
    for (int i = 0; i < 4; i++) {
        int file = memfd_create("q", 0);
        if (i == 2) ftruncate(file, 100);
        char *own = map(at, 8, 3, MAP_SHARED, file);
        if (i == 0) CALL(pwrite(file, own + 0x4100, 200, 0x4800));
        if (i == 1) CALL(pwrite(file, own + 0x4100, 200, 0x5800));
        if (i == 2) CALL(pwrite(file, own + 0x0800, 0x1000, 0x0f00));
        if (i == 3) CALL(pwrite(file, own + 0x3000, 0x3000, 0x3000));
        CALL(lseek(file, 0, SEEK_END));
        close(file);
    }
}

static void stored_words(void) {    // a word that reaches into a hole is not stored in part
    map(at, 4, 3, MAP_PRIVATE, -1);
    munmap(at + 3 * page, page);
    char *last = at + 3 * page - 3;
    CALL(syscall(SYS_getresuid32, last, at, at + 4));
    CALL(syscall(SYS_getresgid32, at, last, at + 4));
    CALL(syscall(SYS_getcpu, last, at, NULL));
    CALL(syscall(SYS_wait4, 0, last, 0x40000000 | WNOHANG, NULL));
    CALL(syscall(SYS_socketpair, 1, 1, 0, last));
    CALL(syscall(SYS_pipe, last));
    CALL(syscall(SYS_time, last) > 0);
    CALL(last[0] | last[1] | last[2]);
    struct iovec *pieces = (void *)(at + 3 * page - 12);
    pieces[0] = (struct iovec){ at, 1 };
    CALL(readv(0, pieces, 2));
    pieces[0].iov_len = -1;
    CALL(readv(0, pieces, 2));
    CALL(process_vm_readv(getpid(), pieces, 2, pieces, 1, 0));
}

static void futexes(void) {
    int file = memfd_create("f", 0);
    ftruncate(file, 8 * page);
    for (int rights = 0; rights < 8; rights++) {
        map(at + rights * page, 1, rights, MAP_SHARED, file);
        map(at + (16 + rights) * page, 1, rights, MAP_PRIVATE, file);
        map(at + (32 + rights) * page, 1, rights, MAP_PRIVATE, -1);
        for (int i = 0; i < 3; i++) {
            CALL(syscall(SYS_futex, at + (16 * i + rights) * page, 1, 1, 0, 0, 0));
            CALL(syscall(SYS_futex, at + (16 * i + rights) * page, 0, 1, 0, 0, 0));
            CALL(syscall(SYS_futex, at + (16 * i + rights) * page, 0x81, 1, 0, 0, 0));
            CALL(syscall(SYS_futex, at + (16 * i + rights) * page, 5, 1, 1, at + (16 * i + rights) * page, 0));
        }
    }
    munmap(at, 64 * page);
    close(file);
}

static void locked_segments(void) {
    int id = shmget(IPC_PRIVATE, 4 * page, 0600 | IPC_CREAT), own, second;
    char *attached = shmat(id, at, 0);
    attached[0] = 1;
    CALL(shmctl(id, SHM_LOCK, NULL));
    CALL(madvise(attached, page, MADV_PAGEOUT));
    CALL(present(attached));
    CALL(shmctl(id, SHM_UNLOCK, NULL));
    CALL(madvise(attached, page, MADV_PAGEOUT));
    shmdt(attached);
    shmctl(id, IPC_RMID, NULL);
    own = shmget(IPC_PRIVATE, 4 * page, 0600 | IPC_CREAT);
    second = shmget(IPC_PRIVATE, page + 1, 0600 | IPC_CREAT);
    for (int i = 0; i < 2; i++) {
        struct shmid_ds status;
        shmctl(i ? second : own, IPC_STAT, &status);
        status.shm_perm.uid = status.shm_perm.gid = 65534;
        shmctl(i ? second : own, IPC_SET, &status);
    }
    fflush(stdout);
    if (fork() == 0) {
        setresgid(65534, 65534, 65534);
        setresuid(65534, 65534, 65534);
        for (int pages = 7; pages >= 0; pages--) {
            struct rlimit limit = { pages * page, 7 * page };
            setrlimit(RLIMIT_MEMLOCK, &limit);
            CALL(shmctl(own, SHM_LOCK, NULL));
            CALL(shmctl(second, SHM_LOCK, NULL));
            CALL(shmctl(second, SHM_LOCK, NULL));
            CALL(shmctl(own, SHM_UNLOCK, NULL));
            CALL(shmctl(second, SHM_LOCK, NULL));
            struct shmid_ds status;
            shmctl(second, IPC_STAT, &status);
            CALL(status.shm_perm.mode);
            CALL(shmctl(second, SHM_UNLOCK, NULL));
        }
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    shmctl(own, IPC_RMID, NULL);
    shmctl(second, IPC_RMID, NULL);
}

static int request(int fd, unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *result) {
    uint64_t words[5] = { a, b, c, d, 77 };
    if (number == ZERO || number == CONTINUE || number == POISON) words[3] = 77;
    errno = 0;
    int value = ioctl(fd, number, words);
    *result = number == COPY ? words[4] : words[3];
    return value < 0 ? -errno : value;
}

static void fills_of_segments(void) {
    int id = shmget(IPC_PRIVATE, 4 * page, 0600 | IPC_CREAT);
    for (int kind = 0; kind < 3; kind++) {
        int file = memfd_create("m", 0), fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
        uint64_t start = (uintptr_t)at, result, api[3] = { 0xaa, 0x1ff11, 0 };
        ftruncate(file, 4 * page);
        munmap(at, 4 * page);
        if (kind == 0) shmat(id, at, 0);
        else map(at, 4, 3, MAP_SHARED, kind == 1 ? file : -1);
        CALL(ioctl(fd, API, api));
        for (int modes = 1; modes < 5; modes++) CALL(request(fd, REGISTER, start, 4 * page, modes, 0, &result));
        CALL(request(fd, COPY, start + page, (uintptr_t)source, page, 0, &result) * 10000 + (int)result);
        CALL(request(fd, COPY, start, (uintptr_t)source, page, 2, &result) * 10000 + (int)result);
        CALL(request(fd, ZERO, start + 2 * page, page, 0, 0, &result) * 10000 + (int)result);
        CALL(request(fd, CONTINUE, start + page, page, 0, 0, &result) * 10000 + (int)result);
        CALL(request(fd, POISON, start + 3 * page, page, 0, 0, &result) * 10000 + (int)result);
        CALL(request(fd, PROTECT, start, 4 * page, 1, 0, &result));
        CALL(request(fd, UNREGISTER, start, 4 * page, 0, 0, &result));
        close(fd);
        close(file);
    }
    munmap(at, 4 * page);
    shmctl(id, IPC_RMID, NULL);
}

static volatile int removed, is_settled;

static void *reads_events(void *fd) {
    uint64_t message[4];
    while (read((int)fd, message, 32) == 32) {
        if (message[1] == (uintptr_t)at + 3 * page) is_settled = 1;    // the last page is discarded after each call
        else removed = removed * 100 + (unsigned char)message[0];
    }
    return NULL;
}

static void events_of_advice(void) {
    static const int advices[] = { MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTNEED_LOCKED, MADV_COLD, MADV_PAGEOUT };
    for (int shared = 0; shared < 2; shared++) {
        int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
        uint64_t api[3] = { 0xaa, 8, 0 }, result;
        ioctl(fd, API, api);
        map(at, 4, 3, shared ? MAP_SHARED : MAP_PRIVATE, -1);
        request(fd, REGISTER, (uintptr_t)at, 4 * page, 1, 0, &result);
        pthread_t thread;
        pthread_create(&thread, NULL, reads_events, (void *)fd);
        for (int locked = 0; locked < 2; locked++) {
            if (locked) syscall(SYS_mlock2, at, 4 * page, 1);
            for (int i = 0; i < 6; i++) {
                removed = is_settled = 0;
                CALL(madvise(at, page, advices[i]));
                madvise(at + 3 * page, page, MADV_DONTNEED_LOCKED);
                while (!is_settled) usleep(100);
                CALL(removed);
            }
        }
    }
}

static void gone_owner(void) {
    int fd, ends[2], back[2];
    uint64_t api[3] = { 0xaa, 0, 0 }, start = (uintptr_t)at, result;
    char c;
    pipe(ends);
    pipe(back);
    fflush(stdout);
    int child = fork();    // it opens one for its memory, and ends
    if (child == 0) {
        fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
        ioctl(fd, API, api);
        map(at, 4, 3, MAP_PRIVATE, -1);
        request(fd, REGISTER, start, 2 * page, 1, 0, &result);
        if (fork() == 0) {
            read(ends[0], &c, 1);
            CALL(request(fd, REGISTER, start, page, 1, 0, &result));
            CALL(request(fd, REGISTER, start + 1, page, 1, 0, &result));
            CALL(request(fd, REGISTER, start, page, 0, 0, &result));
            CALL(request(fd, UNREGISTER, start, page, 0, 0, &result));
            CALL(request(fd, WAKE, start, page, 0, 0, &result));
            CALL(request(fd, WAKE, start + 1, page, 0, 0, &result));
            CALL(request(fd, COPY, start, (uintptr_t)source, page, 0, &result));
            CALL(request(fd, ZERO, start, page, 0, 0, &result));
            CALL(request(fd, POISON, start, page, 0, 0, &result));
            CALL(request(fd, PROTECT, start, page, 1, 0, &result));
            CALL(request(fd, CONTINUE, start, page, 0, 0, &result));
            fflush(stdout);
            write(back[1], "x", 1);
            _exit(0);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    write(ends[1], "x", 1);
    read(back[0], &c, 1);
}

static void lowest_page(int child) {    // of the area that grows
    char name[50], line[300];
    snprintf(name, sizeof name, "/proc/%d/maps", child);
    FILE *maps = fopen(name, "r");
    while (fgets(line, sizeof line, maps)) if (line[0] == '2' && line[8] == '-') printf("  %.17s\n", line);
    fclose(maps);
}

static void grown_by_others(void) {    // the limits of the process that accesses hold
    for (int which = 0; which < 8; which++) {
        int ends[2], ready[2];
        char c, name[50], buffer[64];
        pipe(ends);
        pipe(ready);
        fflush(stdout);
        int child = fork();
        if (child == 0) {
            mmap(at, 4 * page, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
            struct rlimit own = { which & 1 ? 0x10000 : 0x400000, 0x800000 }, locked = { 0x8000, 0x8000 };
            setrlimit(RLIMIT_STACK, &own);
            if (which & 4) setrlimit(RLIMIT_MEMLOCK, &locked);
            write(ready[1], "x", 1);
            read(ends[0], &c, 1);
            _exit(0);
        }
        read(ready[0], &c, 1);
        struct rlimit old, limit;
        getrlimit(RLIMIT_STACK, &old);
        limit = old;
        limit.rlim_cur = which & 2 ? 0x10000 : 0x400000;
        setrlimit(RLIMIT_STACK, &limit);
        snprintf(name, sizeof name, "/proc/%d/mem", child);
        int memory = open(name, O_RDWR);
        CALL(pread(memory, buffer, 64, (uintptr_t)at - 0x20000));
        lowest_page(child);
        CALL(pwrite(memory, buffer, 64, (uintptr_t)at - 0x30000));
        lowest_page(child);
        CALL(pread(memory, buffer, 64, (uintptr_t)at - 0x800000));
        setrlimit(RLIMIT_STACK, &old);
        write(ends[1], "x", 1);
        waitpid(child, NULL, 0);
        close(memory);
    }
}

static sigjmp_buf back;
static volatile struct { int signal; unsigned address, source, target, left, error; } refused;

static void on_refusal(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    refused.signal = number, refused.address = (unsigned)info->si_addr, refused.error = registers[REG_ERR];
    refused.source = registers[REG_ESI], refused.target = registers[REG_EDI], refused.left = registers[REG_ECX];
    siglongjmp(back, 1);
}

static void moved(const char *what, char *from, char *to) {
    for (int kind = 0; kind < 6; kind++) {
        char *source = from, *target = to;
        unsigned count = 16;
        refused.signal = 0;
        if (!sigsetjmp(back, 1)) {
            if (kind == 0) __asm__ volatile("rep movsb" : "+S"(source), "+D"(target), "+c"(count) :: "memory");
            if (kind == 1) __asm__ volatile("rep movsl" : "+S"(source), "+D"(target), "+c"(count) :: "memory");
            if (kind == 2) __asm__ volatile("movsb" : "+S"(source), "+D"(target), "+c"(count) :: "memory");
            if (kind == 3) __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(1) : "memory");
            if (kind == 4) __asm__ volatile("incb (%0)" :: "r"(target) : "memory");
            if (kind == 5) __asm__ volatile("xchgb %%al, (%0)" :: "r"(target) : "memory", "eax");
            printf("%s, %d: done\n", what, kind);
        } else if (kind < 2) printf("%s, %d: signal %d at %x, from %x to %x, left %x, error %x\n", what, kind, refused.signal, refused.address,
            refused.source, refused.target, refused.left, refused.error);
        else printf("%s, %d: signal %d at %x, error %x\n", what, kind, refused.signal, refused.address, refused.error);
    }
}

static void moves_onto_itself(void) {    // a movs loads before it stores, also where both are the same byte
    struct sigaction action = { .sa_sigaction = on_refusal, .sa_flags = SA_SIGINFO };
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    int file = memfd_create("m", 0);
    ftruncate(file, 0x1800);
    for (int kind = MAP_SHARED; kind <= MAP_PRIVATE; kind++) {
        map(at, 5, 3, kind, file);
        moved("beyond the end", at + 3 * page, at + 3 * page);
        moved("across the end", at + 2 * page - 8, at + 2 * page - 8);
        moved("to beyond", at, at + 3 * page);
        moved("from beyond", at + 3 * page, at);
        moved("the next byte", at + 3 * page, at + 3 * page + 1);
        moved("the next page", at + 3 * page, at + 4 * page);
    }
    map(at, 3, 1, MAP_PRIVATE, -1);
    moved("read-only", at, at);
    mprotect(at, page, 0);
    moved("closed", at, at);
    munmap(at, page);
    moved("a hole", at, at);
    (void)*(volatile char *)(at + page);    // emulated, the load of an incb maps it anyway
    moved("from a hole", at, at + page);
    moved("to a hole", at + page, at);
    munmap(at, 8 * page);
    close(file);
    signal(SIGSEGV, SIG_DFL);
}

static void script(const char *what, const char *bytes, int length) {
    unlink("script");
    int file = open("script", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    write(file, bytes, length);
    close(file);
    char *words[] = { "x", NULL };
    execve("script", words, words + 1);
    printf("%s: %s\n", what, strerror(errno));
}

static void scripts(void) {
    char line[600], name[40];
    script("name alone", "#!", 2);
    script("newline", "#!\n", 3);
    script("blanks", "#!  ", 4);
    script("blanks, newline", "#! \t\n", 5);
    script("zero", "#!\0\0", 4);
    script("zero, newline", "#!\0/bin/true\n", 13);
    script("zero in the name", "#!/\0true\n", 9);
    script("directory", "#!/\n", 4);
    script("empty", "", 0);
    script("one byte", "#", 1);
    for (int length = 250; length < 260; length++) {
        memset(line, 'a', sizeof line);
        memcpy(line, "#!/", 3);
        line[length] = '\n';
        snprintf(name, sizeof name, "newline at %d", length);
        script(name, line, length + 1);
        line[length] = ' ';
        line[400] = '\n';
        snprintf(name, sizeof name, "blank at %d", length);
        script(name, line, 401);
        line[length] = 0;
        snprintf(name, sizeof name, "zero at %d", length);
        script(name, line, 401);
        memset(line + 2, ' ', length - 2);
        line[length] = 'a';
        snprintf(name, sizeof name, "blanks up to %d", length);
        script(name, line, 401);
    }
}

int main(void) {
    own_directory();
    signal(SIGXFSZ, SIG_IGN);
    maps_of_pipes();
    file_limits();
    own_pages();
    stored_words();
    futexes();
    locked_segments();
    fills_of_segments();
    events_of_advice();
    gone_owner();
    munmap(at, 64 * page);
    grown_by_others();
    moves_onto_itself();
    scripts();
    return 0;
}
