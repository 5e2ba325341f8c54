/* The generator: each request is answered from a fresh key's stream, and its first block is the
 * next key, so what was given out cannot be found again from the state. */
#include "core/random.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/entropy.h"
#include "core/boot.h"
#include "core/chacha.h"
#include "core/print.h"
#include "core/string.h"

#define SEED_SIZE 32

static uint32_t key[CHACHA_KEY_WORDS];
static size_t seeded; /* bytes of real entropy so far */

/* Takes in one piece of at most a key's size: the new key depends on all of the old one and of the
 * piece. */
static void mix(const void *piece, size_t size) {
    uint32_t block[CHACHA_BLOCK_WORDS];
    uint8_t *bytes = (uint8_t *)key;
    const uint8_t *from = piece;
    for (size_t i = 0; i < size; i++)
        bytes[i] ^= from[i];
    chacha_block(key, size, block);
    memcpy(key, block, sizeof key);
}

void random_add(const void *entropy, size_t size) {
    const char *at = entropy;
    seeded += size;
    while (size > 0) {
        size_t step = MIN(size, sizeof key);
        mix(at, step);
        at += step;
        size -= step;
    }
}

void random_init(void) {
    uint64_t words[SEED_SIZE / sizeof(uint64_t)];
    uint64_t now = rdtsc();
    if (boot.seeded)
        random_add(boot.seed, sizeof boot.seed);
    memset(boot.seed, 0, sizeof boot.seed);
    if (boot.seal)
        return; /* a seal with the same seed is to have the same addresses */
    mix(&now, sizeof now);
    random_add(words, cpu_entropy(words, ARRAY_SIZE(words)) * sizeof *words);
    memset(words, 0, sizeof words);
}

void random_forget(void) {
    memset(key, 0, sizeof key);
    seeded = 0;
}

bool random_is_seeded(void) {
    return seeded >= SEED_SIZE;
}

void random_require_seed(void) {
    if (!random_is_seeded())
        panic("there is no randomness: neither a seed in the boot configuration nor RDRAND, RDSEED "
              "or virtio-rng");
}

void random_bytes(void *to, size_t size) {
    uint32_t stream_key[CHACHA_KEY_WORDS], block[CHACHA_BLOCK_WORDS];
    char *at = to;
    random_require_seed();
    chacha_block(key, 0, block);
    memcpy(key, block, sizeof key);
    memcpy(stream_key, block + CHACHA_KEY_WORDS, sizeof stream_key);
    for (uint64_t counter = 0; size > 0; counter++) {
        size_t step = MIN(size, sizeof block);
        chacha_block(stream_key, counter, block);
        memcpy(at, block, step);
        at += step;
        size -= step;
    }
    memset(stream_key, 0, sizeof stream_key);
    memset(block, 0, sizeof block);
}
