#include "fs/file.h"

#include "core/alloc.h"
#include "core/print.h"
#include "fs/inode.h"

const struct file_locks *file_locks;

struct file *file_new(const struct file_ops *ops, void *private, int flags) {
    struct file *file = knew(struct file);

    if (file == NULL)
        return NULL;
    file->ops = ops;
    file->private = private;
    file->flags = flags & ~O_CLOEXEC;
    file->references = 1;
    wait_queue_init(&file->waiters);
    return file;
}

void file_get(struct file *file) {
    file->references++;
}

void file_put(struct file *file) {
    assert(file->references > 0);
    if (--file->references > 0)
        return;
    /* Whoever watches must let go before the memory behind poll() does. */
    wait_wake(&file->waiters, EPOLL_GONE);
    if (file_locks)
        file_locks->released(file);
    if (file->ops->release)
        file->ops->release(file);
    inode_release(file->inode);
    kfree(file);
}
