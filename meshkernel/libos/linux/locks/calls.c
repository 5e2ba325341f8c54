/* flock, and what fcntl does about locks. */
#include "linux/locks/calls.h"

#include "linux/files.h"
#include "linux/locks/locks.h"
#include "linux/process.h"
#include "mm/user.h"

#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define OF_OPEN_FILE (-1) /* l_pid of a lock that no process has */

enum { FROM_START, FROM_OFFSET, FROM_END };

struct linux_flock {
    int16_t type, whence;
    int64_t start, length; /* 0: to the end, wherever that will be */
    int32_t process;
};
_Static_assert(sizeof(struct linux_flock) == 32, "struct flock of x86-64");

static int base_of(const struct file *file, int whence, int64_t *base) {
    struct linux_stat stat = {0};
    int error = 0;

    if (whence == FROM_END && file->inode)
        error = stat_inode(file->inode, &stat);
    *base = whence == FROM_OFFSET ? (int64_t)file->offset : stat.size;
    return whence < FROM_START || whence > FROM_END ? -EINVAL : error;
}

/* A negative length reaches backwards from the start (POSIX, fcntl). */
static int range_of(const struct file *file, const struct linux_flock *asked, struct lock *lock) {
    int64_t first, last;
    int error = base_of(file, asked->whence, &first);

    if (error)
        return error;
    if (__builtin_add_overflow(first, asked->start, &first))
        return -EOVERFLOW;
    if (__builtin_add_overflow(first, asked->length - (asked->length > 0), &last))
        return asked->length > 0 ? -EOVERFLOW : -EINVAL;
    lock->first = asked->length < 0 ? last : first;
    lock->last = asked->length < 0 ? first - 1 : asked->length == 0 ? LOCK_TO_END : last;
    return first < 0 || lock->first < 0 ? -EINVAL : 0;
}

static int may_lock(const struct file *file, int type) {
    int access = file->flags & O_ACCMODE;

    if (type == F_RDLCK)
        return access == O_WRONLY ? -EBADF : 0;
    if (type == F_WRLCK)
        return access == O_RDONLY ? -EBADF : 0;
    return type == F_UNLCK ? 0 : -EINVAL;
}

static int64_t tell(const struct lock *wanted, struct linux_flock *asked, uaddr_t address) {
    const struct lock *found = lock_in_the_way(wanted);

    if (found == NULL) {
        asked->type = F_UNLCK;
        return put_user(*asked, address);
    }
    asked->type = found->exclusive ? F_WRLCK : F_RDLCK;
    asked->whence = FROM_START;
    asked->start = found->first;
    asked->length = found->last == LOCK_TO_END ? 0 : found->last - found->first + 1;
    asked->process = found->owner ? OF_OPEN_FILE : process_id;
    return put_user(*asked, address);
}

static int64_t set(struct file *file, const struct lock *wanted, bool unlock, bool wait) {
    file_get(file); /* another thread may close it while this one waits */
    int error = lock_set(wanted, unlock, wait);
    file_put(file);
    return error;
}

int64_t locks_control(struct file *file, int command, uaddr_t address) {
    bool of_file = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    struct lock wanted = lock_on(file, LOCK_RANGE, of_file ? file : NULL);
    struct linux_flock asked;
    int error = get_user(asked, address);

    if (error)
        return error;
    if (of_file && asked.process != 0)
        return -EINVAL;
    error = range_of(file, &asked, &wanted);
    if (error)
        return error;
    wanted.exclusive = asked.type == F_WRLCK;
    if (command == F_GETLK || command == F_OFD_GETLK)
        return asked.type == F_RDLCK || asked.type == F_WRLCK ? tell(&wanted, &asked, address)
                                                              : -EINVAL;
    error = may_lock(file, asked.type);
    if (error)
        return error;
    return set(file, &wanted, asked.type == F_UNLCK,
               command == F_SETLKW || command == F_OFD_SETLKW);
}

int64_t sys_flock(int fd, int operation) {
    struct file *file = usable_file(fd);
    int kind = operation & ~LOCK_NB;

    if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
        return -EINVAL;
    if (file == NULL)
        return -EBADF;
    struct lock wanted = lock_on(file, LOCK_WHOLE, file);
    wanted.exclusive = kind == LOCK_EX;
    return set(file, &wanted, kind == LOCK_UN, (operation & LOCK_NB) == 0);
}
