/* Pipes. */
#pragma once

#include "fs/file.h"

/* files[0] reads, files[1] writes, both with one reference. 0 or -ENOMEM. */
int pipe_new(int flags, struct file *files[2]);

/* F_GETPIPE_SZ and F_SETPIPE_SZ: the capacity in bytes, or -EBADF for what is no pipe. */
int64_t pipe_capacity(const struct file *file);
int64_t pipe_set_capacity(struct file *file, uint64_t capacity);
