/* Options of sockets (socket(7)): what those of every family are called, and how their values are
 * read and written. */
#pragma once

#include "core/types.h"

enum { /* of SOL_SOCKET */
       SO_DEBUG = 1,
       SO_REUSEADDR = 2,
       SO_TYPE = 3,
       SO_ERROR = 4,
       SO_DONTROUTE = 5,
       SO_BROADCAST = 6,
       SO_SNDBUF = 7,
       SO_RCVBUF = 8,
       SO_KEEPALIVE = 9,
       SO_OOBINLINE = 10,
       SO_PRIORITY = 12,
       SO_LINGER = 13,
       SO_REUSEPORT = 15,
       SO_PASSCRED = 16,
       SO_PEERCRED = 17,
       SO_RCVLOWAT = 18,
       SO_SNDLOWAT = 19,
       SO_RCVTIMEO = 20,
       SO_SNDTIMEO = 21,
       SO_BINDTODEVICE = 25,
       SO_ACCEPTCONN = 30,
       SO_PROTOCOL = 38,
       SO_DOMAIN = 39,
};

/* An int, or a part of one: the options of SOL_IP take a single byte too. 0 or -EINVAL. */
int option_read_int(const void *value, uint32_t size, int *number);

/* Cut to *size, which then is what was written. Always 0. */
int option_write(void *value, uint32_t *size, const void *from, uint32_t length);
int option_write_int(void *value, uint32_t *size, int number);

/* SO_RCVTIMEO and SO_SNDTIMEO: 0 is for ever. 0, -EINVAL or -EDOM. */
int option_read_timeout(const void *value, uint32_t size, nanos_t *timeout);
int option_write_timeout(void *value, uint32_t *size, nanos_t timeout);
nanos_t option_deadline(nanos_t timeout); /* of a wait that begins now */
