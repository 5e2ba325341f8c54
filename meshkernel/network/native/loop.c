#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

static int epoll = -1;
static volatile sig_atomic_t stopping;
static sigset_t while_waiting;
static uint64_t now;
static struct epoll_event batch[BATCH];
static int batch_size;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static uint64_t read_clock(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

bool loop_init(void) {
    /* SIGTERM is let in only while waiting, so that it is never missed between two turns. Ctrl-C is
     * the supervisor's to answer: it closes the control socket when the machines are down. */
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop_signals, &while_waiting);
    sigdelset(&while_waiting, SIGTERM);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    now = read_clock();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll >= 0;
}

bool loop_watch(struct watch *watch, uint32_t events) {
    if (watch->watched && watch->events == events)
        return true;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(epoll, watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event) < 0)
        return false;
    watch->watched = true;
    watch->events = events;
    return true;
}

void loop_unwatch(struct watch *watch) {
    if (!watch->watched)
        return;
    epoll_ctl(epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->watched = false;
    for (int at = 0; at < batch_size; at++)
        if (batch[at].data.ptr == watch)
            batch[at].data.ptr = NULL;
}

bool loop_turn(int timeout) {
    int ready = epoll_pwait(epoll, batch, BATCH, timeout, &while_waiting);
    now = read_clock();
    batch_size = ready < 0 ? 0 : ready;
    for (int at = 0; at < batch_size; at++) {
        struct watch *watch = batch[at].data.ptr;
        if (watch)
            watch->ready(watch, batch[at].events);
    }
    batch_size = 0;
    return !stopping;
}

uint64_t loop_now(void) {
    return now;
}
