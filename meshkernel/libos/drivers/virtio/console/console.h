/* virtio console, port 0 without MULTIPORT (virtio 1.2, section 5.3), as the control channel.
 * QEMU: -device virtio-serial-device,max_ports=1 -device virtconsole,chardev=... */
#pragma once

#include "abi/control.h"
#include "drivers/virtio/console/control_reader.h"

struct virtio_device;

void virtio_console_start(struct virtio_device *device);
bool virtio_console_present(void);

/* Queues a whole frame; the device takes it when it can. -EAGAIN when too much is queued already,
 * -ENOMEM, or -ENODEV. */
int virtio_console_send(enum control_kind kind, const void *payload, size_t size);
bool virtio_console_writable(void);
size_t virtio_console_queued(void); /* bytes that the host has not taken yet */

/* Frames from the host go here, in interrupt context; the handler frees the message. It returns
 * false to hear no more for now (the host then waits), until virtio_console_resume. */
void virtio_console_listen(bool (*handler)(struct control_message *message));
void virtio_console_resume(void);

/* Called when the channel has become writable. */
void virtio_console_on_writable(void (*handler)(void));

/* Waits until the host has taken everything, polling, at most until the deadline. */
void virtio_console_drain(nanos_t deadline);

/* The device gets nothing any more, and all memory of this driver is given back: it may be started
 * anew. */
void virtio_console_close(void);

/* Sends what is queued and a last frame of at most 64 bytes, polling for a bounded time: allocates
 * nothing. */
void virtio_console_send_last(enum control_kind kind, const void *payload, size_t size);
