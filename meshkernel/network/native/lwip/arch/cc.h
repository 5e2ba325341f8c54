/* lwIP on the host: the C library has everything. */
#pragma once

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(message)                                                                \
    do {                                                                                           \
        printf message;                                                                            \
    } while (0)
#define LWIP_PLATFORM_ASSERT(message)                                                              \
    do {                                                                                           \
        fprintf(stderr, "lwip: %s (%s:%d)\n", message, __FILE__, __LINE__);                        \
        abort();                                                                                   \
    } while (0)

unsigned int lwip_random(void);
#define LWIP_RAND() lwip_random()
