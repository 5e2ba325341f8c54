/* Futexes. A word is named by its address: there is one address space, so private and shared ones
 * are alike (a word that is mapped at two addresses is two futexes here). Waiters live on the
 * stacks of the threads that wait. */
#include "linux/futex/futex_internal.h"

#include "core/clock.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/deadline.h"
#include "linux/errno.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "mm/user.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_COMMAND 0x7f
#define FUTEX_CLOCK_REALTIME 0x100

#define BUCKETS 64

static struct list buckets[BUCKETS];

struct list *futex_bucket(uaddr_t address) {
    struct list *bucket = &buckets[(address >> 2) % BUCKETS];

    if (bucket->next == NULL)
        list_init(bucket);
    return bucket;
}

int futex_wake_bits(uaddr_t address, int count, uint32_t bits) {
    int woken = 0;

    LIST_FOR_EACH(node, futex_bucket(address)) {
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
    return futex_wake_bits(address, count, FUTEX_ALL_BITS);
}

int futex_check_word(uaddr_t address, uint32_t expected) {
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
    int result = bits ? futex_check_word(address, expected) : -EINVAL;

    if (result != 0)
        return result;
    list_append(futex_bucket(address), &waiter.link);
    while (!waiter.woken && result == 0)
        result = signal_interrupts(current) ? -EINTR : thread_sleep(deadline);
    if (waiter.woken)
        return 0;
    list_remove(&waiter.link);
    /* Started again after a handler only without a time limit, which would start anew. */
    bool again = result == -EINTR && deadline == NANOS_NEVER && signal_interrupts(current);
    return again ? -ERESTARTSYS : result;
}

static nanos_t deadline_at_wall(uint64_t moment) {
    uint64_t wall = clock_realtime();
    return deadline_after(moment > wall ? moment - wall : 0);
}

/* The bitset form has an absolute time on either clock, the plain one a relative time. */
static int read_deadline(int operation, uaddr_t timeout, nanos_t *deadline) {
    struct linux_timespec time;
    uint64_t span;

    *deadline = NANOS_NEVER;
    if (timeout == 0)
        return 0;
    int error = get_user(time, timeout);
    if (error == 0)
        error = nanoseconds_of(time, &span);
    if (error != 0)
        return error;
    if ((operation & FUTEX_COMMAND) == FUTEX_WAIT)
        *deadline = deadline_after(span);
    else if (operation & FUTEX_CLOCK_REALTIME)
        *deadline = deadline_at_wall(span);
    else
        *deadline = span;
    return 0;
}

int64_t (*futex_operation)(uaddr_t address, int command, uint32_t value, uint32_t value2,
                           uaddr_t second, uint32_t value3);

/* Priority inheritance is not there: C libraries fall back. */
static int64_t operate(uaddr_t address, int command, uint32_t value, uint32_t value2,
                       uaddr_t second, uint32_t value3) {
    static bool told;

    if (command != FUTEX_REQUEUE && command != FUTEX_CMP_REQUEUE && command != FUTEX_WAKE_OP)
        return -ENOSYS;
    if (futex_operation)
        return futex_operation(address, command, value, value2, second, value3);
    report_left_out("waking some waiters and moving others (futex)", "linux/futex/operations",
                    &told);
    return -ENOSYS;
}

int64_t sys_futex(uaddr_t address, int operation, uint32_t value, uaddr_t timeout, uaddr_t second,
                  uint32_t value3) {
    int command = operation & FUTEX_COMMAND;
    nanos_t deadline;
    int error;

    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        error = read_deadline(operation, timeout, &deadline);
        if (error != 0)
            return error;
        return wait(address, value, deadline, command == FUTEX_WAIT ? FUTEX_ALL_BITS : value3);
    case FUTEX_WAKE:
        return address & 3 ? -EINVAL : futex_wake(address, (int)value);
    case FUTEX_WAKE_BITSET:
        return address & 3 || value3 == 0 ? -EINVAL : futex_wake_bits(address, (int)value, value3);
    default:
        return operate(address, command, value, (uint32_t)timeout, second, value3);
    }
}

#define ROBUST_LIMIT 2048 /* against a list that runs in a circle */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

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
