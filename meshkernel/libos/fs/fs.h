/* Start-up of the file systems: the image at /, devices at /dev, what libraries mount, and the
 * files of the boot configuration over the image's own. */
#pragma once

#include "core/types.h"

/* Mounts the image and /dev. Needs the heap; panics with a sentence when there is no valid image.
 */
void fs_init(void);

/* Once libraries have mounted theirs: the files and the working directory of the boot
 * configuration. */
void fs_complete(void);

/* The files of another configuration in place of those, for a machine that goes on behind a seal.
 */
void fs_continue(void);

/* Every volume of the boot configuration was mounted, or a panic says which was not. After the
 * devices. */
void fs_check_volumes(void);

/* Opens /dev/console as descriptors 0, 1 and 2; called once before the program starts. */
void fs_open_console(void);
