/* RFC 8439, section 2.3, with a counter of 64 bits and the nonce 0. */
#include "core/chacha.h"

#include "core/string.h"

#define ROUND_PAIRS 10

static uint32_t rotate(uint32_t value, unsigned bits) {
    return value << bits | value >> (32 - bits);
}

/* The columns, then the diagonals. A table, since one loop of one copy of the code is what
 * emulators translate fastest. */
static const uint8_t quarters[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                       {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                       {2, 7, 8, 13},  {3, 4, 9, 14}};

static void quarter(uint32_t *x, const uint8_t at[4]) {
    const unsigned a = at[0], b = at[1], c = at[2], d = at[3];
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
    for (unsigned i = 0; i < ROUND_PAIRS * ARRAY_SIZE(quarters); i++)
        quarter(out, quarters[i % ARRAY_SIZE(quarters)]);
    for (unsigned i = 0; i < CHACHA_BLOCK_WORDS; i++)
        out[i] += start[i];
}
