/* inotify: every event of files and directories, in order, and what the calls refuse. */
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int notices;
static char bytes[65536];

static void show(const char *after)
{
    static const char *names[] = { "ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE",
        "DELETE", "DELETE_SELF", "MOVE_SELF", "?", "UNMOUNT", "Q_OVERFLOW", "IGNORED" };
    static unsigned last;
    printf("after %s:\n", after);
    int count = read(notices, bytes, sizeof bytes);
    for (int at = 0; at < count;) {
        struct inotify_event *event = (void *)(bytes + at);
        printf("    %d", event->wd);
        for (int i = 0; i < 16; i++)
            if (event->mask & (1u << i)) printf(" %s", names[i]);
        if (event->mask & IN_ISDIR) printf(" ISDIR");
        if (event->len) printf(" '%s' %d", event->name, event->len);
        if (event->cookie) printf(event->cookie == last ? " same" : " new");
        last = event->cookie;
        puts("");
        at += sizeof *event + event->len;
    }
}

static int made(const char *name)
{
    return open(name, O_CREAT | O_RDWR, 0600);
}

static void in_a_directory(void)
{
    mkdir("watched", 0700);
    mkdir("other", 0700);
    CALL(inotify_add_watch(notices, "watched", IN_ALL_EVENTS));
    int file = made("watched/file");
    show("creat");
    CALL(write(file, "0123456789", 10));
    CALL(write(file, "0123456789", 10));
    show("two writes");
    CALL(pread(file, bytes, 5, 0));
    CALL(pread(file, bytes, 5, 30));
    show("read");
    CALL(ftruncate(file, 3));
    CALL(fchmod(file, 0640));
    show("ftruncate, fchmod");
    close(file);
    show("close");
    CALL(truncate("watched/file", 2));
    CALL(chmod("watched/file", 0600));
    struct timespec times[2] = { { 5, 0 }, { 0, UTIME_OMIT } };
    CALL(utimensat(AT_FDCWD, "watched/file", times, 0));
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = 0;
    CALL(utimensat(AT_FDCWD, "watched/file", times, 0));
    show("truncate, chmod, utimensat");
    file = open("watched/file", O_WRONLY | O_TRUNC);
    close(file);
    close(open("watched/file", O_RDONLY));
    show("open");
    CALL(link("watched/file", "watched/name"));
    CALL(symlink("file", "watched/symbol"));
    CALL(mkdir("watched/inner", 0700));
    CALL(mkfifo("watched/fifo", 0600));
    show("link, symlink, mkdir, mkfifo");
    CALL(rename("watched/name", "watched/a name that is longer than sixteen"));
    CALL(rename("watched/a name that is longer than sixteen", "other/name"));
    CALL(rename("other/name", "watched/back"));
    CALL(rename("watched/inner", "watched/inside"));
    show("rename");
    CALL(rename("watched/back", "watched/symbol"));
    show("rename onto another");
    CALL(unlink("watched/symbol"));
    CALL(unlink("watched/fifo"));
    CALL(rmdir("watched/inside"));
    show("unlink, rmdir");
    DIR *list = opendir("watched");
    readdir(list);
    show("opendir, readdir");
    closedir(list);
    show("closedir");
    CALL(chmod("watched", 0750));
    show("chmod of itself");
    file = open("watched/file", O_RDWR);
    CALL(unlink("watched/file"));
    CALL(write(file, "x", 1));
    close(file);
    show("a file without a name");
    CALL(rename("watched", "renamed"));
    close(made("renamed/file"));
    CALL(unlink("renamed/file"));
    CALL(rmdir("renamed"));
    show("its own end");
}

