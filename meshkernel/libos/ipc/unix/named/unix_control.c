/* What goes through local sockets beside the bytes: open files and credentials (unix(7)). Files in
 * a queue hold references; a socket that waits in a queue of its own is never closed. */
#include "core/alloc.h"
#include "core/string.h"
#include "ipc/unix/named/named.h"
#include "linux/errno.h"
#include "linux/process.h"

/* User and group are 0. */
static struct credentials own_credentials(void) {
    return (struct credentials){.process = process_id};
}

/* Closing a file may free what waits in its queue, and so on along a chain that the application
 * chose: one after the other, since our stack is small. */
void unix_control_free(struct unix_control *carried) {
    static struct list unwanted = LIST_INIT(unwanted);
    static bool busy;

    if (carried == NULL)
        return;
    list_remove(&carried->link);
    list_append(&unwanted, &carried->link);
    if (busy)
        return;
    busy = true;
    while (!list_empty(&unwanted)) {
        struct unix_control *first = LIST_FIRST(&unwanted, struct unix_control, link);

        list_remove(&first->link);
        for (size_t i = 0; i < first->file_count; i++)
            file_put(first->files[i]);
        kfree(first);
    }
    busy = false;
}

static int load_files(const struct control_item *item, struct unix_control *carried) {
    size_t count = item->size / sizeof(int32_t);
    if (carried->file_count + count > SCM_MAX_FILES)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        int32_t fd;
        memcpy(&fd, item->bytes + i * sizeof(fd), sizeof(fd));
        struct file *file = fd_file(fd);
        if (file == NULL)
            return -EBADF;
        file_get(file);
        carried->files[carried->file_count++] = file;
    }
    return 0;
}

/* root may say any user, but only a process that there is. */
static int load_credentials(const struct control_item *item, struct unix_control *carried) {
    if (item->size != sizeof(carried->credentials))
        return -EINVAL;
    memcpy(&carried->credentials, item->bytes, sizeof(carried->credentials));
    return carried->credentials.process == process_id ? 0 : -ESRCH;
}

static int load_items(struct control_in *control, struct unix_control *carried) {
    struct control_item item;
    int more;
    while ((more = control_next(control, &item)) == 1) {
        int error = 0;
        if (item.level != SOL_SOCKET)
            continue;
        if (item.type == SCM_RIGHTS)
            error = load_files(&item, carried);
        else if (item.type == SCM_CREDENTIALS)
            error = load_credentials(&item, carried);
        else
            error = -EINVAL;
        if (error)
            return error;
    }
    return more;
}

int unix_control_load(struct control_in *control, struct unix_control **loaded) {
    *loaded = NULL;
    if (control == NULL)
        return 0;
    size_t most = MIN(control->size / sizeof(int32_t), (size_t)SCM_MAX_FILES);
    struct unix_control *carried = kmalloc(sizeof(*carried) + most * sizeof(carried->files[0]));
    if (carried == NULL)
        return -ENOBUFS;
    *carried = (struct unix_control){.credentials = own_credentials()};
    list_init(&carried->link);
    int error = load_items(control, carried);
    if (error)
        unix_control_free(carried);
    else
        *loaded = carried;
    return error;
}

int unix_control_give(const struct unix_socket *socket, const struct unix_control *carried,
                      struct control_out *out) {
    if (out == NULL)
        return 0;
    int error = 0;
    const struct credentials own = own_credentials();
    if (socket->pass_credentials)
        error = control_put(out, SOL_SOCKET, SCM_CREDENTIALS,
                            carried ? &carried->credentials : &own, sizeof(own));
    if (error == 0 && carried && carried->file_count > 0)
        error = control_put_files(out, carried->files, carried->file_count);
    return error;
}

bool unix_stream_give(struct unix_socket *socket, uint64_t start, ssize_t count, bool peek,
                      struct control_out *control, int *error) {
    struct unix_control *next = unix_next_control(socket);
    bool reached = next && start + (uint64_t)count > next->start;

    *error = unix_control_give(socket, reached ? next : NULL, control);
    if (reached && !peek)
        unix_control_free(next);
    return reached;
}
