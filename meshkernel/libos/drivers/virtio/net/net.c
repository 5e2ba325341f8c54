/* virtio-net (virtio 1.2, section 5.1).
 * QEMU: -device virtio-net-device,netdev=...; -netdev stream brings no offloads, a tap does.
 * The device's MAC is not asked for (section 5.1.4.2 lets a driver choose one that is locally
 * administered): it follows from the address (abi/boot.h), so that any device will do. */

#include "core/alloc.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "drivers/virtio/virtio.h"
#include "lwip/pbuf.h"
#include "net/device.h"

#define RECEIVE 0
#define TRANSMIT 1
#define QUEUE_LENGTH 128
#define FIRST_BUFFERS 16

#define F_CSUM (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MTU (UINT64_C(1) << 3)
#define F_MRG_RXBUF (UINT64_C(1) << 15)

#define CONFIG_MTU 10

/* Before every frame, both ways; always of this length with VERSION_1. */
struct net_header {
    uint8_t flags;
    uint8_t gso_type; /* 0: none; we negotiate no segmentation */
    uint16_t header_length, gso_size;
    uint16_t checksum_start, checksum_offset;
    uint16_t buffer_count; /* received: that the frame is spread over */
};
_Static_assert(sizeof(struct net_header) == NET_DEVICE_HEADROOM,
               "the header goes before the frame");

#define HEADER_NEEDS_CHECKSUM 1u
#define HEADER_CHECKSUM_VALID 2u

#define ETHERNET_HEADER 14u
#define MERGEABLE_BUFFER 2016u /* two to a page of the heap */
#define COPY_MAX 512u /* shorter frames are copied: a byte in the queue should not hold 2 KiB */

/* A receive buffer and the pbuf that hands it on without copying; the last pbuf_free posts it
 * again. */
struct receive_buffer {
    struct pbuf_custom pbuf; /* first: lwIP hands it back */
    uint8_t *memory;
};

static struct virtio_device *card;
static struct net_device offered;
static struct virtqueue receive_queue, transmit_queue;
static uint32_t buffer_size;
static unsigned buffers;     /* to receive into, wherever they are */
static struct pbuf *partial; /* a frame of which more buffers are to come */
static unsigned partial_left;
static bool partial_verified;
static bool transmit_full;

static void post(struct receive_buffer *buffer) {
    const struct virtqueue_buffer memory = {buffer->memory, buffer_size};
    virtqueue_add(&receive_queue, &memory, 0, 1, buffer);
}

static void buffer_released(struct pbuf *pbuf) {
    post((struct receive_buffer *)pbuf);
    virtio_notify(card, RECEIVE, &receive_queue);
}

static struct pbuf *copy_out(struct receive_buffer *buffer, const uint8_t *data, uint16_t length) {
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
    if (pbuf != NULL)
        pbuf_take(pbuf, data, length);
    post(buffer);
    return pbuf;
}

static struct pbuf *pass_on(struct receive_buffer *buffer, uint8_t *data, uint16_t length) {
    uint16_t room = (uint16_t)(buffer_size - (uint32_t)(data - buffer->memory));
    buffer->pbuf.custom_free_function = buffer_released;
    return pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, &buffer->pbuf, data, room);
}

static struct pbuf *to_pbuf(struct receive_buffer *buffer, uint8_t *data, uint16_t length) {
    /* The queue keeps a quarter of its buffers whatever the application leaves unread. */
    bool scarce = virtqueue_in_flight(&receive_queue) < buffers / 4;
    return length <= COPY_MAX || scarce ? copy_out(buffer, data, length)
                                        : pass_on(buffer, data, length);
}

static void drop_partial(void) {
    if (partial != NULL)
        pbuf_free(partial);
    partial = NULL;
    partial_left = 0;
}

static void begin_frame(const struct net_header *header) {
    drop_partial();
    partial_left = card->features & F_MRG_RXBUF ? header->buffer_count : 1;
    partial_verified = header->flags & (HEADER_NEEDS_CHECKSUM | HEADER_CHECKSUM_VALID);
}

static void receive_one(struct receive_buffer *buffer, uint32_t length) {
    uint8_t *data = buffer->memory;
    bool first = partial_left == 0;
    length = MIN(length, buffer_size);
    if (first) {
        if (length < sizeof(struct net_header)) {
            post(buffer);
            return;
        }
        begin_frame((const struct net_header *)data);
        data += sizeof(struct net_header);
        length -= sizeof(struct net_header);
    }
    struct pbuf *pbuf = to_pbuf(buffer, data, (uint16_t)length);
    partial_left -= partial_left > 0;
    bool fits = pbuf != NULL && partial != NULL && pbuf->len <= UINT16_MAX - partial->tot_len;
    if (fits && !first)
        pbuf_cat(partial, pbuf);
    else if (pbuf != NULL && first)
        partial = pbuf;
    else {
        /* No memory for a part, or more parts than a frame can have: the rest is dropped with it.
         */
        if (pbuf != NULL)
            pbuf_free(pbuf);
        unsigned left = partial_left;
        drop_partial();
        partial_left = left;
    }
    if (partial_left == 0 && partial != NULL) {
        struct pbuf *frame = partial;
        partial = NULL;
        net_device_received(frame, partial_verified);
    }
}

static bool add_receive_buffer(void) {
    struct receive_buffer *buffer = knew(struct receive_buffer);
    if (buffer == NULL)
        return false;
    buffer->memory = kmalloc(buffer_size);
    if (buffer->memory == NULL) {
        kfree(buffer);
        return false;
    }
    post(buffer);
    return true;
}

