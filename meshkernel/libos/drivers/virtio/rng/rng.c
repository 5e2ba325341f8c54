/* virtio-rng (virtio 1.2, section 5.4). QEMU: -device virtio-rng-device. */

#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/random.h"
#include "core/string.h"
#include "drivers/virtio/virtio.h"

#define SEED_SIZE 64
#define PATIENCE (200 * NANOS_PER_MS)

/* A device that has not answered in time is reset, which takes the buffer away from it. */
static uint32_t wait_for_bytes(struct virtqueue *queue) {
    nanos_t deadline = clock_monotonic() + PATIENCE;
    uint32_t length = 0;
    while (virtqueue_take(queue, &length) == NULL)
        if (clock_monotonic() > deadline)
            return 0;
    return length;
}

/* Polled and without an interrupt: it happens once, before the interrupts are on. */
static void virtio_rng_start(struct virtio_device *device) {
    static struct virtqueue queue;
    uint8_t *seed = page_alloc();
    if (seed == NULL || !virtio_negotiate(device, 0) || !virtio_queue(device, 0, &queue, 8))
        panic("The virtio random device could not be started.");
    virtio_start(device, NULL);
    virtqueue_interrupt_never(&queue);
    virtqueue_add(&queue, &(struct virtqueue_buffer){seed, SEED_SIZE}, 0, 1, seed);
    virtio_notify(device, 0, &queue);
    uint32_t length = wait_for_bytes(&queue);
    virtio_reset(device);
    if (length > 0)
        random_add(seed, MIN(length, (uint32_t)SEED_SIZE));
    else
        print("meshkernel: the virtio random device did not answer\n");
    memset(seed, 0, SEED_SIZE);
    page_put(seed);
}
VIRTIO_DRIVER(VIRTIO_ID_RNG, virtio_rng_start);
