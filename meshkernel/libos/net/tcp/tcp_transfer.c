/* Bytes in both directions. */
#include "core/pages.h"
#include "core/print.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/signal.h"
#include "lwip/priv/tcp_priv.h"
#include "net/net.h"
#include "net/tcp/tcp_socket.h"

#define CHUNK 16384u
#define BUCKET 1920u /* with its pbuf, half a page */
#define SCARCE_SHARE 16
#define SCARCE_QUEUE (32u * 1024)
#define UNREAD_SHARE 8 /* of the machine's memory */
#define SMALL 512u     /* so small that a pbuf of its own would be mostly overhead */

/* An error that came after part of the work is kept for the next call, but for those that come
 * again by themselves. */
static ssize_t partly(struct tcp_socket *socket, ssize_t total, ssize_t error) {
    bool own = error != -EAGAIN && error != -EINTR && error != -ERESTARTSYS && error != -EFAULT;
    if (error < 0 && total > 0 && own && error != -EPIPE)
        socket->inet.error = (int)-error;
    return total > 0 ? total : error;
}

/* ---- receiving ---- */

static void append(struct tcp_socket *socket, struct pbuf *pbuf, uint16_t room) {
    if (socket->last != NULL)
        socket->last->next = pbuf;
    else
        socket->first = pbuf;
    socket->last = pbuf;
    socket->bucket_room = room;
}

/* Many small segments share a bucket; else a peer that sends byte by byte would fill the memory.
 * False when there is no memory: the pbuf is then kept as it is. */
static bool into_bucket(struct tcp_socket *socket, const struct pbuf *pbuf) {
    if (socket->bucket_room < pbuf->len) {
        struct pbuf *bucket = pbuf_alloc(PBUF_RAW, BUCKET, PBUF_RAM);
        if (bucket == NULL)
            return false;
        bucket->len = bucket->tot_len = 0;
        append(socket, bucket, BUCKET);
    }
    struct pbuf *bucket = socket->last;
    memcpy((uint8_t *)bucket->payload + bucket->len, pbuf->payload, pbuf->len);
    bucket->len = bucket->tot_len = (u16_t)(bucket->len + pbuf->len);
    socket->bucket_room = (uint16_t)(socket->bucket_room - pbuf->len);
    return true;
}

/* Unread bytes of all connections. A window is 256 KiB, so without a limit peers whose bytes nobody
 * reads could use up a small machine. Beyond it each connection keeps what it has and one segment
 * that lwIP holds back and offers again, with its timer or when something was read. */
static size_t all_unread;

static bool may_keep(const struct tcp_socket *socket, const struct pbuf *data) {
    size_t most = pages_total() * PAGE_SIZE / UNREAD_SHARE;
    return socket->received == 0 || socket->send_shut || all_unread + data->tot_len <= most;
}

static void keep(struct tcp_socket *socket, struct pbuf *data) {
    while (data != NULL) {
        struct pbuf *next = data->next;
        data->next = NULL;
        data->tot_len = data->len;
        socket->received += data->len;
        all_unread += data->len;
        /* The first small one is left alone: a request that is read at once should cost no bucket.
         */
        bool small = data->len <= SMALL && socket->last != NULL;
        if (data->len == 0 || (small && into_bucket(socket, data)))
            pbuf_free(data);
        else
            append(socket, data, 0);
        data = next;
    }
}

static void give_window(struct tcp_socket *socket, uint32_t bytes) {
    while (socket->pcb != NULL && bytes > 0) {
        uint16_t part = (uint16_t)MIN(bytes, 0xffffu);
        tcp_recved(socket->pcb, part);
        bytes -= part;
    }
}

err_t tcp_socket_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error) {
    struct tcp_socket *socket = argument;
    (void)pcb;
    (void)error;
    if (data == NULL) {
        socket->peer_ended = socket->peer_finished = true;
        /* Both directions are shut: from here on lwIP frees the pcb without a word. */
        if (socket->send_shut) {
            tcp_socket_detach(socket);
            socket->state = TCP_SOCKET_OVER;
        }
        inet_wake(&socket->inet, EPOLLIN | EPOLLRDHUP | (socket->send_shut ? EPOLLHUP : 0));
        return ERR_OK;
    }
    if (socket->receive_shut) {
        give_window(socket, data->tot_len);
        pbuf_free(data);
        return ERR_OK;
    }
    if (!may_keep(socket, data))
        return ERR_MEM;
    keep(socket, data);
    tcp_urgent_arrived(socket);
    inet_wake(&socket->inet, EPOLLIN);
    return ERR_OK;
}

/* What may_keep refused, as far as it may be kept now. */
void tcp_take_refused(struct tcp_socket *socket) {
    if (socket->pcb != NULL && socket->pcb->refused_data != NULL)
        tcp_process_refused_data(socket->pcb);
}

