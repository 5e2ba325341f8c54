/* The read-only file system inside the image. */
#pragma once

#include "abi/imagefs.h"
#include "fs/inode.h"

#define IMAGEFS_DEVICE 1

/* Takes the file system at `start`; panics with a sentence when it is not a valid one of at most
 * `size` bytes. */
void imagefs_mount(const void *start, size_t size);
struct inode imagefs_root(void);
