/* The compiler and the machine, for lwIP. */
#pragma once

#include "core/alloc.h"
#include "core/print.h"
#include "core/random.h"
#include "core/string.h"
#include "core/types.h"

#define LWIP_NO_INTTYPES_H 1
#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "lu"
#define LWIP_NO_LIMITS_H 1
#define SSIZE_MAX INT64_MAX /* says that there is an ssize_t */
#define INT_MAX __INT_MAX__
#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_ERRNO_INCLUDE "linux/errno.h"
#ifndef BYTE_ORDER /* the host tests have libc's headers besides */
#define BYTE_ORDER LITTLE_ENDIAN
#endif
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

#define mem_clib_malloc kmalloc
#define mem_clib_free kfree

static inline void *net_calloc(size_t count, size_t size) {
    return kmalloc(count * size); /* filled with zeros anyway */
}
#define mem_clib_calloc net_calloc

static inline uint32_t net_random(void) {
    uint32_t value;
    random_bytes(&value, sizeof(value));
    return value;
}
#define LWIP_RAND() net_random()

/* Of bytes in memory, as 16-bit words in the processor's order; not yet the complement. */
uint16_t net_checksum(const void *data, int length);
#define LWIP_CHKSUM net_checksum

#define LWIP_PLATFORM_DIAG(arguments)
/* Its place says as much as its text, which would take more room than what is asserted. */
#define LWIP_PLATFORM_ASSERT(text) assert_failed("one of lwIP", __FILE_NAME__, __LINE__)
