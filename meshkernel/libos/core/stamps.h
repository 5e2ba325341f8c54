/* How far the start of this machine was when, by the time stamp counter. Whoever wants to know asks
 * later (CONTROL_START_ASK), so that nobody else's start is longer for it than by the counter's
 * reading. */
#pragma once

#include "arch/x86_64/cpu.h"

enum stamp {
    STAMP_ENTRY,   /* the first instruction; boot.S writes it */
    STAMP_DEVICES, /* devices come next */
    STAMP_NETWORK, /* they are there, and the network */
    STAMP_PROGRAM, /* the program's first instruction comes next, or the one behind its seal */
    STAMPS,
};

extern uint64_t start_stamps[STAMPS];

static inline void stamp(enum stamp reached) {
    start_stamps[reached] = rdtsc();
}
