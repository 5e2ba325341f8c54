/* What sealed code may have learnt of its processor: the C library and others choose code by CPUID,
 * and the extended state has the layout that CPUID says (Intel SDM, volume 2, CPUID). */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/xsave.h"
#include "core/print.h"
#include "core/string.h"
#include "seal/internal.h"

struct seal_processor seal_processor;

enum part { EAX, EBX, ECX, EDX };

#define OSXSAVE (UINT32_C(1) << 27) /* is ours to set */

static const struct {
    uint32_t leaf, subleaf;
    enum part part;
    uint32_t ignored;
    const char *name;
} words[SEAL_FEATURES] = {
    {1, 0, ECX, OSXSAVE, "1:ECX"},
    {1, 0, EDX, 0, "1:EDX"},
    {7, 0, EBX, 0, "7:EBX"},
    {7, 0, ECX, 0, "7:ECX"},
    {7, 0, EDX, 0, "7:EDX"},
    {7, 1, EAX, 0, "7.1:EAX"},
    {0xd, 1, EAX, 0, "13.1:EAX"},
    {0x80000001, 0, ECX, 0, "80000001h:ECX"},
    {0x80000001, 0, EDX, 0, "80000001h:EDX"},
};

static uint32_t word(size_t index) {
    uint32_t leaf = words[index].leaf;
    if (cpuid(leaf & 0x80000000, 0).eax < leaf)
        return 0;
    if (words[index].subleaf == 1 && leaf == 7 && cpuid(7, 0).eax < 1)
        return 0;
    struct cpuid found = cpuid(leaf, words[index].subleaf);
    const uint32_t parts[] = {found.eax, found.ebx, found.ecx, found.edx};
    return parts[words[index].part] & ~words[index].ignored;
}

void seal_processor_read(struct seal_processor *processor) {
    struct cpuid vendor = cpuid(0, 0);
    memset(processor, 0, sizeof(*processor));
    memcpy(processor->vendor, &vendor.ebx, 4);
    memcpy(processor->vendor + 4, &vendor.edx, 4);
    memcpy(processor->vendor + 8, &vendor.ecx, 4);
    processor->extended_size = (uint32_t)xsave_size();
    processor->extended_features = xsave_features();
    for (size_t i = 0; i < SEAL_FEATURES; i++)
        processor->features[i] = word(i);
}

const char *seal_processor_lacks(const struct seal_processor *other) {
    static char text[64];
    struct seal_processor own;
    seal_processor_read(&own);
    if (memcmp(own.vendor, other->vendor, sizeof(own.vendor)) != 0)
        return "the vendor";
    for (size_t i = 0; i < SEAL_FEATURES; i++) {
        uint32_t lacking = other->features[i] & ~own.features[i];
        if (lacking == 0)
            continue;
        format(text, sizeof(text), "bit %u of CPUID %s", (unsigned)__builtin_ctz(lacking),
               words[i].name);
        return text;
    }
    return own.extended_size == other->extended_size &&
                   own.extended_features == other->extended_features
               ? NULL
               : "the extended state";
}
