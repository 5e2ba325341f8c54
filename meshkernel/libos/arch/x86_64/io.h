/* Port and memory-mapped I/O, and the barriers that virtio needs. */
#pragma once

#include "core/types.h"

static inline void out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t read32(const volatile void *address) {
    return *(const volatile uint32_t *)address;
}

static inline void write32(volatile void *address, uint32_t value) {
    *(volatile uint32_t *)address = value;
}

/* x86 keeps loads and stores each in order; only a store before a load needs an instruction. */
static inline void barrier_full(void) {
    __asm__ volatile("mfence" : : : "memory");
}

static inline void barrier_write(void) {
    __asm__ volatile("" : : : "memory");
}

static inline void barrier_read(void) {
    __asm__ volatile("" : : : "memory");
}

/* Maps a device's registers, uncached; panics when there is no room. The mapping is never undone.
 */
volatile void *mmio_map(uint64_t phys, size_t size);
