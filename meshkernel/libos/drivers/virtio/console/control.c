#include "drivers/virtio/console/control.h"

#include "core/alloc.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/panic.h"
#include "core/start.h"
#include "drivers/virtio/console/console.h"
#include "drivers/virtio/console/maps.h"
#include "drivers/virtio/console/signals.h"
#include "drivers/virtio/console/time_sync.h"
#include "drivers/virtio/virtio.h"
#include "fs/devfs.h"
#include "linux/errno.h"
#include "seal/seal.h"

#define UNREAD_MAX (4u << 20) /* bytes; beyond, the host waits */

/* A file of /dev/control. devfs has no open operation, so it is made on first use. */
struct control_file {
    struct list link;
    struct file *file;
};

static struct list files = LIST_INIT(files);
static struct list unread = LIST_INIT(unread); /* control_messages for the runtime */
static size_t unread_bytes;

static void wake_all(uint32_t events) {
    LIST_FOR_EACH(node, &files)
    wait_wake(&LIST_ENTRY(node, struct control_file, link)->file->waiters, events);
}

static void (*handlers[CONTROL_KINDS])(const uint8_t *payload, size_t size);

void control_on(enum control_kind kind, void (*handler)(const uint8_t *payload, size_t size)) {
    assert(handlers[kind] == NULL || handlers[kind] == handler);
    handlers[kind] = handler;
}

static void dispatch(const struct control_message *message) {
    const struct control_unknown unknown = {message->header.kind};

    if (unknown.kind < CONTROL_KINDS && handlers[unknown.kind] != NULL)
        handlers[unknown.kind](message->payload, message->header.size);
    else
        virtio_console_send(CONTROL_UNKNOWN, &unknown, sizeof(unknown));
}

static bool received(struct control_message *message) {
    if (message->header.kind == CONTROL_RUNTIME) {
        unread_bytes += message->header.size;
        list_append(&unread, &message->link);
        wake_all(EPOLLIN);
        return unread_bytes < UNREAD_MAX;
    }
    dispatch(message);
    kfree(message);
    return true;
}

static void writable(void) {
    wake_all(EPOLLOUT);
}

static bool attach(struct file *file) {
    if (file->private != NULL)
        return true;
    struct control_file *own = knew(struct control_file);
    if (own == NULL)
        return false;
    own->file = file;
    file->private = own;
    list_append(&files, &own->link);
    return true;
}

static ssize_t wait_for(struct file *file, bool (*ready)(void)) {
    if (!attach(file))
        return -ENOMEM;
    if (!ready() && (file->flags & O_NONBLOCK))
        return -EAGAIN;
    return WAIT_UNTIL(&file->waiters, NANOS_NEVER, ready());
}

static bool readable(void) {
    return !list_empty(&unread);
}

/* One whole message; a buffer that is too small gets -EMSGSIZE and the message stays. */
static ssize_t control_read(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    ssize_t result = wait_for(file, readable);
    if (result < 0)
        return result;
    struct control_message *message = LIST_FIRST(&unread, struct control_message, link);
    size_t size = message->header.size;
    if (size > io->left)
        return -EMSGSIZE;
    result = io_to_user(io, message->payload, size);
    if (result < 0 || (size_t)result < size)
        return -EFAULT;
    list_remove(&message->link);
    unread_bytes -= size;
    kfree(message);
    virtio_console_resume();
    return result;
}

static ssize_t control_write(struct file *file, struct io *io, uint64_t *offset) {
    (void)offset;
    size_t size = io->left;
    if (size > CONTROL_PAYLOAD_MAX)
        return -EMSGSIZE;
    ssize_t result = wait_for(file, virtio_console_writable);
    if (result < 0)
        return result;
    uint8_t *payload = kmalloc(size + 1);
    if (payload == NULL)
        return -ENOMEM;
    result = io_from_user(io, payload, size);
    if (result >= 0 && (size_t)result < size)
        result = -EFAULT;
    if (result >= 0)
        result = virtio_console_send(CONTROL_RUNTIME, payload, size);
    kfree(payload);
    return result < 0 ? result : (ssize_t)size;
}

static uint32_t control_poll(struct file *file) {
    if (!attach(file))
        return EPOLLERR;
    return (readable() ? EPOLLIN : 0) | (virtio_console_writable() ? EPOLLOUT : 0);
}

static void control_release(struct file *file) {
    struct control_file *own = file->private;
    if (own == NULL)
        return;
    list_remove(&own->link);
    kfree(own);
}

static const struct file_ops control_ops = {
    .read = control_read,
    .write = control_write,
    .poll = control_poll,
    .release = control_release,
};

static void time_came(const uint8_t *payload, size_t size) {
    if (size == sizeof(struct control_time))
        time_sync_answered((const struct control_time *)payload);
}

/* Allocates nothing and polls for a bounded time: a panic may call it. */
static void last_word(enum control_exit_reason reason, uint32_t code) {
    const struct control_exit last = {reason, code};
    virtio_console_send_last(CONTROL_EXIT, &last, sizeof(last));
}

static void control_start(struct virtio_device *device) {
    static bool named; /* behind a seal it is */

    if (virtio_console_present())
        return;
    virtio_console_start(device);
    control_on(CONTROL_TIME_REPLY, time_came);
    control_signals_start();
    control_maps_start();
    virtio_console_listen(received);
    virtio_console_on_writable(writable);
    if (!named)
        devfs_add("control", 0600, &control_ops);
    named = true;
    machine_last_word = last_word;
}
VIRTIO_DRIVER(VIRTIO_ID_CONSOLE, control_start);

/* Sets a timer, so clock_refine must be over: it measures the timer's rate by letting it run
 * through. */
static void ask_time(void) {
    if (virtio_console_present() && !boot.seal)
        time_sync_start();
}
START(START_PROGRAM, ask_time);

/* Behind a seal the time of the configuration, which the host wrote just now, serves at first. */
static void ask_time_later(void) {
    if (virtio_console_present())
        time_sync_start_later();
}
CONTINUE(START_PROGRAM, ask_time_later);

/* What the host has sent so far was for the machine that is sealed. */
static void seal_channel(void) {
    while (!list_empty(&unread)) {
        struct control_message *message = LIST_FIRST(&unread, struct control_message, link);
        list_remove(&message->link);
        kfree(message);
    }
    unread_bytes = 0;
    time_sync_stop();
    clock_discipline_forget();
    virtio_console_close();
}
SEAL(SEAL_CHANNEL, seal_channel);
