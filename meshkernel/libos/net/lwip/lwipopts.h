/* lwIP as the library OS uses it: raw API, no threads, memory from the heap; UDP, raw sockets and
 * IPv6 where the service has the libraries. */
#pragma once

#include "generated/libraries.h"

/* One CPU, interrupts off in the library OS: nothing to protect, no thread of its own. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

/* net/tcp/timers.c runs the timers, since lwIP's own never rest while a connection is open. The
 * interval is the delayed acknowledgement's; twice that is the unit of retransmission, whose
 * minimum (3 units) is so near Linux' 200 ms. */
#define LWIP_TIMERS 0
#define TCP_TMR_INTERVAL 50
#define TCP_MSL 30000UL        /* TIME_WAIT is twice that: 60 s, as Linux has it */
#define LWIP_TCP_RTO_TIME 1000 /* before anything is measured: RFC 6298, section 2.1 */

/* Memory: kmalloc and kfree (arch/cc.h). Nothing is set aside. */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 16
#define MEMP_STATS 0
#define MEM_STATS 0
#define LWIP_STATS 0
#define LWIP_DISABLE_MEMP_SANITY_CHECKS 1
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define PBUF_POOL_FREE_OOSEQ 0 /* no pool, so none runs empty */
#define PBUF_POOL_SIZE 0
#define PBUF_POOL_BUFSIZE 2048

/* Room before each frame: the virtio header (NET_DEVICE_HEADROOM), then Ethernet's. */
#define PBUF_LINK_ENCAPSULATION_HLEN 12
#define PBUF_LINK_HLEN 14

#define LWIP_IPV4 1
#define LWIP_ARP 0 /* net/ethernet.c: addresses follow from the plan */
#define LWIP_ETHERNET 0
#define LWIP_ICMP 1
#ifdef MK_HAVE_NET_RAW
#define LWIP_RAW 1
#else
#define LWIP_RAW 0
#endif
#ifdef MK_HAVE_NET_UDP
#define LWIP_UDP 1
#define LWIP_UDPLITE 1
#else
#define LWIP_UDP 0
#define LWIP_UDPLITE 0
#endif
#define LWIP_TCP 1
#define LWIP_DHCP 0
#define LWIP_DNS 0
#ifdef MK_HAVE_NET_FRAGMENTS
#define IP_REASSEMBLY 1
#define IP_FRAG 1
#else
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#endif
#define IP_REASS_MAX_PBUFS 64
#define MEMP_NUM_REASSDATA 16
#define LWIP_BROADCAST_PING 0
#define IP_SOF_BROADCAST 1
#define IP_SOF_BROADCAST_RECV 0
#define SO_REUSE 1

/* IPv6 without anything that would be asked or told on the wire: neighbours follow from their
 * addresses (net/ipv6/neighbours.c), each interface has the addresses that it starts with. */
#ifdef MK_HAVE_NET_IPV6
#define LWIP_IPV6 1
#else
#define LWIP_IPV6 0
#endif
#define LWIP_IPV6_NUM_ADDRESSES 1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_MLD 0
#define LWIP_ND6_QUEUEING 0
#define LWIP_ND6_ALLOW_RA_UPDATES 0
#define LWIP_ND6_TCP_REACHABILITY_HINTS 0
#define LWIP_ICMP6_HL 64
#define MEMP_NUM_IP6_REASSDATA 16

/* Throughput: windows that hold several jumbo frames, scaled; selective acknowledgements sent. */
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_MSS 8960
#define TCP_CALCULATE_EFF_SEND_MSS 1
#define TCP_WND (256 * 1024 - 4)
#define TCP_SND_BUF (256 * 1024)
#define TCP_SND_QUEUELEN 1024
#define MEMP_NUM_TCP_SEG 1024
#define TCP_SNDLOWAT (TCP_SND_BUF / 3)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 3)
#define TCP_OVERSIZE 1460
#define TCP_WND_UPDATE_THRESHOLD (TCP_WND / 4)
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they compare with pools that are not there */
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG                                                                         \
    0 /* net/tcp/listen/tcp_listen.c queues, up to SOMAXCONN; lwIP's counter has 8 bits */
#define LWIP_CALLBACK_API 1
#define LWIP_TCP_PCB_NUM_EXT_ARGS 2 /* net/tcp/acknowledge.c */

/* Two interfaces: lo, and the network device. What is sent to the own address goes by lo. */
#define LWIP_SINGLE_NETIF 0
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_NETIF_LOOPBACK_MULTITHREADING 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0

/* Checksums: software, but for what the device does (net/ethernet.c sets the flags). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0

#define LWIP_HOOK_FILENAME "net/hooks.h"
#define LWIP_HOOK_IP4_INPUT(pbuf, netif) net_hook_input((pbuf), (netif))
#define LWIP_HOOK_IP6_INPUT(pbuf, netif) net_hook_input6((pbuf), (netif))
#define LWIP_HOOK_IP4_ROUTE_SRC(source, destination) net_hook_route((destination))
#define LWIP_HOOK_TCP_ISN net_hook_initial_sequence
