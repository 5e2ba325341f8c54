/* On and off. */
#include "trace/trace.h"

#include "arch/x86_64/cpu.h"
#include "core/alloc.h"
#include "core/boot.h"
#include "core/print.h"
#include "core/start.h"
#include "core/string.h"
#include "drivers/virtio/console/console.h"
#include "drivers/virtio/console/control.h"
#include "seal/seal.h"
#include "trace/buffer.h"
#include "trace/once.h"

extern char syscall_entry[], syscall_entry_traced[];

static void off(void) {
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    trace_buffer_flush();
    kfree((void *)trace_request);
    trace_request = NULL;
    trace_generation++;
}

static bool on(const void *payload, size_t size) {
    struct trace_request *request = kmalloc(size);
    if (request == NULL)
        return false;
    memcpy(request, payload, size);
    if (!trace_request_sound(request, size) || !trace_buffer_ready() ||
        ((request->flags & TRACE_ONCE) && !trace_once_ready())) {
        kfree(request);
        return false;
    }
    off();
    trace_request = request;
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry_traced);
    return true;
}

static void answer(bool refused) {
    const struct trace_state state = {trace_request != NULL, refused};
    virtio_console_send(CONTROL_TRACE_STATE, &state, sizeof(state));
}

static void start_asked(const uint8_t *payload, size_t size) {
    answer(!on(payload, size));
}

static void stop_asked(const uint8_t *payload, size_t size) {
    (void)payload;
    (void)size;
    if (trace_request != NULL)
        off();
    answer(false);
}

static void trace_init(void) {
    control_on(CONTROL_TRACE_START, start_asked);
    control_on(CONTROL_TRACE_STOP, stop_asked);
    if (boot.trace_size > 0 && !on(boot.trace, boot.trace_size))
        panic("the trace that the boot configuration asks for makes no sense");
}
START(START_PROGRAM, trace_init);
CONTINUE(START_PROGRAM, trace_init);
SEAL(SEAL_LIBRARIES, off);
