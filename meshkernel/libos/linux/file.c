/* Reading and writing. A call that may sleep keeps its file by a reference of its own. */
#include "core/alloc.h"
#include "core/string.h"
#include "linux/files.h"

#define VECTORS_ON_STACK 8
#define VECTORS_MAX 1024

/* One transfer to or from the application's memory. */
static int64_t transfer(int fd, struct io *io, bool write, uint64_t position) {
    struct file *file = usable_file(fd);

    if (file == NULL || (file->flags & O_ACCMODE) == (write ? O_RDONLY : O_WRONLY))
        return -EBADF;
    ssize_t (*move)(struct file *, struct io *, uint64_t *) =
        write ? file->ops->write : file->ops->read;
    if (move == NULL)
        return -EINVAL;
    if (position != TRANSFER_HERE && !file->ops->seekable)
        return -ESPIPE;
    file_get(file);
    ssize_t count = move(file, io, position == TRANSFER_HERE ? &file->offset : &position);
    file_put(file);
    return count;
}

int64_t transfer_one(int fd, uaddr_t buffer, size_t size, bool write, uint64_t position) {
    struct iovec vector = {buffer, MIN(size, TRANSFER_MAX)};
    struct io io;

    io_init(&io, &vector, 1);
    return transfer(fd, &io, write, position);
}

int64_t sys_read(int fd, uaddr_t buffer, size_t size) {
    return transfer_one(fd, buffer, size, false, TRANSFER_HERE);
}

int64_t sys_write(int fd, uaddr_t buffer, size_t size) {
    return transfer_one(fd, buffer, size, true, TRANSFER_HERE);
}

int64_t sys_pread64(int fd, uaddr_t buffer, size_t size, int64_t offset) {
    return offset < 0 ? -EINVAL : transfer_one(fd, buffer, size, false, (uint64_t)offset);
}

/* Cuts what goes beyond the limit of one transfer; -EINVAL for a size that is negative as ssize_t.
 */
static int check_sizes(struct iovec *vector, size_t count) {
    size_t left = TRANSFER_MAX;

    for (size_t i = 0; i < count; i++) {
        if ((int64_t)vector[i].size < 0)
            return -EINVAL;
        vector[i].size = MIN(vector[i].size, left);
        left -= vector[i].size;
    }
    return 0;
}

int64_t transfer_many(int fd, uaddr_t vectors, int count, bool write, uint64_t position) {
    struct iovec few[VECTORS_ON_STACK], *vector = few;
    struct io io;

    if (count < 0 || count > VECTORS_MAX)
        return -EINVAL;
    if (count > VECTORS_ON_STACK)
        vector = kmalloc((size_t)count * sizeof(*vector));
    if (vector == NULL)
        return -ENOMEM;
    int64_t result = copy_from_user(vector, vectors, (size_t)count * sizeof(*vector));
    if (result == 0)
        result = check_sizes(vector, (size_t)count);
    if (result == 0) {
        io_init(&io, vector, (size_t)count);
        result = transfer(fd, &io, write, position);
    }
    if (vector != few)
        kfree(vector);
    return result;
}

int64_t sys_writev(int fd, uaddr_t vectors, int count) {
    return transfer_many(fd, vectors, count, true, TRANSFER_HERE);
}
