/* What can be done to a directory that is there only because something is mounted in it: points DIRECTORY. */
#include "report.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

int main(int count, char **arguments)
{
    struct statfs told;
    char inside[300];
    const char *point = count > 1 ? arguments[1] : "/";
    snprintf(inside, sizeof inside, "%s/y", point);
    close(open("/f", O_CREAT | O_RDWR, 0600));
    CALL(rename("/f", inside));
    CALL(rename(inside, "/f"));
    CALL(rename(point, "/z"));
    HOLDS(link("/f", inside) < 0);
    HOLDS(mkdir(inside, 0700) < 0);
    HOLDS(truncate(point, 1) < 0);
    CALL(statfs(point, &told));
    CALL(fstatfs(open(point, O_PATH), &told));
    return 0;
}
