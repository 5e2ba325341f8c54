/* What few programs ask of futexes: moving waiters to another word, and waking those of a second
 * one by a condition. */
#include "core/start.h"
#include "core/thread.h"
#include "linux/errno.h"
#include "linux/futex/futex_internal.h"
#include "mm/user.h"

static int64_t requeue(uaddr_t from, uaddr_t to, int wake, int move) {
    int done;

    if ((from | to) & 3 || wake < 0 || move < 0)
        return -EINVAL;
    done = futex_wake_bits(from, wake, FUTEX_ALL_BITS);
    LIST_FOR_EACH(node, futex_bucket(from)) {
        struct futex_waiter *waiter = LIST_ENTRY(node, struct futex_waiter, link);

        if (waiter->address != from || from == to)
            continue;
        if (move-- == 0)
            break;
        list_remove(&waiter->link);
        waiter->address = to;
        list_append(futex_bucket(to), &waiter->link);
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

static int64_t operation(uaddr_t address, int command, uint32_t value, uint32_t value2,
                         uaddr_t second, uint32_t value3) {
    int error = command == FUTEX_CMP_REQUEUE ? futex_check_word(address, value3) : 0;

    if (error != 0)
        return error;
    return command == FUTEX_WAKE_OP ? wake_op(address, second, (int)value, (int)value2, value3)
                                    : requeue(address, second, (int)value, (int)value2);
}

static void operations_init(void) {
    futex_operation = operation;
}
START(START_PROGRAM, operations_init);

int64_t sys_futex_waitv(void) {
    return -ENOSYS;
}

int64_t sys_get_robust_list(int tid, uaddr_t head, uaddr_t size) {
    const struct thread *thread = tid ? thread_find(tid) : current;
    size_t bytes = sizeof(struct robust_head);

    if (thread == NULL)
        return -ESRCH;
    return put_user(thread->robust_list, head) ? -EFAULT : put_user(bytes, size);
}
