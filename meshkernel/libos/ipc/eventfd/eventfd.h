/* A counter as a file. */
#pragma once

#include "fs/file.h"

/* One reference, or NULL when out of memory. `semaphore`: a read takes 1, else all. */
struct file *eventfd_new(uint64_t value, bool semaphore, int flags);
