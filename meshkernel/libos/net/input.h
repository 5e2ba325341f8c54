/* What the hooks of both versions of IP do with a packet that comes in. */
#pragma once

#include "net/inet_socket.h"

struct pbuf;

/* Most segments are none of our business: neither do they open a connection, nor is there anything
 * urgent. */
bool net_is_ordinary_segment(const struct pbuf *packet, uint16_t header);

/* A TCP segment behind a header of so many bytes: true when lwIP is not to see it. */
bool net_takes_segment(const struct pbuf *packet, uint16_t header, const ip_addr_t *source,
                       const ip_addr_t *destination);

#define QUOTED_SIZE 8 /* bytes of a packet behind its header that every ICMP error quotes */

/* An ICMP error about something that we sent: the addresses of `flow` are known, and what UDP and
 * TCP have first is read from here. */
void net_unreachable(struct inet_quote *flow, uint8_t protocol,
                     const uint8_t quoted[static QUOTED_SIZE], int error);
