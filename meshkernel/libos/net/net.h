/* The network: lwIP with our own Ethernet below it and sockets above it. */
#pragma once

#include "core/types.h"

struct netif;

/* After anything that may have made lwIP send: delivers what went to the own address, and sees that
 * the timers run. Every socket operation and every batch of received frames ends with it. */
void net_settle(void);

/* Delivers what waits at lo and the other interfaces. */
void net_poll(void);

/* The network device's interface, or NULL; the loopback interface. */
struct netif *net_ethernet(void);
struct netif *net_loopback(void);
