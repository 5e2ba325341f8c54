/* When segments are acknowledged: as RFC 5681, section 4.2, has it, once there is more than one
 * full one, but at the end of a batch. An interrupt brings many frames of a stream, and one
 * acknowledgement tells the peer as much as one for every second of them, each of which costs both
 * ends what a frame costs. lwIP's timer acknowledges what is less (net/tcp/timers.c), if no answer
 * has. */
#include "net/tcp/acknowledge.h"

#include "lwip/priv/tcp_priv.h"

/* Peers may count segments as well as bytes, so a small one counts as this part of a full one. */
#define SMALL_PART 4u

/* A peer begins with a window of few segments, which grows with each acknowledgement, by two at
 * most (RFC 3465, section 2.2): of the first ones, every second is acknowledged at once. */
#define EARLY 64

/* A batch may last as long as a peer has window: before it is used up, it must hear of us. */
#define AT_ONCE (TCP_WND / 8)

_Static_assert(LWIP_TCP_PCB_NUM_EXT_ARGS == 2, "what is kept with each connection");
enum { PENDING, SEEN }; /* bytes since the last acknowledgement; segments, up to EARLY */

static bool batch_due;

static uint64_t kept(const struct tcp_pcb *pcb, unsigned what) {
    return (uint64_t)pcb->ext_args[what].data;
}

static void keep(struct tcp_pcb *pcb, unsigned what, uint64_t value) {
    pcb->ext_args[what].data = (void *)value;
}

static bool is_due(const struct tcp_pcb *pcb) {
    return kept(pcb, PENDING) > pcb->mss;
}

/* Every segment that we send acknowledges, and lwIP then clears TF_ACK_DELAY. */
void tcp_acknowledge(struct tcp_pcb *pcb, uint32_t size) {
    bool first = !(pcb->flags & TF_ACK_DELAY), early = kept(pcb, SEEN) < EARLY;
    keep(pcb, PENDING, (first ? 0 : kept(pcb, PENDING)) + MAX(size, pcb->mss / SMALL_PART));
    tcp_set_flags(pcb, TF_ACK_DELAY);
    if (early)
        keep(pcb, SEEN, kept(pcb, SEEN) + 1);
    if ((early && !first) || kept(pcb, PENDING) >= AT_ONCE)
        tcp_ack_now(pcb); /* lwIP sends it when it is done with the segment */
    else if (is_due(pcb))
        batch_due = true;
}

bool tcp_acknowledge_batch(void) {
    if (!batch_due)
        return false;
    batch_due = false;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if ((pcb->flags & TF_ACK_DELAY) && is_due(pcb)) {
            tcp_ack_now(pcb);
            tcp_output(pcb);
        }
    return true;
}
