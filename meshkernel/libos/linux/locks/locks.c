#include "linux/locks/locks.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/start.h"
#include "fs/inode.h"
#include "linux/errno.h"
#include "linux/locks/calls.h"

#define NO_DEVICE UINT32_MAX /* of files without an inode: pipes and sockets */

static struct list locks = LIST_INIT(locks);
static struct wait_queue freed;

struct lock lock_on(const struct file *file, enum lock_kind kind, const struct file *owner) {
    return (struct lock){
        .kind = kind,
        .number = file->inode ? file->inode->number : (uintptr_t)file,
        .device = file->inode ? file->inode->device : NO_DEVICE,
        .owner = owner,
        .last = LOCK_TO_END,
    };
}

static bool same_file(const struct lock *a, const struct lock *b) {
    return a->device == b->device && a->number == b->number && a->kind == b->kind;
}

static bool overlap(const struct lock *a, const struct lock *b) {
    return same_file(a, b) && a->first <= b->last && b->first <= a->last;
}

const struct lock *lock_in_the_way(const struct lock *wanted) {
    const struct lock *lowest = NULL;

    LIST_FOR_EACH(link, &locks) {
        const struct lock *lock = LIST_ENTRY(link, struct lock, link);

        if (overlap(lock, wanted) && lock->owner != wanted->owner &&
            (lock->exclusive || wanted->exclusive) &&
            (lowest == NULL || lock->first < lowest->first))
            lowest = lock;
    }
    return lowest;
}

static void take_away(struct lock *lock) {
    list_remove(&lock->link);
    kfree(lock);
}

/* Takes the range out of the owner's locks. One that reaches beyond both ends becomes two: `rest`
 * is used for the second then, and true returned. */
static bool cut(const struct lock *range, struct lock *rest) {
    LIST_FOR_EACH(link, &locks) {
        struct lock *lock = LIST_ENTRY(link, struct lock, link);

        if (!overlap(lock, range) || lock->owner != range->owner)
            continue;
        if (lock->first < range->first && lock->last > range->last) {
            *rest = *lock;
            rest->first = range->last + 1;
            lock->last = range->first - 1;
            list_append(&locks, &rest->link);
            return true; /* an owner's locks never overlap */
        }
        if (lock->first < range->first)
            lock->last = range->first - 1;
        else if (lock->last > range->last)
            lock->first = range->last + 1;
        else
            take_away(lock);
    }
    return false;
}

/* flock(2) gives up what it has before it waits for another kind of lock; fcntl(2) keeps it. */
static void convert(const struct lock *wanted) {
    struct lock none;

    if (wanted->kind == LOCK_WHOLE) {
        (void)cut(wanted, &none);
        wait_wake(&freed, 0);
    }
}

/* Neighbours of one kind are one lock to whoever asks what is in the way. */
static void join(struct lock *joined) {
    LIST_FOR_EACH(link, &locks) {
        struct lock *lock = LIST_ENTRY(link, struct lock, link);
        bool before = lock->last == joined->first - 1, behind = lock->first - 1 == joined->last;

        if (!same_file(lock, joined) || lock->owner != joined->owner ||
            lock->exclusive != joined->exclusive || !(before || behind))
            continue;
        joined->first = MIN(joined->first, lock->first);
        joined->last = MAX(joined->last, lock->last);
        take_away(lock);
    }
}

static void put(const struct lock *wanted, bool unlock, struct lock *lock, struct lock *rest) {
    if (!cut(wanted, rest))
        kfree(rest);
    if (unlock) {
        kfree(lock);
    } else {
        *lock = *wanted;
        join(lock);
        list_append(&locks, &lock->link);
    }
    wait_wake(&freed, 0); /* a lock may have become smaller, or a shared one */
}

int lock_set(const struct lock *wanted, bool unlock, bool wait) {
    if (unlock && list_empty(&locks))
        return 0;
    struct lock *lock = knew(struct lock), *rest = knew(struct lock);
    int error = lock && rest ? 0 : -ENOLCK;

    if (error == 0 && !unlock) {
        convert(wanted);
        if (!wait)
            error = lock_in_the_way(wanted) ? -EAGAIN : 0;
        else
            error = WAIT_UNTIL(&freed, NANOS_NEVER, lock_in_the_way(wanted) == NULL);
    }
    if (error == 0) {
        put(wanted, unlock, lock, rest);
        return 0;
    }
    kfree(lock);
    kfree(rest);
    return error;
}

/* Closing any descriptor of a file ends the process's locks on it (fcntl(2)). */
static void closed(const struct file *file) {
    struct lock all = lock_on(file, LOCK_RANGE, NULL), none;

    if (list_empty(&locks) || file->flags & O_PATH)
        return;
    (void)cut(&all, &none);
    wait_wake(&freed, 0);
}

static void released(const struct file *file) {
    bool any = false;

    LIST_FOR_EACH(link, &locks) {
        struct lock *lock = LIST_ENTRY(link, struct lock, link);

        if (lock->owner != file)
            continue;
        take_away(lock);
        any = true;
    }
    if (any)
        wait_wake(&freed, 0);
}

static const struct file_locks own_locks = {locks_control, closed, released};

static void locks_init(void) {
    wait_queue_init(&freed);
    file_locks = &own_locks;
}
START(START_FILES, locks_init);
