/* Sealing: a machine's memory becomes an image, from which other machines go on. A machine whose
 * boot configuration says `seal` has /dev/seal:
 *
 *   read      a line for each thing that stands in the way; nothing when all is well:
 *                 descriptor NUMBER WHAT        thread NUMBER        timer WHAT
 *                 mapping START-END WHAT        device WHAT          configuration WHAT
 *                 memory WHAT
 *   write     "seal": the process's next fork seals
 *
 * Behind the seal a descriptor of it reads as the environment of the machine that goes on, each
 * variable with a 0 behind it; nothing can be written.
 *
 * That fork does not return in this machine: it sends CONTROL_SEALED (abi/control.h) with a struct
 * seal and resets. In every machine that continues from the memory it returns 0, as in a child:
 * with another process number, another boot configuration, other devices, another clock, other
 * randomness. It answers -EBUSY when something stands in the way.
 *
 * The memory outside of the ranges need not be kept: it reads as zeros. A machine continues when it
 * is entered by PVH as for a boot, with the ranges in its memory.
 */
#pragma once

#include <stdint.h>

#define SEAL_VERSION 1
#define SEAL_FEATURES 9
#define SEAL_RANGES_MAX 36

/* What a processor must have to continue: as many features, the same extended state. */
struct seal_processor {
    char vendor[12];                  /* CPUID 0 */
    uint32_t extended_size;           /* bytes of its extended state */
    uint64_t extended_features;       /* XCR0 */
    uint32_t features[SEAL_FEATURES]; /* words of CPUID: seal/processor.c says which */
    uint32_t reserved;
};

struct seal_range {
    uint64_t start, end; /* physical, whole pages, ascending */
};

struct seal {
    uint32_t version;
    uint32_t range_count;
    uint64_t entry; /* physical: where PVH enters; its page is in a range */
    struct seal_processor processor;
    struct seal_range ranges[SEAL_RANGES_MAX]; /* as many as there are */
};
