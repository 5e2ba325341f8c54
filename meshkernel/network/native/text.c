#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t size) {
    if (text->size + size <= text->capacity)
        return true;
    size_t capacity = (text->size + size) * 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0 || !reserve(text, (size_t)size + 1))
        return;
    va_start(arguments, format);
    vsnprintf(text->bytes + text->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    text->size += (size_t)size;
}

void text_add_quoted(struct text *text, const char *string) {
    text_add(text, "\"");
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            text_add(text, "\\%c", *string);
        else if ((unsigned char)*string < 0x20)
            text_add(text, "\\u%04x", *string);
        else
            text_add(text, "%c", *string);
    }
    text_add(text, "\"");
}

void text_remove_front(struct text *text, size_t size) {
    text->size -= size;
    memmove(text->bytes, text->bytes + size, text->size);
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}
