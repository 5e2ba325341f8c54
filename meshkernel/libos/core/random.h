/* Randomness: a ChaCha20 generator with fast key erasure, seeded from the boot configuration,
 * RDSEED/RDRAND where CPUID has them, and virtio-rng. Without any source the boot panics. */
#pragma once

#include "core/types.h"

void random_add(const void *entropy, size_t size);
void random_bytes(void *to, size_t size);
