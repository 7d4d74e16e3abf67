/* Users for files, sets of capabilities and what becomes of them: setfsuid, capset, bounding and ambient sets, secure bits, execve. */
#include "report.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#endif
enum { IS_SET = 1, RAISE, LOWER, CLEAR_ALL };

static char *program;
static int proc;    /* not everybody may search the way there */

static void own_lines(const char *first)
{
    char line[200];
    FILE *status = fdopen(openat(proc, "self/status", O_RDONLY), "r");
    printf("%s\n", first);
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, "Cap", 3) || !strncmp(line, "Uid", 3) || !strncmp(line, "Gid", 3) || !strncmp(line, "NoNew", 5)) fputs(line, stdout);
    fclose(status);
    printf("keeps %d, bits %x\n", prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS));
    fflush(stdout);
}

/* what is inside runs as a process of its own */
#define APART(...) do { int status_; fflush(stdout); if (!fork()) { __VA_ARGS__; fflush(stdout); _exit(0); } wait(&status_); \
    CALL(status_); } while (0)

static void execute(const char *what)
{
    fflush(stdout);
    execl(program, "rights", what, (char *)0);
    _exit(errno);
}

static int change(int version, unsigned long long effective, unsigned long long permitted, unsigned long long inheritable)
{
    struct __user_cap_header_struct header = { version, 0 };
    struct __user_cap_data_struct sets[2] = {
        { effective, permitted, inheritable }, { effective >> 32, permitted >> 32, inheritable >> 32 },
    };
    return syscall(SYS_capset, &header, sets);
}

#define V3 _LINUX_CAPABILITY_VERSION_3
#define BIT(capability) (1ull << (capability))

static void files_of_others(void)
{
    struct stat told;
    int file;
    CALL(close(open("roots", O_RDWR | O_CREAT, 0600)));
    CALL(setfsuid(1234));
    CALL(setfsuid(-1));
    CALL(setfsgid(2345));
    CALL(setfsgid(-1));
    own_lines("files are another's");
    CALL(open("roots", O_RDWR));
    CALL(access("roots", R_OK));
    CALL(faccessat(AT_FDCWD, "roots", R_OK, AT_EACCESS));
    CALL(chmod("roots", 0644));
    CALL(file = open("mine", O_RDWR | O_CREAT, 0600));
    CALL(fstat(file, &told));
    CALL(told.st_uid);
    CALL(told.st_gid);
    CALL(chown("mine", 1, -1));
    CALL(setfsuid(0));
    CALL(setfsuid(-1));
    CALL(setfsgid(0));
    own_lines("and root's again");
    CALL(chown("mine", 1, -1));
    CALL(setfsuid(1234));
    CALL(setresuid(-1, 77, -1));
    CALL(setfsuid(-1));
    CALL(setfsuid(88));
    CALL(setfsuid(-1));
    CALL(setfsuid(0));
    CALL(setfsuid(-1));
    CALL(setfsgid(99));
    CALL(setfsgid(-1));
    own_lines("real user root");
    CALL(access("roots", R_OK));
    CALL(faccessat(AT_FDCWD, "roots", R_OK, AT_EACCESS));
    CALL(setresuid(99, 0, 0));
    CALL(access("roots", R_OK));
    CALL(faccessat(AT_FDCWD, "roots", R_OK, AT_EACCESS));
}

static void sets(void)
{
    unsigned long long all = 0;
    for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i) == 1; i++) all |= BIT(i);
    CALL(prctl(PR_CAPBSET_READ, CAP_LAST_CAP));
    CALL(prctl(PR_CAPBSET_READ, 63));
    CALL(prctl(PR_CAPBSET_DROP, 63));
    CALL(prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE));
    CALL(prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE));
    CALL(change(V3, all, all, BIT(CAP_SYS_PTRACE)));
    CALL(change(V3, all, all, BIT(CAP_KILL)));
    CALL(change(V3, BIT(CAP_KILL), all & ~BIT(CAP_NET_RAW), BIT(CAP_KILL)));
    CALL(change(V3, BIT(CAP_NET_RAW), all & ~BIT(CAP_NET_RAW), BIT(CAP_KILL)));
    CALL(change(V3, 0, all, 0));
    CALL(change(V3, 0, all & ~BIT(CAP_NET_RAW) & ~BIT(CAP_CHOWN), BIT(CAP_CHOWN)));
    CALL(change(V3, 0, BIT(CAP_KILL), BIT(CAP_CHOWN)));
    CALL(change(V3, BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_FOWNER)));
    CALL(prctl(PR_CAPBSET_DROP, CAP_KILL));
    CALL(change(0x1234, 0, 0, 0));
    CALL(change(_LINUX_CAPABILITY_VERSION_1, 0, BIT(CAP_KILL), 0));
    own_lines("few are left");
    execute("root again");
}

static void asks(void)
{
    struct __user_cap_header_struct header = { V3, 0 };
    struct __user_cap_data_struct told[2];
    CALL(syscall(SYS_capget, &header, told));
    header.pid = -1;
    CALL(syscall(SYS_capget, &header, told));
    CALL(syscall(SYS_capget, &header, 0));
    header.pid = 4000000;
    CALL(syscall(SYS_capget, &header, told));
    CALL(syscall(SYS_capset, &header, told));
    header = (struct __user_cap_header_struct){ 1, 0 };
    CALL(syscall(SYS_capget, &header, 0));
    HOLDS(header.version == V3);
    header.version = 1;
    CALL(syscall(SYS_capget, &header, told));
    CALL(syscall(SYS_capget, 0, told));
    header.version = V3;
    CALL(syscall(SYS_capget, &header, 8));
    CALL(syscall(SYS_capset, &header, 8));
}

