/* Locks of one process: those of open files (flock, F_OFD_*) and its own (F_*). */
#define _GNU_SOURCE
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/time.h>

#define PATH "/tmp/guest-locks"

static const char *outcome(int result) {
    return result == 0 ? "done" : strerror(errno);
}

static int use(int fd, int command, short type, off_t start, off_t length) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &lock);
}

static void ask(int fd, int command, short type, off_t start, off_t length) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    int result = fcntl(fd, command, &lock);

    if (result || lock.l_type == F_UNLCK)
        printf("%s, free\n", outcome(result));
    else
        printf("type %d from %d start %ld length %ld process %d\n", lock.l_type, lock.l_whence,
               (long)lock.l_start, (long)lock.l_len, lock.l_pid == getpid() ? 1 : lock.l_pid);
}

static int opened(int flags) {
    return open(PATH, flags | O_CREAT, 0600);
}

static void test_whole_files(void) {
    int a = opened(O_RDWR), b = opened(O_RDONLY), copy = dup(a);

    SHOW("%s", outcome(flock(a, LOCK_EX | LOCK_NB)));
    SHOW("%s", outcome(flock(b, LOCK_EX | LOCK_NB)));
    SHOW("%s", outcome(flock(b, LOCK_SH | LOCK_NB)));
    SHOW("%s", outcome(flock(copy, LOCK_SH | LOCK_NB)));
    SHOW("%s", outcome(flock(b, LOCK_SH | LOCK_NB)));
    SHOW("%s", outcome(flock(a, LOCK_EX | LOCK_NB)));
    SHOW("%s", outcome(flock(b, LOCK_UN)));
    SHOW("%s", outcome(flock(a, LOCK_EX | LOCK_NB)));
    close(a);
    SHOW("%s", outcome(flock(b, LOCK_SH | LOCK_NB)));
    close(copy);
    SHOW("%s", outcome(flock(b, LOCK_SH | LOCK_NB)));
    SHOW("%s", outcome(flock(b, LOCK_SH | LOCK_EX)));
    SHOW("%s", outcome(flock(b, 0)));
    SHOW("%s", outcome(flock(-1, LOCK_SH)));
    close(b);
}

static void test_ranges(void) {
    int a = opened(O_RDWR), b = opened(O_RDWR), reader = opened(O_RDONLY);

    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 100, 100)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 150, 1)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_RDLCK, 199, 1)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 200, 0)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 0, 100)));
    ask(b, F_OFD_GETLK, F_WRLCK, 0, 0);
    ask(a, F_OFD_GETLK, F_RDLCK, 250, 10);
    ask(a, F_OFD_GETLK, F_RDLCK, 120, 10);
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_UNLCK, 140, 20)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 140, 20)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 140, 21)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_RDLCK, 160, 40)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_RDLCK, 160, 40)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 160, 40)));
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_UNLCK, 0, 0)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 140, 60)));
    ask(b, F_OFD_GETLK, F_WRLCK, 0, 0);
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 50, -50)));
    ask(b, F_OFD_GETLK, F_WRLCK, 0, 50);
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 50, -51)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, -1, 1)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, 7, 0, 1)));
    SHOW("%s", outcome(use(reader, F_OFD_SETLK, F_WRLCK, 0, 1)));
    SHOW("%s", outcome(use(-1, F_OFD_SETLK, F_WRLCK, 0, 1)));
    SHOW("%s", outcome(fcntl(a, F_OFD_SETLK, (void *)16)));
    close(a);
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 0, 0)));
    close(b);
    close(reader);
}

