/* Who the process says it is. The numbers are kept and shown, and own what is created; whether a
 * file may be opened does not depend on them: the boundary of a service is its machine. */
#pragma once

#include "core/types.h"

struct ids {
    uint32_t real, effective, saved;
};

#define GROUPS_MAX 65536u /* NGROUPS_MAX */

struct credentials {
    struct ids users, groups;
    uint32_t *others; /* supplementary groups */
    size_t other_count;
};

extern struct credentials credentials;
