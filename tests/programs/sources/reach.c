/* Calls that reach into other processes and files: process_vm_readv, /proc/self/{auxv,mem}, prctl, core bits, mmap's flags. */
#include "report.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char shown[8192] = "what the parent has";

static void other_memory(void)
{
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    int ready[2];
    if (pipe(ready)) abort();
    pid_t child = fork();
    if (child == 0) {
        strcpy(shown, "what the child has");
        strcpy(page, "page");
        if (write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char text[64] = "", byte;
    CALL(read(ready[0], &byte, 1));
    struct iovec local = { text, 18 }, remote[2] = { { shown, 9 }, { shown + 9, 9 } };
    CALL(process_vm_readv(child, &local, 1, remote, 2, 0));
    puts(text);
    strcpy(text, "that");
    local.iov_len = 4;
    CALL(process_vm_writev(child, &local, 1, remote, 1, 0));
    local.iov_len = 18;
    CALL(process_vm_readv(child, &local, 1, remote, 2, 0));
    puts(text);
    struct iovec whole = { shown, sizeof shown }, border = { page, 8192 }, bad = { page + 4096, 10 };
    CALL(process_vm_readv(child, &whole, 1, &border, 1, 0));
    CALL(process_vm_readv(child, &whole, 1, &bad, 1, 0));
    CALL(process_vm_readv(child, &local, 1, remote, 1, 1));
    CALL(process_vm_readv(child, &local, 0, remote, 1, 0));
    CALL(process_vm_readv(999999, &local, 1, remote, 1, 0));
    CALL(process_vm_readv(child, (void *)1, 1, remote, 1, 0));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", child);
    int memory = open(path, O_RDWR);
    HOLDS(memory >= 0);
    CALL(pread(memory, text, 18, (unsigned long)shown));
    puts(text);
    CALL(pwrite(memory, "Mem", 3, (unsigned long)shown));
    CALL(pread(memory, text, 18, (unsigned long)shown));
    puts(text);
    CALL(pread(memory, text, 8, (unsigned long)page + 4096));
    CALL(pread(memory, shown, 8192, (unsigned long)page));
    kill(child, SIGKILL);
    CALL(waitpid(child, 0, 0) == child);
    CALL(pread(memory, text, 4, (unsigned long)shown));
    CALL(process_vm_readv(child, &local, 1, remote, 1, 0));
}

static void own_vector(void)
{
    Elf32_auxv_t vector[64];
    int fd = open("/proc/self/auxv", O_RDONLY), count = read(fd, vector, sizeof vector) / sizeof *vector;
    HOLDS(count > 10 && vector[count - 1].a_type == AT_NULL);
    for (int i = 0; i < count; i++)
        if (vector[i].a_type == AT_PAGESZ || vector[i].a_type == AT_ENTRY || vector[i].a_type == AT_PHDR)
            HOLDS(vector[i].a_un.a_val == getauxval(vector[i].a_type));
    char line[512];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    int id, parent, major, minor, whole = 1;
    while (fgets(line, sizeof line, mounts))
        if (sscanf(line, "%d %d %d:%d ", &id, &parent, &major, &minor) != 4 || !strstr(line, " - ")) whole = 0;
    HOLDS(whole);
    HOLDS(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    fd = open("/sys/devices/system/cpu/online", O_RDONLY);
    HOLDS(read(fd, line, sizeof line) > 1 && line[0] == '0');
}

static int status_of(int signal, long limit)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit core = { limit, RLIM_INFINITY };
        prctl(PR_SET_DUMPABLE, 1);
        if (chdir("/dev/shm")) _exit(1);
        setrlimit(RLIMIT_CORE, &core);
        kill(getpid(), signal);
        _exit(1);
    }
    waitpid(child, &status, 0);
    return status;
}

static void states(void)
{
    char name[32] = "";
    CALL(prctl(PR_SET_NAME, "a name that is too long for it"));
    CALL(prctl(PR_GET_NAME, name));
    puts(name);
    CALL(prctl(PR_SET_DUMPABLE, 0));
    CALL(prctl(PR_GET_DUMPABLE));
    CALL(prctl(PR_SET_DUMPABLE, 3));
    CALL(prctl(PR_SET_DUMPABLE, 1));
    CALL(status_of(SIGABRT, 0));
    CALL(status_of(SIGSEGV, 0));
    CALL(status_of(SIGTERM, 1 << 20));
}

static void maps(void)
{
    PLACE(mmap(0, 4096, PROT_READ | PROT_WRITE, 0xffffffbf, -1, 0));
    PLACE(mmap(0, 4096, PROT_READ, MAP_ANONYMOUS | MAP_PRIVATE | MAP_HUGETLB | (5 << 26), -1, 0));
    PLACE(mmap(0, 4096, PROT_READ, MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
    int zero = open("/dev/zero", O_RDONLY);
    char *place = mmap(0, 4096, PROT_READ, MAP_SHARED, zero, 0);
    HOLDS(place != MAP_FAILED && !*place);
    CALL(mprotect(place, 4096, PROT_READ | PROT_WRITE));
    PLACE(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0));
    place = mmap(0, 4096, PROT_READ, MAP_PRIVATE, zero, 0);
    CALL(mprotect(place, 4096, PROT_READ | PROT_WRITE));
    int shm = open("/dev/shm/reach", O_CREAT | O_RDWR, 0600);
    CALL(ftruncate(shm, 8192));
    place = mmap(0, 4096, PROT_READ, MAP_SHARED, open("/dev/shm/reach", O_RDONLY), 0);
    CALL(mprotect(place, 4096, PROT_READ | PROT_WRITE));
    CALL(unlink("/dev/shm/reach"));
}

static int refusals;

static void refused(int signal) { refusals += signal == SIGXFSZ; }

/* Bytes of which only some can be stored, and a limit that two pieces meet between them. */
static void in_part(void)
{
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    struct iovec torn[2] = { { page, 2 }, { page + 4094, 4 } }, pieces[2] = { { "abcd", 4 }, { "efgh", 4 } };
    struct iovec here = { page + 4090, 20 }, there = { shown, 18 };
    CALL(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
    CALL(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
    int event = eventfd(7, EFD_NONBLOCK), ends[2];
    CALL(read(event, page + 4092, 8));
    CALL(pipe(ends));
    CALL(writev(ends[1], pieces, 2));
    CALL(readv(ends[0], torn, 2));
    CALL(read(ends[0], page, 100));
    CALL(writev(ends[1], torn, 2));
    int file = open("limited", O_CREAT | O_RDWR, 0644);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before, limit.rlim_cur = 4;
    signal(SIGXFSZ, refused);
    setrlimit(RLIMIT_FSIZE, &limit);
    long first = writev(file, pieces, 2), early = refusals, second = writev(file, pieces, 2);
    setrlimit(RLIMIT_FSIZE, &before);
    CALL(first);
    CALL(early);
    CALL(second);
    CALL(refusals);
    CALL(pwritev(file, pieces, 2, 4));
    CALL(preadv(file, torn, 2, 0));
    lseek(file, 2, SEEK_SET);
    CALL(readv(file, torn, 2));
    CALL(lseek(file, 0, SEEK_CUR));
    CALL(writev(file, torn, 2));
    CALL(lseek(file, 0, SEEK_CUR));
    CALL(pwrite(file, page, 4, 0x7FFFFFFFFFFFFFFE));
    CALL(pread(file, page, 0, 3));
    close(file), close(event), close(ends[0]), close(ends[1]);
}

int main(void)
{
    own_directory();
    other_memory();
    own_vector();
    states();
    maps();
    in_part();
    return 0;
}
