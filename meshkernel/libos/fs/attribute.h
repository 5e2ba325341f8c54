/* Extended attributes of a file in memory. */
#pragma once

#include "core/list.h"
#include "core/types.h"

struct attribute {
    struct list link;
    size_t name_length;
    size_t size;
    char bytes[]; /* the name, NUL, the value */
};
