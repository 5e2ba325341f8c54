/* Access to the application's memory. Pages are mapped lazily, so any touch may fault; a touch of
 * what is not mapped ends in -EFAULT here and never in a panic. */
#pragma once

#include "core/types.h"

int copy_from_user(void *to, uaddr_t from, size_t size);     /* 0 or -EFAULT */
int copy_to_user(uaddr_t to, const void *from, size_t size); /* 0 or -EFAULT */
int clear_user(uaddr_t to, size_t size);

/* The length without the NUL; -EFAULT, or -ENAMETOOLONG when none comes within `size` bytes, which
 * `to` then holds. */
ssize_t string_from_user(char *to, uaddr_t from, size_t size);

#define get_user(variable, address) copy_from_user(&(variable), (address), sizeof(variable))
#define put_user(variable, address) copy_to_user((address), &(variable), sizeof(variable))

struct iovec {
    uaddr_t base;
    uint64_t size;
};

/* A transfer in progress between a file and the application's memory, possibly scattered. */
struct io {
    const struct iovec *vector; /* in our memory */
    size_t count;
    size_t position; /* into vector[0] */
    size_t left;     /* bytes in all */
};

void io_init(struct io *io, const struct iovec *vector, size_t count);

/* Move min(size, io->left) bytes; return how many, or -EFAULT if not even the first could be. */
ssize_t io_to_user(struct io *io, const void *from, size_t size);
ssize_t io_from_user(struct io *io, void *to, size_t size);
