/* Time. The source is the TSC; its rate comes from kvm-clock or CPUID where they announce it, and
 * is measured otherwise. The wall clock starts from the boot configuration and follows the control
 * channel. */
#pragma once

#include "core/types.h"

nanos_t clock_monotonic(void);
uint64_t clock_realtime(void); /* nanoseconds since 1970-01-01 UTC */

/* Sets the wall clock so that it read `realtime` at the monotonic instant `at`. */
void clock_set_realtime(uint64_t realtime, nanos_t at);

/* One answer of the host: its clock read `wall` at some moment between the monotonic instants
 * `asked` and `answered`. */
void clock_discipline(uint64_t wall, nanos_t asked, nanos_t answered);

void clock_discipline_forget(void); /* what the answers so far have shown */

/* Time runs from here on, at a rate that clock_refine() measures better at the end of the start-up.
 */
void clock_init(void);
void clock_refine(void);

/* At a seal the monotonic clock stops; the machine that continues goes on from there with the same
 * rate, and looks at the end of its start-up whether that is true for its own counter. */
void clock_hold(void);
void clock_continue(void);
void clock_confirm(void);

/* The rate, as nanoseconds per tick of the TSC in 32.32 fixed point; setting it keeps the time. */
uint64_t clock_rate(void);
void clock_set_rate(uint64_t rate);
uint64_t clock_ticks(void);

/* The page that the application reads the time from: struct vdso_data. */
const void *clock_page(void);
