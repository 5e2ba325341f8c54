#include "drivers/virtio/console/console.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "drivers/virtio/mmio.h"
#include "linux/errno.h"

#define RECEIVE 0 /* queue numbers of port 0 */
#define TRANSMIT 1
#define QUEUE_LENGTH 32
#define RECEIVE_BUFFERS 4
#define QUEUED_MAX (2u << 20) /* bytes that wait for the host */
#define LAST_PATIENCE (500 * NANOS_PER_MS)

/* One page-sized piece of an outgoing frame; whole frames are queued, so none is ever cut short. */
struct piece {
    struct list link;
    uint32_t size;
    uint8_t bytes[];
};
#define PIECE_MAX ((uint32_t)(PAGE_SIZE - sizeof(struct piece)))

static struct virtio_device *console;
static struct virtqueue receive_queue, transmit_queue;
static struct list waiting = LIST_INIT(waiting); /* pieces that the device does not have yet */
static size_t queued;                            /* bytes waiting or in flight */
static struct control_reader reader;
static bool (*receive_handler)(struct control_message *message);
static void (*writable_handler)(void);

static struct {
    struct control_header header;
    uint8_t payload[64];
} *last; /* the frame of virtio_console_send_last, set aside at start */

/* While the handler wants no more: the page that is being read, and where. */
static struct {
    uint8_t *page;
    const uint8_t *data;
    size_t size;
} held;

static void post_page(uint8_t *page) {
    virtqueue_add(&receive_queue, &(struct virtqueue_buffer){page, PAGE_SIZE}, 0, 1, page);
}

/* False when the handler wants no more. */
static bool deliver(const uint8_t **data, size_t *size) {
    bool more = true;
    while (more && *size > 0) {
        struct control_message *message = control_reader_feed(&reader, data, size);
        if (message == NULL)
            break;
        if (receive_handler == NULL)
            kfree(message);
        else
            more = receive_handler(message);
    }
    if (reader.broken && *size > 0) {
        print("meshkernel: the control channel's bytes make no sense any more; it is closed\n");
        *size = 0;
    }
    return more;
}

static void receive(void) {
    uint32_t length;
    while (held.page == NULL) {
        uint8_t *page = virtqueue_take(&receive_queue, &length);
        if (page == NULL) {
            if (virtqueue_interrupt_after(&receive_queue, 1))
                break;
            continue;
        }
        const uint8_t *data = page;
        size_t size = MIN(length, (uint32_t)PAGE_SIZE);
        if (!deliver(&data, &size)) {
            held.page = page;
            held.data = data;
            held.size = size;
        } else if (!reader.broken) {
            post_page(page);
        }
    }
    virtio_notify(console, RECEIVE, &receive_queue);
}

void virtio_console_resume(void) {
    if (held.page == NULL || !deliver(&held.data, &held.size))
        return;
    post_page(held.page);
    held.page = NULL;
    receive();
}

static void reclaim(void) {
    uint32_t length;
    struct piece *piece;
    while ((piece = virtqueue_take(&transmit_queue, &length)) != NULL) {
        queued -= piece->size;
        page_put(piece);
    }
}

static void hand_over_waiting(void) {
    while (!list_empty(&waiting)) {
        struct piece *piece = LIST_FIRST(&waiting, struct piece, link);
        const struct virtqueue_buffer buffer = {piece->bytes, piece->size};
        if (!virtqueue_add(&transmit_queue, &buffer, 1, 0, piece))
            break;
        list_remove(&piece->link);
    }
}

static void transmit(void) {
    reclaim();
    hand_over_waiting();
    virtio_notify(console, TRANSMIT, &transmit_queue);
}

static void transmit_done(void) {
    bool was_writable = virtio_console_writable();
    do
        transmit();
    while (!virtqueue_interrupt_after(&transmit_queue, 1));
    if (!was_writable && virtio_console_writable() && writable_handler != NULL)
        writable_handler();
}

static void queues_used(struct virtio_device *device) {
    (void)device;
    receive();
    transmit_done();
}

bool virtio_console_writable(void) {
    return console != NULL && queued < QUEUED_MAX / 2;
}

size_t virtio_console_queued(void) {
    return queued;
}

static void drop(struct list *pieces) {
    while (!list_empty(pieces)) {
        struct piece *piece = LIST_FIRST(pieces, struct piece, link);
        list_remove(&piece->link);
        page_put(piece);
    }
}