static void test_ends(void) {
    int a = opened(O_RDWR), b = opened(O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 5};

    SHOW("%d", ftruncate(a, 1000));
    SHOW("%s", outcome(fcntl(a, F_OFD_SETLK, &lock)));
    ask(b, F_OFD_GETLK, F_RDLCK, 0, 0);
    lseek(a, 20, SEEK_SET);
    lock.l_whence = SEEK_CUR;
    SHOW("%s", outcome(fcntl(a, F_OFD_SETLK, &lock)));
    ask(b, F_OFD_GETLK, F_RDLCK, 0, 0);
    lock.l_whence = 9;
    SHOW("%s", outcome(fcntl(a, F_OFD_SETLK, &lock)));
    lock.l_pid = 1;
    lock.l_whence = SEEK_SET;
    SHOW("%s", outcome(fcntl(a, F_OFD_SETLK, &lock)));
    close(a);
    close(b);
}

/* A process is never in its own way, and loses its locks with the first descriptor it closes. */
static void test_of_the_process(void) {
    int a = opened(O_RDWR), b = opened(O_RDWR), c = opened(O_RDWR);

    SHOW("%s", outcome(use(a, F_SETLK, F_WRLCK, 0, 100)));
    SHOW("%s", outcome(use(b, F_SETLK, F_WRLCK, 50, 100)));
    ask(b, F_GETLK, F_WRLCK, 0, 0);
    ask(b, F_OFD_GETLK, F_WRLCK, 0, 0);
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 0, 10)));
    SHOW("%s", outcome(flock(b, LOCK_EX | LOCK_NB)));
    close(c);
    SHOW("%s", outcome(use(b, F_OFD_SETLK, F_WRLCK, 0, 10)));
    ask(a, F_GETLK, F_WRLCK, 0, 0);
    SHOW("%s", outcome(use(a, F_SETLK, F_WRLCK, 5, 1)));
    SHOW("%s", outcome(lockf(a, F_TEST, 1) ? -1 : 0));
    close(a);
    close(b);
}

static int held;
static volatile bool freed;

static void *free_it(void *argument) {
    (void)argument;
    usleep(20000);
    freed = true;
    close(held);
    return NULL;
}

static void wait_for(int kind) {
    pthread_t thread;
    int other = opened(O_RDWR);

    held = opened(O_RDWR);
    freed = false;
    SHOW("%s", outcome(kind ? flock(held, LOCK_EX) : use(held, F_OFD_SETLK, F_WRLCK, 0, 0)));
    pthread_create(&thread, NULL, free_it, NULL);
    SHOW("%s", outcome(kind ? flock(other, LOCK_SH) : use(other, F_OFD_SETLKW, F_RDLCK, 9, 9)));
    SHOW("%d", freed);
    pthread_join(thread, NULL);
    close(other);
}

static void on_alarm(int number) {
    (void)number;
}

static void test_waiting(void) {
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value.tv_usec = 20000};
    int a = opened(O_RDWR), b = opened(O_RDWR);

    sigaction(SIGALRM, &action, NULL);
    SHOW("%s", outcome(flock(a, LOCK_EX)));
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW("%s", outcome(flock(b, LOCK_EX)));
    SHOW("%s", outcome(use(a, F_OFD_SETLK, F_WRLCK, 0, 1)));
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW("%s", outcome(use(b, F_OFD_SETLKW, F_WRLCK, 0, 1)));
    close(a);
    close(b);
    wait_for(0);
    wait_for(1);
}

static void test_other_names(void) {
    int a = opened(O_RDWR);

    SHOW("%s", outcome(flock(a, LOCK_EX)));
    SHOW("%d", link(PATH, PATH "-other"));
    int b = open(PATH "-other", O_RDWR);
    SHOW("%s", outcome(flock(b, LOCK_EX | LOCK_NB)));
    close(b);
    SHOW("%d %d", unlink(PATH "-other"), unlink(PATH));
    int c = opened(O_RDWR);
    SHOW("%s", outcome(flock(c, LOCK_EX | LOCK_NB)));
    close(a);
    close(c);
    unlink(PATH);
}

int main(void) {
    RUN(test_whole_files);
    RUN(test_ranges);
    RUN(test_ends);
    RUN(test_of_the_process);
    RUN(test_waiting);
    RUN(test_other_names);
    return 0;
}
