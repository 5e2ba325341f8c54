/* Owners of files that outlive the machine. Root alone may do this. */
#define _GNU_SOURCE
#include "guest.h"

#include <sys/stat.h>

#define NAME "/tmp/guest-owned"

static void show(const char *name) {
    struct stat status;

    if (lstat(name, &status) != 0)
        perror(name);
    printf("%s: %u %u %o\n", name, status.st_uid, status.st_gid, status.st_mode);
}

static void test_files(void) {
    int fd = open(NAME, O_RDWR | O_CREAT | O_EXCL, 0755);

    show(NAME);
    SHOW("%d", fchmod(fd, 06755));
    SHOW("%d", chown(NAME, 1, -1));
    show(NAME);
    SHOW("%d", fchmod(fd, 06644));
    SHOW("%d", fchown(fd, -1, 1u << 31));
    show(NAME);
    SHOW("%d", unlink(NAME));
    SHOW("%d", fchown(fd, 8, 9));
    struct stat status;
    SHOW("%d", fstat(fd, &status));
    SHOW("%u %u", status.st_uid, status.st_gid);
    close(fd);
}

static void test_folders_and_links(void) {
    SHOW("%d", mkdir(NAME, 0700));
    SHOW("%d", chown(NAME, 5, 6));
    show(NAME);
    SHOW("%d", symlink("nowhere", NAME "/link"));
    SHOW("%d", lchown(NAME "/link", 7, 8));
    show(NAME "/link");
    SHOW("%d", chown(NAME "/link", 7, 8));
    SHOW_ERRNO();
    SHOW("%d", unlink(NAME "/link"));
    SHOW("%d", rmdir(NAME));
}

static void test_of_another_user(void) {
    SHOW("%d", setegid(12));
    SHOW("%d", seteuid(11));
    close(open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600));
    show(NAME);
    SHOW("%d", unlink(NAME));
}

int main(void) {
    umask(022);
    RUN(test_files);
    RUN(test_folders_and_links);
    RUN(test_of_another_user);
    return 0;
}
