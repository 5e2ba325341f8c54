#include "ipc/pipe/pipe.h"

#include "core/alloc.h"
#include "core/list.h"
#include "core/thread.h"
#include "fs/inode.h"
#include "ipc/stream/stream.h"
#include "linux/errno.h"
#include "linux/signal.h"

#define PIPE_BUF 4096u /* a write of no more is not torn apart */
#define FIONREAD 0x541B

struct pipe {
    struct stream stream;
    struct list readers, writers; /* of struct opened; the last one that goes frees the pipe */
    uint64_t reader_count, writer_count; /* how many there ever were */
    struct pipe **home;                  /* where a pipe with a name is kept, or NULL */
};

/* An open file of a pipe: one that is on neither list is not of that side. */
struct opened {
    struct pipe *pipe;
    struct file *file;
    struct list reading, writing;
    uint64_t writers_before; /* a reader that has seen no writer yet has not been hung up on */
};

static struct pipe *pipe_of(const struct file *file) {
    return ((const struct opened *)file->private)->pipe;
}

static void pipe_release(struct file *file);

static bool has_readers(const struct pipe *pipe) {
    return !list_empty(&pipe->readers);
}

static bool has_writers(const struct pipe *pipe) {
    return !list_empty(&pipe->writers);
}

static void wake_readers(struct pipe *pipe, uint32_t events) {
    LIST_FOR_EACH(link, &pipe->readers)
    wait_wake(&LIST_ENTRY(link, struct opened, reading)->file->waiters, events);
}

static void wake_writers(struct pipe *pipe, uint32_t events) {
    LIST_FOR_EACH(link, &pipe->writers)
    wait_wake(&LIST_ENTRY(link, struct opened, writing)->file->waiters, events);
}

static int wait_for_bytes(struct file *file, bool nonblocking) {
    struct pipe *pipe = pipe_of(file);

    if (stream_used(&pipe->stream) == 0 && has_writers(pipe) && nonblocking)
        return -EAGAIN;
    return WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                      stream_used(&pipe->stream) > 0 || !has_writers(pipe));
}

static ssize_t pipe_read(struct file *file, struct io *io, uint64_t *offset) {
    struct pipe *pipe = pipe_of(file);

    (void)offset;
    if (io->left == 0)
        return 0;
    int error = wait_for_bytes(file, file->flags & O_NONBLOCK);
    if (error)
        return error;
    ssize_t count = stream_read(&pipe->stream, io, false);
    if (count > 0)
        wake_writers(pipe, EPOLLOUT);
    return count;
}

/* Waits for room; 0, or why the write ends here. */
static int wait_for_room(struct file *file, uint64_t needed, bool nonblocking) {
    struct pipe *pipe = pipe_of(file);
    int error = 0;

    if (has_readers(pipe) && stream_room(&pipe->stream) < needed)
        error = nonblocking
                    ? -EAGAIN
                    : WAIT_UNTIL(&file->waiters, NANOS_NEVER,
                                 stream_room(&pipe->stream) >= needed || !has_readers(pipe));
    if (error)
        return error;
    if (has_readers(pipe))
        return 0;
    signal_raise(current, SIGPIPE);
    return -EPIPE;
}

static ssize_t pipe_write(struct file *file, struct io *io, uint64_t *offset) {
    struct pipe *pipe = pipe_of(file);
    uint64_t needed = io->left <= PIPE_BUF ? io->left : 1;
    ssize_t done = 0;

    (void)offset;
    while (io->left > 0) {
        int error = wait_for_room(file, needed, file->flags & O_NONBLOCK);
        ssize_t count = error ? error : stream_write(&pipe->stream, io);

        if (count <= 0)
            return done ? done : count;
        done += count;
        wake_readers(pipe, EPOLLIN);
    }
    return done;
}

bool is_pipe(const struct file *file) {
    return file->ops->release == pipe_release;
}

bool pipes_same(const struct file *one, const struct file *other) {
    return is_pipe(one) && is_pipe(other) && pipe_of(one) == pipe_of(other);
}

ssize_t pipe_peek(struct file *file, struct io *io, bool nonblocking) {
    int error = wait_for_bytes(file, nonblocking);

    return error ? error : stream_read(&pipe_of(file)->stream, io, true);
}

void pipe_skip(struct file *file, size_t size) {
    stream_skip(&pipe_of(file)->stream, size);
    wake_writers(pipe_of(file), EPOLLOUT);
}

ssize_t pipe_room(struct file *file, bool nonblocking) {
    int error = wait_for_room(file, 1, nonblocking);

    return error ? error : (ssize_t)stream_room(&pipe_of(file)->stream);
}

static uint32_t pipe_poll(struct file *file) {
    const struct opened *opened = file->private;
    const struct pipe *pipe = opened->pipe;
    uint32_t events = 0;

    if (!list_empty(&opened->reading)) {
        events |= stream_used(&pipe->stream) ? EPOLLIN : 0;
        if (!has_writers(pipe) && pipe->writer_count != opened->writers_before)
            events |= EPOLLHUP;
    }
    if (!list_empty(&opened->writing)) {
        events |= stream_room(&pipe->stream) >= PIPE_BUF ? EPOLLOUT : 0;
        events |= has_readers(pipe) ? 0 : EPOLLERR;
    }
    return events;
}

