/* The processor: identification, control and model-specific registers. */
#pragma once

#include "core/types.h"

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf) {
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value) {
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t rdtsc(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t read_cr0(void) {
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline void write_cr0(uint64_t value) {
    __asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t read_cr2(void) {
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t read_cr3(void) {
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void write_cr3(uint64_t value) {
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void) {
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void write_cr4(uint64_t value) {
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void invlpg(uint64_t address) {
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

#define MSR_APIC_BASE 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC 0x800
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u

/* What CPUID announces and we make use of. */
struct cpu_features {
    bool xsave, xsaveopt, fsgsbase, x2apic, tsc_deadline, rdrand, rdseed, invariant_tsc, hypervisor;
    bool kvm;                /* KVM's signature: its leaves and MSRs are there */
    bool tcg;                /* QEMU's own: software emulation */
    uint32_t kvm_features;   /* leaf 0x40000001 */
    uint32_t hypervisor_max; /* highest leaf from 0x40000000 on */
    uint32_t max_leaf;
    uint32_t hwcap; /* CPUID.1:EDX, for AT_HWCAP */
};

extern struct cpu_features cpu;

/* Sets the control registers by CPUID; panics when something that is required is missing. */
void cpu_init(void);

/* FS base of the running thread (arch_prctl, clone's TLS): kept in thread->fs_base while it does
 * not run. */
void cpu_set_fs_base(uint64_t base);
uint64_t cpu_fs_base(void);
void cpu_set_gs_base(uint64_t base); /* GS base in the same way: we have no use for it ourselves */
uint64_t cpu_gs_base(void);

/* The system-call entry. */
void syscall_init(void);

/* Ends the machine: a triple fault, which every hypervisor turns into its end or a reset. */
noreturn void cpu_reset(void);
