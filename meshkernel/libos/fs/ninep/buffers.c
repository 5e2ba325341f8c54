/* The requests of a volume and their buffers, which the device reads and writes: pages of ours. */
#include "core/pages.h"
#include "core/print.h"
#include "core/thread.h"
#include "fs/ninep/volume.h"
#include "linux/errno.h"

#define TAG_NAMES 0
#define TAG_FAULTS 1
#define TAG_TRANSFERS 2

#define NAMES_ORDER 1 /* 8 KiB out: a link's target and a name */
#define REPLY_ORDER 2 /* 16 KiB in: a piece of a directory */
#define SMALL_HALF (PAGE_SIZE / 2)
#define CLUNK_SIZE 64u /* of the two messages, half each */

static int names_buffers(struct request *request) {
    request->out = pages_alloc(NAMES_ORDER);
    request->out_capacity = (uint32_t)PAGE_SIZE << NAMES_ORDER;
    request->in = pages_alloc(REPLY_ORDER);
    request->in_capacity = (uint32_t)PAGE_SIZE << REPLY_ORDER;
    return request->out && request->in ? 0 : -ENOMEM;
}

static int small_buffers(struct request *request, uint16_t tag) {
    request->tag = tag;
    request->small = page_alloc();
    return request->small ? 0 : -ENOMEM;
}

int request_large_buffer(struct request *request) {
    unsigned order = 0;

    if (request->big)
        return 0;
    while (PAGE_SIZE << order < VOLUME_MESSAGE)
        order++;
    request->big = pages_alloc(order);
    request->big_size = VOLUME_MESSAGE;
    return request->big ? 0 : -ENOMEM;
}

void request_aim(struct request *request, bool large_out, bool large_in) {
    assert(request->big || (!large_out && !large_in));
    request->out = large_out ? request->big : request->small;
    request->out_capacity = large_out ? request->big_size : (uint32_t)SMALL_HALF;
    request->in = large_in ? request->big : request->small + SMALL_HALF;
    request->in_capacity = large_in ? request->big_size : (uint32_t)SMALL_HALF;
}

static int clunk_buffers(struct volume *volume) {
    uint8_t *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < CLUNKS; i++) {
        struct request *request = &volume->clunks[i];

        request->tag = (uint16_t)(TAG_CLUNKS + i);
        request->out = page + (size_t)i * CLUNK_SIZE;
        request->in = request->out + CLUNK_SIZE / 2;
        request->out_capacity = request->in_capacity = CLUNK_SIZE / 2;
        request->on_finished = node_clunked;
    }
    return 0;
}

int volume_buffers(struct volume *volume) {
    int error = names_buffers(&volume->names);

    volume->names.tag = TAG_NAMES;
    wait_queue_init(&volume->transfer_free);
    if (error == 0)
        error = small_buffers(&volume->faults, TAG_FAULTS);
    for (unsigned i = 0; error == 0 && i < VOLUME_REQUESTS; i++)
        error = small_buffers(&volume->transfers[i], (uint16_t)(TAG_TRANSFERS + i));
    if (error == 0)
        error = request_large_buffer(&volume->faults);
    if (error == 0)
        error = request_large_buffer(&volume->transfers[0]);
    return error ? error : clunk_buffers(volume);
}

static struct request *free_transfer(struct volume *volume) {
    for (unsigned i = 0; i < VOLUME_REQUESTS; i++) {
        struct request *request = &volume->transfers[i];

        if (volume->transfer_busy[i] || request_large_buffer(request))
            continue;
        volume->transfer_busy[i] = true;
        return request;
    }
    return NULL;
}

struct waiting {
    struct waiter waiter;
    struct thread *thread;
};

static void wake(struct waiter *waiter, uint32_t events) {
    (void)events;
    thread_wake(CONTAINER_OF(waiter, struct waiting, waiter)->thread, 0);
}

/* A signal does not end it: the caller would have to explain a disk's file that says EINTR. */
struct request *transfer_acquire(struct volume *volume) {
    struct request *request;

    while ((request = free_transfer(volume)) == NULL) {
        struct waiting waiting = {.waiter.wake = wake, .thread = current};

        wait_add(&volume->transfer_free, &waiting.waiter);
        thread_sleep(NANOS_NEVER);
        wait_remove(&waiting.waiter);
    }
    return request;
}

void transfer_release(struct volume *volume, struct request *request) {
    volume->transfer_busy[request - volume->transfers] = false;
    wait_wake(&volume->transfer_free, 0);
}
