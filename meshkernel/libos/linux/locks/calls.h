/* The system calls about locks. */
#pragma once

#include "core/types.h"

struct file;

/* fcntl's commands about locks; `address` is of a struct flock. */
int64_t locks_control(struct file *file, int command, uaddr_t address);
