/* The Internet checksum (RFC 1071) for lwIP, whose own adds two bytes at a time: where the device
 * does not compute it, it is a third of what a stream costs. */
#include "core/types.h"
#include "lwip/arch.h"

/* Both halves of words of 8 bytes are summed by themselves, so that no carry has to be looked at:
 * adding with carry is what software emulation is slow at, and the processor is not faster with it.
 * A sum of 32-bit words folds to that of 16-bit words (RFC 1071, section 2 (C)). */
struct sums {
    uint64_t low, high;
};

static inline uint64_t word_at(const uint8_t *at) {
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof(word));
    return word;
}

static inline void add(struct sums *sums, uint64_t word) {
    sums->low += (uint32_t)word;
    sums->high += word >> 32;
}

static uint16_t fold(uint64_t sum) {
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    return (uint16_t)sum;
}

uint16_t net_checksum(const void *data, int length) {
    const uint8_t *at = data;
    size_t left = length > 0 ? (size_t)length : 0;
    struct sums sums = {0, 0};
    for (; left >= 32; left -= 32, at += 32) {
        add(&sums, word_at(at));
        add(&sums, word_at(at + 8));
        add(&sums, word_at(at + 16));
        add(&sums, word_at(at + 24));
    }
    for (; left >= 8; left -= 8, at += 8)
        add(&sums, word_at(at));
    uint64_t rest = 0; /* the end, as if zeros followed */
    for (size_t i = 0; i < left; i++)
        rest |= (uint64_t)at[i] << (8 * i);
    add(&sums, rest);
    return fold(sums.low + sums.high);
}
