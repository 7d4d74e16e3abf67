/* As table.c: calls that write a file of the host, on a disk that becomes full at each of its blocks. After a failure the file before is as
 * it was, nothing is beside it, the engine is sound, and the same call succeeds once there is room. */
#include "table.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PAGE = 4096 };

static paging_engine e;
static paging_process p;
static paging_snapshot one, whole;
static paging_image image, images;
static char folder[256], path[280];

/* The calls; each replaces the file. */
static int32_t snapshot(void) { return paging_snapshot_save(one, path); }
static int32_t engine(void) { return paging_snapshot_save(whole, path); }
static int32_t saved_image(void) { return paging_image_save(image, path); }
static int32_t saved_images(void) { return paging_image_save(images, path); }
static int32_t core(void)
{
    const paging_core_thread thread = { 1, { 0 } };
    return paging_core_write(p, path, &thread, 1, 11);
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *listing = opendir(folder);
    CHECK(listing);
    for (struct dirent *entry; (entry = readdir(listing));) count += entry->d_name[0] != '.';
    closedir(listing);
    return count;
}

static int64_t length_of_file(void)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

static void allow(uint64_t length)
{
    struct rlimit limit = { length, RLIM_INFINITY };
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void put_old_file(void)
{
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("the one before", file) >= 0 && fclose(file) == 0);
}

static int is_old_file(void)
{
    char text[32] = "";
    FILE *file = fopen(path, "r");
    CHECK(file);
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return count == 14 && strcmp(text, "the one before") == 0;
}

/* A device that is always full: one of its own, as a mistake in the library, run as root, would replace the host's by a file. */
static const char *full_device(void)
{
    static char own[300];
    snprintf(own, sizeof own, "%s.full", folder);
    int file = mknod(own, S_IFCHR | 0600, makedev(1, 7)) == 0 ? open(own, O_WRONLY) : -1;    /* -1: not root, or a mount without devices */
    if (file < 0) return remove(own), "/dev/full";
    close(file);
    return own;
}

static void on_a_full_disk(int32_t (*call)(void))
{
    put_old_file();
    ROW(call(), 0), ROW(is_old_file(), 0);
    int64_t length = length_of_file();
    for (int has_old = 0; has_old < 2; has_old++) {
        for (int64_t room = 0; room < length; room += room < 3 ? 1 : length / 7 + 1) {
            ROW(remove(path), 0);
            if (has_old) put_old_file();
            allow((uint64_t)room);
            int32_t result = call();
            allow(RLIM_INFINITY);
            ROW(result, -27), ROW(SAYS("larger than its file system"), 1), ROW(files_in_folder(), has_old);    /* EFBIG */
            if (has_old) ROW(is_old_file(), 1);
            ROW(paging_audit(e, NULL, 0), 0), ROW(call(), 0), ROW(length_of_file(), length), ROW(files_in_folder(), 1);
        }
    }
    ROW(remove(path), 0), ROW(mkdir(path, 0700), 0), ROW(call() < 0, 1), ROW(files_in_folder(), 1), ROW(rmdir(path), 0);
    /* A link's file is replaced; a pipe and the full device stay what they are. */
    char other[300];
    struct stat status;
    const char *full = full_device();
    snprintf(other, sizeof other, "%s/other", folder);
    ROW(symlink(other, path), 0), ROW(call(), 0), ROW(lstat(path, &status), 0), ROW(S_ISLNK(status.st_mode), 1);
    ROW(length_of_file(), length);
    ROW(files_in_folder(), 2), ROW(remove(other), 0), ROW(remove(path), 0), ROW(symlink(full, path), 0), ROW(call(), -PAGING_ENOSPC);
    ROW(stat(full, &status), 0), ROW(S_ISCHR(status.st_mode), 1), ROW(remove(path), 0), ROW(files_in_folder(), 0);
    if (strcmp(full, "/dev/full")) ROW(remove(full), 0);
    ROW(symlink("no/such/folder", path), 0), ROW(call(), -PAGING_ENOENT), ROW(remove(path), 0), ROW(files_in_folder(), 0);
    /* A name and a link that are both relative lead to a file of the current directory. */
    char whole[sizeof path];
    int before = open(".", O_RDONLY | O_DIRECTORY);
    memcpy(whole, path, sizeof path);
    CHECK(before >= 0 && chdir(folder) == 0);
    strcpy(path, "saved");
    ROW(symlink("other", path), 0), ROW(call(), 0), ROW(lstat(path, &status), 0), ROW(S_ISLNK(status.st_mode), 1);
    ROW(length_of_file(), length), ROW(remove("other"), 0), ROW(remove(path), 0);
    CHECK(fchdir(before) == 0 && close(before) == 0);
    memcpy(path, whole, sizeof path);
    ROW(files_in_folder(), 0);
}

