/* Waiting for many files at once. */
#pragma once

#include "fs/file.h"

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

#define EPOLLEXCLUSIVE (1u << 28) /* accepted: every waiter is woken */
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

struct epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

struct file *epoll_new(void); /* one reference, or NULL when out of memory */
bool is_epoll(const struct file *file);

/* One descriptor of the set; `target` is what it is open on. 0 or -errno. */
int epoll_control(struct file *file, int operation, int fd, struct file *target,
                  const struct epoll_event *event);

/* How many descriptors are in the set. */
unsigned epoll_size(const struct file *file);

/* Up to `limit` events that are there now; never sleeps. The file's waiters are woken when it is
 * worth asking. */
int epoll_collect(struct file *file, struct epoll_event *events, int limit);
