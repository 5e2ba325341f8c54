/* A growing piece of text: what control replies are made of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t size, capacity;
    bool failed; /* out of memory: the text is not complete */
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a JSON string, with its quotes. */
void text_add_quoted(struct text *text, const char *string);
void text_remove_front(struct text *text, size_t size);
void text_free(struct text *text);
