/* How a machine learns that a connection outside does not come about: from the same packet that a
 * host on that network would get. */
#pragma once

#include "frame.h"
#include "mesh.h"

/* What became of a server's addresses so far, at first WAY_UNREACHABLE without an error. */
struct refusal {
    enum way_end why;
    int error; /* the host's, of connect(); 0: none */
};

/* One address more could not be connected to. What counts in the end is the address that came
 * farthest: one that answers says more than one that is silent, and that more than one to which
 * there is no way - as a rule IPv6 of a host that has only IPv4. */
void refusal_note(struct refusal *refusal, int error);

/* Answers a frame that opens a connection: a reset if the server has refused, nothing if it is
 * silent, else an ICMP "unreachable" of the gateway. `error`: the host's, or 0. */
void refusal_send(struct port *sender, enum way_end why, int error, const struct port *gateway,
                  const uint8_t *syn, uint32_t size);

/* A reset to the sender of a packet that opens a connection. */
void refusal_reset(struct port *sender, const struct packet *opener);
