/* Randomness: a ChaCha20 generator with fast key erasure, seeded from the boot configuration,
 * RDSEED/RDRAND where CPUID has them, and virtio-rng. Without any source the boot panics. */
#pragma once

#include "core/types.h"

/* Mixes in what nobody outside of this machine and its host can know; 32 bytes of it make a seed.
 */
void random_add(const void *entropy, size_t size);

/* From the boot configuration and the processor; the drivers add theirs. */
void random_init(void);

bool random_is_seeded(void);

/* Panics unless there was a seed. */
void random_require_seed(void);

/* Forgets all of it: there is no seed any more. */
void random_forget(void);

void random_bytes(void *to, size_t size);
