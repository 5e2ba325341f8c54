/* Who handles which interrupt. */
#include "arch/x86_64/interrupts.h"

#include "arch/x86_64/apic.h"
#include "core/print.h"
#include "core/string.h"
#include "core/timer.h"

static struct {
    void (*handler)(void *argument);
    void *argument;
} handlers[VECTOR_TIMER - VECTOR_PINS];

static bool running;

bool interrupt_running(void) {
    return running;
}

void interrupt_attach(unsigned gsi, bool level, void (*handler)(void *argument), void *argument) {
    assert(gsi < ARRAY_SIZE(handlers) && handlers[gsi].handler == NULL);
    handlers[gsi].handler = handler;
    handlers[gsi].argument = argument;
    if (!ioapic_route(gsi, VECTOR_PINS + gsi, level))
        panic("a device's interrupt has no pin at the I/O APIC");
}

void interrupts_detach(void) {
    memset(handlers, 0, sizeof handlers);
}

void interrupt_dispatch(unsigned vector) {
    if (vector == VECTOR_SPURIOUS)
        return; /* must not be acknowledged */
    running = true;
    if (vector == VECTOR_TIMER)
        timers_run();
    else if (handlers[vector - VECTOR_PINS].handler)
        handlers[vector - VECTOR_PINS].handler(handlers[vector - VECTOR_PINS].argument);
    running = false;
    apic_eoi();
}
