/* Descriptors that stand for the process. Such a one is ready when its process has ended, and so
 * never. */
#include "core/string.h"
#include "linux/credentials.h"
#include "linux/files.h"
#include "linux/process.h"
#include "linux/signal_state.h"

static uint32_t never_ready(struct file *file) {
    (void)file;
    return 0;
}

static const struct file_ops pidfd_ops = {.poll = never_ready};

int64_t sys_pidfd_open(int pid, unsigned flags) {
    if (pid <= 0 || flags & ~(unsigned)O_NONBLOCK)
        return -EINVAL;
    if (pid != process_id) /* a thread that is not the first has a process, too, but is none */
        return thread_find(pid) ? -EINVAL : -ESRCH;
    return install_new(file_new(&pidfd_ops, NULL, O_RDWR | (int)flags), true);
}

/* The folder of the process in /proc stands for it as well. */
static bool stands_for_us(const struct file *file) {
    const char *path = file ? file_path(file) : NULL;

    return file && (file->ops == &pidfd_ops || (path && strcmp(path, "/proc/1") == 0));
}

int64_t sys_pidfd_send_signal(int fd, int signal, uaddr_t info_address, unsigned flags) {
    struct linux_siginfo info = {
        .signal = signal, .code = SI_USER, .pid = process_id, .uid = credentials.users.real};

    if (flags)
        return -EINVAL;
    if (!stands_for_us(usable_file(fd)))
        return -EBADF;
    if (info_address && get_user(info, info_address) != 0)
        return -EFAULT;
    if (info.signal != signal || (signal != 0 && !signal_is_valid(signal)))
        return -EINVAL;
    if (signal)
        signal_post(NULL, signal, &info);
    return 0;
}
