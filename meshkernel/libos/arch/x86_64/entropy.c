/* RDSEED and RDRAND, each by CPUID. */
#include "arch/x86_64/entropy.h"

#include "arch/x86_64/cpu.h"

#define TRIES 32 /* either may be out of numbers for a moment */

static bool draw(uint64_t *word) {
    bool ok = false;
    for (int i = 0; i < TRIES && !ok; i++) {
        if (cpu.rdseed)
            __asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ok));
        if (!ok && cpu.rdrand)
            __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
    }
    return ok;
}

size_t cpu_entropy(uint64_t *words, size_t count) {
    if (!cpu.rdseed && !cpu.rdrand)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!draw(&words[i]))
            return i;
    return count;
}
