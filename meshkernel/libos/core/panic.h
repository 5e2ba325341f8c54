/* Ends of the machine other than a program's own. */
#pragma once

#include "abi/control.h"
#include "core/print.h"

struct trap_frame;

/* panic() about this fault. */
noreturn void panic_trap(const char *sentence, const struct trap_frame *frame);

/* Prints the system call that the running thread is in, if it is in one. Neither allocates nor
 * formats. */
void panic_call(void);

/* Prints the registers of a fault to the console. */
void panic_registers(const struct trap_frame *frame);

/* Tells the host, and ends the machine. */
noreturn void machine_stop(enum control_exit_reason reason, uint32_t code);

/* Tells the host how the machine ended; NULL without a control channel. Works in a panic: allocates
 * nothing, and waits for a bounded time at most. */
extern void (*machine_last_word)(enum control_exit_reason reason, uint32_t code);

/* Waits, at most until the deadline, for what was given away before the program's end and is not
 * gone yet; NULL without a network. May sleep. */
extern void (*machine_drain)(nanos_t deadline);

/* Hands over what the program's maps have written and its files do not have yet; NULL without
 * volumes. Never sleeps. */
extern void (*machine_flush)(void);
