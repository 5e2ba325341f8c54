/* The devices of the machine. */
#pragma once

#include "core/types.h"

/* Finds the virtio devices and starts their drivers. Wants: pages, heap, interrupts, clock, boot
 * configuration, devfs. Before anything that needs random bytes, and before net_init. */
void virtio_init(void);
