/* Pipes. */
#pragma once

#include "fs/file.h"

/* files[0] reads, files[1] writes, both with one reference. 0 or -ENOMEM. */
int pipe_new(int flags, struct file *files[2]);
