/* UDP sockets. */
#pragma once

#include "net/datagram/datagram_queue.h"
#include "net/inet_socket.h"

struct udp_pcb;

struct udp_socket {
    struct inet_socket inet; /* first */
    struct udp_pcb *pcb;
    struct datagram_queue queue;
    bool send_shut;
    bool address_given; /* by bind: a disconnect keeps it */
};
