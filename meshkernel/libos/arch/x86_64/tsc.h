/* How fast the time stamp counter runs. */
#pragma once

#include "core/types.h"

/* Early in boot: from here the measurement counts. */
void tsc_measure_start(void);

/* The rate in Hz: what the hypervisor or the processor announces, else measured since
 * tsc_measure_start, or for `least` if that was shorter. Also tells the APIC's timer its rate.
 * Panics when there is nothing to measure by. */
uint64_t tsc_measure(nanos_t least);

/* The TSC at tsc_measure_start: the beginning of time. */
uint64_t tsc_boot(void);

/* Whether the rate is announced, and so exact. */
bool tsc_is_announced(void);

/* The counter begins anew, and time with it. */
void tsc_forget(void);
