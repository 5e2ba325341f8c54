/* What a child has from before its fork. */
#define _GNU_SOURCE
#include "seal.h"

#include <arpa/inet.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#define SIZE (3u << 20)

static unsigned char zeroed[1u << 20];
static char initialised[] = "data";
static __thread int own = 7;
static pthread_key_t key;
static int handled, prepared, in_child;

static void handler(int signal) {
    handled = signal;
}

static void prepare(void) {
    prepared++;
}

static void child(void) {
    in_child++;
}

static void fill(unsigned char *bytes, size_t size, unsigned seed) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)((seed = seed * 1103515245u + 12345u) >> 16);
}

static int is_filled(const unsigned char *bytes, size_t size, unsigned seed) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (unsigned char)((seed = seed * 1103515245u + 12345u) >> 16))
            return 0;
    return 1;
}

static unsigned char *map(int flags, int fd) {
    return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);
}

static struct {
    unsigned char *heap, *private, *shared, *file, *constant, *freed, *wiped;
    int wipes;
    int temporary, pipe[2], epoll, event, timer, pair[2], null;
} kept;

static void make_memory(void) {
    char name[] = "/tmp/sealXXXXXX";

    fill(zeroed, sizeof(zeroed), 1);
    strcpy(initialised, "text");
    kept.heap = malloc(SIZE / 16);
    fill(kept.heap, SIZE / 16, 2);
    kept.private = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(kept.private, SIZE, 3);
    kept.shared = map(MAP_SHARED | MAP_ANONYMOUS, -1);
    fill(kept.shared, SIZE, 4);
    kept.temporary = mkstemp(name);
    unlink(name);
    ftruncate(kept.temporary, SIZE);
    kept.file = map(MAP_SHARED, kept.temporary);
    fill(kept.file, SIZE, 5);
    lseek(kept.temporary, 12345, SEEK_SET);
    kept.constant = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(kept.constant, SIZE, 6);
    mprotect(kept.constant, SIZE, PROT_READ);
    kept.freed = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(kept.freed, SIZE, 7);
    munmap(kept.freed, SIZE);
    kept.wiped = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(kept.wiped, SIZE, 8);
    kept.wipes = madvise(kept.wiped, SIZE, MADV_WIPEONFORK) == 0;
}

static void make_files(void) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 99};

    pipe2(kept.pipe, O_NONBLOCK);
    write(kept.pipe[1], "in the pipe", 11);
    kept.epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(kept.epoll, EPOLL_CTL_ADD, kept.pipe[0], &event);
    kept.event = eventfd(41, EFD_NONBLOCK);
    kept.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    socketpair(AF_UNIX, SOCK_STREAM, 0, kept.pair);
    write(kept.pair[1], "in the socket", 13);
    kept.null = open("/dev/null", O_RDWR);
}

/* Connections that were closed linger for a while, unseen. */
static void use_network(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

    bind(server, (struct sockaddr *)&address, size);
    listen(server, 1);
    getsockname(server, (struct sockaddr *)&address, &size);
    connect(client, (struct sockaddr *)&address, size);
    int accepted = accept(server, NULL, NULL);
    SHOW("%zd", write(client, "hello", 5));
    close(client);
    close(accepted); /* with unread bytes: a reset */
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&address, size);
    accepted = accept(server, NULL, NULL);
    close(accepted);
    close(client);
    close(server);
}

static void make_process(void) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct rlimit limit = {100, 100};
    sigset_t blocked;

    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR2);
    own = 8;
    pthread_key_create(&key, NULL);
    pthread_setspecific(key, initialised);
    pthread_atfork(prepare, NULL, child);
    chdir("/tmp");
    umask(027);
    setrlimit(RLIMIT_NOFILE, &limit);
    setenv("KEPT", "in the environment", 1);
    fesetround(FE_UPWARD);
}

