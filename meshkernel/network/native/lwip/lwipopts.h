/* lwIP in the gateway: IPv4 and TCP through the raw interface, neighbours known from the plan. */
#pragma once

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TIMERS 1

/* Memory is the host's: as many connections as it allows. */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#define MEM_USE_POOLS 0

/* The MAC of a peer follows from its address, so there is no ARP; gateway.c writes the header. */
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_STATS 0
#define LWIP_SINGLE_NETIF 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define PBUF_LINK_HLEN 0

/* A frame of 9,014 bytes carries this much; a peer with a smaller MTU says so in its SYN. */
#define TCP_MSS 8960
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 3
#define TCP_WND (256 * 1024)
#define TCP_SND_BUF (256 * 1024)
#define TCP_SND_QUEUELEN 4096
#define TCP_SNDLOWAT (16 * 1024)
#define TCP_SNDQUEUELOWAT 2048
#define TCP_LISTEN_BACKLOG 0
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_PBUFS 256 /* a window of segments of 1,024 bytes; not one of single bytes */
/* No path of a mesh keeps an old segment for long, and the gateway closes many connections first:
 * with the usual two minutes of TIME_WAIT it would run out of ports. */
#define TCP_MSL 1000UL
#define TCP_LOCAL_PORT_RANGE_START 16384
#define TCP_LOCAL_PORT_RANGE_END 65535
#define TCP_ENSURE_LOCAL_PORT_RANGE(port)                                                          \
    ((u16_t)(TCP_LOCAL_PORT_RANGE_START +                                                          \
             (port) % (TCP_LOCAL_PORT_RANGE_END - TCP_LOCAL_PORT_RANGE_START + 1)))
#define LWIP_TCP_RTO_TIME 500
