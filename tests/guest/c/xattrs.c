/* Extended attributes in /tmp. */
#define _GNU_SOURCE
#include "guest.h"

#include <sys/stat.h>
#include <sys/xattr.h>

static void show(const char *path, const char *name) {
    char value[100] = "";
    ssize_t size = getxattr(path, name, value, sizeof(value) - 1);

    if (size < 0)
        printf("%s %s: %s\n", path, name, strerror(errno));
    else
        printf("%s %s: %zd %s\n", path, name, size, value);
}

static int by_text(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Their order is the file system's. */
static void show_list(const char *path) {
    char names[400];
    const char *sorted[20];
    int count = 0;
    ssize_t size = llistxattr(path, names, sizeof(names));

    for (char *name = names; name < names + size; name += strlen(name) + 1)
        if (strncmp(name, "security.", 9) != 0) /* a security module's own */
            sorted[count++] = name;
    qsort(sorted, count, sizeof(*sorted), by_text);
    printf("%s has %d:", path, count);
    for (int i = 0; i < count; i++)
        printf(" %s", sorted[i]);
    printf("\n");
}

static void test_values(void) {
    char value[10];

    close(open("f", O_CREAT | O_RDWR, 0600));
    show("f", "user.a");
    SHOW("%d", setxattr("f", "user.a", "one", 3, 0));
    show("f", "user.a");
    SHOW("%d", setxattr("f", "user.a", "another", 7, XATTR_CREATE));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "user.a", "another", 7, XATTR_REPLACE));
    show("f", "user.a");
    SHOW("%d", setxattr("f", "user.b", "", 0, XATTR_CREATE));
    show("f", "user.b");
    SHOW("%d", setxattr("f", "user.c", "x", 1, XATTR_REPLACE));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "trusted.t", "x", 1, 0));
    show_list("f");
    SHOW("%zd", getxattr("f", "user.a", NULL, 0));
    SHOW("%zd", getxattr("f", "user.a", value, 6));
    SHOW_ERRNO();
    SHOW("%zd", listxattr("f", value, 1));
    SHOW_ERRNO();
    SHOW("%d", removexattr("f", "user.b"));
    SHOW("%d", removexattr("f", "user.b"));
    SHOW_ERRNO();
    show_list("f");
}

static void test_names(void) {
    char name[300] = "user.";

    SHOW("%d", setxattr("f", "user.", "x", 1, 0));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "other.a", "x", 1, 0));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "", "x", 1, 0));
    SHOW_ERRNO();
    memset(name + 5, 'n', 250);
    SHOW("%d", setxattr("f", name, "x", 1, 0));
    SHOW("%d", removexattr("f", name));
    name[255] = 'n';
    SHOW("%d", setxattr("f", name, "x", 1, 0));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "user.x", "x", 1, 8));
    SHOW_ERRNO();
    SHOW("%d", setxattr("f", "user.x", name, 65537, 0));
    SHOW_ERRNO();
    SHOW("%d", setxattr("absent", "user.x", "x", 1, 0));
    SHOW_ERRNO();
}

static void test_kinds_of_files(void) {
    int fd = open("f", O_RDONLY);

    SHOW("%d", symlink("f", "link"));
    SHOW("%d", mkdir("d", 0700));
    SHOW("%d", setxattr("link", "user.via", "link", 4, 0));
    show("f", "user.via");
    SHOW("%d", lsetxattr("link", "user.own", "x", 1, 0));
    SHOW_ERRNO();
    SHOW("%d", lsetxattr("link", "trusted.own", "x", 1, 0));
    show_list("link");
    SHOW("%d", setxattr("d", "user.d", "x", 1, 0));
    show_list("d");
    SHOW("%d", fsetxattr(fd, "user.fd", "open", 4, 0));
    show("f", "user.fd");
    SHOW("%d", fremovexattr(fd, "user.fd"));
    SHOW("%zd", fgetxattr(fd, "user.fd", NULL, 0));
    SHOW_ERRNO();
    close(fd);
    SHOW("%d", fsetxattr(fd, "user.fd", "closed", 6, 0));
    SHOW_ERRNO();
    SHOW("%d", rename("f", "g"));
    show_list("g");
    unlink("link");
    unlink("g");
    rmdir("d");
}

int main(void) {
    char folder[] = "/tmp/guest-xattrs-XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        perror(folder);
    RUN(test_values);
    RUN(test_names);
    RUN(test_kinds_of_files);
    return rmdir(folder);
}
