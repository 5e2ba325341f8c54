#include "net/datagram/datagram_queue.h"

#include "core/alloc.h"
#include "lwip/pbuf.h"

#define OVERHEAD ((uint32_t)(sizeof(struct datagram) + sizeof(struct pbuf) + 64))

void datagram_queue_init(struct datagram_queue *queue) {
    list_init(&queue->datagrams);
    queue->bytes = 0;
    queue->ended = false;
}

bool datagram_queue_add(struct datagram_queue *queue, struct inet_socket *socket, struct pbuf *pbuf,
                        const struct socket_address *from, const struct datagram_origin *origin) {
    struct datagram *datagram = NULL;
    if (queue->bytes < socket->receive_buffer)
        datagram = knew(struct datagram);
    if (datagram == NULL) {
        pbuf_free(pbuf);
        return false;
    }
    datagram->pbuf = pbuf;
    datagram->from = *from;
    if (origin != NULL)
        datagram->origin = *origin;
    queue->bytes += OVERHEAD + pbuf->tot_len;
    list_append(&queue->datagrams, &datagram->link);
    inet_wake(socket, EPOLLIN);
    return true;
}

static struct datagram *first_of(const struct datagram_queue *queue) {
    return list_empty(&queue->datagrams) ? NULL
                                         : LIST_FIRST(&queue->datagrams, struct datagram, link);
}

static void remove_first(struct datagram_queue *queue) {
    struct datagram *datagram = first_of(queue);
    list_remove(&datagram->link);
    queue->bytes -= OVERHEAD + datagram->pbuf->tot_len;
    pbuf_free(datagram->pbuf);
    kfree(datagram);
}

void datagram_queue_clear(struct datagram_queue *queue) {
    while (!list_empty(&queue->datagrams))
        remove_first(queue);
}

uint32_t datagram_queue_next(const struct datagram_queue *queue) {
    const struct datagram *datagram = first_of(queue);
    return datagram == NULL ? 0 : datagram->pbuf->tot_len;
}

/* 0 with none there: nothing more comes. */
static int wait_for_datagram(struct datagram_queue *queue, struct inet_socket *socket, int flags) {
    nanos_t deadline = option_deadline(socket->receive_timeout);
    while (list_empty(&queue->datagrams)) {
        if (socket->error != 0)
            return inet_take_error(socket);
        if (queue->ended)
            return 0;
        int result = inet_nonblocking(socket->file, flags) ? -EAGAIN : inet_wait(socket, deadline);
        if (result != 0)
            return result;
    }
    return 0;
}

ssize_t datagram_receive(struct datagram_queue *queue, struct inet_socket *socket, struct io *io,
                         int flags, struct socket_address *from, int *flags_out,
                         struct control_out *control) {
    *flags_out = 0;
    from->size = 0;
    ssize_t result = wait_for_datagram(queue, socket, flags);
    if (result != 0 || list_empty(&queue->datagrams))
        return result;
    const struct datagram *datagram = first_of(queue);
    *from = datagram->from;
    ssize_t whole = datagram->pbuf->tot_len, copied = 0;
    for (const struct pbuf *part = datagram->pbuf; part != NULL && io->left > 0;
         part = part->next) {
        size_t size = MIN((size_t)part->len, io->left);
        result = io_to_user(io, part->payload, size);
        if (result < (ssize_t)size)
            return -EFAULT;
        copied += result;
    }
    result = 0;
    if (control != NULL && socket->wanted != 0)
        result = datagram_tell_origin(socket, &datagram->origin, control);
    if (!(flags & MSG_PEEK))
        remove_first(queue);
    if (result != 0)
        return result;
    if (copied < whole)
        *flags_out |= MSG_TRUNC;
    return flags & MSG_TRUNC ? whole : copied;
}

struct pbuf *datagram_from_user(int layer, struct io *io, size_t most, int *error) {
    size_t size = io->left;
    struct pbuf *pbuf = NULL;
    *error = size > most ? -EMSGSIZE : -ENOBUFS;
    if (size <= most)
        pbuf = pbuf_alloc((pbuf_layer)layer, (u16_t)size, PBUF_RAM);
    if (pbuf == NULL)
        return NULL;
    if (io_from_user(io, pbuf->payload, size) == (ssize_t)size)
        return pbuf;
    pbuf_free(pbuf);
    *error = -EFAULT;
    return NULL;
}
