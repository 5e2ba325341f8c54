/* x87, SSE, AVX and what else this CPU has: SDM volume 1, chapter 13. */
#include "arch/x86_64/xsave.h"

#include "arch/x86_64/cpu.h"
#include "core/alloc.h"
#include "core/string.h"
#include "core/thread.h"

#define FXSAVE_SIZE 512
#define ALIGNMENT 64
#define MXCSR_OFFSET 24
#define CONTROL_WORD_OFFSET 0
#define MXCSR_DEFAULT 0x1f80u
#define CONTROL_WORD_DEFAULT 0x037fu

#define XCR0_X87_SSE UINT64_C(0x3)
#define XCR0_AVX UINT64_C(0x4)
#define XCR0_AVX512 UINT64_C(0xe0)

static uint64_t features;
static size_t size = FXSAVE_SIZE;

/* Whose state the registers hold. */
static struct thread *owner;

static void xcr0_write(uint64_t value) {
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void xsave_init(void) {
    if (cpu.xsave) {
        struct cpuid leaf = cpuid(0xd, 0);
        uint64_t offered = (uint64_t)leaf.edx << 32 | leaf.eax;
        uint64_t before = features ? features : UINT64_MAX; /* behind a seal there are areas */
        features = XCR0_X87_SSE | (offered & XCR0_AVX);
        if ((offered & XCR0_AVX) && (offered & XCR0_AVX512) == XCR0_AVX512)
            features |= XCR0_AVX512;
        features &= before;
        xcr0_write(features);
        size = cpuid(0xd, 0).ebx; /* for what XCR0 now has */
    }
    __asm__ volatile("fninit");
}

size_t xsave_size(void) {
    return size;
}

uint64_t xsave_features(void) {
    return features;
}

void xsave_save(void *area) {
    uint32_t low = (uint32_t)features, high = (uint32_t)(features >> 32);
    if (cpu.xsave)
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

/* Into the thread's own area only: the CPU leaves out what has not changed since it was loaded from
 * there. */
static void save_own(void *area) {
    uint32_t low = (uint32_t)features, high = (uint32_t)(features >> 32);
    if (cpu.xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
    else
        xsave_save(area);
}

void xsave_restore(const void *area) {
    uint32_t low = (uint32_t)features, high = (uint32_t)(features >> 32);
    if (cpu.xsave)
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* The heap aligns to 16: the block's own address is kept right below the area. */
void *xsave_alloc(void) {
    char *block = kmalloc(size + ALIGNMENT + sizeof(void *));
    if (block == NULL)
        return NULL;
    uint64_t at = (uint64_t)block + sizeof(void *);
    char *area = (char *)((at + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1));
    ((void **)area)[-1] = block;
    /* An empty header stands for the initial state; MXCSR is loaded from the area all the same. */
    uint16_t control = CONTROL_WORD_DEFAULT;
    uint32_t mxcsr = MXCSR_DEFAULT;
    memcpy(area + CONTROL_WORD_OFFSET, &control, sizeof control);
    memcpy(area + MXCSR_OFFSET, &mxcsr, sizeof mxcsr);
    return area;
}

void xsave_free(void *area) {
    if (area != NULL)
        kfree(((void **)area)[-1]);
}

void xsave_switch(struct thread *next) {
    if (owner == next)
        return;
    if (owner != NULL) {
        owner->fs_base = cpu_fs_base();
        owner->gs_base = cpu_gs_base();
        save_own(owner->xsave);
    }
    xsave_restore(next->xsave);
    cpu_set_fs_base(next->fs_base);
    cpu_set_gs_base(next->gs_base);
    owner = next;
}

void xsave_forget(struct thread *thread) {
    if (owner == thread)
        owner = NULL;
}
