/* Locks of files, advisory as Linux has them (fcntl(2), flock(2)). A lock belongs to an open file,
 * or, as POSIX has it, to the process: there is one, so its locks are in the way of open files'
 * locks alone. */
#pragma once

#include "fs/file.h"

#define LOCK_TO_END INT64_MAX

enum lock_kind { LOCK_WHOLE, LOCK_RANGE }; /* of flock, of fcntl: neither sees the other */

struct lock {
    struct list link;
    enum lock_kind kind;
    uint64_t number; /* the file, by its inode */
    uint32_t device;
    const struct file *owner; /* NULL: the process */
    bool exclusive;
    int64_t first, last; /* bytes, both inclusive */
};

/* What a lock on this file begins as: its kind, whose it is, all of the file. */
struct lock lock_on(const struct file *file, enum lock_kind kind, const struct file *owner);

/* Of the locks that are in the way the one that begins first, or NULL. */
const struct lock *lock_in_the_way(const struct lock *wanted);

/* Takes the owner's locks in the range away and, unless `unlock`, puts this one there: 0, -ENOLCK
 * when out of memory, -EAGAIN, or, if it may `wait`, -EINTR. */
int lock_set(const struct lock *wanted, bool unlock, bool wait);
