/* Files in /tmp. */
#define _GNU_SOURCE
#include "filing.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#define FOLDER "/tmp/guest-files"

static void test_reading_and_writing(void) {
    int fd = create("a", "hello world");
    char text[20] = "";
    struct iovec parts[] = {{text, 3}, {text + 10, 5}};

    SHOW("%ld", lseek(fd, 6, SEEK_SET));
    SHOW("%zd", read(fd, text, 19));
    SHOW("%s", text);
    SHOW("%zd", read(fd, text, 19));
    SHOW("%ld", lseek(fd, -3, SEEK_END));
    SHOW("%ld", lseek(fd, -1, SEEK_SET));
    SHOW_ERRNO();
    SHOW("%ld", lseek(fd, 0, SEEK_SET));
    SHOW("%zd", readv(fd, parts, 2));
    SHOW("%.3s %.5s", text, text + 10);
    SHOW("%zd", pwrite(fd, "J", 1, 0));
    SHOW("%ld", lseek(fd, 0, SEEK_CUR));
    SHOW("%zd", pread(fd, text, 5, 100));
    show_file("a");
    SHOW("%d", ftruncate(fd, 4));
    show_file("a");
    SHOW("%d", truncate("a", 8));
    SHOW("%zd", pread(fd, text, 8, 0));
    SHOW("%d %d", text[3], text[4]);
    close(fd);
    SHOW("%zd", write(fd, "x", 1));
    SHOW_ERRNO();
    fd = open("a", O_RDONLY);
    SHOW("%zd", write(fd, "x", 1));
    SHOW_ERRNO();
    close(fd);
}

static void test_append(void) {
    int one = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    int two = open("log", O_WRONLY | O_APPEND);

    SHOW("%zd %zd %zd", write(one, "1,", 2), write(two, "2,", 2), write(one, "3", 1));
    SHOW("%ld", lseek(one, 0, SEEK_SET));
    SHOW("%zd", write(one, "4", 1));
    show_file("log");
    SHOW("%d", fcntl(one, F_GETFL) & (O_ACCMODE | O_APPEND));
    close(one);
    close(two);
}

static void test_sparse(void) {
    int fd = create("sparse", "");
    struct stat status;
    char byte = 1;

    SHOW("%zd", pwrite(fd, "end", 3, 10 << 20));
    SHOW("%d", fstat(fd, &status));
    SHOW("%ld", (long)status.st_size);
    SHOW("%zd", pread(fd, &byte, 1, 5 << 20));
    SHOW("%d", byte);
    SHOW("%d", posix_fallocate(fd, 0, 100000));
    close(fd);
    unlink("sparse");
}

static void test_unlinked(void) {
    int fd = create("gone", "still here");
    char text[20] = "";
    struct stat status;

    SHOW("%d", unlink("gone"));
    SHOW("%d", access("gone", F_OK));
    SHOW_ERRNO();
    SHOW("%zd", pread(fd, text, 19, 0));
    SHOW("%s", text);
    SHOW("%d", fstat(fd, &status));
    SHOW("%d", (int)status.st_nlink);
    close(fd);
    SHOW("%d", unlink("gone"));
    SHOW_ERRNO();
}

static void test_rename(void) {
    close(create("x", "x"));
    close(create("y", "y"));
    mkdir("d", 0755);
    mkdir("e", 0755);
    SHOW("%d", rename("x", "y"));
    show_file("y");
    show_file("x");
    SHOW("%d", rename("y", "d"));
    SHOW_ERRNO();
    SHOW("%d", rename("d", "y"));
    SHOW_ERRNO();
    SHOW("%d", rename("y", "d/y"));
    SHOW("%d", rename("e", "d"));
    SHOW_ERRNO();
    SHOW("%d", rename("d", "d/inside"));
    SHOW_ERRNO();
    SHOW("%d", rename("d", "e"));
    show_file("e/y");
    SHOW("%d", rename("absent", "z"));
    SHOW_ERRNO();
    close(create("n", "n"));
    SHOW("%d", renameat2(AT_FDCWD, "n", AT_FDCWD, "e", RENAME_NOREPLACE));
    SHOW_ERRNO();
    SHOW("%d", rmdir("e"));
    SHOW_ERRNO();
    SHOW("%d %d", unlink("e/y"), unlink("n"));
    SHOW("%d", rmdir("e"));
}

