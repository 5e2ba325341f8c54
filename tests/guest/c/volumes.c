/* Files that outlive the machine: what is particular to them, in the folder /tmp/volume. */
#define _GNU_SOURCE
#include "filing.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define FOLDER "/tmp/volume"
#define BIG (3 << 20)

static char big[BIG], copy[BIG];
static char *volatile nowhere = (char *)16;

static void test_large_transfers(void) {
    int fd = open("big", O_RDWR | O_CREAT, 0600);

    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)(i * 7 + i / 4096);
    SHOW("%zd", write(fd, big, BIG));
    SHOW("%zd", pread(fd, copy, BIG, 0));
    SHOW("%d", memcmp(big, copy, BIG));
    SHOW("%zd", pread(fd, copy, BIG, BIG - 1000));
    SHOW("%d", memcmp(big + BIG - 1000, copy, 1000));
    SHOW("%zd", pwrite(fd, "beyond", 6, BIG + 5000));
    SHOW("%ld", lseek(fd, 0, SEEK_END));
    SHOW("%zd", read(fd, nowhere, 10));
    SHOW("%zd", pread(fd, nowhere, 10, 0));
    SHOW_ERRNO();
    SHOW("%zd", pwrite(fd, nowhere, 10, 0));
    SHOW_ERRNO();
    SHOW("%d", ftruncate(fd, 10));
    SHOW("%zd", pread(fd, copy, BIG, 0));
    close(fd);
    SHOW("%d", unlink("big"));
}

/* An open file keeps its contents and its attributes, whatever becomes of its names. */
static void test_names_that_go(void) {
    int old = create("target", "old"), moved = create("source", "new"), other;
    struct stat before, after, there;
    char text[10] = "";

    SHOW("%d", fstat(old, &before));
    SHOW("%d", rename("source", "target"));
    SHOW("%d", fstat(old, &after));
    SHOW("%d %d", before.st_ino == after.st_ino, (int)after.st_nlink);
    SHOW("%d", stat("target", &there));
    SHOW("%d %d", there.st_ino == after.st_ino, (int)there.st_nlink);
    SHOW("%zd %s", pread(old, text, 9, 0), text);
    SHOW("%d", ftruncate(old, 1));
    SHOW("%d", fchmod(old, 0444));
    SHOW("%d", fstat(old, &after) || after.st_size != 1);
    SHOW("%o", after.st_mode);
    show_file("target");
    SHOW("%d", unlink("target"));
    SHOW("%d", fstat(moved, &after) || after.st_size != 3);
    SHOW("%d", (int)after.st_nlink);
    other = create("target", "third");
    SHOW("%d", fstat(moved, &after) || after.st_size != 3);
    SHOW("%zd", pwrite(moved, "longer", 6, 0));
    SHOW("%d", fstat(moved, &after) || after.st_size != 6);
    SHOW("%d", link("target", "second"));
    SHOW("%d", unlink("target"));
    SHOW("%d", fstat(other, &after) || after.st_nlink != 1);
    show_file("second");
    SHOW("%d", rename("second", "second"));
    SHOW("%d %d %d", close(old), close(moved), close(other));
    SHOW("%d", unlink("second"));
}

static void test_failed_names(void) {
    int fd = create("held", "held");
    struct stat status;

    mkdir("full", 0755);
    close(create("full/inside", ""));
    SHOW("%d", rename("full", "held"));
    SHOW_ERRNO();
    SHOW("%d", rename("held", "full"));
    SHOW_ERRNO();
    SHOW("%d", rmdir("held"));
    SHOW_ERRNO();
    SHOW("%d", rmdir("full"));
    SHOW_ERRNO();
    SHOW("%d", fstat(fd, &status) || status.st_nlink != 1);
    show_file("held");
    close(fd);
    SHOW("%d", unlink("full/inside"));
    SHOW("%d %d", rmdir("full"), unlink("held"));
}

