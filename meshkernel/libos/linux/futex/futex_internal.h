/* What the operations on futexes share: those that every C library uses are in linux/futex, the
 * others in linux/futex/operations. */
#pragma once

#include "core/list.h"
#include "linux/futex/futex.h"

#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5

#define FUTEX_ALL_BITS UINT32_MAX

struct futex_waiter {
    struct list link; /* of the bucket of `address`, while it waits */
    struct thread *thread;
    uaddr_t address;
    uint32_t bits;
    bool woken;
};

struct robust_head {
    uaddr_t next;
    int64_t futex_offset;
    uaddr_t pending; /* being locked or unlocked: may or may not be on the list */
};

struct list *futex_bucket(uaddr_t address); /* of the waiters of a word, and of others */
int futex_wake_bits(uaddr_t address, int count, uint32_t bits); /* how many it woke */
int futex_check_word(uaddr_t address, uint32_t expected);       /* 0, -EINVAL, -EFAULT, -EAGAIN */

/* FUTEX_REQUEUE, FUTEX_CMP_REQUEUE and FUTEX_WAKE_OP; NULL without linux/futex/operations. */
extern int64_t (*futex_operation)(uaddr_t address, int command, uint32_t value, uint32_t value2,
                                  uaddr_t second, uint32_t value3);
