#include "lookup.h"

#include "loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Made and freed by the loop's thread. The other one reads the names and writes `found`; then it
 * puts the lookup into `answered`. */
struct lookup {
    struct lookup *next;
    lookup_done done; /* NULL: cancelled */
    void *argument;
    struct addrinfo *found;
    char *host, *number;
};

static struct watch answers = {.fd = -1};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *answered;                /* under the mutex */
static struct lookup *waiting, **last_waiting; /* for a thread */
static unsigned running;

static const struct addrinfo any_stream = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};

static void *look_up(void *argument) {
    struct lookup *lookup = argument;
    if (getaddrinfo(lookup->host, lookup->number, &any_stream, &lookup->found) != 0)
        lookup->found = NULL;
    pthread_mutex_lock(&mutex);
    lookup->next = answered;
    answered = lookup;
    pthread_mutex_unlock(&mutex);
    (void)!write(answers.fd, &(uint64_t){1}, sizeof(uint64_t));
    return NULL;
}

static void free_lookup(struct lookup *lookup) {
    free(lookup->host);
    free(lookup->number);
    free(lookup);
}

/* Signals are the loop's: SIGTERM must not be taken by another thread. */
static bool start_thread(struct lookup *lookup) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &attributes, look_up, lookup) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    running += started;
    return started;
}

static void answer(struct lookup *lookup) {
    if (lookup->done)
        lookup->done(lookup->argument, lookup->found);
    else if (lookup->found)
        freeaddrinfo(lookup->found);
    free_lookup(lookup);
}

static void start_waiting(void) {
    while (waiting && running < LOOKUPS_MOST) {
        struct lookup *lookup = waiting;
        waiting = lookup->next;
        if (!waiting)
            last_waiting = &waiting;
        if (!lookup->done || !start_thread(lookup))
            answer(lookup); /* cancelled, or as if the name were not known */
    }
}

static void take_answers(struct watch *watch, uint32_t events) {
    uint64_t count;
    (void)events;
    (void)!read(watch->fd, &count, sizeof(count));
    pthread_mutex_lock(&mutex);
    struct lookup *lookup = answered;
    answered = NULL;
    pthread_mutex_unlock(&mutex);
    while (lookup) {
        struct lookup *next = lookup->next;
        running--;
        answer(lookup);
        lookup = next;
    }
    start_waiting();
}

static bool prepare(void) {
    if (answers.fd >= 0)
        return true;
    answers = (struct watch){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .ready = take_answers};
    last_waiting = &waiting;
    return answers.fd >= 0 && loop_watch(&answers, EPOLLIN);
}

static bool in_digits(const char *host, const char *number, struct addrinfo **found) {
    struct addrinfo hints = any_stream;
    hints.ai_flags |= AI_NUMERICHOST;
    return getaddrinfo(host, number, &hints, found) == 0;
}

struct lookup *lookup_start(const char *host, const char *number, lookup_done done, void *argument,
                            bool *failed) {
    struct addrinfo *found;
    *failed = false;
    if (in_digits(host, number, &found)) {
        done(argument, found);
        return NULL;
    }
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    *failed = true;
    if (!lookup || !prepare()) {
        free(lookup);
        return NULL;
    }
    *lookup = (struct lookup){NULL, done, argument, NULL, strdup(host), strdup(number)};
    if (!lookup->host || !lookup->number) {
        free_lookup(lookup);
        return NULL;
    }
    *failed = false;
    *last_waiting = lookup;
    last_waiting = &lookup->next;
    start_waiting();
    return lookup;
}

void lookup_cancel(struct lookup *lookup) {
    lookup->done = NULL;
}
