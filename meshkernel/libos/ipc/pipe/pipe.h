/* Pipes. */
#pragma once

#include "fs/file.h"

/* files[0] reads, files[1] writes, both with one reference. 0 or -ENOMEM. */
int pipe_new(int flags, struct file *files[2]);

/* Opens a pipe that has a name, and is kept in *home while anybody has it open. As long as nobody
 * has the other side open, one who wants to read or to write alone sleeps, or with O_NONBLOCK reads
 * nothing and is refused to write: -ENXIO, -ENOMEM, -ERESTARTSYS. */
struct pipe;
int pipe_open(struct pipe **home, int flags, struct file **file);

bool is_pipe(const struct file *file);

/* Both are ends of one pipe. */
bool pipes_same(const struct file *one, const struct file *other);

/* For splice. Copies what is there, at least a byte but at the end, without taking it; takes it. */
ssize_t pipe_peek(struct file *file, struct io *io, bool nonblocking);
void pipe_skip(struct file *file, size_t size);

/* How many bytes can be written without waiting, at least one; -EAGAIN, -EINTR, -EPIPE. */
ssize_t pipe_room(struct file *file, bool nonblocking);