static void consume(struct tcp_socket *socket, uint32_t bytes) {
    tcp_urgent_passed(socket, bytes);
    socket->received -= bytes;
    all_unread -= bytes;
    give_window(socket, bytes);
    while (bytes > 0) {
        struct pbuf *first = socket->first;
        assert(first != NULL); /* `received` counts what the chain holds */
        if (bytes < first->len) {
            first->payload = (uint8_t *)first->payload + bytes;
            first->len = first->tot_len = (u16_t)(first->len - bytes);
            return;
        }
        bytes -= first->len;
        socket->first = first->next;
        if (socket->first == NULL) {
            socket->last = NULL;
            socket->bucket_room = 0;
        }
        first->next = NULL;
        pbuf_free(first);
    }
}

void tcp_skip_byte(struct tcp_socket *socket) {
    consume(socket, 1);
}

void tcp_drop_received(struct tcp_socket *socket) {
    all_unread -= socket->received;
    socket->received = 0;
    while (socket->first != NULL) {
        struct pbuf *first = socket->first;
        socket->first = first->next;
        first->next = NULL;
        pbuf_free(first);
    }
    socket->last = NULL;
}

/* Copies what there is; `skip` bytes were looked at before, and it goes no further than the urgent
 * byte. */
static ssize_t copy_out(struct tcp_socket *socket, struct io *io, uint32_t skip) {
    ssize_t copied = 0;
    size_t most = MIN(io->left, (size_t)tcp_urgent_limit(socket, skip));
    for (const struct pbuf *pbuf = socket->first; pbuf != NULL && (size_t)copied < most;
         pbuf = pbuf->next) {
        if (skip >= pbuf->len) {
            skip -= pbuf->len;
            continue;
        }
        size_t size = MIN((size_t)(pbuf->len - skip), most - (size_t)copied);
        ssize_t part = io_to_user(io, (const uint8_t *)pbuf->payload + skip, size);
        skip = 0;
        if (part < 0)
            return copied > 0 ? copied : part;
        copied += part;
        if ((size_t)part < size)
            break;
    }
    return copied;
}

/* 0: there is something to read beyond `seen` bytes. 1: the end. Else -errno. */
static int wait_for_data(struct tcp_socket *socket, uint32_t seen, int flags, nanos_t deadline) {
    for (;;) {
        if (socket->received > seen)
            return 0;
        if (socket->peer_finished)
            return 1;
        if (socket->inet.error != 0)
            return inet_take_error(&socket->inet);
        if (socket->peer_ended || socket->receive_shut)
            return 1;
        if (socket->state != TCP_SOCKET_OPEN && socket->state != TCP_SOCKET_CONNECTING)
            return -ENOTCONN;
        int result = inet_nonblocking(socket->inet.file, flags)
                         ? -EAGAIN
                         : inet_wait(&socket->inet, deadline);
        if (result != 0)
            return result;
    }
}

static ssize_t receive_urgent(struct tcp_socket *socket, struct io *io, int flags, int *flags_out) {
    uint8_t byte;
    if (socket->state != TCP_SOCKET_OPEN && socket->state != TCP_SOCKET_OVER)
        return -ENOTCONN;
    ssize_t result = tcp_urgent_take(socket, flags & MSG_PEEK, &byte);
    if (result <= 0)
        return result;
    *flags_out = MSG_OOB | (io->left == 0 ? MSG_TRUNC : 0);
    return io->left == 0 ? 0 : io_to_user(io, &byte, 1);
}

/* The urgent byte is no part of the stream, unless SO_OOBINLINE says so: steps over it, if it is
 * the next. A peek, which leaves all where it is, looks one byte further. */
static uint32_t step_over_urgent(struct tcp_socket *socket, uint32_t seen, bool peek) {
    if (!tcp_urgent_left_out(socket, seen))
        return seen;
    if (peek)
        return seen + 1;
    tcp_skip_byte(socket);
    return seen;
}

ssize_t tcp_receive(struct file *file, struct io *io, int flags, struct socket_address *address,
                    int *flags_out, struct control_out *control) {
    struct tcp_socket *socket = tcp_socket_of(file);
    nanos_t deadline = option_deadline(socket->inet.receive_timeout);
    ssize_t total = 0;
    bool peek = flags & MSG_PEEK;
    (void)control; /* TCP has none */
    address->size = 0;
    *flags_out = 0;
    if (flags & MSG_OOB)
        return receive_urgent(socket, io, flags, flags_out);
    while (io->left > 0) {
        uint32_t seen = step_over_urgent(socket, peek ? (uint32_t)total : 0, peek);
        int state = wait_for_data(socket, seen, flags, deadline);
        ssize_t copied = state == 0 ? copy_out(socket, io, seen) : state;
        if (state == 1)
            return total;
        if (copied < 0)
            return partly(socket, total, copied);
        if (!peek)
            consume(socket, (uint32_t)copied);
        tcp_take_refused(socket);
        total += copied;
        if (!(flags & MSG_WAITALL) || tcp_at_mark(socket))
            break;
    }
    net_settle();
    return total;
}