static void of_a_file(void)
{
    int file = made("single");
    CALL(inotify_add_watch(notices, "single", IN_ALL_EVENTS));
    CALL(write(file, "x", 1));
    CALL(link("single", "double"));
    CALL(unlink("single"));
    CALL(pwrite(file, "x", 1, 0));
    CALL(rename("double", "triple"));
    CALL(fchown(file, getuid(), getgid()));
    show("what befalls a file");
    CALL(unlink("triple"));
    show("unlink");
    close(file);
    show("its last close");
    close(made("target"));
    close(made("source"));
    CALL(inotify_add_watch(notices, "target", IN_ALL_EVENTS));
    CALL(inotify_add_watch(notices, "source", IN_ALL_EVENTS));
    CALL(rename("source", "target"));
    show("replaced");
    CALL(unlink("target"));
    show("gone");
}

static void kinds(void)
{
    close(made("file"));
    int watch = inotify_add_watch(notices, "file", IN_OPEN);
    CALL(inotify_add_watch(notices, "file", IN_CLOSE | IN_MASK_ADD) == watch);
    close(open("file", O_RDONLY));
    show("IN_MASK_ADD");
    CALL(inotify_add_watch(notices, "file", IN_MODIFY) == watch);
    close(open("file", O_RDONLY));
    show("another mask");
    CALL(inotify_add_watch(notices, "file", IN_MODIFY | IN_MASK_CREATE));
    CALL(inotify_add_watch(notices, "file", IN_MODIFY | IN_MASK_CREATE | IN_MASK_ADD));
    CALL(inotify_rm_watch(notices, watch));
    CALL(inotify_rm_watch(notices, watch));
    show("rm_watch");
    CALL(inotify_add_watch(notices, "file", IN_OPEN | IN_ONESHOT) > 0);
    close(open("file", O_RDONLY));
    close(open("file", O_RDONLY));
    show("IN_ONESHOT");
    mkdir("held", 0700);
    CALL(inotify_add_watch(notices, "held", IN_ALL_EVENTS | IN_EXCL_UNLINK) > 0);
    int file = made("held/file");
    unlink("held/file");
    CALL(write(file, "x", 1));
    close(file);
    show("IN_EXCL_UNLINK");
    CALL(inotify_add_watch(notices, "file", IN_OPEN | IN_ONLYDIR));
    CALL(inotify_add_watch(notices, "nothing", IN_OPEN));
    CALL(inotify_add_watch(notices, "", IN_OPEN));
    CALL(inotify_add_watch(notices, (void *)1, IN_OPEN));
    CALL(inotify_add_watch(notices, "file", 0));
    CALL(inotify_add_watch(0, "file", IN_OPEN));
    CALL(inotify_add_watch(-1, "file", IN_OPEN));
    CALL(inotify_rm_watch(1, 1));
    CALL(inotify_rm_watch(-1, 1));
    CALL(inotify_init1(1));
    symlink("file", "symbol");
    watch = inotify_add_watch(notices, "file", IN_OPEN);
    CALL(inotify_add_watch(notices, "symbol", IN_OPEN) == watch);
    CALL(inotify_add_watch(notices, "symbol", IN_OPEN | IN_DONT_FOLLOW) == watch);
}

static void as_a_file(void)
{
    struct pollfd poll_it = { notices, POLLIN, 0 };
    int length = -1, flags;
    CALL(poll(&poll_it, 1, 0));
    CALL(read(notices, bytes, 100));
    close(open("file", O_RDONLY));
    CALL(poll(&poll_it, 1, 0));
    CALL(ioctl(notices, FIONREAD, &length));
    CALL(length);
    CALL(read(notices, bytes, 15));
    CALL(read(notices, bytes, 16));
    CALL(write(notices, bytes, 16));
    CALL(lseek(notices, 0, SEEK_SET));
    CALL(fcntl(notices, F_GETFL));
    flags = fcntl(notices, F_GETFL);
    fcntl(notices, F_SETFL, flags & ~O_NONBLOCK);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        _exit(open("file", O_RDONLY) < 0);
    }
    CALL(read(notices, bytes, 100));
    CALL(waitpid(child, 0, 0) == child);
    fcntl(notices, F_SETFL, flags);
}

int main(void)
{
    own_directory();
    notices = inotify_init1(IN_NONBLOCK);
    HOLDS(notices >= 0);
    in_a_directory();
    of_a_file();
    kinds();
    as_a_file();
    return 0;
}
