/* The network: lwIP with our own Ethernet below it and sockets above it. */
#pragma once

#include "core/types.h"

struct netif;

/* Starts lwIP, loopback and the device (if both a device and an address of the boot configuration
 * are there), and registers AF_INET and AF_PACKET. After virtio_init. */
void net_init(void);

/* After anything that may have made lwIP send: delivers what went to the own address, and sees that
 * the timers run. Every socket operation and every batch of received frames ends with it. */
void net_settle(void);

/* Waits (at most until the deadline) until every byte that was written to a TCP connection is
 * acknowledged, as Linux goes on doing after a process has ended. For the end of the service; may
 * sleep. */
void net_drain(nanos_t deadline);

/* Delivers what waits at lo and the other interfaces. */
void net_poll(void);

/* The network device's interface, or NULL; the loopback interface. */
struct netif *net_ethernet(void);
struct netif *net_loopback(void);
