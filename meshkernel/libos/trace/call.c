/* A traced call: told, made, told. */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trap.h"
#include "core/clock.h"
#include "core/string.h"
#include "core/thread.h"
#include "trace/buffer.h"
#include "trace/capture.h"
#include "trace/once.h"
#include "trace/trace.h"

typedef int64_t (*system_call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

extern const system_call syscall_table[SYSCALL_LIMIT];
int64_t sys_unknown(void);
int64_t trace_call(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

#define EXIT 60
#define EXIT_GROUP 231

static bool never_returns(uint64_t number) {
    return number == EXIT || number == EXIT_GROUP;
}

static bool wanted(const struct traced_call *call) {
    uint64_t number = MIN(call->number, (uint64_t)TRACE_CALLS - 1);

    if (trace_request == NULL || !(trace_request->calls[number / 64] >> number % 64 & 1))
        return false;
    return !(trace_request->flags & TRACE_ONCE) || trace_once_is_new(call);
}

/* Not inlined: its record need not be on the stack while the call runs. */
static __attribute__((noinline)) void tell(const struct traced_call *call, enum trace_event event) {
    struct {
        struct trace_record head;
        uint8_t pieces[TRACE_RECORD_MAX - sizeof(struct trace_record)];
    } record = {.head = {.event = (uint8_t)event,
                         .tid = (uint32_t)current->tid,
                         .number = call->number,
                         .result = call->result}};
    struct capture capture = {.at = record.pieces, .left = sizeof(record.pieces)};

    memcpy(record.head.arguments, call->arguments, sizeof(call->arguments));
    capture_all(&capture, call, event == TRACE_ENTERED ? TRACE_AT_START : TRACE_AT_END);
    record.head.pieces = capture.pieces;
    record.head.size = (uint16_t)(capture.at - (uint8_t *)&record);
    record.head.time = clock_monotonic();
    trace_buffer_add(&record.head);
}

int64_t trace_call(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    struct traced_call call = {current->user_frame->number, {a, b, c, d, e, f}, 0};
    unsigned generation = trace_generation;
    bool told = wanted(&call);

    if (told)
        tell(&call, TRACE_ENTERED);
    if (told && never_returns(call.number))
        trace_buffer_flush();
    call.result =
        call.number < SYSCALL_LIMIT ? syscall_table[call.number](a, b, c, d, e, f) : sys_unknown();
    if (told && generation == trace_generation)
        tell(&call, TRACE_RETURNED_FROM);
    return call.result;
}
