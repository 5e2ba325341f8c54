/* Ancillary data of sendmsg and recvmsg: lists of struct cmsghdr. */
#include "core/string.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/user.h"
#include "net/control.h"
#include "net/socket.h"

struct control_header { /* struct cmsghdr */
    uint64_t size;      /* of this and the value */
    int32_t level, type;
};
_Static_assert(sizeof(struct control_header) == 16, "struct cmsghdr of x86-64");

static size_t aligned(size_t size) {
    return (size + 7) & ~(size_t)7;
}

int control_next(struct control_in *control, struct control_item *item) {
    struct control_header header;
    if (control->size < sizeof(header))
        return 0;
    memcpy(&header, control->bytes, sizeof(header));
    if (header.size < sizeof(header) || header.size > control->size)
        return -EINVAL;
    *item = (struct control_item){header.level, header.type, control->bytes + sizeof(header),
                                  header.size - sizeof(header)};
    size_t step = MIN(aligned(header.size), control->size);
    control->bytes += step;
    control->size -= step;
    return 1;
}

int control_read_int(const struct control_item *item, int32_t *number) {
    if (item->size < sizeof(*number))
        return -EINVAL;
    memcpy(number, item->bytes, sizeof(*number));
    return 0;
}

static int put_header(const struct control_out *out, int level, int type, size_t size) {
    const struct control_header header = {sizeof(header) + size, level, type};
    return put_user(header, out->at);
}

/* `size`: of the value that was written. */
static void advance(struct control_out *out, size_t size) {
    size_t step = MIN(aligned(sizeof(struct control_header) + size), out->room);
    out->at += step;
    out->room -= step;
}

int control_put(struct control_out *out, int level, int type, const void *value, size_t size) {
    if (out->room < sizeof(struct control_header)) {
        out->cut = true;
        return 0;
    }
    size_t fits = MIN(size, out->room - sizeof(struct control_header));
    out->cut |= fits < size;
    if (put_header(out, level, type, fits) != 0 ||
        copy_to_user(out->at + sizeof(struct control_header), value, fits) != 0)
        return -EFAULT;
    advance(out, fits);
    return 0;
}

int control_put_int(struct control_out *out, int level, int type, int32_t number) {
    return control_put(out, level, type, &number, sizeof(number));
}

static int put_file(uaddr_t at, struct file *file, bool close_on_exec) {
    file_get(file);
    int32_t fd = fd_install(file, 0, close_on_exec);
    if (fd < 0) {
        file_put(file);
        return fd;
    }
    if (put_user(fd, at) == 0)
        return 0;
    fd_close(fd);
    return -EFAULT;
}

/* Linux stops at the first that it cannot give, and says that something was cut off. */
int control_put_files(struct control_out *out, struct file *const *files, size_t count) {
    size_t room = out->room < sizeof(struct control_header)
                      ? 0
                      : (out->room - sizeof(struct control_header)) / sizeof(int32_t);
    size_t done = 0;
    uaddr_t at = out->at + sizeof(struct control_header);
    while (done < MIN(count, room) &&
           put_file(at + done * sizeof(int32_t), files[done], out->close_on_exec) == 0)
        done++;
    out->cut |= done < count;
    if (done == 0)
        return 0;
    if (put_header(out, SOL_SOCKET, SCM_RIGHTS, done * sizeof(int32_t)) != 0)
        return -EFAULT;
    advance(out, done * sizeof(int32_t));
    return 0;
}