/* Pages that are out, and a swap device that refuses to give them in the middle of a call. */
static char slots[64][PAGE];
static int32_t refusal;
static int32_t read_slot(void *c, uint32_t slot, void *b) { (void)c; memcpy(b, slots[slot], PAGE); return refusal; }
static int32_t write_slot(void *c, uint32_t slot, const void *b) { (void)c; memcpy(slots[slot], b, PAGE); return 0; }

static void with_pages_that_cannot_be_read(uint32_t at, int32_t (*call)(void))
{
    for (int has_old = 0; has_old < 2; has_old++) {
        if (has_old) put_old_file();
        ROW(paging_madvise(p, at, 8 * PAGE, PAGING_MADV_PAGEOUT), 0), ROW(paging_drop_caches(e), 0);
        refusal = -PAGING_EIO;
        ROW(call() < 0, 1), ROW(files_in_folder(), has_old);
        if (has_old) ROW(is_old_file(), 1);
        refusal = 0;
        ROW(paging_audit(e, NULL, 0), 0), ROW(call(), 0), ROW(files_in_folder(), 1), ROW(remove(path), 0);
    }
}

/* A file of the host that reaches the limit: what does not fit is EFBIG at the sync, and the rest is there. Linux:
 * generic_write_check_limits. */
static void host_file(void)
{
    static uint8_t bytes[4 * PAGE];
    paging_file file;
    memset(bytes, 5, sizeof bytes);
    ROW(paging_file_open_host(e, path, 3, 1, &file), 0);
    int32_t descriptor = paging_file_open(file, p, 3, 0);
    allow(2 * PAGE);
    ROW(paging_file_write(file, 0, bytes, 4 * PAGE), 4 * PAGE), ROW(paging_sync(e) <= 0, 1), ROW(paging_fsync(p, descriptor), -27);
    ROW(paging_ftruncate(p, descriptor, 1 << 20), -27), ROW(paging_audit(e, NULL, 0), 0), ROW(length_of_file(), 2 * PAGE);
    ROW(paging_fsize(p, descriptor), 4 * PAGE), allow(RLIM_INFINITY), ROW(paging_ftruncate(p, descriptor, 3 * PAGE), 0);
    ROW(paging_file_write(file, 0, bytes, 3 * PAGE), 3 * PAGE), ROW(paging_fsync(p, descriptor), 0), ROW(length_of_file(), 3 * PAGE);
    ROW(paging_close(p, descriptor), 0), ROW(paging_free(file), 0), ROW(remove(path), 0), ROW(paging_audit(e, NULL, 0), 0);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    signal(SIGXFSZ, SIG_IGN);
    snprintf(folder, sizeof folder, "%s.folder", arguments[1]), snprintf(path, sizeof path, "%s/saved", folder);
    CHECK(mkdir(folder, 0700) == 0);
    ROW(paging_engine_create(NULL, &e), 0), ROW(paging_process_create(e, "p", NULL, &p), 0);
    uint32_t at = map(p, 8 * PAGE, ANONYMOUS, -1);
    for (uint32_t i = 0; i < 8; i++) ROW(paging_fill(p, at + i * PAGE, PAGE, i + 1, NULL), PAGE);
    host_file();
    ROW(paging_snapshot_take(p, &one), 0), ROW(paging_engine_snapshot_take(e, &whole), 0), ROW(paging_image_create(one, &image), 0);
    ROW(paging_image_create(whole, &images), 0);
    on_a_full_disk(snapshot), on_a_full_disk(engine), on_a_full_disk(saved_image), on_a_full_disk(saved_images), on_a_full_disk(core);
    paging_swap_store store = { sizeof store, 64, NULL, read_slot, write_slot, NULL };
    paging_swap swap;
    ROW(paging_swap_on(e, "slots", &store, &swap), 0), ROW(paging_free(one), 0), ROW(paging_free(whole), 0);
    ROW(paging_snapshot_take(p, &one), 0), ROW(paging_engine_snapshot_take(e, &whole), 0);
    with_pages_that_cannot_be_read(at, snapshot), with_pages_that_cannot_be_read(at, engine);
    ROW(paging_free(image), 0), ROW(paging_free(images), 0), ROW(paging_audit(e, NULL, 0), 0), ROW(paging_free(e), 0);
    ROW(rmdir(folder), 0);
    return wrong != 0;
}
