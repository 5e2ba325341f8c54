/* The rate of the TSC. kvm-clock and CPUID say it where they can; else it is compared with channel
 * 0 of the PIT, which counts down from 65536 at 1,193,182 Hz (mode 0: once), whose reading is
 * bracketed by readings of the TSC. */
#include "arch/x86_64/tsc.h"

#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/io.h"
#include "core/pages.h"
#include "core/print.h"

#define PIT_HZ 1193182
#define PIT_CHANNEL_0 0x40
#define PIT_COMMAND 0x43
#define PIT_MODE_0 0x30    /* channel 0, low byte then high byte */
#define PIT_READ_BACK 0xc2 /* latches status and count of channel 0 */
#define STATUS_OUTPUT 0x80 /* the count has passed zero */
#define STATUS_NULL 0x40   /* the count is not loaded yet */
#define TRIES 5

#define KVM_CLOCKSOURCE2 (1u << 3)
#define MSR_KVM_SYSTEM_TIME 0x4b564d01

struct sample {
    uint64_t tsc, spread; /* the middle of the bracket, and its width */
    uint32_t pit;         /* ticks since it was loaded */
    uint32_t timer;       /* of the local APIC, downwards */
    bool passed;          /* the PIT wrapped: its count is of no use */
};

struct kvm_time {
    uint32_t version, pad;
    uint64_t tsc, nanoseconds;
    uint32_t multiplier;
    int8_t shift;
    uint8_t flags, pad_end[2];
} __attribute__((aligned(32)));

static struct sample first;
static uint64_t boot; /* the beginning of time; 0: not known yet */

static void pit_load(void) {
    out8(PIT_COMMAND, PIT_MODE_0);
    out8(PIT_CHANNEL_0, 0);
    out8(PIT_CHANNEL_0, 0);
}

static struct sample sample_once(void) {
    struct sample sample;
    uint64_t before = rdtsc();
    out8(PIT_COMMAND, PIT_READ_BACK);
    uint64_t after = rdtsc();
    sample.timer = apic_timer_count();
    uint8_t status = in8(PIT_CHANNEL_0);
    uint32_t count = in8(PIT_CHANNEL_0);
    count |= (uint32_t)in8(PIT_CHANNEL_0) << 8;
    sample.pit = (0x10000 - count) & 0xffff;
    sample.passed = (status & STATUS_OUTPUT) || (status & STATUS_NULL);
    sample.tsc = before + (after - before) / 2;
    sample.spread = after - before;
    return sample;
}

/* The one of a few with the tightest bracket. */
static struct sample sample_best(void) {
    struct sample best = sample_once();
    for (int i = 1; i < TRIES; i++) {
        struct sample next = sample_once();
        if (next.spread < best.spread || next.passed)
            best = next;
    }
    return best;
}

void tsc_measure_start(void) {
    pit_load();
    first = sample_best();
}

uint64_t tsc_boot(void) {
    if (boot == 0)
        boot = first.tsc;
    return boot;
}

/* Hz of a kvm-clock: nanoseconds = (tsc << shift) * multiplier >> 32. */
static uint64_t kvm_rate(void) {
    static volatile struct kvm_time time;
    wrmsr(MSR_KVM_SYSTEM_TIME, phys_of((const void *)&time) | 1);
    uint32_t multiplier = time.multiplier;
    int shift = time.shift;
    wrmsr(MSR_KVM_SYSTEM_TIME, 0);
    if (multiplier == 0)
        return 0;
    uint64_t hz = (NANOS_PER_SECOND << 32) / multiplier;
    return shift < 0 ? hz << -shift : hz >> shift;
}

static uint64_t announced_rate(void) {
    if (cpu.kvm && (cpu.kvm_features & KVM_CLOCKSOURCE2))
        return kvm_rate();
    if (cpu.hypervisor_max >= 0x40000010 && cpuid(0x40000010, 0).eax)
        return (uint64_t)cpuid(0x40000010, 0).eax * 1000;
    if (cpu.max_leaf >= 0x15) {
        struct cpuid leaf = cpuid(0x15, 0);
        if (leaf.eax && leaf.ebx && leaf.ecx)
            return (uint64_t)leaf.ecx * leaf.ebx / leaf.eax;
    }
    return 0;
}

/* A sample at least `least` behind the first, as the PIT counts; starts again if that has wrapped.
 */
static struct sample sample_after(nanos_t least) {
    uint32_t ticks = (uint32_t)(least * PIT_HZ / NANOS_PER_SECOND);
    uint64_t patience = rdtsc() + UINT64_C(2000000000); /* some 0.5 s: no PIT needs that */
    for (;;) {
        struct sample last = sample_best();
        if (last.passed) {
            tsc_boot();
            tsc_measure_start();
        } else if (last.pit - first.pit >= ticks && last.pit > first.pit) {
            return last;
        }
        if (rdtsc() > patience)
            panic("the time stamp counter's rate is not announced, and there is no PIT to measure "
                  "it by");
    }
}

bool tsc_is_announced(void) {
    return announced_rate() != 0;
}

void tsc_forget(void) {
    boot = 0;
}

uint64_t tsc_measure(nanos_t least) {
    uint64_t hz = announced_rate();
    struct sample last;
    if (hz == 0) {
        last = sample_after(least);
        hz = (last.tsc - first.tsc) * PIT_HZ / (last.pit - first.pit);
    } else {
        uint64_t end = first.tsc + hz / 1000;
        do
            last = sample_once();
        while (last.tsc < end && !cpu.tsc_deadline); /* which needs no rate of the timer's */
    }
    apic_timer_calibrate(first.timer - last.timer, last.tsc - first.tsc, hz);
    return hz;
}
