/* Devices below /dev. */
#pragma once

#include "fs/file.h"

/* Adds /dev/NAME, a character device of these permissions (0666, say). Opening it makes a file with
 * these operations and `private` NULL; an operation may keep its own state there. `name` and `ops`
 * must live as long as the machine. Panics when memory is used up: it is called during start-up
 * only, after fs_init(). */
void devfs_add(const char *name, uint32_t mode, const struct file_ops *ops);

/* Mounts /dev with what is always there; called by fs_init(). */
void devfs_init(void);
