/* Tries to get out of its root while others exchange its directories for links: escape COUNT. Nothing of this may ever work. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/wait.h>

static long opened, outside;

static void look(const char *path)
{
    char bytes[16] = "";
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) return;
    opened++;
    int count = read(fd, bytes, sizeof bytes - 1);
    if (count > 0 && !strncmp(bytes, "secret", 6)) {
        outside++;
        printf("outside: %s: %s\n", path, bytes);
    }
    close(fd);
}

/* Everything else that takes a path. What it makes is called "made", wherever it may land. */
static void touch(const char *directory)
{
    char path[128], other[128];
    struct stat status;
    struct statfs system;
    struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
    snprintf(path, sizeof path, "%s/made", directory);
    snprintf(other, sizeof other, "%s/secret", directory);
    int fd = open(path, O_CREAT | O_RDWR | O_NOFOLLOW, 0600);
    if (fd >= 0) close(fd);
    if (stat(other, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 6) { outside++; printf("outside: stat %s\n", other); }
    statfs(other, &system);
    access(other, W_OK);
    chmod(other, 0640);
    chown(other, 0, 0);
    truncate(other, 6);
    utimensat(AT_FDCWD, other, times, 0);
    link(other, path);
    unlink(path);
    symlink("secret", path);
    unlink(path);
    mkdir(path, 0700);
    rmdir(path);
    rename(other, path);
    rename(path, other);
    fd = open(other, O_CREAT | O_EXCL | O_WRONLY, 0600);    /* it has stayed behind in the other one */
    if (fd >= 0) {
        if (write(fd, "inside", 6) != 6) abort();
        close(fd);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/made.too", directory);
    mkfifo(path, 0600);
    unlink(path);
    struct sockaddr_un name = { AF_UNIX };
    strcpy(name.sun_path, path);
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(made, (struct sockaddr *)&name, sizeof name);
    connect(made, (struct sockaddr *)&name, sizeof name);
    close(made);
    unlink(path);
}

int main(int count, char **arguments)
{
    long wanted = count > 1 ? atol(arguments[1]) : 1000;
    int home = open("/", O_RDONLY | O_DIRECTORY);
    const char *const places[] = { "/d", "/deep/d", "/m", "d/../d", "deep/d/../d", "/m/../d", "/proc/self/cwd/d", "/proc/self/root/d" };
    for (long i = 0; i < wanted; i++) {
        char path[128];
        const char *place = places[i % 8];
        snprintf(path, sizeof path, "%s/secret", place);
        look(path);
        if (i % 8 == 2 && chdir("/m") == 0) {
            look("../secret");
            look("../../secret");
            look("../d/secret");
            fchdir(home);
        }
        if (i % 16 == 5) touch(place);
    }
    printf("opens: %s, outside: %ld\n", opened > wanted / 8 ? "enough" : "too few", outside);
    return outside != 0;
}
