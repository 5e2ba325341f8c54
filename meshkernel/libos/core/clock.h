/* Time. The source is the TSC; its rate comes from kvm-clock or CPUID where they announce it, and is measured
 * otherwise. The wall clock starts from the boot configuration and follows the control channel. */
#pragma once

#include "core/types.h"

nanos_t clock_monotonic(void);
uint64_t clock_realtime(void); /* nanoseconds since 1970-01-01 UTC */

/* Sets the wall clock so that it read `realtime` at the monotonic instant `at`. */
void clock_set_realtime(uint64_t realtime, nanos_t at);
