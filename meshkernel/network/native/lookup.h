/* Names of the host's network, looked up without holding up the loop: getaddrinfo() blocks, so it
 * runs in a thread of its own, and its answer comes back as an event. */
#pragma once

#include <netdb.h>
#include <stdbool.h>

#define LOOKUPS_MOST 32 /* threads at once; what is asked beyond waits for one */

struct lookup;

/* `found`: the addresses, which belong to the callee; NULL: the host knows none. */
typedef void (*lookup_done)(void *argument, struct addrinfo *found);

/* Calls `done` later, in a turn of the loop; at once for an address in digits, and then returns
 * NULL. NULL without a call: out of memory or of threads, `*failed` is set. */
struct lookup *lookup_start(const char *host, const char *number, lookup_done done, void *argument,
                            bool *failed);

/* `done` will not be called. */
void lookup_cancel(struct lookup *lookup);
