/* Signals from the host (CONTROL_SIGNAL), as from another process's kill(). */
#pragma once

void control_signals_start(void);
