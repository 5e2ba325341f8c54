/* What tests may see and change of the shims. */
#pragma once

#include "core/types.h"

struct wait_queue;

/* The clock, in nanoseconds; timers whose deadline has passed expire when a test moves it. */
extern nanos_t shim_now;
extern uint64_t shim_realtime_offset;
void shim_advance(nanos_t by);

/* Called whenever the running thread would sleep; what it returns is the wake-up's result. */
extern int (*shim_sleep)(nanos_t deadline);
int shim_sleep_until_deadline(nanos_t deadline); /* the default */

extern bool shim_signal_waiting;  /* what signal_interrupts answers */
extern const char *shim_left_out; /* the library of the last report_left_out, NULL: none */
extern int shim_last_signal;      /* of signal_raise, 0: none */
extern size_t shim_pages_limit;   /* page_alloc fails beyond */
size_t shim_pages_in_use(void);   /* pages that have a reference */
extern size_t shim_allocations_before_failure; /* of kmalloc; SIZE_MAX: never */
extern char shim_console[4096]; /* what console_write and print got, ended with NUL */

struct socket_family;
extern const struct socket_family *shim_socket_family; /* the last that was registered */
