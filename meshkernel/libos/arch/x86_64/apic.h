/* The local APIC with its timer, and the I/O APIC. */
#pragma once

#include "core/types.h"

/* Vectors from 32 on are the pins of the I/O APIC, up to these two. */
#define VECTOR_PINS 32
#define VECTOR_TIMER 78
#define VECTOR_SPURIOUS 79

void apic_init(void);
void apic_eoi(void);

/* Raises VECTOR_TIMER once, `delay` nanoseconds from now or (when the counter is too short)
 * earlier. */
void apic_timer_arm(nanos_t delay);

/* The timer's free-running count, downwards, before it is used for anything else; and how it is
 * told the rates that were measured: ticks of each in the same time, and the TSC's rate in Hz. */
uint32_t apic_timer_count(void);
void apic_timer_calibrate(uint64_t timer_ticks, uint64_t tsc_ticks, uint64_t tsc_hz);

/* Routes a pin to the vector, unmasked; false when there is no such pin. */
bool ioapic_route(unsigned pin, unsigned vector, bool level);

/* Runs the handler of the vector and ends the interrupt. */
void interrupt_dispatch(unsigned vector);