/* Maps show what is written to the file, and never change it. */
static void test_maps(void) {
    int fd = open("map", O_RDWR | O_CREAT, 0600);
    char text[10] = "";

    for (int i = 0; i < 40; i++)
        memset(big + i * 4096, 'a' + i % 26, 4096);
    SHOW("%zd", write(fd, big, 40 * 4096 + 100));
    char *shared = mmap(NULL, 41 * 4096, PROT_READ, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 41 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *part = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 39 * 4096);
    SHOW("%d", memcmp(shared, big, 40 * 4096));
    SHOW("%d %d", memcmp(private, big, 40 * 4096), *part);
    SHOW("%d", shared[40 * 4096 + 200]);
    private[0] = 'X';
    private[20 * 4096] = 'Y';
    SHOW("%zd %s", pread(fd, text, 3, 0), text);
    SHOW("%zd", pwrite(fd, "written", 7, 4090));
    SHOW("%.7s", shared + 4090);
    SHOW("%.7s", private + 4090);
    SHOW("%zd", pwrite(fd, "end", 3, 40 * 4096 + 500));
    SHOW("%.3s", shared + 40 * 4096 + 500);
    SHOW("%c%c", private[0], private[20 * 4096]);
    SHOW("%c%c", shared[0], shared[20 * 4096]);
    close(fd);
    SHOW("%c", shared[30 * 4096]);
    SHOW("%d", unlink("map"));
    SHOW("%c", shared[35 * 4096]);
    SHOW("%d %d", munmap(shared, 41 * 4096), munmap(private, 41 * 4096));
    SHOW("%d", munmap(part, 4096));
}

/* What is written through a shared map is in the file for whoever reads it, at once. */
static void test_maps_that_write(void) {
    int fd = open("map", O_RDWR | O_CREAT, 0600), other = open("map", O_RDWR);
    int reader = open("map", O_RDONLY);
    char text[10] = "";

    SHOW("%d", ftruncate(fd, 20 * 4096 + 100));
    char *map = mmap(NULL, 21 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *read_only = mmap(NULL, 21 * 4096, PROT_READ, MAP_SHARED, fd, 0);
    strcpy(map, "first");
    SHOW("%s", read_only);
    SHOW("%zd %s", pread(fd, text, 5, 0), text);
    strcpy(map, "again");
    strcpy(map + 18 * 4096, "far");
    SHOW("%zd %s", pread(reader, text, 5, 0), text);
    SHOW("%zd %s", pread(other, text, 5, 0), text);
    SHOW("%d", msync(map, 21 * 4096, MS_SYNC));
    SHOW("%zd", pwrite(other, "W", 1, 2));
    SHOW("%s %s", map, read_only);
    SHOW("%d", mprotect(read_only, 4096, PROT_READ | PROT_WRITE));
    read_only[0] = 'X';
    SHOW("%s", map);
    SHOW("%d %d", close(fd), munmap(map, 21 * 4096));
    SHOW("%zd %s", pread(other, text, 5, 0), text);
    strcpy(read_only + 5, "!");
    SHOW("%zd %s", pread(reader, text, 6, 0), text);
    SHOW("%d", munmap(read_only, 21 * 4096));
    SHOW("%zd %s", pread(other, text, 6, 0), text);
    SHOW("%zd", pread(other, text, 5, 18 * 4096));
    SHOW("%s", text);
    SHOW("%ld", lseek(other, 0, SEEK_END));
    close(other);
    close(reader);
    fd = open("map", O_RDONLY);
    SHOW("%p", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    SHOW_ERRNO();
    close(fd);
    SHOW("%d", unlink("map"));
}

/* The buffer of a transfer may be a map of another file. */
static void test_transfers_through_maps(void) {
    int from = create("from", "contents of the first"), to = open("to", O_RDWR | O_CREAT, 0600);
    char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, from, 0);
    char *room = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, from, 0);

    SHOW("%zd", write(to, map, 21));
    show_file("to");
    SHOW("%zd", pread(to, room + 9, 8, 0));
    SHOW("%s", room);
    SHOW("%d %d", close(from), close(to));
    munmap(map, 4096);
    munmap(room, 4096);
    SHOW("%d %d", unlink("from"), unlink("to"));
}

#define APPENDERS 4
#define LINES 50

static void *append_lines(void *argument) {
    int fd = open("lines", O_WRONLY | O_APPEND | O_CREAT, 0644);
    char line[16];

    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof(line), "%d %03d\n", (int)(intptr_t)argument, i);
        if (write(fd, line, 6) != 6)
            perror("lines");
    }
    close(fd);
    return NULL;
}

static void test_appending_threads(void) {
    pthread_t threads[APPENDERS];
    int seen[APPENDERS] = {0}, who, what;
    bool ordered = true;

    for (intptr_t i = 0; i < APPENDERS; i++)
        pthread_create(&threads[i], NULL, append_lines, (void *)i);
    for (int i = 0; i < APPENDERS; i++)
        pthread_join(threads[i], NULL);
    FILE *file = fopen("lines", "r");
    while (fscanf(file, "%d %d", &who, &what) == 2)
        ordered &= who >= 0 && who < APPENDERS && what == seen[who]++;
    SHOW("%d %d %d %d %d", ordered, seen[0], seen[1], seen[2], seen[3]);
    fclose(file);
    SHOW("%d", unlink("lines"));
}

