/* Records are sent in batches: when enough are there, and at latest a while after the first one.
 * The trace takes a part of the channel's queue only, so that the service's own messages still go.
 */
#include "trace/buffer.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "core/timer.h"
#include "drivers/virtio/console/console.h"

#define BUFFER_SIZE (32u << 10)
#define QUEUE_SHARE (512u << 10) /* bytes in the channel beyond which a batch is dropped */
#define LATEST (20 * NANOS_PER_MS)

static struct {
    uint8_t *bytes; /* a struct trace_batch, then records */
    size_t size;
    uint64_t records, lost;
    struct timer timer;
} buffer;

static void time_over(struct timer *timer) {
    (void)timer;
    trace_buffer_flush();
}

bool trace_buffer_ready(void) {
    if (buffer.bytes != NULL)
        return true;
    buffer.bytes = kmalloc(BUFFER_SIZE);
    buffer.size = sizeof(struct trace_batch);
    timer_init(&buffer.timer, time_over);
    return buffer.bytes != NULL;
}

static bool send(void) {
    struct trace_batch *batch = (struct trace_batch *)buffer.bytes;

    batch->lost = buffer.lost;
    return virtio_console_queued() < QUEUE_SHARE &&
           virtio_console_send(CONTROL_TRACE, buffer.bytes, buffer.size) == 0;
}

void trace_buffer_flush(void) {
    if (buffer.bytes == NULL || (buffer.records == 0 && buffer.lost == 0))
        return;
    timer_cancel(&buffer.timer);
    buffer.lost = send() ? 0 : buffer.lost + buffer.records;
    buffer.records = 0;
    buffer.size = sizeof(struct trace_batch);
    if (buffer.lost > 0) /* to be told, even if nothing comes behind it */
        timer_set(&buffer.timer, clock_monotonic() + LATEST);
}

void trace_buffer_add(const struct trace_record *record) {
    if (buffer.size + record->size > BUFFER_SIZE)
        trace_buffer_flush();
    memcpy(buffer.bytes + buffer.size, record, record->size);
    buffer.size += record->size;
    buffer.records++;
    if (record->event == TRACE_RETURNED_FROM && buffer.size > BUFFER_SIZE / 2)
        return trace_buffer_flush(); /* here, so that both records of a call are in one batch */
    if (!timer_pending(&buffer.timer))
        timer_set(&buffer.timer, clock_monotonic() + LATEST);
}
