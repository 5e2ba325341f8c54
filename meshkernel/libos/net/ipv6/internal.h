/* What the files of this folder share. */
#pragma once

#include "lwip/netif.h"
#include "net/datagram/ancillary.h"
#include "net/inet_socket.h"
#include "net/ipv6/ipv6.h"

/* The functions of struct inet_family. */
int inet6_parse(const struct inet_socket *socket, const struct socket_address *from,
                ip_addr_t *address, uint16_t *port);
void inet6_write(struct socket_address *to, const ip_addr_t *address, uint16_t port);
int inet6_set_option(struct inet_socket *socket, int level, int name, const void *value,
                     uint32_t size);
int inet6_get_option(struct inet_socket *socket, int level, int name, void *value, uint32_t *size);
int inet6_tell_origin(const struct inet_socket *socket, const struct datagram_origin *origin,
                      struct control_out *out);
int inet6_read_wish(const struct control_item *item, struct datagram_wishes *wishes);

/* 16 bytes as applications have them, to and from lwIP's address. An IPv4 address is written as a
 * mapped one (RFC 4291, 2.5.5.2), and a mapped one is read as what it stands for. */
void inet6_from_bytes(ip_addr_t *address, const uint8_t bytes[16]);
void inet6_to_bytes(const ip_addr_t *address, uint8_t bytes[16]);

/* netif->output_ip6 of the network device. */
err_t inet6_output(struct netif *netif, struct pbuf *packet, const ip6_addr_t *destination);
