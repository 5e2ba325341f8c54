/* Futexes. A word is named by its address: there is one address space, so private and shared ones
 * are alike (a word that is mapped at two addresses is two futexes here). Waiters live on the
 * stacks of the threads that wait. */
#include "linux/futex/futex.h"

#include "core/clock.h"
#include "core/list.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "mm/user.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_COMMAND 0x7f
#define FUTEX_CLOCK_REALTIME 0x100

#define ALL_BITS UINT32_MAX
#define BUCKETS 64

struct futex_waiter {
    struct list link; /* of the bucket of `address`, while it waits */
    struct thread *thread;
    uaddr_t address;
    uint32_t bits;
    bool woken;
};

static struct list buckets[BUCKETS];

static struct list *bucket_of(uaddr_t address) {
    struct list *bucket = &buckets[(address >> 2) % BUCKETS];

    if (bucket->next == NULL)
        list_init(bucket);
    return bucket;
}

static int wake_bits(uaddr_t address, int count, uint32_t bits) {
    int woken = 0;

    LIST_FOR_EACH(node, bucket_of(address)) {
        struct futex_waiter *waiter = LIST_ENTRY(node, struct futex_waiter, link);

        if (woken >= count)
            break;
        if (waiter->address != address || !(waiter->bits & bits))
            continue;
        list_remove(&waiter->link);
        waiter->woken = true;
        thread_wake(waiter->thread, 0);
        woken++;
    }
    return woken;
}

int futex_wake(uaddr_t address, int count) {
    return wake_bits(address, count, ALL_BITS);
}

static int check_word(uaddr_t address, uint32_t expected) {
    uint32_t value;

    if (address & 3)
        return -EINVAL;
    if (get_user(value, address) != 0)
        return -EFAULT;
    return value == expected ? 0 : -EAGAIN;
}

/* Nothing can run between the test of the word and the sleep. */
static int64_t wait(uaddr_t address, uint32_t expected, nanos_t deadline, uint32_t bits) {
    struct futex_waiter waiter = {.thread = current, .address = address, .bits = bits};
    int result = bits ? check_word(address, expected) : -EINVAL;

    if (result != 0)
        return result;
    list_append(bucket_of(address), &waiter.link);
    while (!waiter.woken && result == 0)
        result = signal_interrupts(current) ? -EINTR : thread_sleep(deadline);
    if (waiter.woken)
        return 0;
    list_remove(&waiter.link);
    /* Started again after a handler only without a time limit, which would start anew. */
    bool again = result == -EINTR && deadline == NANOS_NEVER && signal_interrupts(current);
    return again ? -ERESTARTSYS : result;
}

static int64_t requeue(uaddr_t from, uaddr_t to, int wake, int move) {
    int done;

    if ((from | to) & 3 || wake < 0 || move < 0)
        return -EINVAL;
    done = wake_bits(from, wake, ALL_BITS);
    LIST_FOR_EACH(node, bucket_of(from)) {
        struct futex_waiter *waiter = LIST_ENTRY(node, struct futex_waiter, link);

        if (waiter->address != from || from == to)
            continue;
        if (move-- == 0)
            break;
        list_remove(&waiter->link);
        waiter->address = to;
        list_append(bucket_of(to), &waiter->link);
        done++;
    }
    return done;
}

/* FUTEX_WAKE_OP packs an operation and a comparison into one word: op:4 cmp:4 oparg:12 cmparg:12.
 */
static int64_t apply(uint32_t encoded, uint32_t old) {
    uint32_t argument = (uint32_t)((int32_t)(encoded << 8) >> 20);

    if (encoded >> 31)
        argument = UINT32_C(1) << (argument & 31);
    switch ((encoded >> 28) & 7) {
    case 0:
        return argument;
    case 1:
        return (uint32_t)(old + argument);
    case 2:
        return old | argument;
    case 3:
        return old & ~argument;
    case 4:
        return old ^ argument;
    default:
        return -ENOSYS;
    }
}

static int compare(uint32_t encoded, int32_t old) {
    int32_t argument = (int32_t)(encoded << 20) >> 20;

    switch ((encoded >> 24) & 15) {
    case 0:
        return old == argument;
    case 1:
        return old != argument;
    case 2:
        return old < argument;
    case 3:
        return old <= argument;
    case 4:
        return old > argument;
    case 5:
        return old >= argument;
    default:
        return -ENOSYS;
    }
}

