/* The control channel (abi/control.h): /dev/control for the guest runtime, the host's clock, and
 * the last word. */
#pragma once

#include "abi/control.h"
#include "core/types.h"

/* Called once the console device runs. */
void control_start(void);

/* Asks the host for the time, now and again and again. Sets a timer, so clock_refine must be over:
 * it measures the timer's rate by letting it run through. */
void control_ask_time(void);

/* Frames of this kind go to the handler, in interrupt context; the payload is gone when it returns.
 */
void control_on(enum control_kind kind, void (*handler)(const uint8_t *payload, size_t size));

/* The last frame: how the machine ended. Allocates nothing, polls for a bounded time, and does
 * nothing without the device; so a panic may call it. */
void control_exit(enum control_exit_reason reason, uint32_t code);
