/* The wall clock follows the host's, asked over the control channel. */
#pragma once

#include "abi/control.h"

void time_sync_start(void);
void time_sync_start_later(void); /* in some 200 ms */
void time_sync_stop(void);
void time_sync_answered(const struct control_time *answer);
