/* The one event loop: epoll, and the clock that everything in one turn shares. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct watch {
    int fd;
    bool watched;
    uint32_t events;
    void (*ready)(struct watch *watch, uint32_t events);
};

/* False with errno set: no descriptor left. */
bool loop_init(void);

/* Waits for these events, or for other ones than before. Level-triggered; 0: errors and hang-up
 * only. False with errno set. */
bool loop_watch(struct watch *watch, uint32_t events);
/* Does nothing where the watch is not watched. Safe while events are dispatched: an event that was
 * fetched already is no longer delivered. */
void loop_unwatch(struct watch *watch);

/* One turn: waits at most `timeout` milliseconds (-1: without end), then calls every watch that is
 * ready. False: a signal asks to stop. */
bool loop_turn(int timeout);

/* Monotonic milliseconds, read once a turn. */
uint64_t loop_now(void);
