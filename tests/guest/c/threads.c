/* Threads: creation, joining, locks, conditions, robust mutexes, fairness. */
#define _GNU_SOURCE
#include "guest.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter;
static __thread int local = 5;

static void *count_up(void *argument) {
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        int value = counter;
        if (i % 100 == 0)
            sched_yield();
        counter = value + 1;
        pthread_mutex_unlock(&mutex);
    }
    local++;
    return (void *)((long)argument + local);
}

static void test_join(void) {
    pthread_t threads[8];
    void *result;

    for (long i = 0; i < 8; i++)
        SHOW("%d", pthread_create(&threads[i], NULL, count_up, (void *)i));
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &result);
        SHOW("%ld", (long)result);
    }
    SHOW("%d %d", counter, local);
}

static int turn;

static void *take_turns(void *argument) {
    int mine = (int)(long)argument;

    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != mine)
            pthread_cond_wait(&condition, &mutex);
        turn = 1 - mine;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void test_condition(void) {
    pthread_t other;

    pthread_create(&other, NULL, take_turns, (void *)1);
    take_turns(0);
    pthread_join(other, NULL);
    SHOW("%d", turn);
}

static void test_timed_wait(void) {
    struct timespec deadline;
    sem_t semaphore;

    sem_init(&semaphore, 0, 0);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 20000000;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    SHOW("%d", sem_timedwait(&semaphore, &deadline));
    SHOW_ERRNO();
    sem_post(&semaphore);
    SHOW("%d", sem_timedwait(&semaphore, &deadline));
}

static volatile int stop;

static void *spin(void *argument) {
    while (!stop)
        (*(volatile long *)argument)++;
    return NULL;
}

static void test_spinning_thread_starves_nobody(void) {
    pthread_t spinner;
    long spins = 0;

    pthread_create(&spinner, NULL, spin, &spins);
    for (int i = 0; i < 5; i++)
        usleep(5000);
    stop = 1;
    pthread_join(spinner, NULL);
    SHOW("%d", spins > 0);
}

static void *die_with_lock(void *argument) {
    pthread_mutex_lock(argument);
    return NULL;
}

static void test_robust_mutex(void) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t robust;
    pthread_t thread;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&thread, NULL, die_with_lock, &robust);
    pthread_join(thread, NULL);
    SHOW("%d", pthread_mutex_lock(&robust) == EOWNERDEAD);
    SHOW("%d", pthread_mutex_consistent(&robust));
    SHOW("%d", pthread_mutex_unlock(&robust));
}

static void *deep(void *argument) {
    volatile char room[200000];

    memset((void *)room, 1, sizeof(room));
    return room[199999] == 1 ? argument : NULL;
}

static void test_many_threads(void) {
    for (int round = 0; round < 20; round++) {
        pthread_t threads[10];
        void *result;

        for (int i = 0; i < 10; i++)
            if (pthread_create(&threads[i], NULL, deep, &counter) != 0)
                SHOW("%d", i);
        for (int i = 0; i < 10; i++) {
            pthread_join(threads[i], &result);
            if (result != &counter)
                SHOW("%p", result);
        }
    }
}

static void test_names_and_numbers(void) {
    char name[16] = "";

    SHOW("%d", prctl(PR_SET_NAME, "a-name-that-is-too-long"));
    SHOW("%d", prctl(PR_GET_NAME, name));
    SHOW("%s", name);
    SHOW("%d", syscall(SYS_gettid) == getpid());
    SHOW("%ld", syscall(SYS_tgkill, getpid(), 99999, 0));
    SHOW_ERRNO();
}

int main(void) {
    RUN(test_join);
    RUN(test_condition);
    RUN(test_timed_wait);
    RUN(test_spinning_thread_starves_nobody);
    RUN(test_robust_mutex);
    RUN(test_many_threads);
    RUN(test_names_and_numbers);
    pthread_t last;
    pthread_create(&last, NULL, deep, NULL);
    pthread_exit(NULL); /* the process ends with its last thread */
}
