/* Initial sequence numbers as RFC 6528 wants them: SipHash-2-4 (Aumasson and Bernstein, 2012) of
 * the connection's ends under a key of this boot, plus a clock of 4 microseconds. */
#include "net/tcp/sequence.h"

#include "core/clock.h"
#include "core/random.h"
#include "core/string.h"
#include "net/hooks.h"

static uint64_t key[2];

void net_sequence_init(void) {
    random_bytes(key, sizeof(key));
}

static uint64_t rotate(uint64_t value, unsigned by) {
    return value << by | value >> (64 - by);
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

/* Of two addresses and two ports. An address is 4 bytes or 16, and both are alike, so the number of
 * words says which. */
uint64_t net_flow_hash(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                       u16_t remote_port) {
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    uint64_t words[4] = {0};
    size_t half = IP_IS_V6(local) ? 2 : 1, size = half == 2 ? 16 : 4;
    memcpy(words, local, size); /* an ip_addr_t starts with the address */
    memcpy(words + half, remote, size);
    for (size_t i = 0; i < 2 * half; i++)
        absorb(v, words[i]);
    absorb(v, (uint64_t)(2 * size + 4) << 56 | (uint32_t)remote_port << 16 | local_port);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

u32_t net_hook_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                                u16_t remote_port) {
    uint64_t hash = net_flow_hash(local, local_port, remote, remote_port);
    return (u32_t)hash + (u32_t)(clock_monotonic() / (4 * NANOS_PER_US));
}
