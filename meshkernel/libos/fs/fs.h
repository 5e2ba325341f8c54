/* Start-up of the file systems: the image at /, memory at /tmp, /run and /dev/shm, devices at /dev,
 * processes at /proc, and the files of the boot configuration over the image's own. */
#pragma once

#include "core/types.h"

/* Mounts everything. Needs the parsed boot configuration and the heap; panics with a sentence when
 * there is no valid image. */
void fs_init(void);

/* Every volume of the boot configuration was mounted, or a panic says which was not. After the
 * devices. */
void fs_check_volumes(void);

/* Opens /dev/console as descriptors 0, 1 and 2; called once before the program starts. */
void fs_open_console(void);