static void test_refusals(void) {
    char longest[300];

    close(create("f", "f"));
    mkdir("dir", 0755);
    SHOW("%d", open("f", O_RDWR | O_CREAT | O_EXCL, 0600));
    SHOW_ERRNO();
    SHOW("%d", open("f/child", O_RDONLY));
    SHOW_ERRNO();
    SHOW("%d", open("dir", O_WRONLY));
    SHOW_ERRNO();
    SHOW("%d", open("f", O_RDONLY | O_DIRECTORY));
    SHOW_ERRNO();
    SHOW("%d", open("", O_RDONLY));
    SHOW_ERRNO();
    SHOW("%d", mkdir("dir", 0755));
    SHOW_ERRNO();
    SHOW("%d", unlink("dir"));
    SHOW_ERRNO();
    SHOW("%d", rmdir("f"));
    SHOW_ERRNO();
    SHOW("%d", open("absent/f", O_WRONLY | O_CREAT, 0600));
    SHOW_ERRNO();
    SHOW("%zd", read(open("dir", O_RDONLY), longest, 10));
    SHOW_ERRNO();
    memset(longest, 'n', 255);
    longest[255] = 0;
    SHOW("%d", close(open(longest, O_WRONLY | O_CREAT, 0600)));
    SHOW("%d", unlink(longest));
    memset(longest, 'n', 256);
    longest[256] = 0;
    SHOW("%d", open(longest, O_WRONLY | O_CREAT, 0600));
    SHOW_ERRNO();
    SHOW("%d %d", unlink("f"), rmdir("dir"));
}

