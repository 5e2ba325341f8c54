/* virtio-9p: the transport of volumes. QEMU: -fsdev local,id=ID,... -device virtio-9p-device,
 * fsdev=ID,mount_tag=TAG. */
#pragma once

struct virtio_device;

/* Weak: a library OS without volumes has no driver for the device. */
__attribute__((weak)) void virtio_volume_start(struct virtio_device *device);
