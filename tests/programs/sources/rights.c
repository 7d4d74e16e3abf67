/* Users for files and what becomes of capabilities: setresuid, execve, turns of others. */
#include "report.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

static void files_of_others(void)
{
    struct stat told;
    int file;
    CALL(close(open("roots", O_RDWR | O_CREAT, 0600)));
    CALL(setresgid(-1, 2345, -1));
    CALL(setresuid(-1, 1234, -1));
    own_lines("effective user another");
    CALL(open("roots", O_RDWR));
    CALL(access("roots", R_OK));
    CALL(faccessat(AT_FDCWD, "roots", R_OK, AT_EACCESS));
    CALL(chmod("roots", 0644));
    CALL(file = open("mine", O_RDWR | O_CREAT, 0600));
    CALL(fstat(file, &told));
    CALL(told.st_uid);
    CALL(told.st_gid);
    CALL(chown("mine", 1, -1));
    CALL(setresuid(-1, 0, -1));
    CALL(setresgid(-1, 0, -1));
    own_lines("and root again");
    CALL(chown("mine", 1, -1));
    CALL(setresuid(99, 0, 0));
    CALL(access("roots", R_OK));
    CALL(faccessat(AT_FDCWD, "roots", R_OK, AT_EACCESS));
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
        for (int how = 0; how < 3; how++)
            APART({
                program = name;
                if (how == 1) CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
                if (how == 2 && (setresgid(66, 66, 66) || setresuid(77, 77, 77))) _exit(1);
                CALL(prctl(PR_SET_PDEATHSIG, 9));
                execute("by its file");
            });
    }
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
    APART(files_of_others());
    APART(only_real());
    if (geteuid() == 0) as_another();
    return 0;
}
