/* Futexes and the locks on them: time limits, values, requeueing, barriers, reader-writer locks. */
#define _GNU_SOURCE
#include "guest.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

static int word;

static long futex(int *at, int op, int value, const struct timespec *limit, int *other, int third) {
    return syscall(SYS_futex, at, op, value, limit, other, third);
}

static int64_t now(clockid_t clock) {
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct timespec at(int64_t nanoseconds) {
    return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

static void test_time_limits(void) {
    struct timespec limit = at(30000000);
    int64_t start = now(CLOCK_MONOTONIC);

    SHOW("%ld", futex(&word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0));
    SHOW_ERRNO();
    SHOW("%d", now(CLOCK_MONOTONIC) - start >= 30000000);
    limit = at(now(CLOCK_MONOTONIC) + 30000000);
    SHOW("%ld", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &limit, NULL, -1));
    SHOW_ERRNO();
    SHOW("%d", now(CLOCK_MONOTONIC) - start >= 60000000);
    limit = at(now(CLOCK_REALTIME) + 10000000);
    SHOW("%ld",
         futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &limit, NULL, -1));
    SHOW_ERRNO();
    limit = at(1);
    SHOW("%ld", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &limit, NULL, -1));
    SHOW_ERRNO();
    limit = (struct timespec){0, 1000000000};
    SHOW("%ld", futex(&word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0));
    SHOW_ERRNO();
}

static void test_refusals(void) {
    SHOW("%ld", futex(&word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", futex((int *)8, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", futex((int *)((char *)&word + 1), FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", futex(&word, 77, 0, NULL, NULL, 0));
    SHOW_ERRNO();
    SHOW("%ld", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}

static int other_word, arrived;

static void *wait_for_word(void *argument) {
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return argument;
}

/* Requeues one by one until all have been seen waiting. */
static void test_requeue(void) {
    pthread_t threads[3];
    long moved = 0, woken = 0;

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, wait_for_word, NULL);
    while (moved < 3) {
        long got = futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)10, &other_word, 0);
        if (got > 0)
            moved += got;
        usleep(1000);
    }
    SHOW("%ld", moved);
    while (woken < 3)
        woken += futex(&other_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    SHOW("%ld", woken);
    SHOW("%ld", futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)10, &other_word, 9));
    SHOW_ERRNO();
}

static pthread_barrier_t barrier;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int serial, inside, value;

static void *meet(void *argument) {
    for (int i = 0; i < 20; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            serial++;
        pthread_barrier_wait(&barrier);
        if (i % 4 == (long)argument % 4) {
            pthread_rwlock_wrlock(&lock);
            inside += value != 0;
            value = 1;
            sched_yield();
            value = 0;
            pthread_rwlock_unlock(&lock);
        } else {
            pthread_rwlock_rdlock(&lock);
            inside += value != 0;
            pthread_rwlock_unlock(&lock);
        }
    }
    return NULL;
}

static void test_thirty_two_threads(void) {
    pthread_t threads[32];

    pthread_barrier_init(&barrier, NULL, 32);
    for (long i = 0; i < 32; i++)
        if (pthread_create(&threads[i], NULL, meet, (void *)i) != 0)
            SHOW("%ld", i);
    for (int i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    SHOW("%d %d", serial, inside);
}

static pthread_key_t key;
static int destroyed;

static void destroy(void *at) {
    destroyed += *(int *)at;
}

static void *use_key(void *argument) {
    pthread_setspecific(key, argument);
    return pthread_getspecific(key);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void run_once(void) {
    printf("once\n");
}

static void test_keys_and_once(void) {
    int three = 3;
    pthread_t thread;
    void *result;

    pthread_key_create(&key, destroy);
    pthread_create(&thread, NULL, use_key, &three);
    pthread_join(thread, &result);
    SHOW("%d %d", result == &three, destroyed);
    pthread_once(&once, run_once);
    pthread_once(&once, run_once);
}

static pthread_mutex_t inherit, held = PTHREAD_MUTEX_INITIALIZER;

static void *sleep_for_ever(void *argument) {
    pause();
    return argument;
}

static void test_mutex_kinds(void) {
    pthread_mutexattr_t attributes;
    pthread_t thread;
    void *result;
    struct timespec limit = at(now(CLOCK_REALTIME) + 10000000);

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&inherit, &attributes);
    SHOW("%d", pthread_mutex_lock(&inherit));
    SHOW("%s", strerror(pthread_mutex_lock(&inherit)));
    SHOW("%d", pthread_mutex_unlock(&inherit));
    SHOW("%s", strerror(pthread_mutex_unlock(&inherit)));
    pthread_mutex_lock(&held);
    SHOW("%s", strerror(pthread_mutex_trylock(&held)));
    SHOW("%s", strerror(pthread_mutex_timedlock(&held, &limit)));
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    SHOW("%d", pthread_cancel(thread));
    SHOW("%d", pthread_join(thread, &result));
    SHOW("%d", result == PTHREAD_CANCELED);
}

int main(void) {
    RUN(test_time_limits);
    RUN(test_refusals);
    RUN(test_requeue);
    RUN(test_thirty_two_threads);
    RUN(test_keys_and_once);
    RUN(test_mutex_kinds);
    return 0;
}