static void ambient(void)
{
    CALL(prctl(PR_CAP_AMBIENT, IS_SET, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, 63, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, IS_SET, CAP_CHOWN, 1, 0));
    CALL(prctl(PR_CAP_AMBIENT, CLEAR_ALL, 1, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, 5, 1, 0, 0));
    CALL(change(V3, BIT(CAP_CHOWN) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP), BIT(CAP_CHOWN) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP),
        BIT(CAP_CHOWN) | BIT(CAP_KILL)));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_KILL, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, IS_SET, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, LOWER, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_CAP_AMBIENT, IS_SET, CAP_CHOWN, 0, 0));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_CHOWN, 0, 0));
    CALL(setuid(4321));
    own_lines("somebody with all of it");
    execute("somebody with ambient");
}

static void kept(void)
{
    CALL(prctl(PR_SET_KEEPCAPS, 2));
    CALL(prctl(PR_SET_KEEPCAPS, 1));
    CALL(prctl(PR_GET_KEEPCAPS));
    CALL(prctl(PR_GET_SECUREBITS));
    CALL(setresuid(5, 6, 7));
    own_lines("kept");
    CALL(prctl(PR_SET_KEEPCAPS, 0));
    CALL(setresuid(6, 6, 6));
    own_lines("kept still");
    execute("nothing");
}

static void secure(void)
{
    CALL(prctl(PR_SET_SECUREBITS, 1 << 12));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS_LOCKED));
    CALL(prctl(PR_SET_KEEPCAPS, 1));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS_LOCKED | SECBIT_KEEP_CAPS));
    CALL(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED));
    execute("root without rights");
}

static void only_real(void)
{
    CALL(setresuid(0, 5, 5));
    execute("only the real user is root");
}

static void copy_program(const char *name, int user, int group, int mode)
{
    static char bytes[1 << 16];
    int from = open(program, O_RDONLY), to = open(name, O_RDWR | O_CREAT, 0700);
    long count;
    while ((count = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, count) != count) _exit(1);
    (close(from), close(to));
    CALL(chown(name, user, group));
    CALL(chmod(name, mode));
}

/* files that say as whom they are executed */
static void as_another(void)
{
    static const struct { int user, group, mode; } files[] = {
        { 1234, 2345, 04755 }, { 1234, 2345, 02755 }, { 1234, 2345, 02745 }, { 0, 0, 06755 }, { 0, 0, 0755 },
    };
    for (int i = 0; i < 5; i++) {
        char name[20];
        snprintf(name, sizeof name, "program%d", i);
        copy_program(name, files[i].user, files[i].group, files[i].mode);
        for (int how = 0; how < 4; how++)
            APART({
                program = name;
                if (how == 1) CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
                if (how == 2 && (setresgid(66, 66, 66) || setresuid(77, 77, 77))) _exit(1);
                if (how == 3) {
                    CALL(change(V3, ~0ull, ~0ull, BIT(CAP_KILL)) && change(V3, BIT(CAP_KILL) | BIT(CAP_SETUID), BIT(CAP_KILL) | BIT(CAP_SETUID),
                        BIT(CAP_KILL)));
                    CALL(prctl(PR_CAP_AMBIENT, RAISE, CAP_KILL, 0, 0));
                    CALL(prctl(PR_SET_SECUREBITS, 0));
                }
                CALL(prctl(PR_SET_PDEATHSIG, 9));
                execute("by its file");
            });
    }
}

/* another thread's turns: whoever runs as its owner, whichever of the two users that is */
static void turns(void)
{
    int hold[2];
    char byte;
    struct sched_param none = { 0 };
    CALL(pipe(hold));
    fflush(stdout);
    pid_t other = fork();
    if (!other) {
        close(hold[1]);
        if (setresuid(11, 22, 33)) _exit(1);
        _exit(read(hold[0], &byte, 1) != 0);
    }
    usleep(100000);
    for (int user = 11; user <= 33; user += 11)
        APART({
            if (setresuid(user, user, user)) _exit(1);
            CALL(sched_setscheduler(other, SCHED_BATCH, &none));
            CALL(setpriority(PRIO_PROCESS, other, 1));
        });
    APART({
        struct rlimit limit = { 1, 1 };
        struct sched_param one = { 1 }, two = { 2 };
        CALL(sched_setscheduler(0, SCHED_RR, &two));
        CALL(setrlimit(RLIMIT_RTPRIO, &limit));
        CALL(setresuid(11, 11, 11));
        CALL(sched_setscheduler(0, SCHED_FIFO, &two));
        CALL(sched_setscheduler(0, SCHED_IDLE, &none));
        CALL(sched_setscheduler(0, SCHED_OTHER, &none));
        CALL(sched_setscheduler(0, SCHED_RR, &two));
        CALL(sched_setscheduler(0, SCHED_RR, &one));
    });
    close(hold[1]);
    wait(0);
}

int main(int count, char **words)
{
    static char path[256];
    proc = count > 1 ? 90 : dup2(open("/proc", O_RDONLY | O_DIRECTORY), 90);
    if (count > 1) {
        int death = -1;
        own_lines(words[1]);
        printf("secure %lu, user %lu %lu\n", getauxval(AT_SECURE), getauxval(AT_UID), getauxval(AT_EUID));
        CALL(prctl(PR_GET_DUMPABLE) == 1);
        CALL(prctl(PR_GET_PDEATHSIG, &death));
        CALL(death);
        return 0;
    }
    CALL(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    program = path;
    chmod(own_directory(), 0777);
    own_lines("as it begins");
    asks();
    APART(files_of_others());
    APART(sets());
    APART(ambient());
    APART(kept());
    APART(secure());
    APART(only_real());
    if (geteuid() == 0) as_another();
    turns();
    return 0;
}
