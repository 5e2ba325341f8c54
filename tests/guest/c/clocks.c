/* Clocks and sleeping; random numbers; what the machine says of itself. */
#define _GNU_SOURCE
#include "guest.h"

#include <limits.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>

#define MILLISECOND 1000000LL

static int64_t nanoseconds(struct timespec time) {
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t now(clockid_t clock) {
    struct timespec time;

    clock_gettime(clock, &time);
    return nanoseconds(time);
}

static int64_t asked(clockid_t clock) {
    struct timespec time;

    syscall(SYS_clock_gettime, clock, &time);
    return nanoseconds(time);
}

static void test_never_back(void) {
    int64_t before = now(CLOCK_MONOTONIC);
    int back = 0;

    for (int i = 0; i < 30000; i++) {
        int64_t here = i % 16 ? now(CLOCK_MONOTONIC) : asked(CLOCK_MONOTONIC);
        back += here < before;
        before = here;
    }
    SHOW("%d", back);
}

/* Reading in between: fast, call, fast. */
static void test_calls_agree(clockid_t clock) {
    int wrong = 0;

    for (int i = 0; i < 200; i++) {
        int64_t first = now(clock), second = asked(clock), third = now(clock);
        wrong += second < first || third < second;
    }
    SHOW("%d", wrong);
    SHOW("%d", llabs(now(clock) - asked(clock)) < 100 * MILLISECOND);
}

static void test_other_clocks(void) {
    struct timespec resolution;
    struct timeval day;

    gettimeofday(&day, NULL);
    SHOW("%d", llabs(now(CLOCK_REALTIME) / 1000000000 - day.tv_sec) <= 1);
    SHOW("%d", llabs(time(NULL) - day.tv_sec) <= 1);
    SHOW("%d", day.tv_sec > 1700000000);
    SHOW("%d", clock_getres(CLOCK_MONOTONIC, &resolution));
    SHOW("%ld", resolution.tv_nsec);
    SHOW("%d", clock_gettime(99, &resolution));
    SHOW_ERRNO();
    SHOW("%d", now(CLOCK_BOOTTIME) > 0 && now(CLOCK_MONOTONIC_RAW) > 0);
    SHOW("%d", now(CLOCK_REALTIME_COARSE) > 0 && now(CLOCK_MONOTONIC_COARSE) > 0);
    int64_t spent = now(CLOCK_PROCESS_CPUTIME_ID), own = now(CLOCK_THREAD_CPUTIME_ID);
    for (volatile int i = 0; i < 10000000; i++)
        ;
    SHOW("%d", now(CLOCK_PROCESS_CPUTIME_ID) > spent && now(CLOCK_THREAD_CPUTIME_ID) > own);
    spent = now(CLOCK_PROCESS_CPUTIME_ID);
    usleep(50000);
    SHOW("%d", now(CLOCK_PROCESS_CPUTIME_ID) - spent < 40 * MILLISECOND);
}

static void test_sleeping(void) {
    struct timespec time = {0, 20 * MILLISECOND}, left;
    int64_t start = now(CLOCK_MONOTONIC), end;

    SHOW("%d", nanosleep(&time, NULL));
    SHOW("%d", now(CLOCK_MONOTONIC) - start >= 20 * MILLISECOND);
    end = now(CLOCK_MONOTONIC) + 20 * MILLISECOND;
    time = (struct timespec){end / 1000000000, end % 1000000000};
    SHOW("%d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL));
    SHOW("%d", now(CLOCK_MONOTONIC) >= end);
    SHOW("%d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL));
    time = (struct timespec){0, 1000 * MILLISECOND};
    SHOW("%d", nanosleep(&time, &left));
    SHOW_ERRNO();
    time = (struct timespec){-1, 0};
    SHOW("%d", nanosleep(&time, &left));
    SHOW_ERRNO();
}

static void test_random(void) {
    unsigned char one[32], two[32], other[32];
    static unsigned char many[100000];
    int counts[256] = {0}, low = INT_MAX, high = 0;
    int fd = open("/dev/urandom", O_RDONLY);

    SHOW("%zd", getrandom(one, 32, 0));
    SHOW("%zd", getrandom(two, 32, GRND_NONBLOCK));
    SHOW("%zd", read(fd, other, 32));
    SHOW("%d", memcmp(one, two, 32) && memcmp(two, other, 32) && memcmp(one, other, 32));
    SHOW("%zd", getrandom(many, sizeof(many), 0));
    for (size_t i = 0; i < sizeof(many); i++)
        counts[many[i]]++;
    for (int i = 0; i < 256; i++) {
        low = counts[i] < low ? counts[i] : low;
        high = counts[i] > high ? counts[i] : high;
    }
    SHOW("%d", low > 250 && high < 550); /* 390 on average */
    SHOW("%ld", syscall(SYS_getrandom, (void *)8, 32, 0));
    SHOW_ERRNO();
    SHOW("%zd", getrandom(one, 32, 0x100));
    SHOW_ERRNO();
    close(fd);
    fd = open("/dev/random", O_RDONLY);
    SHOW("%zd", read(fd, one, 16));
    close(fd);
}

static void test_machine(void) {
    struct utsname name;
    struct sysinfo info;
    struct rlimit limit;
    struct rusage usage;
    cpu_set_t set;

    SHOW("%d", uname(&name));
    SHOW("%s %s", name.sysname, name.machine);
    SHOW("%d", sysinfo(&info));
    SHOW("%d", info.totalram > 0 && info.freeram > 0 && info.mem_unit > 0);
    SHOW("%d", getrlimit(RLIMIT_NOFILE, &limit));
    SHOW("%d", limit.rlim_cur >= 256);
    SHOW("%d", getrlimit(RLIMIT_STACK, &limit));
    SHOW("%d", limit.rlim_cur >= 1 << 20);
    SHOW("%d", getrusage(RUSAGE_SELF, &usage));
    SHOW("%d", usage.ru_maxrss > 0);
    SHOW("%d", sched_getaffinity(0, sizeof(set), &set));
    SHOW("%d", CPU_COUNT(&set) >= 1);
    SHOW("%d", sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    SHOW("%ld", sysconf(_SC_PAGESIZE));
    SHOW("%d", sched_getcpu() >= 0);
}

int main(void) {
    RUN(test_never_back);
    test_calls_agree(CLOCK_MONOTONIC);
    test_calls_agree(CLOCK_REALTIME);
    RUN(test_other_clocks);
    RUN(test_sleeping);
    RUN(test_random);
    RUN(test_machine);
    return 255;
}
