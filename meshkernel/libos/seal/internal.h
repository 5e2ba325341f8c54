/* Between the files of this library. */
#pragma once

#include "abi/seal.h"
#include "fs/text.h"
#include "seal/seal.h"

/* Everything that stands in the way, a line each. */
AT_THE_SEAL void seal_hindrances(struct text *lines);

/* Runs the libraries' steps of a stage. */
void seal_run(enum seal_stage stage);

/* What this processor has. */
void seal_processor_read(struct seal_processor *processor);

/* NULL, or what this processor lacks of the other, in a few words. */
const char *seal_processor_lacks(const struct seal_processor *other);

/* Hands the machine's memory over and stops. `child_tid` is for the one that goes on. */
AT_THE_SEAL noreturn void seal_hand_over(uint64_t flags, uaddr_t child_tid);

/* What is remembered of the sealing. */
extern struct seal_processor seal_processor;

/* Where a machine goes on (boot.S), with the address of its start information. */
noreturn void seal_continue(uint32_t start_info);

/* What boot.S calls instead of starting the machine. */
extern void (*machine_sealed)(uint32_t start_info);
