/* Where lwIP asks us. */
#pragma once

#include "core/types.h"
#include "lwip/ip4_addr.h"
#include "lwip/ip_addr.h"
#include "lwip/priv/tcp_priv.h"
#include "net/tcp/acknowledge.h"

struct pbuf;
struct netif;

/* lwIP's own acknowledges every second segment. `tcplen` is what tcp_in.c has of the one at hand.
 */
#undef tcp_ack
#define tcp_ack(pcb) tcp_acknowledge((pcb), tcplen)

/* Sees each IP packet first; non-zero when it has taken it. */
int net_hook_input(struct pbuf *packet, struct netif *netif);

/* The same for IPv6 (net/ipv6/). */
int net_hook_input6(struct pbuf *packet, struct netif *netif);

/* Makes lo answer at this address of 127/8; at 127.0.0.1 for any other. */
void net_loopback_answers(ip4_addr_t address);

/* lo for the own address, NULL for lwIP's own choice. */
struct netif *net_hook_route(const ip4_addr_t *destination);

/* RFC 6528: a keyed hash of the connection's ends, and a clock. */
u32_t net_hook_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                                u16_t remote_port);

/* The same hash without the clock: alike for all packets of a flow, and not to be chosen by peers.
 */
uint64_t net_flow_hash(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                       u16_t remote_port);
