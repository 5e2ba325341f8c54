/* Device interrupts, by global system interrupt number (the pin of the I/O APIC). */
#pragma once

#include "core/types.h"

/* Calls handler(argument) on the interrupt stack, interrupts off, whenever the line fires. It must
 * not sleep. `level`: level-triggered (virtio-mmio under Firecracker and KVM's), else edge. */
void interrupt_attach(unsigned gsi, bool level, void (*handler)(void *argument), void *argument);

/* Nobody handles anything any more. */
void interrupts_detach(void);

/* True in a handler. */
bool interrupt_running(void);
