/* Timers as files. */
#pragma once

#include "fs/file.h"

/* One reference, or NULL when out of memory. `realtime`: absolute times are of the wall clock. */
struct file *timerfd_new(bool realtime, int flags);
bool is_timerfd(const struct file *file);

/* `value` 0 stops it; nanoseconds from now, or the clock's when `absolute`. */
void timerfd_set(struct file *file, uint64_t value, uint64_t interval, bool absolute);

/* Nanoseconds until it next expires, 0 when it is stopped. */
uint64_t timerfd_left(const struct file *file, uint64_t *interval);
