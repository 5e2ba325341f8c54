#include "fs/text.h"

#include "core/alloc.h"
#include "core/string.h"

void text_add(struct text *text, const char *bytes, size_t size) {
    if (text->failed)
        return;
    if (text->size + size > text->capacity) {
        size_t capacity = MAX(MAX(2 * text->capacity, text->size + size), (size_t)256);
        char *grown = krealloc(text->bytes, capacity);

        if (grown == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void text_add_string(struct text *text, const char *string) {
    text_add(text, string, strlen(string));
}
