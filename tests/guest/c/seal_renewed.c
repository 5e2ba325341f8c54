/* What a machine that goes on behind a seal has of its own. Lines `name value`; the test knows what
 * they should be. */
#define _GNU_SOURCE
#include "seal.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>

static uint64_t now(clockid_t clock) {
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void random_bytes(const char *name) {
    unsigned char bytes[32];

    getrandom(bytes, sizeof(bytes), 0);
    printf("%s ", name);
    for (size_t i = 0; i < sizeof(bytes); i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

/* NUL becomes a space; in small pieces, so that an end lies within a line. */
static void file_of(const char *name, int fd) {
    char bytes[4096];
    ssize_t size = 0, piece;

    while (fd >= 0 && size < 4000 && (piece = read(fd, bytes + size, 7)) > 0)
        size += piece;
    for (ssize_t i = 0; i < size; i++)
        if (bytes[i] == 0 || bytes[i] == '\n')
            bytes[i] = ' ';
    printf("%s %.*s\n", name, (int)size, bytes);
    close(fd);
}

static void file(const char *name, const char *path) {
    file_of(name, open(path, O_RDONLY));
}

/* How many of the pages up to `end` are in memory already. */
static int filled(const char *end, size_t count) {
    uintptr_t start = ((uintptr_t)end & ~(uintptr_t)4095) - count * 4096;
    unsigned char there[64];
    int found = 0;

    if (count > sizeof(there) || mincore((void *)start, count * 4096, there) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        found += there[i] & 1;
    return found;
}

static void show(const char *when) {
    struct utsname names;
    char link[64] = {0};

    uname(&names);
    readlink("/proc/self", link, sizeof(link) - 1);
    printf("when %s\n", when);
    printf("pid %d %d %s\n", getpid(), gettid(), link);
    printf("hostname %s\n", names.nodename);
    printf("monotonic %ld\n", (long)now(CLOCK_MONOTONIC));
    printf("realtime %ld\n", (long)now(CLOCK_REALTIME));
    random_bytes("random");
    file("boot", "/proc/sys/kernel/random/boot_id");
    file("environment", "/proc/self/environ");
    file("hosts", "/etc/hosts");
    file("name", "/etc/hostname");
    file("read", "/etc/service.text");
    file("command", "/proc/self/cmdline");
    fflush(stdout);
}

int main(void) {
    size_t ballast = 24u << 20;
    if (getenv("BALLAST"))
        memset(malloc(ballast), 1, ballast);
    show("before");
    sethostname("sealed", 6);
    arm();
    only_child(fork());
    char here;
    extern const char __executable_start[], etext[];
    size_t text = ((uintptr_t)etext + 4095 - (uintptr_t)__executable_start) / 4096;
    printf("stack %d\n", filled(&here, 8));
    printf("text %zu of %d\n", text, filled(__executable_start + text * 4096, text));
    show("after");
    file_of("sealed", open_seal());
    int fd = open_seal();
    if (fd >= 0) {
        ssize_t size = write(fd, "seal", 4);
        printf("again %zd %s\n", size, strerror(errno));
    }
    for (int i = 0; i < 1000; i++) {
        uint64_t one = now(CLOCK_MONOTONIC), other = now(CLOCK_MONOTONIC);
        if (other < one)
            printf("back %ld\n", (long)(one - other));
    }
    uint64_t start = now(CLOCK_MONOTONIC);
    usleep(50000);
    printf("slept %ld\n", (long)(now(CLOCK_MONOTONIC) - start));
    size_t size = 8u << 20;
    char *large = malloc(size);
    while (getenv("LARGE") && large != NULL && size < (96u << 20)) {
        memset(large, 1, size);
        free(large);
        large = malloc(size += 8u << 20);
    }
    printf("memory %zu\n", size >> 20);
    return 0;
}
