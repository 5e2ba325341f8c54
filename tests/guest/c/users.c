/* Users, groups, owners of files. Root alone may do all of it. */
#define _GNU_SOURCE
#include "guest.h"

#include <grp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void show_users(void) {
    uid_t real, effective, saved;

    SHOW("%d", getresuid(&real, &effective, &saved));
    printf("users %u %u %u\n", real, effective, saved);
}

static void show_groups(void) {
    gid_t real, effective, saved;

    SHOW("%d", getresgid(&real, &effective, &saved));
    printf("groups %u %u %u\n", real, effective, saved);
}

static void show_owner(const char *name) {
    struct stat status;

    if (lstat(name, &status) != 0)
        perror(name);
    printf("%s: %u %u %o\n", name, status.st_uid, status.st_gid, status.st_mode);
}

static void make(const char *name, mode_t mode) {
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    fchmod(fd, mode);
    close(fd);
}

static void test_owners(void) {
    make("f", 04755);
    show_owner("f");
    SHOW("%d", chown("f", 1, 2));
    show_owner("f");
    SHOW("%d", chown("f", -1, 3));
    show_owner("f");
    SHOW("%d", chmod("f", 02644));
    SHOW("%d", chown("f", 4, -1));
    show_owner("f");
    SHOW("%d", chmod("f", 06755));
    int fd = open("f", O_RDONLY);
    SHOW("%d", fchown(fd, 1u << 31, UINT32_MAX - 1));
    close(fd);
    show_owner("f");
    SHOW("%d", symlink("f", "link"));
    SHOW("%d", lchown("link", 5, 6));
    show_owner("link");
    SHOW("%d", fchownat(AT_FDCWD, "f", 0, 0, 1));
    SHOW_ERRNO();
    SHOW("%d", chown("absent", 0, 0));
    SHOW_ERRNO();
    unlink("link");
    unlink("f");
}

static void test_inherited_group(void) {
    mkdir("d", 0755);
    SHOW("%d", chown("d", 0, 7));
    SHOW("%d", chmod("d", 02755));
    SHOW("%d", mkdir("d/e", 0700));
    make("d/f", 0600);
    show_owner("d/e");
    show_owner("d/f");
    unlink("d/f");
    rmdir("d/e");
    rmdir("d");
}

static void test_groups(void) {
    gid_t some[] = {0, 3, UINT32_MAX - 1}, found[4] = {0};

    SHOW("%d", setgroups(3, some));
    SHOW("%d", getgroups(0, NULL));
    SHOW("%d", getgroups(4, found));
    SHOW("%u %u %u", found[0], found[1], found[2]);
    SHOW("%d", getgroups(2, found));
    SHOW_ERRNO();
    SHOW("%d", getgroups(-1, found));
    SHOW_ERRNO();
    SHOW("%d", setgroups(65537, some));
    SHOW_ERRNO();
    SHOW("%d", setgroups(0, NULL));
    SHOW("%d", getgroups(4, found));
}

static void test_becoming(void) {
    SHOW("%d", setresgid(1, 2, 3));
    show_groups();
    SHOW("%d", setegid(3));
    show_groups();
    SHOW("%d", setregid(-1, 9));
    show_groups();
    SHOW("%d", setresuid(-1, -1, -1));
    show_users();
    SHOW("%d", seteuid(10));
    show_users();
    make("owned", 0600);
    show_owner("owned");
    SHOW("%d", seteuid(11));
    SHOW_ERRNO();
    SHOW("%d", setuid(0));
    show_users();
    SHOW("%d", setreuid(20, 21));
    show_users();
    SHOW("%d", setreuid(21, 20));
    show_users();
    SHOW("%d", setreuid(22, -1));
    SHOW_ERRNO();
    SHOW("%d", setresuid(20, 20, 20));
    show_users();
    SHOW("%d", setuid(0));
    SHOW_ERRNO();
    SHOW("%d", setgroups(0, NULL));
    SHOW_ERRNO();
    SHOW("%d", setuid(-1));
    SHOW_ERRNO();
}

static void test_niceness(void) {
    SHOW("%d", getpriority(PRIO_PROCESS, 0));
    SHOW("%d", setpriority(PRIO_PROCESS, 0, 3));
    SHOW("%d", getpriority(PRIO_PROCESS, getpid()));
    SHOW("%d", nice(2));
    SHOW("%d", setpriority(PRIO_PROCESS, 0, 100));
    SHOW("%d", getpriority(PRIO_PROCESS, 0));
    SHOW("%d", getpriority(3, 0));
    SHOW_ERRNO();
}

static void show_name(void) {
    char name[65] = "", known[66] = "";
    int file = open("/proc/sys/kernel/hostname", O_RDONLY);

    SHOW("%d", gethostname(name, sizeof(name)));
    SHOW("%d", read(file, known, sizeof(known)) == (ssize_t)strlen(name) + 1);
    close(file);
    printf("%s %d\n", name, strncmp(known, name, strlen(name)));
}

/* Under Linux in a namespace: the computer keeps its name. */
static void test_naming(void) {
    char longest[66];

    memset(longest, 'x', sizeof(longest));
    if (unshare(CLONE_NEWUTS) != 0 && errno != ENOSYS) {
        perror("unshare");
        return;
    }
    SHOW("%d", sethostname("other", 5));
    show_name();
    SHOW("%d", sethostname("parted", 4));
    show_name();
    SHOW("%d", sethostname("", 0));
    show_name();
    SHOW("%d", sethostname(longest, 64));
    show_name();
    SHOW("%d", sethostname(longest, 65));
    SHOW_ERRNO();
    SHOW("%d", sethostname(longest, (size_t)-1));
    SHOW_ERRNO();
    SHOW("%d", sethostname((char *)8, 5));
    SHOW_ERRNO();
    show_name();
    SHOW("%d", seteuid(10));
    SHOW("%d", sethostname("mine", 4));
    SHOW_ERRNO();
    SHOW("%d", seteuid(0));
    show_name();
}

int main(void) {
    char folder[200];
    const char *above = getenv("GUEST_FOLDER"); /* of the test, which removes it */

    snprintf(folder, sizeof(folder), "%s/users-XXXXXX", above ? above : "/tmp");
    if (mkdtemp(folder) == NULL || chmod(folder, 0777) != 0 || chdir(folder) != 0)
        perror(folder);
    umask(022);
    RUN(test_niceness);
    RUN(test_owners);
    RUN(test_inherited_group);
    RUN(test_groups);
    RUN(test_naming);
    RUN(test_becoming);
    unlink("owned");
    return 0;
}
