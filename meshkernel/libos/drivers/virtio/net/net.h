/* virtio-net (virtio 1.2, section 5.1).
 * QEMU: -device virtio-net-device,netdev=...,mac=...; -netdev stream brings no offloads, a tap
 * does. */
#pragma once

struct virtio_device;

/* Makes the device known to net/ (net/device.h), which starts it. */
void virtio_net_start(struct virtio_device *device);