static void test_links(void) {
    struct stat status;
    char target[100] = "";

    close(create("file", "content"));
    SHOW("%d", symlink("file", "link"));
    show_file("link");
    SHOW("%zd", readlink("link", target, sizeof(target)));
    SHOW("%s", target);
    SHOW("%d", lstat("link", &status));
    SHOW("%d", S_ISLNK(status.st_mode));
    SHOW("%ld", (long)status.st_size);
    SHOW("%d", stat("link", &status));
    SHOW("%d", S_ISREG(status.st_mode));
    SHOW("%d", open("link", O_RDONLY | O_NOFOLLOW));
    SHOW_ERRNO();
    SHOW("%d", symlink("loop", "loop"));
    SHOW("%d", open("loop", O_RDONLY));
    SHOW_ERRNO();
    SHOW("%d", symlink("absent", "dangling"));
    SHOW("%d", access("dangling", F_OK));
    SHOW_ERRNO();
    SHOW("%d", link("file", "hard"));
    SHOW("%d", stat("hard", &status));
    SHOW("%d", (int)status.st_nlink);
    SHOW("%d %d", unlink("file"), stat("hard", &status));
    show_file("hard");
    SHOW("%zd", readlink("hard", target, sizeof(target)));
    SHOW_ERRNO();
    SHOW("%d %d %d %d", unlink("hard"), unlink("link"), unlink("loop"), unlink("dangling"));
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

static void test_folders(void) {
    char names[300][20], name[50];
    size_t count = 0;
    DIR *folder;

    mkdir("many", 0755);
    for (int i = 0; i < 250; i++) {
        snprintf(name, sizeof(name), "many/file-%03d", i);
        close(create(name, ""));
    }
    folder = opendir("many");
    for (struct dirent *entry; (entry = readdir(folder));)
        strcpy(names[count++], entry->d_name);
    qsort(names, count, sizeof(*names), compare);
    SHOW("%zu %s %s %s %s", count, names[0], names[1], names[2], names[251]);
    rewinddir(folder);
    SHOW("%d", readdir(folder) != NULL);
    closedir(folder);
    for (int i = 0; i < 250; i++) {
        snprintf(name, sizeof(name), "many/file-%03d", i);
        count -= unlink(name) == 0;
    }
    SHOW("%zu %d", count, rmdir("many"));
}

static void test_paths(void) {
    char where[200];
    int folder, fd;

    mkdir("p", 0755);
    mkdir("p/q", 0755);
    SHOW("%d", chdir("p/q"));
    SHOW("%s", getcwd(where, sizeof(where)));
    close(create("../../up", "up"));
    show_file("./../.././up");
    show_file("//tmp///guest-files//up");
    folder = open("..", O_RDONLY | O_DIRECTORY);
    fd = openat(folder, "at", O_WRONLY | O_CREAT, 0640);
    SHOW("%d", fd >= 0);
    close(fd);
    SHOW("%d", faccessat(folder, "at", R_OK, 0));
    SHOW("%d", access("../at/", F_OK));
    SHOW_ERRNO();
    SHOW("%d", fchdir(folder));
    SHOW("%s", getcwd(where, sizeof(where)));
    SHOW("%d", unlinkat(folder, "q", AT_REMOVEDIR));
    SHOW("%d", unlinkat(folder, "at", 0));
    SHOW("%d", close(folder));
    SHOW("%p", (void *)getcwd(where, 3));
    SHOW_ERRNO();
    SHOW("%d", chdir(FOLDER));
    SHOW("%s", realpath("p/../up", where));
    SHOW("%d %d", unlink("up"), rmdir("p"));
}

static void test_status(void) {
    struct stat status, same;
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    int fd = create("s", "12345");

    SHOW("%d", fstat(fd, &status));
    SHOW("%o %ld %d %d", status.st_mode, (long)status.st_size, (int)status.st_nlink, status.st_uid);
    SHOW("%d", stat("s", &same) == 0 && same.st_ino == status.st_ino);
    SHOW("%d", status.st_dev == same.st_dev && status.st_blksize > 0);
    SHOW("%d", fchmod(fd, 0400) || fstat(fd, &status));
    SHOW("%o", status.st_mode);
    SHOW("%d", futimens(fd, times) || fstat(fd, &status));
    SHOW("%ld.%ld %ld.%ld", status.st_atim.tv_sec, status.st_atim.tv_nsec, status.st_mtim.tv_sec,
         status.st_mtim.tv_nsec);
    SHOW("%d %d", fsync(fd), fdatasync(fd));
    close(fd);
    umask(077);
    close(open("u", O_CREAT | O_WRONLY, 0666));
    SHOW("%d", stat("u", &status));
    SHOW("%o", status.st_mode);
    umask(022);
    SHOW("%d", stat("/dev/null", &status));
    SHOW("%o", status.st_mode & S_IFMT);
    SHOW("%d", stat(FOLDER, &status));
    SHOW("%o", status.st_mode);
    SHOW("%d %d", unlink("s"), unlink("u"));
}

static void test_descriptors(void) {
    int fd = create("dup", "abcdef"), other = dup(fd), high;
    char text[4] = "";

    lseek(fd, 2, SEEK_SET);
    SHOW("%zd", read(other, text, 2));
    SHOW("%s", text); /* one offset for both */
    high = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    SHOW("%d %d", high, fcntl(high, F_GETFD));
    SHOW("%d", dup2(fd, 77));
    SHOW("%d", dup2(999, 78));
    SHOW_ERRNO();
    SHOW("%d", dup3(fd, fd, 0));
    SHOW_ERRNO();
    close(fd);
    SHOW("%d", open("dup", O_RDONLY) == fd); /* the lowest free one */
    SHOW("%zd", read(77, text, 1));
    SHOW("%d", fcntl(fd, F_SETFL, O_NONBLOCK));
    SHOW("%d", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
    close(other);
    close(77);
    close(high);
    SHOW("%d", close(high));
    SHOW_ERRNO();
    unlink("dup");
}

static void test_devices(void) {
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
    char bytes[] = "xxxx";

    SHOW("%zd %zd", write(null, "abc", 3), read(null, bytes, 4));
    SHOW("%zd", read(zero, bytes, 4));
    SHOW("%d %d", bytes[0], bytes[3]);
    SHOW("%d", open("/dev/absent", O_RDONLY));
    SHOW_ERRNO();
    close(null);
    close(zero);
}

static void test_streams(void) {
    char line[100];
    FILE *file = fopen("stream", "w+");

    for (int i = 0; i < 10000; i++)
        fprintf(file, "line %d\n", i);
    fseek(file, -9, SEEK_END);
    SHOW("%s", fgets(line, sizeof(line), file));
    rewind(file);
    int count = 0;
    while (fgets(line, sizeof(line), file))
        count++;
    SHOW("%d %ld", count, ftell(file));
    fclose(file);
    unlink("stream");
    file = tmpfile();
    SHOW("%d", file && fputs("temporary", file) >= 0);
    rewind(file);
    SHOW("%s", fgets(line, sizeof(line), file));
    fclose(file);
}

int main(void) {
    mkdir(FOLDER, 0755);
    SHOW("%d", chdir(FOLDER));
    RUN(test_reading_and_writing);
    RUN(test_append);
    RUN(test_sparse);
    RUN(test_unlinked);
    RUN(test_rename);
    RUN(test_refusals);
    RUN(test_links);
    RUN(test_folders);
    RUN(test_paths);
    RUN(test_status);
    RUN(test_descriptors);
    RUN(test_devices);
    RUN(test_streams);
    unlink("a");
    unlink("log");
    SHOW("%d", chdir("/tmp"));
    SHOW("%d", rmdir(FOLDER));
    return 0;
}
