/* Ends of the machine other than a program's own. */
#pragma once

#include "core/print.h"

struct trap_frame;

/* panic() about this fault. */
noreturn void panic_trap(const char *sentence, const struct trap_frame *frame);

/* Prints the registers of a fault to the console. */
void panic_registers(const struct trap_frame *frame);
