/* Runs in the application: reads the clock from the data page. What it cannot answer it asks by
 * system call. */
#include <stddef.h>
#include <stdint.h>

#include "vdso/data.h"

#define EXPORT __attribute__((visibility("default")))

#define CALL_CLOCK_GETTIME 228
#define CALL_CLOCK_GETRES 229

#define NANOS UINT64_C(1000000000)

/* Clocks as a set of bits, by their Linux numbers. */
#define CLOCKS_REALTIME (1u << 0 | 1u << 5)                      /* and its coarse form */
#define CLOCKS_MONOTONIC (1u << 1 | 1u << 4 | 1u << 6 | 1u << 7) /* raw, coarse, boot time */

struct timespec {
    int64_t seconds, nanoseconds;
};

struct timeval {
    int64_t seconds, microseconds;
};

struct timezone {
    int32_t minutes_west, dst;
};

/* At a fixed distance before us: vdso.ld. */
extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

static uint64_t read_tsc(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t read_clock(uint64_t *realtime) {
    for (;;) {
        uint32_t sequence = vdso_data.sequence;
        uint64_t elapsed = read_tsc() - vdso_data.ticks;
        uint64_t now = vdso_data.monotonic + vdso_scale(elapsed, vdso_data.rate);
        *realtime = now + vdso_data.realtime;
        if (!(sequence & 1) && sequence == vdso_data.sequence)
            return now;
    }
}

static int64_t system_call(int64_t number, int64_t first, void *second) {
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
}

static uint32_t clock_bit(int32_t clock) {
    return clock >= 0 && clock < 32 ? 1u << clock : 0;
}

EXPORT int __vdso_clock_gettime(int32_t clock, struct timespec *to) {
    uint32_t bit = clock_bit(clock);
    if (!(bit & (CLOCKS_REALTIME | CLOCKS_MONOTONIC)))
        return (int)system_call(CALL_CLOCK_GETTIME, clock, to);
    uint64_t realtime, monotonic = read_clock(&realtime);
    uint64_t time = bit & CLOCKS_REALTIME ? realtime : monotonic;
    to->seconds = (int64_t)(time / NANOS);
    to->nanoseconds = (int64_t)(time % NANOS);
    return 0;
}

EXPORT int __vdso_clock_getres(int32_t clock, struct timespec *to) {
    return (int)system_call(CALL_CLOCK_GETRES, clock, to);
}

EXPORT int __vdso_gettimeofday(struct timeval *to, struct timezone *zone) {
    if (to != NULL) {
        uint64_t realtime;
        read_clock(&realtime);
        to->seconds = (int64_t)(realtime / NANOS);
        to->microseconds = (int64_t)(realtime % NANOS / 1000);
    }
    if (zone != NULL)
        *zone = (struct timezone){0, 0};
    return 0;
}

EXPORT int64_t __vdso_time(int64_t *to) {
    uint64_t realtime;
    read_clock(&realtime);
    int64_t seconds = (int64_t)(realtime / NANOS);
    if (to != NULL)
        *to = seconds;
    return seconds;
}

EXPORT int64_t __vdso_getcpu(unsigned *cpu, unsigned *node, void *cache) {
    (void)cache;
    if (cpu != NULL)
        *cpu = 0;
    if (node != NULL)
        *node = 0;
    return 0;
}
