/* What the library OS's clock and the vDSO share: one page that the application can read. */
#pragma once

#include <stdint.h>

struct vdso_data {
    uint32_t sequence; /* odd while the rest changes; read again when it differs */
    uint32_t unused;
    uint64_t ticks; /* the TSC at which the monotonic clock read `monotonic` */
    uint64_t monotonic;
    uint64_t rate;     /* nanoseconds per tick, 32.32 fixed point */
    uint64_t realtime; /* added to the monotonic clock, nanoseconds */
};

static inline uint64_t vdso_scale(uint64_t ticks, uint64_t rate) {
    return (uint64_t)((unsigned __int128)ticks * rate >> 32);
}
