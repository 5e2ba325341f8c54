/* rtnetlink(7), for reading: links and addresses. Nothing can be changed, and nothing changes. */
#pragma once

#include "core/types.h"

struct netlink_header { /* struct nlmsghdr */
    uint32_t size;      /* of the message with this */
    uint16_t type, flags;
    uint32_t sequence, port;
};
_Static_assert(sizeof(struct netlink_header) == 16, "struct nlmsghdr");

#define NETLINK_ANSWER_MAX 2048u

/* Writes the answer to a request: its messages one behind the other, the last of which says that it
 * is the end, or what was wrong. `size`: bytes behind the header of the request that are there.
 * Returns the answer's bytes, at most NETLINK_ANSWER_MAX. */
size_t netlink_answer(const struct netlink_header *request, const uint8_t *rest, size_t size,
                      uint32_t port, uint8_t answer[NETLINK_ANSWER_MAX]);
