/* The sum that lwIP is given instead of its own. */
#include "check.h"
#include "lwip/arch.h"
#include "net_test/cases.h"

/* RFC 1071 as it is written: words of two bytes, the carry added at the end. */
static uint16_t plain_sum(const uint8_t *bytes, size_t size) {
    uint64_t sum = 0;
    for (size_t at = 0; at < size; at++)
        sum += (uint64_t)bytes[at] << (at % 2 ? 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void checksums_are_those_of_the_rfc(void) {
    static uint8_t bytes[65535 + 8];
    uint32_t random = 1;
    for (size_t at = 0; at < sizeof(bytes); at++)
        bytes[at] = (uint8_t)((random = random * 1103515245 + 12345) >> 16);
    for (size_t start = 0; start < 8; start++)
        for (size_t size = 0; size < 200; size++)
            CHECK_EQUAL(net_checksum(bytes + start, (int)size), plain_sum(bytes + start, size));
    CHECK_EQUAL(net_checksum(bytes + 3, 65535), plain_sum(bytes + 3, 65535));
    memset(bytes, 0xff, sizeof(bytes)); /* all carries that there can be */
    for (size_t size = 65535 - 40; size <= 65535; size++)
        CHECK_EQUAL(net_checksum(bytes, (int)size), plain_sum(bytes, size));
    memset(bytes, 0, sizeof(bytes));
    CHECK_EQUAL(net_checksum(bytes, 65535), 0);
}

void checksum_cases(void) {
    RUN(checksums_are_those_of_the_rfc);
}
