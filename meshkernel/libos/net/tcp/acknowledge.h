/* When what came is acknowledged. */
#pragma once

#include "core/types.h"

struct tcp_pcb;

/* `size` bytes came in order: called by lwIP for each segment (net/hooks.h). */
void tcp_acknowledge(struct tcp_pcb *pcb, uint32_t size);

/* All frames that had come were taken: acknowledges what is due. Whether anything was. */
bool tcp_acknowledge_batch(void);
