/* A text that grows: what generated files are made of. */
#pragma once

#include "core/print.h"
#include "core/types.h"

struct text {
    char *bytes;
    size_t size, capacity;
    bool failed; /* out of memory: what was added since is missing */
};

void text_add(struct text *text, const char *bytes, size_t size);
void text_add_string(struct text *text, const char *string);

/* One formatted piece of fewer than 256 characters. */
#define text_print(text, ...)                                                                      \
    do {                                                                                           \
        char piece_[256];                                                                          \
        size_t size_ = format(piece_, sizeof(piece_), __VA_ARGS__);                                \
        text_add((text), piece_, MIN(size_, sizeof(piece_) - 1));                                  \
    } while (0)