static int64_t wake_op(uaddr_t first, uaddr_t second, int count, int count2, uint32_t encoded) {
    uint32_t old;

    if ((first | second) & 3)
        return -EINVAL;
    if (get_user(old, second) != 0)
        return -EFAULT;
    int64_t value = apply(encoded, old);
    int holds = compare(encoded, (int32_t)old);
    if (value < 0 || holds < 0)
        return -ENOSYS;
    uint32_t updated = (uint32_t)value;
    if (put_user(updated, second) != 0)
        return -EFAULT;
    int woken = futex_wake(first, count);
    return holds ? woken + futex_wake(second, count2) : woken;
}

/* The bitset form has an absolute time on either clock, the plain one a relative time. */
static int read_deadline(int operation, uaddr_t timeout, nanos_t *deadline) {
    struct linux_timespec time;

    *deadline = NANOS_NEVER;
    if (timeout == 0)
        return 0;
    if (get_user(time, timeout) != 0)
        return -EFAULT;
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= (int64_t)NANOS_PER_SECOND)
        return -EINVAL;
    nanos_t span = time.seconds > INT64_MAX / (int64_t)NANOS_PER_SECOND - 1
                       ? INT64_MAX
                       : (nanos_t)time.seconds * NANOS_PER_SECOND + time.nanoseconds;
    nanos_t now = clock_monotonic();
    if ((operation & FUTEX_COMMAND) == FUTEX_WAIT) {
        *deadline = now + span;
    } else if (operation & FUTEX_CLOCK_REALTIME) {
        uint64_t wall = clock_realtime();

        *deadline = span > wall ? now + (span - wall) : now;
    } else {
        *deadline = span;
    }
    return 0;
}

int64_t sys_futex(uaddr_t address, int operation, uint32_t value, uaddr_t timeout, uaddr_t second,
                  uint32_t value3) {
    int command = operation & FUTEX_COMMAND, count2 = (int)timeout;
    nanos_t deadline;
    int error;

    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        error = read_deadline(operation, timeout, &deadline);
        if (error != 0)
            return error;
        return wait(address, value, deadline, command == FUTEX_WAIT ? ALL_BITS : value3);
    case FUTEX_WAKE:
        return address & 3 ? -EINVAL : futex_wake(address, (int)value);
    case FUTEX_WAKE_BITSET:
        return address & 3 || value3 == 0 ? -EINVAL : wake_bits(address, (int)value, value3);
    case FUTEX_CMP_REQUEUE:
        if ((error = check_word(address, value3)) != 0)
            return error;
        return requeue(address, second, (int)value, count2);
    case FUTEX_REQUEUE:
        return requeue(address, second, (int)value, count2);
    case FUTEX_WAKE_OP:
        return wake_op(address, second, (int)value, count2, value3);
    default:
        return -ENOSYS; /* priority inheritance: C libraries fall back */
    }
}

int64_t sys_futex_waitv(void) {
    return -ENOSYS;
}

#define ROBUST_LIMIT 2048 /* against a list that runs in a circle */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

struct robust_head {
    uaddr_t next;
    int64_t futex_offset;
    uaddr_t pending; /* being locked or unlocked: may or may not be on the list */
};

static void release_word(uaddr_t address, int tid) {
    uint32_t value;

    if ((address & 3) || get_user(value, address) != 0 || (value & FUTEX_TID_MASK) != (uint32_t)tid)
        return;
    uint32_t dead = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (put_user(dead, address) == 0 && (value & FUTEX_WAITERS))
        futex_wake(address, 1);
}

/* The list is the application's and may be broken: then the rest of it is left as it is. */
void futex_release_robust(struct thread *thread) {
    struct robust_head head;
    uaddr_t entry;

    if (thread->robust_list == 0 || get_user(head, thread->robust_list) != 0)
        return;
    entry = head.next;
    for (int i = 0; i < ROBUST_LIMIT && (entry & ~1ul) != thread->robust_list; i++) {
        uaddr_t address = entry & ~1ul; /* bit 0 marks priority inheritance */
        uaddr_t next;

        if (get_user(next, address) != 0)
            return;
        if (address != (head.pending & ~1ul))
            release_word(address + head.futex_offset, thread->tid);
        entry = next;
    }
    if (head.pending)
        release_word((head.pending & ~1ul) + head.futex_offset, thread->tid);
}

int64_t sys_get_robust_list(int tid, uaddr_t head, uaddr_t size) {
    const struct thread *thread = tid ? thread_find(tid) : current;
    size_t bytes = sizeof(struct robust_head);

    if (thread == NULL)
        return -ESRCH;
    return put_user(thread->robust_list, head) ? -EFAULT : put_user(bytes, size);
}
