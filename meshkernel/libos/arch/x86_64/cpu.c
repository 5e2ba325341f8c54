/* Identification, and the control registers as CPUID allows them. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tlb.h"
#include "arch/x86_64/xsave.h"

#include "core/print.h"

#define CR0_VALUE UINT64_C(0x80010033) /* PG WP NE ET MP PE; caches on, x87 and SSE usable */
#define CR4_PAE (UINT64_C(1) << 5)
#define CR4_MCE (UINT64_C(1) << 6)
#define CR4_PGE (UINT64_C(1) << 7)
#define CR4_OSFXSR (UINT64_C(1) << 9)
#define CR4_OSXMMEXCPT (UINT64_C(1) << 10)
#define CR4_FSGSBASE (UINT64_C(1) << 16)
#define CR4_OSXSAVE (UINT64_C(1) << 18)

/* CPUID.1:EDX */
#define EDX_FPU (1u << 0)
#define EDX_TSC (1u << 4)
#define EDX_MSR (1u << 5)
#define EDX_MCE (1u << 7)
#define EDX_APIC (1u << 9)
#define EDX_PGE (1u << 13)
#define EDX_FXSR (1u << 24)
#define EDX_SSE2 (1u << 26)
/* CPUID.1:ECX */
#define ECX_X2APIC (1u << 21)
#define ECX_TSC_DEADLINE (1u << 24)
#define ECX_XSAVE (1u << 26)
#define ECX_RDRAND (1u << 30)
#define ECX_HYPERVISOR (1u << 31)

struct cpu_features cpu;

/* Four letters as CPUID has them in a register. */
#define WORD(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static void identify_hypervisor(void) {
    struct cpuid leaf = cpuid(0x40000000, 0);
    cpu.hypervisor_max = leaf.eax >= 0x40000000 ? leaf.eax : 0x40000000;
    cpu.kvm = leaf.ebx == WORD('K', 'V', 'M', 'K') && leaf.ecx == WORD('V', 'M', 'K', 'V') &&
              leaf.edx == WORD('M', 0, 0, 0);
    cpu.tcg = leaf.ebx == WORD('T', 'C', 'G', 'T') && leaf.ecx == WORD('C', 'G', 'T', 'C') &&
              leaf.edx == WORD('G', 'T', 'C', 'G');
    if (cpu.kvm)
        cpu.kvm_features = cpuid(0x40000001, 0).eax;
}

static void identify(void) {
    cpu = (struct cpu_features){.max_leaf = cpuid(0, 0).eax};
    struct cpuid basic = cpuid(1, 0);
    cpu.hwcap = basic.edx;
    cpu.xsave = basic.ecx & ECX_XSAVE;
    cpu.x2apic = basic.ecx & ECX_X2APIC;
    cpu.tsc_deadline = basic.ecx & ECX_TSC_DEADLINE;
    cpu.rdrand = basic.ecx & ECX_RDRAND;
    cpu.hypervisor = basic.ecx & ECX_HYPERVISOR;
    if (cpu.max_leaf >= 7) {
        uint32_t ebx = cpuid(7, 0).ebx;
        cpu.fsgsbase = ebx & (1u << 0);
        cpu.rdseed = ebx & (1u << 18);
    }
    if (cpu.xsave && cpu.max_leaf >= 0xd)
        cpu.xsaveopt = cpuid(0xd, 1).eax & 1;
    if (cpuid(0x80000000, 0).eax >= 0x80000007)
        cpu.invariant_tsc = cpuid(0x80000007, 0).edx & (1u << 8);
    if (cpu.hypervisor)
        identify_hypervisor();
}

static void require(uint32_t bit, const char *sentence) {
    if (!(cpu.hwcap & bit))
        panic(sentence);
}

void cpu_init(void) {
    identify();
    require(EDX_FPU | EDX_FXSR, "this processor cannot save its x87 and SSE state");
    require(EDX_SSE2, "this processor has no SSE2");
    require(EDX_TSC, "this processor has no time stamp counter");
    require(EDX_MSR, "this processor has no model-specific registers");
    require(EDX_APIC, "this processor has no local APIC");
    if (!(cpuid(0x80000001, 0).edx & (1u << 11)))
        panic("this processor has no syscall instruction");
    write_cr0(CR0_VALUE);
    write_cr4(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | (cpu.hwcap & EDX_MCE ? CR4_MCE : 0) |
              (cpu.hwcap & EDX_PGE ? CR4_PGE : 0) | (cpu.xsave ? CR4_OSXSAVE : 0) |
              (cpu.fsgsbase ? CR4_FSGSBASE : 0));
    tlb_init();
    xsave_init(); /* x87, SSE, AVX: as much as the CPU has */
}

uint64_t cpu_fs_base(void) {
    if (!cpu.fsgsbase)
        return rdmsr(MSR_FS_BASE);
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

uint64_t cpu_gs_base(void) {
    if (!cpu.fsgsbase)
        return rdmsr(MSR_GS_BASE);
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

void cpu_set_gs_base(uint64_t base) {
    if (cpu.fsgsbase)
        __asm__ volatile("wrgsbase %0" : : "r"(base));
    else
        wrmsr(MSR_GS_BASE, base);
}

void cpu_set_fs_base(uint64_t base) {
    if (cpu.fsgsbase)
        __asm__ volatile("wrfsbase %0" : : "r"(base));
    else
        wrmsr(MSR_FS_BASE, base);
}
