/* The virtio-mmio transport, modern only (virtio 1.2, section 4.2).
 * QEMU: -global virtio-mmio.force-legacy=false; microvm has the slots, and names them on the
 * kernel command line. */
#pragma once

#include "core/types.h"
#include "drivers/virtio/ring.h"

#define VIRTIO_ID_NET 1
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG 4
#define VIRTIO_ID_9P 9

/* Features that belong to no particular device. */
#define VIRTIO_F_EVENT_IDX (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)

struct virtio_device {
    volatile char *registers;
    unsigned interrupt;                                /* global system interrupt */
    uint32_t id;                                       /* VIRTIO_ID_*, 0: nothing in this slot */
    uint64_t features;                                 /* negotiated */
    void (*queues_used)(struct virtio_device *device); /* a queue has used buffers */
    void *driver;                                      /* of the device driver */
};

/* One `virtio_mmio.device=SIZE@BASE:IRQ[:ID]` word of the command line. */
struct virtio_slot {
    uint64_t base, size;
    unsigned interrupt;
};

/* Reads the next such word from *text on and advances *text; false at the end. Malformed words are
 * passed over. */
bool virtio_next_slot(const char **text, struct virtio_slot *slot);

/* Maps the slot. False when it holds no modern virtio device. */
bool virtio_probe(struct virtio_device *device, const struct virtio_slot *slot);

/* Reset, acknowledge, and agree on the features in `wanted` that the device offers. False, with the
 * device marked as failed, when it does not accept. */
bool virtio_negotiate(struct virtio_device *device, uint64_t wanted);

/* A queue of at most `most` entries; false when the device has no such queue or memory is used up.
 */
bool virtio_queue(struct virtio_device *device, unsigned index, struct virtqueue *queue,
                  uint16_t most);

/* Gives the queue's memory back, behind a reset. */
void virtio_queue_free(struct virtqueue *queue);

/* The device may use its queues from now on; `queues_used` is called in interrupt context. NULL:
 * they are polled. */
void virtio_start(struct virtio_device *device, void (*queues_used)(struct virtio_device *device));

/* Tells the device about what was added to the queue, if it wants to know. */
void virtio_notify(struct virtio_device *device, unsigned index, struct virtqueue *queue);

/* Copies from the configuration space, again while the device changes it under our hands. */
void virtio_config_read(struct virtio_device *device, unsigned offset, void *to, size_t size);

void virtio_reset(struct virtio_device *device);
