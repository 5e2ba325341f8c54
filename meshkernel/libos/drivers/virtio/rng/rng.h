/* virtio-rng (virtio 1.2, section 5.4). QEMU: -device virtio-rng-device. */
#pragma once

struct virtio_device;

/* Adds the device's randomness to the generator; waits a bounded time for it. */
void virtio_rng_start(struct virtio_device *device);
