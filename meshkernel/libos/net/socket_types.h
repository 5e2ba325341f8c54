/* Linux' numbers for sockets of the internet. */
#pragma once

#define AF_UNSPEC 0
#define AF_PACKET 17

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_UDPLITE 136
#define IPPROTO_RAW 255

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

#define DEFAULT_TTL 64 /* net.ipv4.ip_default_ttl */
#define SOMAXCONN 4096
#define DEFAULT_BUFFER 212992u /* net.core.rmem_default and wmem_default */
#define BUFFER_MAX (4u << 20)
