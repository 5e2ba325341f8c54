/* Ancillary data: what sendmsg and recvmsg move beside the bytes, as a list of struct cmsghdr
 * (POSIX.1-2017, sys/socket.h; cmsg(3)). */
#pragma once

#include "core/types.h"

struct file;

#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FILES 253u /* descriptors in one message; Linux' SCM_MAX_FD */

struct credentials { /* struct ucred */
    int32_t process;
    uint32_t user, group;
};

/* What the application sends: a copy of its list, in our memory. */
struct control_in {
    const uint8_t *bytes;
    size_t size;
};

struct control_item {
    int32_t level, type;
    const uint8_t *bytes; /* not aligned */
    size_t size;
};

/* 1 with *item filled and the list advanced, 0 at the end, -EINVAL for a length that is none. */
int control_next(struct control_in *control, struct control_item *item);

/* An item whose value is an int; -EINVAL when it is too short. */
int control_read_int(const struct control_item *item, int32_t *number);

/* Where the application wants it: its own buffer, filled from the front. */
struct control_out {
    uaddr_t at;
    size_t room;
    bool close_on_exec; /* of descriptors that arrive */
    bool cut;           /* something had no room: MSG_CTRUNC */
};

/* 0 or -EFAULT. What has no room is cut off, as Linux does. */
int control_put(struct control_out *out, int level, int type, const void *value, size_t size);
int control_put_int(struct control_out *out, int level, int type, int32_t number);

/* Gives each file a descriptor, as far as there is room; takes references of its own. */
int control_put_files(struct control_out *out, struct file *const *files, size_t count);