ssize_t tcp_read(struct file *file, struct io *io, uint64_t *offset) {
    struct socket_address address;
    int flags;
    (void)offset;
    return tcp_receive(file, io, 0, &address, &flags, NULL);
}

/* ---- sending ---- */

/* What is queued takes memory of ours, a buffer for each peer that reads slowly. While little is
 * free, a connection queues what keeps it going and no more. */
static uint32_t room_of(const struct tcp_pcb *pcb) {
    if (pages_available() >= pages_total() / SCARCE_SHARE)
        return pcb->snd_buf;
    uint32_t queued = TCP_SND_BUF - pcb->snd_buf;
    return queued < SCARCE_QUEUE ? SCARCE_QUEUE - queued : 0;
}

bool tcp_send_room(const struct tcp_socket *socket, uint32_t *bytes) {
    const struct tcp_pcb *pcb = socket->pcb;
    *bytes = 0;
    if (pcb == NULL || pcb->snd_queuelen >= TCP_SND_QUEUELEN - 64)
        return false;
    *bytes = room_of(pcb);
    return *bytes > 0 && pcb->snd_buf >= TCP_SND_BUF / 3 &&
           pcb->snd_queuelen < TCP_SND_QUEUELEN * 2 / 3;
}

err_t tcp_socket_sent(void *argument, struct tcp_pcb *pcb, u16_t length) {
    struct tcp_socket *socket = argument;
    uint32_t room;
    (void)pcb;
    (void)length;
    socket->reported = 0;
    if (socket->starved && tcp_send_room(socket, &room)) {
        socket->starved = false;
        inet_wake(&socket->inet, EPOLLOUT);
    }
    return ERR_OK;
}

static int broken_pipe(int flags) {
    if (!(flags & MSG_NOSIGNAL))
        signal_raise(current, SIGPIPE);
    return -EPIPE;
}

/* 0 once there is room. */
static int wait_for_room(struct tcp_socket *socket, int flags, nanos_t deadline) {
    uint32_t room;
    for (;;) {
        int error = inet_take_error(&socket->inet);
        if (error != 0 && error != -EPIPE)
            return error;
        bool open = socket->state == TCP_SOCKET_OPEN || socket->state == TCP_SOCKET_CONNECTING;
        if (socket->send_shut || !open)
            return broken_pipe(flags);
        tcp_send_room(socket, &room);
        if (socket->state == TCP_SOCKET_OPEN && room > 0)
            return 0;
        socket->starved = true;
        int result = inet_nonblocking(socket->inet.file, flags)
                         ? -EAGAIN
                         : inet_wait(&socket->inet, deadline);
        if (result != 0)
            return result;
    }
}

/* lwIP copies what it queues. Between filling the one chunk and queueing it nothing sleeps, so all
 * share it. */
static ssize_t queue_chunk(struct tcp_socket *socket, struct io *io) {
    static uint8_t chunk[CHUNK];
    uint32_t room;
    tcp_send_room(socket, &room);
    size_t size = MIN(MIN(io->left, (size_t)CHUNK), (size_t)room);
    ssize_t copied = io_from_user(io, chunk, size);
    if (copied <= 0)
        return copied;
    err_t error = tcp_write(socket->pcb, chunk, (u16_t)copied, TCP_WRITE_FLAG_COPY);
    if (error != ERR_OK)
        return -ENOBUFS;
    return copied;
}

/* Nagle does not hold back the urgent byte. */
static void push(struct tcp_pcb *pcb, bool urgent) {
    bool nagle = !tcp_nagle_disabled(pcb);
    if (urgent) {
        tcp_urgent_mark(pcb);
        tcp_nagle_disable(pcb);
    }
    tcp_output(pcb);
    if (urgent && nagle)
        tcp_nagle_enable(pcb);
}

ssize_t tcp_send(struct file *file, struct io *io, int flags, const struct socket_address *address,
                 struct control_in *control) {
    struct tcp_socket *socket = tcp_socket_of(file);
    nanos_t deadline = option_deadline(socket->inet.send_timeout);
    ssize_t total = 0, result = 0;
    (void)address; /* ignored on a connection, as in Linux */
    (void)control;
    while (io->left > 0 && result >= 0) {
        uint32_t room;
        tcp_send_room(socket, &room);
        if (room == 0 && socket->pcb != NULL && socket->state == TCP_SOCKET_OPEN) {
            tcp_output(socket->pcb);
            net_settle();
        }
        result = wait_for_room(socket, flags, deadline);
        if (result == 0)
            result = queue_chunk(socket, io);
        if (result > 0)
            total += result;
    }
    if (socket->pcb != NULL && total > 0)
        push(socket->pcb, flags & MSG_OOB && io->left == 0);
    net_settle();
    return partly(socket, total, result);
}

ssize_t tcp_write_file(struct file *file, struct io *io, uint64_t *offset) {
    const struct socket_address none = {0};
    (void)offset;
    return tcp_send(file, io, 0, &none, NULL);
}
