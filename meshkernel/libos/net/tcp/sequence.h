/* The key of TCP's initial sequence numbers. */
#pragma once

void net_sequence_init(void);
