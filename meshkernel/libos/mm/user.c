#include "mm/user.h"

#include "arch/x86_64/user_copy.h"
#include "core/string.h"
#include "linux/errno.h"
#include "mm/space.h"

/* One privilege level: nothing but this test keeps a system call's buffer out of our own memory. */
static bool in_range(uaddr_t address, size_t size) {
    return address <= SPACE_TOP && size <= SPACE_TOP - address;
}

/* Bytes not moved. */
static size_t fetch(void *to, uaddr_t from, size_t size) {
    return in_range(from, size) ? user_copy(to, (const void *)from, size) : size;
}

static size_t store(uaddr_t to, const void *from, size_t size) {
    return in_range(to, size) ? user_copy((void *)to, from, size) : size;
}

int copy_from_user(void *to, uaddr_t from, size_t size) {
    return fetch(to, from, size) == 0 ? 0 : -EFAULT;
}

int copy_to_user(uaddr_t to, const void *from, size_t size) {
    return store(to, from, size) == 0 ? 0 : -EFAULT;
}

int clear_user(uaddr_t to, size_t size) {
    return in_range(to, size) && user_clear((void *)to, size) == 0 ? 0 : -EFAULT;
}

/* Reads up to the end of a page at a time: the page behind the text need not exist. */
ssize_t string_from_user(char *to, uaddr_t from, size_t size) {
    size_t done = 0;

    while (done < size) {
        size_t step = MIN(size - done, PAGE_SIZE - (from & PAGE_MASK));

        if (fetch(to + done, from, step) != 0)
            return -EFAULT;
        size_t length = strnlen(to + done, step);
        if (length < step)
            return (ssize_t)(done + length);
        done += step;
        from += step;
    }
    return -ENAMETOOLONG;
}

void io_init(struct io *io, const struct iovec *vector, size_t count) {
    *io = (struct io){.vector = vector, .count = count};
    for (size_t i = 0; i < count; i++)
        io->left += vector[i].size;
}

/* The bytes that can be moved without leaving the current element; skips the empty ones. */
static size_t io_step(struct io *io, size_t size) {
    while (io->position == io->vector->size) {
        io->vector++;
        io->count--;
        io->position = 0;
    }
    return MIN(size, io->vector->size - io->position);
}

static ssize_t io_move(struct io *io, uint8_t *ours, size_t size, bool to_user) {
    size_t done = 0;

    size = MIN(size, io->left);
    while (done < size) {
        size_t step = io_step(io, size - done);
        uaddr_t theirs = io->vector->base + io->position;
        size_t missed =
            to_user ? store(theirs, ours + done, step) : fetch(ours + done, theirs, step);
        size_t moved = step - missed;

        done += moved;
        io->position += moved;
        io->left -= moved;
        if (missed > 0)
            break;
    }
    return done > 0 || size == 0 ? (ssize_t)done : -EFAULT;
}

ssize_t io_to_user(struct io *io, const void *from, size_t size) {
    return io_move(io, (uint8_t *)(uintptr_t)from, size, true);
}

ssize_t io_from_user(struct io *io, void *to, size_t size) {
    return io_move(io, to, size, false);
}
