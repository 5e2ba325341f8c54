#include "mm/user.h"
#include "core/string.h"
#include "linux/errno.h"

static bool mapped(uaddr_t address) {
    return address >= PAGE_SIZE;
}

int copy_from_user(void *to, uaddr_t from, size_t size) {
    if (!mapped(from))
        return -EFAULT;
    memcpy(to, (const void *)from, size);
    return 0;
}

int copy_to_user(uaddr_t to, const void *from, size_t size) {
    if (!mapped(to))
        return -EFAULT;
    memcpy((void *)to, from, size);
    return 0;
}

int clear_user(uaddr_t to, size_t size) {
    if (!mapped(to))
        return -EFAULT;
    memset((void *)to, 0, size);
    return 0;
}

ssize_t string_from_user(char *to, uaddr_t from, size_t size) {
    if (!mapped(from))
        return -EFAULT;
    size_t length = strnlen((const char *)from, size);
    memcpy(to, (const char *)from, MIN(length + 1, size));
    return length == size ? -ENAMETOOLONG : (ssize_t)length;
}

void io_init(struct io *io, const struct iovec *vector, size_t count) {
    *io = (struct io){.vector = vector, .count = count};
    for (size_t i = 0; i < count; i++)
        io->left += vector[i].size;
}

/* Moves one piece at a time to or from `bytes`. */
static ssize_t move(struct io *io, char *bytes, size_t size, bool to_user) {
    size_t done = 0;

    size = MIN(size, io->left);
    while (done < size) {
        size_t piece = MIN(size - done, io->vector->size - io->position);
        uaddr_t user = io->vector->base + io->position;
        int error = 0;
        if (piece > 0)
            error = to_user ? copy_to_user(user, bytes + done, piece)
                            : copy_from_user(bytes + done, user, piece);
        if (error)
            return done ? (ssize_t)done : error;
        done += piece;
        io->left -= piece;
        io->position += piece;
        if (io->position == io->vector->size) {
            io->vector++;
            io->count--;
            io->position = 0;
        }
    }
    return (ssize_t)done;
}

ssize_t io_to_user(struct io *io, const void *from, size_t size) {
    return move(io, (char *)from, size, true);
}

ssize_t io_from_user(struct io *io, void *to, size_t size) {
    return move(io, to, size, false);
}
