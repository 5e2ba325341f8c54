/* Intel SDM volume 3, chapter 11 (local APIC), and the 82093AA's I/O APIC. */
#include "arch/x86_64/apic.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/io.h"
#include "core/print.h"

#define APIC_BASE_ENABLE (UINT64_C(1) << 11)
#define APIC_BASE_X2APIC (UINT64_C(1) << 10)
#define APIC_BASE_ADDRESS UINT64_C(0x000ffffffffff000)

/* Registers, as offsets in the page; the MSR is 0x800 + offset / 16. */
#define REGISTER_ID 0x020
#define REGISTER_TPR 0x080
#define REGISTER_EOI 0x0b0
#define REGISTER_SPURIOUS 0x0f0
#define REGISTER_LVT_TIMER 0x320
#define REGISTER_LVT_LINT0 0x350
#define REGISTER_LVT_LINT1 0x360
#define REGISTER_LVT_ERROR 0x370
#define REGISTER_INITIAL 0x380
#define REGISTER_CURRENT 0x390
#define REGISTER_DIVIDE 0x3e0

#define SPURIOUS_ENABLE 0x100u
#define LVT_MASKED 0x10000u
#define LVT_NMI 0x400u
#define LVT_TSC_DEADLINE 0x40000u
#define DIVIDE_BY_16 0x3u

#define IOAPIC_PHYS UINT64_C(0xfec00000)
#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10
#define IOAPIC_VERSION 1
#define IOAPIC_ENTRY(pin) (0x10 + 2 * (pin))
#define ENTRY_LEVEL 0x8000u

#define PIC_MASTER_DATA 0x21
#define PIC_SLAVE_DATA 0xa1

static bool x2apic;
static volatile char *registers, *ioapic;
static unsigned pins;

/* Per nanosecond, as 32.32 fixed point. */
static uint64_t timer_rate, tsc_rate;
static uint64_t tsc_per_timer; /* as 32.32, too */
static bool armed;             /* the counter no longer counts from the top */

static uint32_t apic_read(unsigned offset) {
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + offset / 16) : read32(registers + offset);
}

static void apic_write(unsigned offset, uint32_t value) {
    if (x2apic)
        wrmsr(MSR_X2APIC + offset / 16, value);
    else
        write32(registers + offset, value);
}

static uint32_t ioapic_read(unsigned index) {
    write32(ioapic + IOAPIC_SELECT, index);
    return read32(ioapic + IOAPIC_WINDOW);
}

static void ioapic_write(unsigned index, uint32_t value) {
    write32(ioapic + IOAPIC_SELECT, index);
    write32(ioapic + IOAPIC_WINDOW, value);
}

static void local_init(void) {
    uint64_t base = rdmsr(MSR_APIC_BASE);
    x2apic = cpu.x2apic;
    armed = false;
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE); /* x2APIC can only be entered from here */
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    else
        registers = mmio_map(base & APIC_BASE_ADDRESS, PAGE_SIZE);
    apic_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    apic_write(REGISTER_TPR, 0);
    apic_write(REGISTER_LVT_LINT0, LVT_MASKED);
    apic_write(REGISTER_LVT_LINT1,
               LVT_NMI); /* how the host asks a service that hangs for its stacks */
    apic_write(REGISTER_LVT_ERROR, LVT_MASKED);
    /* Counts once from the top, unheard, until its rate is known. */
    apic_write(REGISTER_LVT_TIMER, LVT_MASKED);
    apic_write(REGISTER_DIVIDE, DIVIDE_BY_16);
    apic_write(REGISTER_INITIAL, UINT32_MAX);
}

static void io_init(void) {
    ioapic = mmio_map(IOAPIC_PHYS, PAGE_SIZE);
    uint32_t version = ioapic_read(IOAPIC_VERSION);
    if (version == UINT32_MAX)
        return; /* nothing answers there: ioapic_route will say so */
    pins = (version >> 16 & 0xff) + 1;
    if (pins > VECTOR_TIMER - VECTOR_PINS)
        pins = VECTOR_TIMER - VECTOR_PINS;
    for (unsigned pin = 0; pin < pins; pin++)
        ioapic_write(IOAPIC_ENTRY(pin), LVT_MASKED);
}

void apic_init(void) {
    out8(PIC_MASTER_DATA,
         0xff); /* a PIC that is there stays silent; where it is not, nobody hears this */
    out8(PIC_SLAVE_DATA, 0xff);
    local_init();
    io_init();
}

void apic_eoi(void) {
    apic_write(REGISTER_EOI, 0);
}

uint32_t apic_timer_count(void) {
    return apic_read(REGISTER_CURRENT);
}

/* a / b as 32.32, for a and b of up to 64 bits. */
static uint64_t ratio(uint64_t a, uint64_t b) {
    while (a >> 32) {
        a >>= 1;
        b >>= 1;
    }
    return (a << 32) / (b ? b : 1);
}

void apic_timer_calibrate(uint64_t timer_ticks, uint64_t tsc_ticks, uint64_t tsc_hz) {
    tsc_rate = ratio(tsc_hz, NANOS_PER_SECOND);
    if (cpu.tsc_deadline) {
        apic_write(REGISTER_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
        /* SDM 11.5.4.1: the mode must be in force before the deadline is written. */
        barrier_full();
        return;
    }
    if (!armed)
        tsc_per_timer = ratio(tsc_ticks, timer_ticks);
    timer_rate = ratio(tsc_rate, tsc_per_timer);
    apic_write(REGISTER_LVT_TIMER, VECTOR_TIMER);
}

static uint64_t scale(uint64_t value, uint64_t rate) {
    return (uint64_t)((unsigned __int128)value * rate >> 32);
}

void apic_timer_arm(nanos_t delay) {
    delay = MIN(delay, 3600 * NANOS_PER_SECOND);
    armed = true;
    if (cpu.tsc_deadline)
        wrmsr(MSR_TSC_DEADLINE, rdtsc() + scale(delay, tsc_rate) + 1);
    else
        apic_write(REGISTER_INITIAL,
                   (uint32_t)MIN(scale(delay, timer_rate) + 1, (uint64_t)UINT32_MAX));
}

bool ioapic_route(unsigned pin, unsigned vector, bool level) {
    if (pin >= pins)
        return false;
    uint32_t id = x2apic ? apic_read(REGISTER_ID) : apic_read(REGISTER_ID) >> 24;
    ioapic_write(IOAPIC_ENTRY(pin) + 1, id << 24);
    ioapic_write(IOAPIC_ENTRY(pin), vector | (level ? ENTRY_LEVEL : 0));
    return true;
}