/* Appends bytes to the last piece, and to new ones behind it. */
static bool append(struct list *pieces, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        struct piece *last = LIST_ENTRY(pieces->previous, struct piece, link);
        if (list_empty(pieces) || last->size == PIECE_MAX) {
            last = page_alloc();
            if (last == NULL)
                return false;
            list_append(pieces, &last->link);
        }
        uint32_t count = (uint32_t)MIN(size, (size_t)(PIECE_MAX - last->size));
        memcpy(last->bytes + last->size, bytes, count);
        last->size += count;
        bytes += count;
        size -= count;
    }
    return true;
}

int virtio_console_send(enum control_kind kind, const void *payload, size_t size) {
    if (console == NULL)
        return -ENODEV;
    if (queued >= QUEUED_MAX)
        return -EAGAIN;
    struct list pieces = LIST_INIT(pieces);
    const struct control_header header = {(uint32_t)size, kind};
    if (!append(&pieces, (const uint8_t *)&header, sizeof(header)) ||
        !append(&pieces, payload, size)) {
        drop(&pieces);
        return -ENOMEM;
    }
    while (!list_empty(&pieces)) {
        struct list *piece = pieces.next;
        list_remove(piece);
        list_append(&waiting, piece);
    }
    queued += sizeof(header) + size;
    transmit();
    return 0;
}

/* In a panic the heap may be what is broken, so nothing is given back here. */
void virtio_console_send_last(enum control_kind kind, const void *payload, size_t size) {
    if (console == NULL)
        return;
    last->header = (struct control_header){(uint32_t)size, kind};
    memcpy(last->payload, payload, MIN(size, sizeof(last->payload)));
    const struct virtqueue_buffer frame = {last, (uint32_t)(sizeof(last->header) + size)};
    nanos_t deadline = clock_monotonic() + LAST_PATIENCE;
    bool added = false;
    uint32_t length;
    do {
        hand_over_waiting();
        if (!added && list_empty(&waiting))
            added = virtqueue_add(&transmit_queue, &frame, 1, 0, last);
        virtio_notify(console, TRANSMIT, &transmit_queue);
    } while (virtqueue_take(&transmit_queue, &length) != last && clock_monotonic() < deadline);
}

static void free_tokens(const struct virtqueue *queue) {
    for (unsigned i = 0; i < queue->size; i++)
        if (queue->tokens[i] != last)
            page_put(queue->tokens[i]); /* NULL is none of the pages that are counted */
}

/* The reset takes the queues and all buffers away from the device. */
void virtio_console_close(void) {
    if (console == NULL)
        return;
    virtio_reset(console);
    free_tokens(&receive_queue);
    free_tokens(&transmit_queue);
    virtio_queue_free(&receive_queue);
    virtio_queue_free(&transmit_queue);
    drop(&waiting);
    page_put(held.page);
    held.page = NULL;
    page_put(last);
    last = NULL;
    queued = 0;
    kfree(reader.message);
    reader = (struct control_reader){.filled = 0};
    kfree(console);
    console = NULL;
}

void virtio_console_drain(nanos_t deadline) {
    do
        transmit();
    while (queued > 0 && clock_monotonic() < deadline);
}

void virtio_console_listen(bool (*handler)(struct control_message *message)) {
    receive_handler = handler;
}

void virtio_console_on_writable(void (*handler)(void)) {
    writable_handler = handler;
}

bool virtio_console_present(void) {
    return console != NULL;
}

void virtio_console_start(struct virtio_device *device) {
    if (console != NULL)
        return;
    last = page_alloc();
    if (last == NULL || !virtio_negotiate(device, VIRTIO_F_EVENT_IDX) ||
        !virtio_queue(device, RECEIVE, &receive_queue, QUEUE_LENGTH) ||
        !virtio_queue(device, TRANSMIT, &transmit_queue, QUEUE_LENGTH))
        panic("The virtio console device could not be started.");
    for (unsigned i = 0; i < RECEIVE_BUFFERS; i++) {
        uint8_t *page = page_alloc();
        if (page != NULL)
            post_page(page);
    }
    console = device;
    virtio_start(device, queues_used);
    virtio_notify(device, RECEIVE, &receive_queue);
}
