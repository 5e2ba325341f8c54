#include "ipc/pipe/pipe.h"
#include "linux/files.h"

int64_t sys_pipe2(uaddr_t descriptors, int flags) {
    struct file *files[2];

    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int error = pipe_new(flags & O_NONBLOCK, files);
    if (error)
        return error;
    int64_t reader = install_new(files[0], flags & O_CLOEXEC);
    int64_t writer = reader < 0 ? reader : install_new(files[1], flags & O_CLOEXEC);
    if (reader < 0)
        file_put(files[1]);
    if (writer >= 0) {
        int32_t numbers[2] = {(int32_t)reader, (int32_t)writer};

        error = copy_to_user(descriptors, numbers, sizeof(numbers));
        if (error == 0)
            return 0;
        fd_close((int)writer);
        writer = error;
    }
    if (reader >= 0)
        fd_close((int)reader);
    return writer;
}

int64_t sys_pipe(uaddr_t descriptors) {
    return sys_pipe2(descriptors, 0);
}
