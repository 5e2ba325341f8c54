/* Sockets: the calls that send and receive with several buffers and ancillary data. */
#include "core/alloc.h"
#include "core/clock.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/deadline.h"
#include "linux/errno.h"
#include "linux/socket/socket_call.h"
#include "mm/user.h"

#define VECTOR_MAX 1024
#define VECTOR_INLINE 8
#define MESSAGES_MAX 1024
#define CONTROL_MAX 20480 /* net.core.optmem_max of Linux */
#define MSG_WAITFORONE 0x10000

struct message { /* struct msghdr */
    uaddr_t name;
    uint32_t name_size;
    uint32_t pad0;
    uaddr_t vector;
    uint64_t vector_count;
    uaddr_t control;
    uint64_t control_size;
    int32_t flags;
    uint32_t pad1;
};
_Static_assert(sizeof(struct message) == 56, "struct msghdr of x86-64");

struct counted_message { /* struct mmsghdr */
    struct message message;
    uint32_t count;
    uint32_t pad;
};
_Static_assert(sizeof(struct counted_message) == 64, "struct mmsghdr of x86-64");

/* The application's vector, in `few` if it fits there; the caller frees it if it is not. */
static int load_vector(const struct message *message, struct iovec **vector,
                       struct iovec few[VECTOR_INLINE]) {
    size_t count = message->vector_count, total = 0;
    if (count > VECTOR_MAX)
        return -EMSGSIZE;
    *vector = count <= VECTOR_INLINE ? few : kmalloc(count * sizeof(few[0]));
    if (*vector == NULL)
        return -ENOMEM;
    int result = copy_from_user(*vector, message->vector, count * sizeof(few[0]));
    for (size_t i = 0; result == 0 && i < count; i++)
        if (__builtin_add_overflow(total, (*vector)[i].size, &total) || total > INT64_MAX)
            result = -EINVAL;
    if (result != 0 && *vector != few)
        kfree(*vector);
    return result;
}

/* The application's ancillary data; the caller frees the bytes. Size 0: none. */
static int load_control(const struct message *message, struct control_in *control, uint8_t **copy) {
    *copy = NULL;
    *control = (struct control_in){0};
    if (message->control == 0 || message->control_size == 0)
        return 0;
    if (message->control_size > CONTROL_MAX)
        return -ENOBUFS;
    *copy = kmalloc(message->control_size);
    if (*copy == NULL)
        return -ENOBUFS;
    *control = (struct control_in){*copy, message->control_size};
    return copy_from_user(*copy, message->control, message->control_size);
}

static ssize_t send_vector(struct file *file, const struct message *message, int flags,
                           struct control_in *control) {
    struct iovec few[VECTOR_INLINE], *vector;
    struct socket_address to;
    struct io io;
    ssize_t result = socket_address_from_user(&to, message->name, message->name_size);
    if (result == 0)
        result = load_vector(message, &vector, few);
    if (result != 0)
        return result;
    io_init(&io, vector, message->vector_count);
    result = socket_send(file, &io, flags, &to, control->size > 0 ? control : NULL);
    if (vector != few)
        kfree(vector);
    return result;
}

static ssize_t send_message(struct file *file, const struct message *message, int flags) {
    struct control_in control;
    uint8_t *copy;
    ssize_t result = load_control(message, &control, &copy);
    if (result == 0)
        result = send_vector(file, message, flags, &control);
    kfree(copy);
    return result;
}

/* Writes the name and what changed in the message itself, which is at `at`. */
static int store_results(const struct message *message, uaddr_t at,
                         const struct socket_address *from, const struct control_out *control,
                         int flags) {
    if (message->name != 0) {
        size_t size = MIN((size_t)message->name_size, (size_t)from->size);
        if (copy_to_user(message->name, from->bytes, size) != 0 ||
            put_user(from->size, at + offsetof(struct message, name_size)) != 0)
            return -EFAULT;
    }
    const uint64_t used = control->at - message->control;
    if (put_user(used, at + offsetof(struct message, control_size)) != 0)
        return -EFAULT;
    return put_user(flags, at + offsetof(struct message, flags));
}

static ssize_t receive_message(struct file *file, const struct message *message, uaddr_t at,
                               int flags) {
    struct iovec few[VECTOR_INLINE], *vector;
    struct socket_address from;
    struct io io;
    int flags_out;
    ssize_t result = load_vector(message, &vector, few);
    if (result != 0)
        return result;
    struct control_out control = {
        .at = message->control,
        .room = message->control == 0 ? 0 : message->control_size,
        .close_on_exec = flags & MSG_CMSG_CLOEXEC,
    };
    io_init(&io, vector, message->vector_count);
    result = socket_receive(file, &io, flags, &from, &flags_out, &control);
    if (vector != few)
        kfree(vector);
    flags_out |= (control.cut ? MSG_CTRUNC : 0) | (flags & MSG_CMSG_CLOEXEC);
    if (result >= 0 && store_results(message, at, &from, &control, flags_out) != 0)
        return -EFAULT;
    return result;
}

/* The message at an address: the bytes that were moved, or -errno. */
static ssize_t move_one(struct file *file, uaddr_t at, int flags, bool sending) {
    struct message message;
    if (get_user(message, at) != 0)
        return -EFAULT;
    return sending ? send_message(file, &message, flags)
                   : receive_message(file, &message, at, flags);
}

static int64_t move(int fd, uaddr_t at, int flags, bool sending) {
    int error;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    ssize_t moved = move_one(file, at, flags, sending);
    file_put(file);
    return moved;
}

int64_t sys_sendmsg(int fd, uaddr_t at, int flags) {
    return move(fd, at, flags, true);
}

int64_t sys_recvmsg(int fd, uaddr_t at, int flags) {
    return move(fd, at, flags, false);
}

/* One message of an array: 0 when it was moved, else -errno. */
static int move_counted(struct file *file, uaddr_t at, int flags, bool sending) {
    ssize_t moved = move_one(file, at, flags, sending);
    uint32_t count = (uint32_t)moved;
    if (moved < 0)
        return (int)moved;
    return put_user(count, at + offsetof(struct counted_message, count));
}

/* Messages until one fails or the deadline is over, which is looked at between them only. How many
 * were moved, or the error of the first. */
static int64_t move_many(int fd, uaddr_t messages, uint32_t count, int flags, bool sending,
                         nanos_t deadline) {
    int error = 0;
    uint32_t done = 0;
    struct file *file = socket_get(fd, &error);
    if (file == NULL)
        return error;
    error = 0;
    count = MIN(count, (uint32_t)MESSAGES_MAX);
    while (done < count && (done == 0 || clock_monotonic() < deadline)) {
        error =
            move_counted(file, messages + done * sizeof(struct counted_message), flags, sending);
        if (error != 0)
            break;
        done++;
        if (flags & MSG_WAITFORONE)
            flags |= MSG_DONTWAIT;
    }
    file_put(file);
    return done > 0 ? (int64_t)done : error;
}

int64_t sys_sendmmsg(int fd, uaddr_t messages, uint32_t count, int flags) {
    return move_many(fd, messages, count, flags & ~MSG_WAITFORONE, true, NANOS_NEVER);
}

int64_t sys_recvmmsg(int fd, uaddr_t messages, uint32_t count, int flags, uaddr_t timeout) {
    nanos_t deadline;
    int error = deadline_from_user(timeout, &deadline);
    return error ? error : move_many(fd, messages, count, flags, false, deadline);
}
