/* Local sockets with names, of unix_connection.c (life, connections), unix_address.c (names),
 * unix_message.c (messages) and unix_control.c (what goes beside bytes and messages). */
#pragma once

#include "ipc/unix/unix_internal.h"

#define UNIX_PATH_MAX 108

/* Addresses. */
int unix_bind(struct file *file, const struct socket_address *address);
int unix_find(const struct socket_address *address, struct unix_socket **found);

/* Messages. A send takes over *carried, or leaves it alone. */
ssize_t unix_send_message(struct file *file, struct io *io, int flags,
                          const struct socket_address *address, struct unix_control **carried);
ssize_t unix_receive_message(struct file *file, struct io *io, int flags,
                             struct socket_address *address, int *flags_out,
                             struct control_out *control);
size_t unix_message_size(const struct unix_socket *socket);
void unix_drop_messages(struct unix_socket *socket);

/* *loaded is NULL where there is nothing. 0, or -errno as sendmsg has it. */
int unix_control_load(struct control_in *control, struct unix_control **loaded);
void unix_control_free(struct unix_control *carried); /* or NULL */

/* To the application that receives on the socket, if it wants any. `carried` may be NULL. */
int unix_control_give(const struct unix_socket *socket, const struct unix_control *carried,
                      struct control_out *out);

/* unix_named.give */
bool unix_stream_give(struct unix_socket *socket, uint64_t start, ssize_t count, bool peek,
                      struct control_out *control, int *error);