static void memory(void) {
    SHOW("%d %s %d", is_filled(zeroed, sizeof(zeroed), 1), initialised,
         is_filled(kept.heap, SIZE / 16, 2));
    SHOW("%d %d %d %d", is_filled(kept.private, SIZE, 3), is_filled(kept.shared, SIZE, 4),
         is_filled(kept.file, SIZE, 5), is_filled(kept.constant, SIZE, 6));
    SHOW("%d", kept.wipes && is_filled(kept.wiped, SIZE, 8));
    fill(kept.private, SIZE, 8);
    fill(kept.file, SIZE, 9);
    SHOW("%d %d", is_filled(kept.private, SIZE, 8), is_filled(kept.file, SIZE, 9));
    unsigned char *fresh = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    size_t sum = 0;
    for (size_t i = 0; i < SIZE; i++)
        sum += fresh[i];
    SHOW("%zu", sum);
    for (int i = 0; i < 100; i++)
        free(malloc((size_t)i * 1000));
}

static void files(void) {
    struct epoll_event event;
    char text[32] = {0};
    uint64_t count;

    SHOW("%ld", (long)lseek(kept.temporary, 0, SEEK_CUR));
    SHOW("%d", epoll_wait(kept.epoll, &event, 1, 0));
    SHOW("%u", event.data.u32);
    SHOW("%zd %s", read(kept.pipe[0], text, sizeof(text)), text);
    SHOW("%d", epoll_wait(kept.epoll, &event, 1, 20));
    write(kept.pipe[1], "!", 1);
    SHOW("%d", epoll_wait(kept.epoll, &event, 1, -1));
    SHOW("%zd", read(kept.event, &count, 8));
    SHOW("%d", (int)count);
    memset(text, 0, sizeof(text));
    SHOW("%zd %s", read(kept.pair[0], text, sizeof(text)), text);
    SHOW("%zd", write(kept.pair[0], "x", 1));
    SHOW("%zd %zd", write(kept.null, "x", 1), read(kept.null, text, 1));
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};
    timerfd_settime(kept.timer, 0, &soon, NULL);
    struct epoll_event timed = {.events = EPOLLIN};
    epoll_ctl(kept.epoll, EPOLL_CTL_DEL, kept.pipe[0], NULL);
    epoll_ctl(kept.epoll, EPOLL_CTL_ADD, kept.timer, &timed);
    SHOW("%d", epoll_wait(kept.epoll, &timed, 1, -1));
}

static void process(void) {
    struct rlimit limit;
    sigset_t set;
    char directory[64];

    raise(SIGUSR1);
    SHOW("%d", handled == SIGUSR1);
    sigprocmask(SIG_SETMASK, NULL, &set);
    SHOW("%d", sigismember(&set, SIGUSR2));
    sigpending(&set);
    SHOW("%d", sigismember(&set, SIGUSR2));
    SHOW("%d %s", own, (char *)pthread_getspecific(key));
    SHOW("%d %d", prepared, in_child);
    SHOW("%s", getcwd(directory, sizeof(directory)));
    SHOW("%o", umask(0));
    getrlimit(RLIMIT_NOFILE, &limit);
    SHOW("%d", (int)limit.rlim_cur);
    SHOW("%s", getenv("KEPT"));
    SHOW("%d", fegetround() == FE_UPWARD);
    SHOW("%d", getpid() == gettid());
    pthread_mutex_t robust = PTHREAD_MUTEX_INITIALIZER;
    SHOW("%d %d", pthread_mutex_lock(&robust), pthread_mutex_unlock(&robust));
}

static void *in_thread(void *argument) {
    own = 9;
    return argument;
}

static void threads(void) {
    pthread_t thread;
    void *result;

    SHOW("%d", pthread_create(&thread, NULL, in_thread, initialised));
    pthread_join(thread, &result);
    SHOW("%s %d", (char *)result, own);
}

int main(void) {
    make_memory();
    make_files();
    use_network();
    make_process();
    printf("before\n");
    arm();
    only_child(fork());
    RUN(memory);
    RUN(files);
    RUN(process);
    RUN(threads);
    RUN(use_network);
    return 3;
}