static int pipe_ioctl(struct file *file, unsigned command, uaddr_t arg) {
    const struct pipe *pipe = pipe_of(file);
    int count = (int)stream_used(&pipe->stream);

    return command == FIONREAD ? put_user(count, arg) : -ENOTTY;
}

static int64_t pipe_size(struct file *file, bool set, uint64_t size) {
    struct pipe *pipe = pipe_of(file);

    if (set && size > STREAM_SIZE_MAX)
        return -EPERM;
    int error = set ? stream_resize(&pipe->stream, size) : 0;
    return error ? error : (int64_t)pipe->stream.capacity;
}

static void free_if_closed(struct pipe *pipe) {
    if (has_readers(pipe) || has_writers(pipe))
        return;
    if (pipe->home)
        *pipe->home = NULL;
    stream_destroy(&pipe->stream);
    kfree(pipe);
}

static void pipe_release(struct file *file) {
    struct opened *opened = file->private;
    struct pipe *pipe = opened->pipe;

    list_remove(&opened->reading);
    list_remove(&opened->writing);
    kfree(opened);
    if (!has_readers(pipe))
        wake_writers(pipe, EPOLLERR | EPOLLOUT);
    if (!has_writers(pipe))
        wake_readers(pipe, EPOLLHUP | EPOLLIN);
    free_if_closed(pipe);
}

#define PIPE_OPS                                                                                   \
    .poll = pipe_poll, .ioctl = pipe_ioctl, .pipe_size = pipe_size, .mode = S_IFIFO | 0600,        \
    .release = pipe_release

static const struct file_ops reader_ops = {.read = pipe_read, PIPE_OPS};
static const struct file_ops writer_ops = {.write = pipe_write, PIPE_OPS};
static const struct file_ops both_ops = {.read = pipe_read, .write = pipe_write, PIPE_OPS};

static struct pipe *pipe_make(struct pipe **home) {
    struct pipe *pipe = knew(struct pipe);

    if (pipe == NULL || stream_init(&pipe->stream, STREAM_SIZE)) {
        kfree(pipe);
        return NULL;
    }
    list_init(&pipe->readers);
    list_init(&pipe->writers);
    pipe->home = home;
    return pipe;
}

/* The sides are those of the access mode. NULL when out of memory: the pipe stays as it is. */
static struct file *open_side(struct pipe *pipe, int flags) {
    int mode = flags & O_ACCMODE;
    const struct file_ops *ops = mode == O_RDONLY   ? &reader_ops
                                 : mode == O_WRONLY ? &writer_ops
                                                    : &both_ops;
    struct opened *opened = knew(struct opened);
    struct file *file = opened ? file_new(ops, opened, flags) : NULL;

    if (file == NULL) {
        kfree(opened);
        return NULL;
    }
    *opened = (struct opened){.pipe = pipe, .file = file};
    opened->writers_before = has_writers(pipe) ? pipe->writer_count - 1 : pipe->writer_count;
    list_init(&opened->reading);
    list_init(&opened->writing);
    if (mode != O_WRONLY) {
        list_append(&pipe->readers, &opened->reading);
        pipe->reader_count++;
    }
    if (mode != O_RDONLY) {
        list_append(&pipe->writers, &opened->writing);
        pipe->writer_count++;
    }
    return file;
}

int pipe_new(int flags, struct file *files[2]) {
    struct pipe *pipe = pipe_make(NULL);

    if (pipe == NULL)
        return -ENOMEM;
    files[0] = open_side(pipe, O_RDONLY | flags);
    files[1] = files[0] ? open_side(pipe, O_WRONLY | flags) : NULL;
    if (files[1])
        return 0;
    if (files[0])
        file_put(files[0]);
    else
        free_if_closed(pipe);
    return -ENOMEM;
}

/* An open that blocks lasts until somebody has opened the other side, and may have left again. */
static int wait_for_other_side(struct pipe *pipe, struct file *file) {
    int mode = file->flags & O_ACCMODE;
    uint64_t readers = pipe->reader_count, writers = pipe->writer_count;

    if (mode == O_RDONLY && !has_writers(pipe))
        return WAIT_UNTIL(&file->waiters, NANOS_NEVER, pipe->writer_count != writers);
    if (mode == O_WRONLY && !has_readers(pipe))
        return WAIT_UNTIL(&file->waiters, NANOS_NEVER, pipe->reader_count != readers);
    return 0;
}

int pipe_open(struct pipe **home, int flags, struct file **file) {
    struct pipe *pipe = *home ? *home : pipe_make(home);
    int mode = flags & O_ACCMODE;

    if (pipe == NULL)
        return -ENOMEM;
    *home = pipe;
    bool refused = mode == O_WRONLY && flags & O_NONBLOCK && !has_readers(pipe);
    *file = refused ? NULL : open_side(pipe, flags);
    if (*file == NULL) {
        free_if_closed(pipe);
        return refused ? -ENXIO : -ENOMEM;
    }
    if (mode != O_WRONLY)
        wake_writers(pipe, EPOLLOUT);
    if (mode != O_RDONLY)
        wake_readers(pipe, 0);
    int error = flags & O_NONBLOCK ? 0 : wait_for_other_side(pipe, *file);
    if (error == 0)
        return 0;
    file_put(*file);
    return error == -EINTR ? -ERESTARTSYS : error;
}
