#include "core/panic.h"

void (*machine_last_word)(enum control_exit_reason reason, uint32_t code);
void (*machine_drain)(nanos_t deadline);
void (*machine_flush)(void);
