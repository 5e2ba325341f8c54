#include "core/string.h"

void string_copy(char *to, const char *from, size_t size) {
    size_t length = strnlen(from, size - 1);

    memcpy(to, from, length);
    to[length] = 0;
}
