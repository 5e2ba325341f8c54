/* What the files of a tunnel share: tunnel.c has its life, approach.c its way to a machine, and
 * passage.c what flows through it once it is joined. */
#pragma once

#include "loop.h"
#include "tunnel.h"

#include <lwip/tcp.h>

enum tunnel_state { WAITING, CONNECTING, JOINED, ENDED };

/* lwIP's callbacks only note what happened and mark the tunnel; all work is done by pump(), outside
 * of lwIP, where a connection may be closed or aborted. */
struct tunnel {
    struct watch watch; /* the host's socket */
    struct tunnel *next, *previous;
    struct tunnel *next_marked;
    bool marked;
    enum tunnel_state state;
    enum tunnel_kind kind;
    struct port *port;
    struct port *failed; /* the replica of its service that did not answer last */
    struct way *way;     /* out of the mesh, and so counted with the port; NULL: into it */
    uint16_t number;
    uint32_t retry, silence; /* how long the next pause is, and the next wait for an answer */
    struct tcp_pcb *pcb;     /* NULL: no connection inside */
    /* From the mesh, not yet taken by the host. Joined by hand: pbuf_cat() walks the whole chain,
     * and tot_len has only 16 bits. */
    struct pbuf *inbound, *inbound_last;
    const char *failure;           /* the connection inside was reset or refused */
    const char *trouble;           /* why the last attempt did not succeed */
    bool hung_up;                  /* the host's socket says so again and again */
    bool host_ended, mesh_ended;   /* no more bytes come from there */
    bool host_passed, mesh_passed; /* and the other side was told */
};

/* In tunnel.c. */

/* Something has happened: the tunnel is pumped before this turn ends. */
void tunnel_mark(struct tunnel *tunnel);
/* From here on lwIP tells this tunnel what becomes of the connection. */
void tunnel_adopt(struct tunnel *tunnel, struct tcp_pcb *pcb);
/* The connection inside goes on without the tunnel. */
void tunnel_forget_connection(struct tunnel *tunnel);
void tunnel_abort_connection(struct tunnel *tunnel);
/* Both sides are closed, and nobody may use the tunnel after this turn. */
void tunnel_end(struct tunnel *tunnel);

/* In approach.c. */

/* Starts on the way to a machine; it ends by itself when `patience` milliseconds are over. */
void approach_begin(struct tunnel *tunnel, uint32_t patience);
/* No timer refers to the tunnel any longer. */
void approach_drop(struct tunnel *tunnel);
/* The machine has refused, or lwIP has given up. */
void approach_refused(struct tunnel *tunnel);
/* The machine that was asked is gone. */
void approach_interrupted(struct tunnel *tunnel);
/* The one that it waits for may be there: it need not wait for its next turn. */
void approach_hasten(struct tunnel *tunnel);
/* Whether what happens at this port concerns where the tunnel leads to. */
bool approach_concerns(const struct tunnel *tunnel, const struct port *port);
/* The client is told why, and the tunnel ends. */
void approach_fail(struct tunnel *tunnel, const char *why);

/* In passage.c. */

/* Moves what can be moved, and passes on what has ended. False: one of the sides is broken. */
bool passage_move(struct tunnel *tunnel);
/* Whether both sides have ended in order, and nothing is left to be moved. */
bool passage_is_over(const struct tunnel *tunnel);