/* More threads than requests at once. */
#define TRANSFERS 8

static void *transfer(void *argument) {
    int fd = open("shared", O_RDWR), bad = 0;
    long place = (intptr_t)argument * 4096;
    char text[4096], back[4096];

    for (int i = 0; i < 30; i++) {
        memset(text, 'a' + (i + (int)(intptr_t)argument) % 26, sizeof(text));
        bad += pwrite(fd, text, sizeof(text), place) != sizeof(text);
        bad += i % 10 == 0 && fsync(fd) != 0;
        bad += pread(fd, back, sizeof(back), place) != sizeof(back);
        bad += memcmp(text, back, sizeof(text)) != 0;
    }
    close(fd);
    return (void *)(intptr_t)bad;
}

static void test_many_at_once(void) {
    pthread_t threads[TRANSFERS];
    void *bad;

    close(create("shared", ""));
    for (intptr_t i = 0; i < TRANSFERS; i++)
        pthread_create(&threads[i], NULL, transfer, (void *)i);
    for (int i = 0; i < TRANSFERS; i++) {
        pthread_join(threads[i], &bad);
        SHOW("%ld", (long)(intptr_t)bad);
    }
    SHOW("%d", unlink("shared"));
}

static void test_making_durable(void) {
    int folder = open(".", O_RDONLY | O_DIRECTORY), fd = create("durable", "x");

    SHOW("%d %d %d", fsync(fd), fdatasync(fd), fsync(folder));
    SHOW("%d", syncfs(folder));
    sync();
    close(folder);
    close(fd);
    fd = open("durable", O_WRONLY | O_SYNC);
    SHOW("%zd", write(fd, "y", 1));
    close(fd);
    show_file("durable");
    SHOW("%d", unlink("durable"));
}

static void test_times(void) {
    struct timespec times[2] = {{0, UTIME_OMIT}, {123456789, 987654321}};
    struct stat status, now;
    int fd = create("timed", "");

    SHOW("%d", futimens(fd, times));
    SHOW("%d", fstat(fd, &status));
    SHOW("%ld.%09ld", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    SHOW("%d", utimensat(AT_FDCWD, "timed", NULL, 0));
    SHOW("%d", stat("timed", &now) || now.st_mtim.tv_sec <= status.st_mtim.tv_sec);
    close(fd);
    SHOW("%d", unlink("timed"));
}

static void test_deep_folders(void) {
    char path[400] = FOLDER;

    for (int i = 0; i < 40; i++) {
        strcat(path, "/deep");
        if (mkdir(path, 0755))
            perror(path);
    }
    close(create("shallow", "moved"));
    strcat(path, "/file");
    SHOW("%d", rename("shallow", path));
    show_file(path);
    SHOW("%d", link(path, "linked"));
    SHOW("%d", rename(path, "back"));
    show_file("back");
    SHOW("%d %d", unlink("back"), unlink("linked"));
    for (int i = 0; i < 40; i++) {
        *strrchr(path, '/') = 0;
        if (rmdir(path))
            perror(path);
    }
    SHOW("%d", access("deep", F_OK));
}

static void test_permissions(void) {
    struct stat status;
    int fd = open("closed", O_RDWR | O_CREAT | O_EXCL, 0);

    SHOW("%zd", write(fd, "written", 7));
    close(fd);
    show_file("closed");
    SHOW("%d", access("closed", X_OK));
    SHOW_ERRNO();
    SHOW("%d", chmod("closed", 04711));
    SHOW("%d", stat("closed", &status));
    SHOW("%o", status.st_mode);
    SHOW("%d", access("closed", X_OK));
    SHOW("%d", unlink("closed"));
}

int main(void) {
    struct statfs statistics;

    mkdir(FOLDER, 0755);
    SHOW("%d", chdir(FOLDER));
    SHOW("%d", statfs(".", &statistics) || statistics.f_bfree == 0);
    RUN(test_large_transfers);
    RUN(test_names_that_go);
    RUN(test_failed_names);
    RUN(test_maps);
    RUN(test_maps_that_write);
    RUN(test_transfers_through_maps);
    RUN(test_appending_threads);
    RUN(test_many_at_once);
    RUN(test_making_durable);
    RUN(test_times);
    RUN(test_deep_folders);
    RUN(test_permissions);
    SHOW("%d", chdir("/"));
    SHOW("%d", rmdir(FOLDER));
    return 0;
}
