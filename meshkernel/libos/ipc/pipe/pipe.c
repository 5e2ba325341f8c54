#include "ipc/pipe/pipe.h"

#include "core/alloc.h"
#include "core/thread.h"
#include "fs/inode.h"
#include "ipc/stream/stream.h"
#include "linux/errno.h"
#include "linux/signal.h"

#define PIPE_BUF 4096u /* a write of no more is not torn apart */
#define FIONREAD 0x541B

struct pipe {
    struct stream stream;
    struct file *reader, *writer; /* NULL once closed; the last one frees the pipe */
};

static ssize_t pipe_read(struct file *file, struct io *io, uint64_t *offset) {
    struct pipe *pipe = file->private;

    (void)offset;
    if (io->left == 0)
        return 0;
    if (stream_used(&pipe->stream) == 0 && pipe->writer && file->flags & O_NONBLOCK)
        return -EAGAIN;
    int error = WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                           stream_used(&pipe->stream) > 0 || pipe->writer == NULL);
    if (error)
        return error;
    ssize_t count = stream_read(&pipe->stream, io, false);
    if (count > 0 && pipe->writer)
        wait_wake(&pipe->writer->waiters, EPOLLOUT);
    return count;
}

/* Waits for room; 0, or why the write ends here. */
static int wait_for_room(struct file *file, struct pipe *pipe, uint64_t needed) {
    int error = 0;

    if (pipe->reader && stream_room(&pipe->stream) < needed)
        error = file->flags & O_NONBLOCK
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                                 stream_room(&pipe->stream) >= needed || pipe->reader == NULL);
    if (error)
        return error;
    if (pipe->reader)
        return 0;
    signal_raise(current, SIGPIPE);
    return -EPIPE;
}

static ssize_t pipe_write(struct file *file, struct io *io, uint64_t *offset) {
    struct pipe *pipe = file->private;
    uint64_t needed = io->left <= PIPE_BUF ? io->left : 1;
    ssize_t done = 0;

    (void)offset;
    while (io->left > 0) {
        int error = wait_for_room(file, pipe, needed);
        ssize_t count = error ? error : stream_write(&pipe->stream, io);

        if (count <= 0)
            return done ? done : count;
        done += count;
        wait_wake(&pipe->reader->waiters, EPOLLIN);
    }
    return done;
}

static uint32_t reader_poll(struct file *file) {
    const struct pipe *pipe = file->private;

    return (stream_used(&pipe->stream) ? EPOLLIN : 0) | (pipe->writer ? 0 : EPOLLHUP);
}

static uint32_t writer_poll(struct file *file) {
    const struct pipe *pipe = file->private;

    return (stream_room(&pipe->stream) >= PIPE_BUF ? EPOLLOUT : 0) | (pipe->reader ? 0 : EPOLLERR);
}

static int pipe_ioctl(struct file *file, unsigned command, uaddr_t arg) {
    const struct pipe *pipe = file->private;
    int count = (int)stream_used(&pipe->stream);

    return command == FIONREAD ? put_user(count, arg) : -ENOTTY;
}

static int64_t pipe_size(struct file *file, bool set, uint64_t size) {
    struct pipe *pipe = file->private;

    if (set && size > STREAM_SIZE_MAX)
        return -EPERM;
    int error = set ? stream_resize(&pipe->stream, size) : 0;
    return error ? error : (int64_t)pipe->stream.capacity;
}

static void free_if_closed(struct pipe *pipe) {
    if (pipe->reader || pipe->writer)
        return;
    stream_destroy(&pipe->stream);
    kfree(pipe);
}

static void reader_release(struct file *file) {
    struct pipe *pipe = file->private;

    pipe->reader = NULL;
    if (pipe->writer)
        wait_wake(&pipe->writer->waiters, EPOLLERR | EPOLLOUT);
    free_if_closed(pipe);
}

static void writer_release(struct file *file) {
    struct pipe *pipe = file->private;

    pipe->writer = NULL;
    if (pipe->reader)
        wait_wake(&pipe->reader->waiters, EPOLLHUP | EPOLLIN);
    free_if_closed(pipe);
}

static const struct file_ops reader_ops = {
    .read = pipe_read,
    .poll = reader_poll,
    .ioctl = pipe_ioctl,
    .pipe_size = pipe_size,
    .mode = S_IFIFO | 0600,
    .release = reader_release,
};

static const struct file_ops writer_ops = {
    .write = pipe_write,
    .poll = writer_poll,
    .ioctl = pipe_ioctl,
    .pipe_size = pipe_size,
    .mode = S_IFIFO | 0600,
    .release = writer_release,
};

int pipe_new(int flags, struct file *files[2]) {
    struct pipe *pipe = knew(struct pipe);

    if (pipe == NULL)
        return -ENOMEM;
    if (stream_init(&pipe->stream, STREAM_SIZE)) {
        kfree(pipe);
        return -ENOMEM;
    }
    pipe->reader = file_new(&reader_ops, pipe, O_RDONLY | flags);
    pipe->writer = file_new(&writer_ops, pipe, O_WRONLY | flags);
    if (pipe->reader && pipe->writer) {
        files[0] = pipe->reader;
        files[1] = pipe->writer;
        return 0;
    }
    if (pipe->reader || pipe->writer) {
        file_put(pipe->reader ? pipe->reader : pipe->writer);
        return -ENOMEM;
    }
    free_if_closed(pipe);
    return -ENOMEM;
}
