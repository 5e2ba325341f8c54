/* Frames that no machine has sent: the switch answers in the name of who cannot. */
#pragma once

#include "frame.h"

#define RESET_MAX 74

/* Writes a TCP reset with the packet's addresses, ports and numbers; its size, at most RESET_MAX.
 */
uint32_t answer_reset(uint8_t *frame, const struct packet *packet);

/* As much of what it answers as fits is quoted: RFC 1812, 4.3.2.3. */
#define UNREACHABLE_MAX (ETHERNET_SIZE + 576)

/* Codes of "destination unreachable": RFC 792. */
enum { UNREACHABLE_NETWORK = 0, UNREACHABLE_HOST = 1 };

/* Writes what a router with this address says to the sender of an IPv4 frame that it cannot bring
 * to its destination; its size, at most UNREACHABLE_MAX. */
uint32_t answer_unreachable(uint8_t *frame, uint32_t router, const uint8_t *sent, uint8_t code);
