/* What only the system calls need of the table of descriptors. */
#pragma once

#include "fs/file.h"

#define DESCRIPTORS_MAX 65536

bool fd_close_on_exec(int fd);
void fd_set_close_on_exec(int fd, bool close_on_exec);

/* Puts the file, with the caller's reference, at exactly this descriptor and lets go of what was
 * there. -EBADF beyond the limit, -ENOMEM. */
int fd_replace(int fd, struct file *file, bool close_on_exec);

/* The first descriptor in use from `fd` on, or -1. */
int fd_next(int fd);
