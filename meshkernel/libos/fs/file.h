/* Open files: the contract between the system calls and everything that has a descriptor. */
#pragma once

#include "core/types.h"
#include "core/wait.h"
#include "mm/user.h"

struct directory_sink; /* fs/inode.h */
struct file;
struct inode;
struct linux_stat; /* linux/abi.h */
struct socket_ops; /* net/socket.h */

/* Readiness bits, as poll and epoll number them. */
#define EPOLLIN 0x001u
#define EPOLLPRI 0x002u
#define EPOLLOUT 0x004u
#define EPOLLERR 0x008u
#define EPOLLHUP 0x010u
#define EPOLLRDHUP 0x2000u

/* Only to the waiters of a file that is being freed: each takes itself off the queue. */
#define EPOLL_GONE 0x4000u

/* Open flags (x86-64 Linux). */
#define O_ACCMODE 03
#define O_RDONLY 00
#define O_WRONLY 01
#define O_RDWR 02
#define O_CREAT 0100
#define O_EXCL 0200
#define O_NOCTTY 0400
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_NONBLOCK 04000
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000
#define O_CLOEXEC 02000000
#define O_PATH 010000000

/* An operation that is NULL does not apply: the caller answers with the error beside it. */
struct file_ops {
    /* Move bytes from *offset on and advance it; both NULL: -EINVAL. May sleep unless
     * file->flags has O_NONBLOCK. 0 from read is the end of the file. */
    ssize_t (*read)(struct file *file, struct io *io, uint64_t *offset);
    ssize_t (*write)(struct file *file, struct io *io, uint64_t *offset);
    uint32_t (*poll)(struct file *file); /* always ready */
    /* F_GETPIPE_SZ and F_SETPIPE_SZ. */
    int64_t (*pipe_size)(struct file *file, bool set, uint64_t size); /* -EBADF */
    int (*ioctl)(struct file *file, unsigned command, uaddr_t arg);   /* -ENOTTY */
    /* One page of contents for a memory map, with a reference taken, NULL when out of memory or
     * beyond the end. Shared and read-only pages alike; a private writable map copies it. */
    void *(*page)(struct file *file, uint64_t index); /* -ENODEV */
    /* A shared map is about to change this page for the first time since it was filled; NULL: the
     * pages are the file's own. */
    void (*map_written)(struct file *file, uint64_t index);
    /* Returns when what was written has reached the disk: 0 or -errno. May sleep. */
    int (*sync)(struct file *file, bool data_only); /* nothing outlives the machine: 0 */
    /* Entries of an open directory, as the inode's `list`, which is asked otherwise: 0 or -errno.
     */
    int (*list)(struct file *file, uint64_t *position, struct directory_sink *sink);
    void (*release)(struct file *file); /* nothing to do */
    uint32_t mode;                      /* what stat says of one without a path; 0: 0600 */
    bool seekable;                      /* else -ESPIPE */
};

struct file {
    const struct file_ops *ops;
    const struct socket_ops *socket; /* NULL unless a socket */
    unsigned references;
    int flags; /* O_* without O_CLOEXEC, which belongs to the descriptor */
    uint64_t offset;
    struct inode *inode;       /* NULL for pipes, sockets and the like made without a path */
    struct wait_queue waiters; /* woken whenever poll() may answer something new */
    void *private;             /* of the ops' owner */
};

/* A new file with one reference, on no descriptor; NULL when out of memory. */
struct file *file_new(const struct file_ops *ops, void *private, int flags);
void file_get(struct file *file);
void file_put(struct file *file); /* the last one calls release */

/* fcntl's commands about locks of files. */
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38

/* Set by the library that keeps locks (linux/locks/); NULL without it. */
struct file_locks {
    int64_t (*control)(struct file *file, int command, uaddr_t lock);
    void (*closed)(const struct file *file);   /* one of its descriptors */
    void (*released)(const struct file *file); /* the last reference */
};
extern const struct file_locks *file_locks;

/* The table of descriptors. fd_file returns NULL for a bad one and takes no reference: a caller
 * that may sleep takes its own. */
struct file *fd_file(int fd);

/* The lowest free descriptor from `from` on takes over the caller's reference; -EMFILE leaves it.
 */
int fd_install(struct file *file, int from, bool close_on_exec);
int fd_close(int fd);
