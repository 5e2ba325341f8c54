/* RFC 8439, section 2.3, with a counter of 64 bits and the nonce 0. */
#include "core/chacha.h"

#include "core/string.h"

#define ROUND_PAIRS 10

static uint32_t rotate(uint32_t value, unsigned bits) {
    return value << bits | value >> (32 - bits);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d) {
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 7);
}

void chacha_block(const uint32_t key[CHACHA_KEY_WORDS], uint64_t counter,
                  uint32_t out[CHACHA_BLOCK_WORDS]) {
    uint32_t start[CHACHA_BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(start + 4, key, CHACHA_KEY_WORDS * sizeof *key);
    start[12] = (uint32_t)counter;
    start[13] = (uint32_t)(counter >> 32);
    memcpy(out, start, sizeof start);
    for (int i = 0; i < ROUND_PAIRS; i++) {
        for (unsigned column = 0; column < 4; column++)
            quarter(out, column, 4 + column, 8 + column, 12 + column);
        for (unsigned column = 0; column < 4; column++)
            quarter(out, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4);
    }
    for (unsigned i = 0; i < CHACHA_BLOCK_WORDS; i++)
        out[i] += start[i];
}
