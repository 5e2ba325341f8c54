/* The control channel (abi/control.h): /dev/control for the guest runtime, the host's clock, and
 * the last word. */
#pragma once

#include "abi/control.h"
#include "core/types.h"

/* Frames of this kind go to the handler, in interrupt context; the payload is gone when it returns.
 */
void control_on(enum control_kind kind, void (*handler)(const uint8_t *payload, size_t size));
