/* A machine for tests of the switch: lwIP on the host, at the other end of an attached socket.
 *
 *     switch_peer DESCRIPTOR ADDRESS
 *
 * Serves TCP until the socket closes:
 *     7   echo; ends after its client, with everything echoed
 *     8   answers the number of bytes received as text, after the client has ended its side
 *     9   resets the connection at the first byte
 *     10  sends 1 MiB of `x` and ends its side, then reads on until the client ends
 * Any other port refuses. */
#include <arpa/inet.h>
#include <errno.h>
#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ETHERNET 14
#define MTU 1500
#define SENT_SIZE (1 << 20)

static int wire;
static struct netif interface;

u32_t sys_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (u32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

unsigned int lwip_random(void) {
    return (unsigned int)rand();
}

static void write_all(const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(wire, bytes, size);
        if (written <= 0)
            exit(0); /* the switch is gone */
        bytes += written;
        size -= (size_t)written;
    }
}

static err_t send_packet(struct netif *netif, struct pbuf *packet, const ip4_addr_t *next) {
    uint8_t frame[4 + ETHERNET + MTU];
    uint32_t size = htonl(ETHERNET + packet->tot_len);
    memcpy(frame, &size, 4);
    frame[4] = frame[10] = 0x02;
    frame[5] = frame[11] = 0x6b;
    memcpy(frame + 6, &next->addr, 4);
    memcpy(frame + 12, &netif->ip_addr.addr, 4);
    frame[16] = 0x08;
    frame[17] = 0;
    pbuf_copy_partial(packet, frame + 4 + ETHERNET, packet->tot_len, 0);
    write_all(frame, 4 + ETHERNET + packet->tot_len);
    return ERR_OK;
}

static err_t start_interface(struct netif *netif) {
    netif->mtu = MTU;
    netif->output = send_packet;
    return ERR_OK;
}

struct served {
    struct tcp_pcb *pcb;
    uint16_t number;
    size_t received, to_send;
    struct pbuf *echo;
    bool ended, closing;
};

static void failed(void *argument, err_t error) {
    (void)error;
    free(argument);
}

static err_t finish(struct served *served) {
    struct tcp_pcb *pcb = served->pcb;
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    free(served);
    return tcp_close(pcb);
}

static void echo(struct served *served) {
    while (served->echo) {
        struct pbuf *first = served->echo;
        if (tcp_sndbuf(served->pcb) < first->len ||
            tcp_write(served->pcb, first->payload, first->len, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        u16_t size = first->len;
        served->echo = pbuf_free_header(first, size);
        tcp_recved(served->pcb, size);
    }
    tcp_output(served->pcb);
}

static void send_more(struct served *served) {
    static const char block[1024] = {[0 ... 1023] = 'x'};
    while (served->to_send && tcp_sndbuf(served->pcb) >= sizeof(block) &&
           tcp_write(served->pcb, block, sizeof(block), 0) == ERR_OK)
        served->to_send -= sizeof(block);
    tcp_output(served->pcb);
    if (!served->to_send && !served->closing) {
        served->closing = true;
        tcp_shutdown(served->pcb, 0, 1);
    }
}

static err_t go_on(struct served *served) {
    char text[32];
    if (served->number == 7)
        echo(served);
    if (served->number == 10)
        send_more(served);
    if (!served->ended || served->echo || served->to_send)
        return ERR_OK;
    if (served->number == 8) {
        int size = snprintf(text, sizeof(text), "%zu", served->received);
        tcp_write(served->pcb, text, (u16_t)size, TCP_WRITE_FLAG_COPY);
    }
    return finish(served);
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error) {
    struct served *served = argument;
    (void)error;
    if (!bytes) {
        served->ended = true;
        return go_on(served);
    }
    if (served->number == 9) {
        pbuf_free(bytes);
        tcp_abort(pcb); /* calls failed() */
        return ERR_ABRT;
    }
    served->received += bytes->tot_len;
    if (served->number == 7) {
        if (served->echo)
            pbuf_cat(served->echo, bytes);
        else
            served->echo = bytes;
    } else {
        tcp_recved(pcb, bytes->tot_len);
        pbuf_free(bytes);
    }
    return go_on(served);
}

static err_t sent(void *argument, struct tcp_pcb *pcb, u16_t size) {
    (void)pcb;
    (void)size;
    return go_on(argument);
}

static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct served *served = calloc(1, sizeof(*served));
    (void)argument;
    (void)error;
    served->pcb = pcb;
    served->number = pcb->local_port;
    served->to_send = served->number == 10 ? SENT_SIZE : 0;
    tcp_arg(pcb, served);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
    return go_on(served);
}

static void serve(uint16_t number) {
    struct tcp_pcb *pcb = tcp_new();
    if (tcp_bind(pcb, IP_ADDR_ANY, number) != ERR_OK)
        exit(1);
    tcp_accept(tcp_listen(pcb), accepted);
}

static void take_frames(void) {
    static uint8_t input[1 << 18];
    static size_t have;
    ssize_t got = read(wire, input + have, sizeof(input) - have);
    if (got <= 0)
        exit(0);
    have += (size_t)got;
    size_t at = 0;
    while (have - at >= 4) {
        uint32_t size;
        memcpy(&size, input + at, 4);
        size = ntohl(size);
        if (have - at - 4 < size)
            break;
        struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)(size - ETHERNET), PBUF_RAM);
        memcpy(packet->payload, input + at + 4 + ETHERNET, size - ETHERNET);
        if (ip4_input(packet, &interface) != ERR_OK)
            pbuf_free(packet);
        at += 4 + size;
    }
    have -= at;
    memmove(input, input + at, have);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    wire = (int)strtol(argv[1], NULL, 10);
    ip4_addr_t address, mask = {htonl(0xff000000)}, none = {0};
    inet_pton(AF_INET, argv[2], &address.addr);
    lwip_init();
    netif_add(&interface, &address, &mask, &none, NULL, start_interface, ip4_input);
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    for (uint16_t number = 7; number <= 10; number++)
        serve(number);
    for (;;) {
        u32_t sleep = sys_timeouts_sleeptime();
        struct pollfd poll_wire = {.fd = wire, .events = POLLIN};
        int ready = poll(&poll_wire, 1, sleep == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? -1 : (int)sleep);
        if (ready < 0 && errno != EINTR)
            return 1;
        if (ready > 0)
            take_frames();
        sys_check_timeouts();
    }
}
