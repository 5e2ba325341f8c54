/* sendfile and copy_file_range: bytes from file to file, through a piece of the application's
 * address space that is mapped for the call, since files move bytes to and from there only. */
#include "linux/files.h"
#include "mm/space.h"

#define PIECE ((size_t)64 << 10)

struct copy {
    struct file *from, *to;
    uint64_t *from_offset, *to_offset;
    uaddr_t buffer;
};

static ssize_t move(ssize_t (*operation)(struct file *, struct io *, uint64_t *), struct file *file,
                    uaddr_t buffer, size_t size, uint64_t *offset) {
    struct iovec vector = {buffer, size};
    struct io io;

    io_init(&io, &vector, 1);
    return operation(file, &io, offset);
}

/* One piece. What was read and could not be written is given back to the position. */
static ssize_t copy_piece(const struct copy *copy, size_t size) {
    ssize_t count = move(copy->from->ops->read, copy->from, copy->buffer, size, copy->from_offset);

    if (count <= 0)
        return count;
    ssize_t written =
        move(copy->to->ops->write, copy->to, copy->buffer, (size_t)count, copy->to_offset);
    if (written < count)
        *copy->from_offset -= (uint64_t)(count - MAX(written, (ssize_t)0));
    return written;
}

static int64_t copy_all(const struct copy *copy, size_t size) {
    int64_t done = 0;

    while (size > 0) {
        size_t wanted = MIN(size, PIECE);
        ssize_t count = copy_piece(copy, wanted);

        if (count < 0)
            return done ? done : count;
        done += count;
        size -= (size_t)count;
        if ((size_t)count < wanted)
            break;
    }
    return done;
}

static int check_files(const struct file *from, const struct file *to) {
    if (from == NULL || to == NULL || (from->flags & O_ACCMODE) == O_WRONLY ||
        (to->flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    /* What was read has to be given back when the writer takes less. */
    if (from->ops->read == NULL || to->ops->write == NULL || !from->ops->seekable)
        return -EINVAL;
    return 0;
}

/* An offset of the application, or NULL for the file's own. */
static int offset_from_user(uaddr_t address, uint64_t *offset) {
    int error = address ? copy_from_user(offset, address, sizeof(*offset)) : 0;

    return error == 0 && (int64_t)*offset < 0 ? -EINVAL : error;
}

static int64_t copy_files(int from, uaddr_t from_offset, int to, uaddr_t to_offset, size_t size) {
    uint64_t offsets[2] = {0};
    struct copy copy = {.from = usable_file(from), .to = usable_file(to)};
    int64_t result = check_files(copy.from, copy.to);

    if (result == 0)
        result = offset_from_user(from_offset, &offsets[0]);
    if (result == 0)
        result = offset_from_user(to_offset, &offsets[1]);
    if (result)
        return result;
    result = space_map(0, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
    if (result < 0)
        return result;
    copy.buffer = (uaddr_t)result;
    copy.from_offset = from_offset ? &offsets[0] : &copy.from->offset;
    copy.to_offset = to_offset ? &offsets[1] : &copy.to->offset;
    file_get(copy.from);
    file_get(copy.to);
    result = copy_all(&copy, MIN(size, TRANSFER_MAX));
    file_put(copy.from);
    file_put(copy.to);
    space_unmap(copy.buffer, PIECE);
    if (result > 0 && from_offset && put_user(offsets[0], from_offset))
        return -EFAULT;
    if (result > 0 && to_offset && put_user(offsets[1], to_offset))
        return -EFAULT;
    return result;
}

int64_t sys_sendfile(int to, int from, uaddr_t offset, size_t size) {
    return copy_files(from, offset, to, 0, size);
}

int64_t sys_copy_file_range(int from, uaddr_t from_offset, int to, uaddr_t to_offset, size_t size,
                            unsigned flags) {
    const struct file *target = usable_file(to);

    if (flags || (target && !target->ops->seekable))
        return -EINVAL;
    return copy_files(from, from_offset, to, to_offset, size);
}
