/* AF_INET6: what net/ asks of this library, where the service has it.
 *
 * An interface has one address: lo ::1, the network device the link-local address that follows from
 * its MAC (RFC 4291, appendix A). A neighbour's MAC follows from its address in the same way, so
 * nothing is asked on the wire. Scope ids are indices of interfaces. */
#pragma once

#include "lwip/ip_addr.h"

struct netif;

void inet6_start(struct netif *device); /* its address and its way out */

/* For net/address.c: the address is of IPv6. */
bool inet6_address_is_local(const ip_addr_t *address); /* or any */
bool inet6_source_for(const ip_addr_t *destination, ip_addr_t *source);
