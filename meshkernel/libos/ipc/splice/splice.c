/* splice: a piece at most, as Linux moves no more than a pipe holds. Bytes go through a piece of
 * the application's address space, as those of sendfile do. */
#include "ipc/pipe/pipe.h"
#include "linux/files.h"
#include "mm/space.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_KNOWN 0xfu /* MOVE, NONBLOCK, MORE, GIFT */
#define PIECE ((size_t)64 << 10)

struct splice {
    struct file *from, *to;
    uint64_t *from_offset, *to_offset;
    uaddr_t buffer;
    bool nonblocking;
};

static ssize_t write_piece(const struct splice *splice, size_t size) {
    struct iovec vector = {splice->buffer, size};
    struct io io;

    io_init(&io, &vector, 1);
    return splice->to->ops->write(splice->to, &io, splice->to_offset);
}

/* What could not be written stays in the pipe. */
static ssize_t out_of_pipe(const struct splice *splice, size_t size) {
    struct iovec vector = {splice->buffer, size};
    struct io io;

    io_init(&io, &vector, 1);
    ssize_t count = pipe_peek(splice->from, &io, splice->nonblocking);
    if (count > 0)
        count = write_piece(splice, (size_t)count);
    if (count > 0)
        pipe_skip(splice->from, (size_t)count);
    return count;
}

static ssize_t into_pipe(const struct splice *splice, size_t size) {
    struct iovec vector = {splice->buffer, size};
    struct io io;

    io_init(&io, &vector, 1);
    ssize_t count = splice->from->ops->read(splice->from, &io, splice->from_offset);
    return count > 0 ? write_piece(splice, (size_t)count) : count;
}

static int64_t move(struct splice *splice, size_t size) {
    if (is_pipe(splice->to)) {
        ssize_t room = pipe_room(splice->to, splice->nonblocking);

        if (room < 0)
            return room;
        size = MIN(size, (size_t)room);
    }
    int64_t buffer =
        space_map(0, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
    if (buffer < 0)
        return buffer;
    splice->buffer = (uaddr_t)buffer;
    int64_t count = is_pipe(splice->from) ? out_of_pipe(splice, size) : into_pipe(splice, size);
    space_unmap(splice->buffer, PIECE);
    return count;
}

static bool is_nonblocking_pipe(const struct file *file) {
    return is_pipe(file) && file->flags & O_NONBLOCK;
}

/* A pipe has no offset to be given; another file takes one if it has any itself. */
static int check_end(const struct file *file, uaddr_t offset) {
    if (offset && is_pipe(file))
        return -ESPIPE;
    return offset && !file->ops->seekable ? -EINVAL : 0;
}

static int check_files(const struct splice *splice, uaddr_t from_offset, uaddr_t to_offset) {
    const struct file *from = splice->from, *to = splice->to;

    if (from == NULL || to == NULL || (from->flags & O_ACCMODE) == O_WRONLY ||
        (to->flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    int error = check_end(from, from_offset);
    if (error == 0)
        error = check_end(to, to_offset);
    if (error)
        return error;
    if (!is_pipe(from) && !is_pipe(to))
        return -EINVAL;
    if (from->ops->read == NULL || to->ops->write == NULL || to->flags & O_APPEND)
        return -EINVAL;
    return pipes_same(from, to) ? -EINVAL : 0;
}

static int offset_from_user(uaddr_t address, uint64_t *offset) {
    int error = address ? copy_from_user(offset, address, sizeof(*offset)) : 0;

    return error == 0 && (int64_t)*offset < 0 ? -EINVAL : error;
}

int64_t sys_splice(int from, uaddr_t from_address, int to, uaddr_t to_address, size_t size,
                   unsigned flags) {
    struct splice splice = {.from = usable_file(from), .to = usable_file(to)};
    uint64_t from_offset = 0, to_offset = 0;
    int64_t result = flags & ~SPLICE_F_KNOWN ? -EINVAL : 0;

    if (result == 0 && size == 0)
        return 0;
    if (result == 0)
        result = check_files(&splice, from_address, to_address);
    if (result == 0)
        result = offset_from_user(from_address, &from_offset);
    if (result == 0)
        result = offset_from_user(to_address, &to_offset);
    if (result)
        return result;
    splice.from_offset = from_address ? &from_offset : &splice.from->offset;
    splice.to_offset = to_address ? &to_offset : &splice.to->offset;
    splice.nonblocking = flags & SPLICE_F_NONBLOCK || is_nonblocking_pipe(splice.from) ||
                         is_nonblocking_pipe(splice.to);
    file_get(splice.from);
    file_get(splice.to);
    result = move(&splice, MIN(size, PIECE));
    file_put(splice.from);
    file_put(splice.to);
    if (result > 0 && from_address && put_user(from_offset, from_address))
        return -EFAULT;
    if (result > 0 && to_address && put_user(to_offset, to_address))
        return -EFAULT;
    return result;
}
