/* lwIP's timers on one timer of the library OS. */
#pragma once

/* Something happened: the timers are needed for a while. */
void net_timers_run(void);

/* A fragment came: reassembly is to be timed out. */
void net_timers_reassembly(void);

/* Whether a connection waits for anything (data, an acknowledgement, a retransmission). */
_Bool net_timers_busy(void);

/* Whether the next tick or date has a timer: not while everything is at rest. */
_Bool net_timers_set(void);