static void add_receive_buffers(unsigned more) {
    for (; more > 0 && buffers < receive_queue.size && add_receive_buffer(); more--)
        buffers++;
}

/* Each takes half a page, so there are few until they are needed: more than half of them at once,
 * or for long. */
static void add_if_needed(unsigned taken) {
    if (taken > buffers / 2 || virtqueue_in_flight(&receive_queue) < buffers / 2)
        add_receive_buffers(buffers);
}

static void receive(void) {
    uint32_t length;
    struct receive_buffer *buffer;
    do {
        unsigned taken = 0;
        for (; (buffer = virtqueue_take(&receive_queue, &length)) != NULL; taken++)
            receive_one(buffer, length);
        add_if_needed(taken);
        virtio_notify(card, RECEIVE, &receive_queue);
    } while (!virtqueue_interrupt_after(&receive_queue, 1));
}

static void reclaim(void) {
    uint32_t length;
    struct pbuf *frame;
    while ((frame = virtqueue_take(&transmit_queue, &length)) != NULL)
        pbuf_free(frame);
}

/* Interrupts for sent frames are asked for only while the queue is full. */
static void wait_for_room(void) {
    transmit_full = true;
    uint16_t half = (uint16_t)MAX(virtqueue_in_flight(&transmit_queue) / 2, 1u);
    /* When they were sent just now there is no interrupt; the next transmit or settling finds the
     * room. */
    virtqueue_interrupt_after(&transmit_queue, half);
}

static unsigned list_buffers(const struct pbuf *frame, struct virtqueue_buffer *buffers,
                             unsigned most) {
    unsigned count = 0;
    for (; frame != NULL && count < most; frame = frame->next)
        if (frame->len > 0)
            buffers[count++] = (struct virtqueue_buffer){frame->payload, frame->len};
    return frame == NULL ? count : 0;
}

static bool transmit(struct pbuf *frame, struct checksum_request checksum) {
    struct virtqueue_buffer buffers[16];
    if (transmit_queue.free_count < ARRAY_SIZE(buffers))
        reclaim();
    if (pbuf_add_header(frame, sizeof(struct net_header)) != 0)
        return true; /* no room for the header: nothing that a later attempt would mend */
    struct net_header *header = frame->payload;
    memset(header, 0, sizeof(*header));
    if (checksum.start != 0) {
        header->flags = HEADER_NEEDS_CHECKSUM;
        header->checksum_start = checksum.start;
        header->checksum_offset = checksum.offset;
    }
    struct pbuf *whole = frame;
    unsigned count = list_buffers(frame, buffers, ARRAY_SIZE(buffers));
    pbuf_ref(frame);
    if (count == 0) { /* in too many parts: sent from one copy */
        whole = pbuf_clone(PBUF_RAW, PBUF_RAM, frame);
        pbuf_free(frame);
        if (whole == NULL) {
            pbuf_remove_header(frame, sizeof(struct net_header));
            return false;
        }
        count = list_buffers(whole, buffers, ARRAY_SIZE(buffers));
    }
    bool sent = virtqueue_add(&transmit_queue, buffers, count, 0, whole);
    pbuf_remove_header(frame, sizeof(struct net_header));
    if (sent) {
        virtio_notify(card, TRANSMIT, &transmit_queue);
    } else {
        pbuf_free(whole);
        wait_for_room();
    }
    return sent;
}

static void queues_used(struct virtio_device *device) {
    (void)device;
    reclaim();
    receive();
    if (transmit_full && virtqueue_in_flight(&transmit_queue) < transmit_queue.size) {
        transmit_full = false;
        virtqueue_interrupt_never(&transmit_queue);
        net_device_transmit_ready();
    }
    net_device_settle();
}

/* With mergeable buffers a large frame is spread over several; without, each must hold the largest.
 */
static void start(uint16_t mtu) {
    buffer_size = MERGEABLE_BUFFER;
    if (!(card->features & F_MRG_RXBUF))
        buffer_size = (uint32_t)(sizeof(struct net_header) + ETHERNET_HEADER + mtu + 63) & ~63u;
    add_receive_buffers(FIRST_BUFFERS);
    if (buffers == 0)
        panic("There is not enough memory for the network device's buffers.");
    virtqueue_interrupt_never(&transmit_queue);
    virtio_start(card, queues_used);
    virtio_notify(card, RECEIVE, &receive_queue);
}

/* Makes the device known to net/ (net/device.h), which starts it. */
static void virtio_net_start(struct virtio_device *device) {
    if (card != NULL)
        return;
    uint64_t wanted = F_CSUM | F_GUEST_CSUM | F_MTU | F_MRG_RXBUF | VIRTIO_F_EVENT_IDX;
    if (!virtio_negotiate(device, wanted) ||
        !virtio_queue(device, RECEIVE, &receive_queue, QUEUE_LENGTH) ||
        !virtio_queue(device, TRANSMIT, &transmit_queue, QUEUE_LENGTH))
        panic("The virtio network device could not be started.");
    card = device;
    if (device->features & F_MTU)
        virtio_config_read(device, CONFIG_MTU, &offered.mtu, sizeof(offered.mtu));
    offered.checksums_out = device->features & F_CSUM;
    offered.start = start;
    offered.transmit = transmit;
    offered.reclaim = reclaim;
    net_device_register(&offered);
}
VIRTIO_DRIVER(VIRTIO_ID_NET, virtio_net_start);
