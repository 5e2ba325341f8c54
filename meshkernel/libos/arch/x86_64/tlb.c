/* Flushes that make software emulation faster.
 *
 * QEMU keeps translations of a virtual processor in a table of 256 entries, a megabyte of memory,
 * and makes it larger or smaller when the guest flushes it all, and at no other time (QEMU,
 * docs/devel/multi-thread-tcg.rst and accel/tcg/cputlb.c, tlb_mmu_resize_locked). One address space
 * that never changes is never flushed: so Python would run with a table that its working set misses
 * all the time. A flush costs the misses that fill the table again, so they are few: at the powers
 * of two of events, and at every EVERYth.
 *
 * Other hypervisors have the processor's own, which does not grow: there nothing is done. */
#include "arch/x86_64/tlb.h"
#include "arch/x86_64/cpu.h"

#define FIRST 16
#define EVERY 2048

static uint32_t events;

void tlb_init(void) {
    events = 0;
}

void tlb_event(void) {
    events++;
    bool power_of_two = (events & (events - 1)) == 0;
    if (cpu.tcg && ((power_of_two && events >= FIRST) || events % EVERY == 0))
        write_cr3(read_cr3());
}
