#include "fs/descriptor.h"

#include "core/alloc.h"
#include "linux/errno.h"
#include "linux/process.h"

#define FIRST_CAPACITY 64

struct descriptor {
    struct file *file; /* NULL: free */
    bool close_on_exec;
};

static struct descriptor *table;
static int capacity;
static int lowest_free; /* none below is free */

static int limit(void) {
    return (int)MIN(limit_get(RLIMIT_NOFILE), (uint64_t)DESCRIPTORS_MAX);
}

static bool in_use(int fd) {
    return fd >= 0 && fd < capacity && table[fd].file;
}

struct file *fd_file(int fd) {
    return in_use(fd) ? table[fd].file : NULL;
}

static int make_room(int fd) {
    if (fd < capacity)
        return 0;
    int grown = MAX(MAX(2 * capacity, FIRST_CAPACITY), fd + 1);
    struct descriptor *larger = krealloc(table, (size_t)grown * sizeof(*table));
    if (larger == NULL)
        return -ENOMEM;
    table = larger;
    capacity = grown;
    return 0;
}

int fd_install(struct file *file, int from, bool close_on_exec) {
    int fd = MAX(from, lowest_free);

    while (in_use(fd))
        fd++;
    if (fd >= limit())
        return -EMFILE;
    int error = make_room(fd);
    if (error)
        return error;
    table[fd] = (struct descriptor){file, close_on_exec};
    if (from <= lowest_free)
        lowest_free = fd + 1;
    return fd;
}

static void let_go(struct file *file) {
    if (file_locks)
        file_locks->closed(file);
    file_put(file);
}

int fd_close(int fd) {
    if (!in_use(fd))
        return -EBADF;
    struct file *file = table[fd].file;
    table[fd].file = NULL;
    lowest_free = MIN(lowest_free, fd);
    let_go(file);
    return 0;
}

int fd_replace(int fd, struct file *file, bool close_on_exec) {
    if (fd < 0 || fd >= limit())
        return -EBADF;
    int error = make_room(fd);
    if (error)
        return error;
    struct file *old = table[fd].file;
    table[fd] = (struct descriptor){file, close_on_exec};
    if (old)
        let_go(old);
    return 0;
}

bool fd_close_on_exec(int fd) {
    return in_use(fd) && table[fd].close_on_exec;
}

void fd_set_close_on_exec(int fd, bool close_on_exec) {
    if (in_use(fd))
        table[fd].close_on_exec = close_on_exec;
}

int fd_next(int fd) {
    for (; fd < capacity; fd++)
        if (in_use(fd))
            return fd;
    return -1;
}
