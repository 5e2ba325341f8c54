/* Formatted printing to the console. */
#include "core/print.h"

#include <stdarg.h>

#include "core/string.h"
#include "drivers/uart/uart.h"

struct output {
    char *to; /* NULL: the console */
    size_t size, length;
};

struct spec {
    unsigned width;
    bool zero, wide;
};

void console_write(const char *text, size_t size) {
    uart_write(text, size);
}

static void emit(struct output *out, const char *text, size_t size) {
    if (out->to == NULL)
        console_write(text, size);
    else
        for (size_t i = 0; i < size; i++)
            if (out->length + i + 1 < out->size)
                out->to[out->length + i] = text[i];
    out->length += size;
}

static void emit_padded(struct output *out, const char *text, size_t size, struct spec spec) {
    for (size_t pad = size; pad < spec.width; pad++)
        emit(out, spec.zero ? "0" : " ", 1);
    emit(out, text, size);
}

static void emit_number(struct output *out, uint64_t value, unsigned base, bool negative,
                        struct spec spec) {
    char digits[24];
    char *at = digits + sizeof digits;
    do
        *--at = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    if (negative)
        *--at = '-';
    emit_padded(out, at, (size_t)(digits + sizeof digits - at), spec);
}

static void emit_argument(struct output *out, char kind, struct spec spec, va_list *list) {
    if (kind == 's') {
        const char *text = va_arg(*list, const char *);
        emit_padded(out, text, strlen(text), spec);
    } else if (kind == 'c') {
        char c = (char)va_arg(*list, int);
        emit_padded(out, &c, 1, spec);
    } else if (kind == 'd') {
        int64_t value = spec.wide ? va_arg(*list, int64_t) : va_arg(*list, int);
        emit_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, spec);
    } else if (kind == 'u' || kind == 'x') {
        uint64_t value = spec.wide ? va_arg(*list, uint64_t) : va_arg(*list, unsigned);
        emit_number(out, value, kind == 'x' ? 16 : 10, false, spec);
    } else if (kind == 'p') {
        emit(out, "0x", 2);
        emit_number(out, (uintptr_t)va_arg(*list, void *), 16, false, spec);
    } else {
        emit(out, &kind, 1); /* %% */
    }
}

static void emit_all(struct output *out, const char *text, va_list *list) {
    while (*text) {
        size_t plain = 0;
        while (text[plain] && text[plain] != '%')
            plain++;
        emit(out, text, plain);
        text += plain;
        if (*text++ == 0)
            break;
        struct spec spec = {0};
        if (*text == '0') {
            spec.zero = true;
            text++;
        }
        for (; *text >= '0' && *text <= '9'; text++)
            spec.width = spec.width * 10 + (unsigned)(*text - '0');
        for (; *text == 'l' || *text == 'z'; text++)
            spec.wide = true;
        if (*text)
            emit_argument(out, *text++, spec, list);
    }
}

void print(const char *text, ...) {
    struct output out = {0};
    va_list list;
    va_start(list, text);
    emit_all(&out, text, &list);
    va_end(list);
}

size_t format(char *buffer, size_t size, const char *text, ...) {
    struct output out = {.to = buffer, .size = size};
    va_list list;
    va_start(list, text);
    emit_all(&out, text, &list);
    va_end(list);
    if (size > 0)
        buffer[MIN(out.length, size - 1)] = 0;
    return out.length;
}
