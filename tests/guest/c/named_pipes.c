/* Named pipes, and splice from and to pipes. */
#define _GNU_SOURCE
#include "guest.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

static void *write_hello(void *unused) {
    int fd = open("fifo", O_WRONLY);

    (void)unused;
    if (write(fd, "hello", 5) != 5)
        perror("write");
    close(fd);
    return NULL;
}

static void *read_all(void *unused) {
    char text[20] = "";
    int fd = open("fifo", O_RDONLY);
    ssize_t count = read(fd, text, sizeof(text) - 1);

    (void)unused;
    printf("read %zd: %s\n", count, text);
    close(fd);
    return NULL;
}

static short ready(int fd) {
    struct pollfd item = {.fd = fd, .events = POLLIN | POLLOUT};

    poll(&item, 1, 0);
    return item.revents;
}

static void test_names(void) {
    struct stat status;

    SHOW("%d", mkfifo("fifo", 0666));
    SHOW("%d", stat("fifo", &status));
    SHOW("%o %d", status.st_mode, (int)status.st_size);
    SHOW("%d", mkfifo("fifo", 0666));
    SHOW_ERRNO();
    SHOW("%d", mknod("node", S_IFIFO | 0600, 0));
    SHOW("%d", rename("node", "other"));
    SHOW("%d", unlink("other"));
    SHOW("%d", truncate("fifo", 1));
    SHOW_ERRNO();
}

static void test_meeting(void) {
    pthread_t thread;
    char text[20] = "";

    pthread_create(&thread, NULL, write_hello, NULL);
    int fd = open("fifo", O_RDONLY);
    SHOW("%zd", read(fd, text, sizeof(text)));
    SHOW("%s", text);
    pthread_join(thread, NULL);
    SHOW("%zd", read(fd, text, sizeof(text)));
    SHOW("%d", ready(fd) == POLLHUP);
    SHOW("%ld", lseek(fd, 0, SEEK_CUR));
    SHOW_ERRNO();
    close(fd);
    pthread_create(&thread, NULL, read_all, NULL);
    fd = open("fifo", O_WRONLY | O_TRUNC);
    ssize_t written = write(fd, "to a thread", 11);
    pthread_join(thread, NULL); /* it prints, too */
    SHOW("%zd", written);
    SHOW("%zd", write(fd, "x", 1));
    SHOW_ERRNO();
    SHOW("%d", ready(fd) & POLLERR);
    close(fd);
}

static void test_not_blocking(void) {
    char text[20] = "";

    SHOW("%d", open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW_ERRNO();
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    SHOW("%d", ready(reader));
    SHOW("%zd", read(reader, text, sizeof(text)));
    int writer = open("fifo", O_WRONLY | O_NONBLOCK);
    int second = open("fifo", O_WRONLY);
    SHOW("%zd", read(reader, text, sizeof(text)));
    SHOW_ERRNO();
    SHOW("%zd %zd", write(writer, "one ", 4), write(second, "two", 3));
    SHOW("%d %d", ready(reader), ready(writer));
    close(writer);
    SHOW("%zd", read(reader, text, sizeof(text)));
    SHOW("%s", text);
    SHOW("%d", ready(reader));
    close(second);
    SHOW("%d", ready(reader));
    close(reader);
    int both = open("fifo", O_RDWR);
    SHOW("%zd", write(both, "kept", 4));
    SHOW("%d", ready(both));
    close(both);
    both = open("fifo", O_RDWR | O_NONBLOCK); /* what nobody had open is empty */
    SHOW("%zd", read(both, text, sizeof(text)));
    SHOW_ERRNO();
    SHOW("%d", unlink("fifo"));
    SHOW("%zd", write(both, "gone", 4));
    SHOW("%zd", read(both, text, sizeof(text)));
    close(both);
}

static void note(int signal) {
    (void)signal;
}

static void test_interrupted(void) {
    struct sigaction action = {.sa_handler = note};

    sigaction(SIGALRM, &action, NULL);
    mkfifo("lonely", 0600);
    alarm(1);
    SHOW("%d", open("lonely", O_RDONLY));
    SHOW_ERRNO();
    unlink("lonely");
}

static void show_splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t size) {
    printf("splice %zd", splice(from, from_offset, to, to_offset, size, SPLICE_F_NONBLOCK));
    if (from_offset)
        printf(" from %ld", (long)*from_offset);
    if (to_offset)
        printf(" to %ld", (long)*to_offset);
    printf("\n");
}

static void test_splice(void) {
    char text[40] = "";
    int ends[2], file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    off_t offset = 6;

    SHOW("%d", pipe(ends));
    SHOW("%zd", write(file, "hello world", 11));
    show_splice(file, &offset, ends[1], NULL, 100);
    show_splice(file, &offset, ends[1], NULL, 100);
    SHOW("%ld", lseek(file, 0, SEEK_CUR));
    offset = 20;
    show_splice(ends[0], NULL, file, &offset, 3);
    show_splice(ends[0], NULL, file, NULL, 100);
    show_splice(ends[0], NULL, file, NULL, 100);
    SHOW_ERRNO();
    SHOW("%zd", pread(file, text, sizeof(text), 0));
    SHOW("%s, %s", text, text + 20);
    show_splice(file, NULL, file, NULL, 1);
    SHOW_ERRNO();
    show_splice(ends[0], &offset, file, NULL, 1);
    SHOW_ERRNO();
    show_splice(ends[0], NULL, ends[1], NULL, 1);
    SHOW_ERRNO();
    show_splice(ends[1], NULL, file, NULL, 1);
    SHOW_ERRNO();
    show_splice(ends[0], NULL, file, NULL, 0);
    SHOW("%d", fcntl(file, F_SETFL, O_APPEND));
    show_splice(ends[0], NULL, file, NULL, 1);
    SHOW_ERRNO();
    close(ends[1]);
    show_splice(ends[0], NULL, file, NULL, 1);
    close(ends[0]);
    close(file);
    unlink("file");
}

static void test_splice_between_pipes(void) {
    static char block[65536];
    int one[2], two[2];

    SHOW("%d %d", pipe(one), pipe(two));
    SHOW("%zd", write(one[1], block, sizeof(block)));
    SHOW("%zd", write(two[1], block, 5 * 4096));
    show_splice(one[0], NULL, two[1], NULL, 10 * 4096);
    SHOW("%zd", read(one[0], block, sizeof(block)));
    SHOW("%zd", read(two[0], block, sizeof(block)));
    close(two[0]);
    signal(SIGPIPE, SIG_IGN);
    SHOW("%zd", write(one[1], "x", 1));
    show_splice(one[0], NULL, two[1], NULL, 1);
    SHOW_ERRNO();
}

int main(void) {
    char folder[] = "/tmp/guest-pipes-XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        perror(folder);
    umask(022);
    signal(SIGPIPE, SIG_IGN);
    RUN(test_names);
    RUN(test_meeting);
    RUN(test_not_blocking);
    RUN(test_interrupted);
    RUN(test_splice);
    RUN(test_splice_between_pipes);
    return rmdir(folder);
}
