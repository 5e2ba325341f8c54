/* Basic types and small helpers that every part of the library OS uses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t ssize_t;

/* An address that the application handed over: never dereferenced directly, only
 * through mm/user.h, since nothing may be mapped there. */
typedef uintptr_t uaddr_t;

/* Nanoseconds since boot on the monotonic clock. */
typedef uint64_t nanos_t;

#define NANOS_NEVER UINT64_MAX
#define NANOS_PER_SECOND UINT64_C(1000000000)
#define NANOS_PER_MS UINT64_C(1000000)
#define NANOS_PER_US UINT64_C(1000)

#define PAGE_SHIFT 12
#define PAGE_SIZE UINT64_C(4096)
#define PAGE_MASK (PAGE_SIZE - 1)
#define PAGE_DOWN(x) ((uint64_t)(x) & ~PAGE_MASK)
#define PAGE_UP(x) (((uint64_t)(x) + PAGE_MASK) & ~PAGE_MASK)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#define MIN(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) min_a_ = (a);                                                                \
        __typeof__(b) min_b_ = (b);                                                                \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define MAX(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) max_a_ = (a);                                                                \
        __typeof__(b) max_b_ = (b);                                                                \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })

#define noreturn __attribute__((noreturn))
#define printf_like(text, first) __attribute__((format(printf, text, first)))
