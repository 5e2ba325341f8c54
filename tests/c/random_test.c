/* ChaCha20 against RFC 8439, and the generator over it. Usage: random_test [unseeded] */
#include "core/random.h"

#include "arch/x86_64/entropy.h"
#include "check.h"
#include "core/boot.h"
#include "core/chacha.h"

static size_t processor_has; /* words */

size_t cpu_entropy(uint64_t *words, size_t count) {
    for (size_t i = 0; i < MIN(count, processor_has); i++)
        words[i] = i;
    return MIN(count, processor_has);
}

/* RFC 8439, appendix A.1: key and nonce zero, counters 0 and 1. */
static void the_block_function_is_right(void) {
    static const uint8_t first[] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                    0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
    static const uint8_t second[] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a,
                                     0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d};
    const uint32_t key[CHACHA_KEY_WORDS] = {0};
    uint32_t block[CHACHA_BLOCK_WORDS];
    chacha_block(key, 0, block);
    CHECK(memcmp(block, first, sizeof first) == 0);
    chacha_block(key, 1, block);
    CHECK(memcmp(block, second, sizeof second) == 0);
}

static void no_two_answers_are_alike(void) {
    uint8_t one[100], two[100], zero[100] = {0};
    random_bytes(one, sizeof one);
    random_bytes(two, sizeof two);
    CHECK(memcmp(one, two, sizeof one) != 0);
    CHECK(memcmp(one + 50, zero, 50) != 0 && memcmp(one, one + 50, 50) != 0);
}

static void bits_are_even(void) {
    static uint8_t bytes[1 << 16];
    size_t ones = 0;
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        ones += (size_t)__builtin_popcount(bytes[i]);
    size_t half = sizeof bytes * 4;
    CHECK(ones > half - half / 100 && ones < half + half / 100); /* 7 standard deviations */
}

static void draw_with(uint8_t seed, bool seal, uint8_t bytes[32]) {
    random_forget();
    boot.seeded = true;
    boot.seal = seal;
    memset(boot.seed, seed, sizeof boot.seed);
    random_init();
    random_bytes(bytes, 32);
    boot.seal = false;
}

static void only_what_is_sealed_follows_from_its_seed(void) {
    uint8_t one[32], other[32];
    draw_with(7, true, one);
    draw_with(7, true, other);
    CHECK(memcmp(one, other, sizeof one) == 0);
    draw_with(8, true, other);
    CHECK(memcmp(one, other, sizeof one) != 0);
    draw_with(7, false, one);
    draw_with(7, false, other);
    CHECK(memcmp(one, other, sizeof one) != 0);
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "forgotten") == 0) {
        uint8_t seed[32] = {1};
        random_add(seed, sizeof seed);
        random_bytes(seed, sizeof seed);
        CHECK(random_is_seeded());
        random_forget();
        CHECK(!random_is_seeded());
        random_bytes(seed, 1); /* must not come back */
        return 0;
    }
    if (count > 1) {
        uint8_t short_of_a_seed[31] = {1};
        random_init();
        random_add(short_of_a_seed, sizeof short_of_a_seed);
        random_bytes(short_of_a_seed, 1); /* must not come back */
        return 0;
    }
    RUN(the_block_function_is_right);
    boot.seeded = true;
    memset(boot.seed, 9, sizeof boot.seed);
    random_init();
    CHECK_EQUAL(boot.seed[0], 0); /* used up */
    RUN(no_two_answers_are_alike);
    RUN(bits_are_even);
    RUN(only_what_is_sealed_follows_from_its_seed);
    return 0;
}
