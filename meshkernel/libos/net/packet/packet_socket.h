/* AF_PACKET: whole Ethernet frames. */
#pragma once

#include "core/types.h"

struct netif;
struct pbuf;

void packet_sockets_init(void);

/* Shows a frame (with its Ethernet header) to the packet sockets; it stays the caller's. */
void packet_sockets_see(struct netif *netif, struct pbuf *frame, bool outgoing);
