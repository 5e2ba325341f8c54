/* The interfaces as applications know them: lo and eth0. Their indices are lwIP's. */
#pragma once

#include "lwip/netif.h"

#define INTERFACE_NAME 16 /* with a NUL; Linux' IFNAMSIZ */

void interface_name(const struct netif *netif, char name[INTERFACE_NAME]);
uint16_t interface_hardware(const struct netif *netif); /* ARPHRD_* */
uint16_t interface_flags(const struct netif *netif);    /* IFF_* */
uint32_t interface_mtu(const struct netif *netif);
struct netif *interface_by_name(const char *name); /* NULL: there is none */
