/* Waiting for several descriptors: shared by poll and select. */
#pragma once

#include "core/types.h"

#define POLLNVAL 0x20u

struct poll_entry {
    int fd;          /* negative: not looked at */
    uint32_t events; /* EPOLL* bits that are waited for; errors and hang-ups always are */
    uint32_t ready;
};

/* How many entries are ready, 0 at the deadline, -EINTR or -ENOMEM. */
int poll_wait(struct poll_entry *entries, size_t count, nanos_t deadline);
