/* The console, and the three grades of failure.
 *
 * - The caller's fault: return -errno.
 * - The machine is not as expected, or the service cannot go on: panic("one plain sentence").
 * - Our own bug: assert(condition), with no work inside.
 */
#pragma once

#include "core/types.h"

/* Writes bytes to the console device as they are. */
void console_write(const char *text, size_t size);

/* Formatted printing to the console: %s %c %d %u %x %p %%, with l or z, width and 0 padding.
 * Lines that the library OS prints start with "meshkernel: ". */
void print(const char *format, ...) printf_like(1, 2);

/* The same into a buffer; always ends it with NUL. Returns the length that the whole text has. */
size_t format(char *buffer, size_t size, const char *text, ...) printf_like(3, 4);

/* Ends the machine after printing the sentence, the registers of the newest fault and the Python
 * stack of the running thread. Neither allocates nor formats. */
noreturn void panic(const char *sentence);

noreturn void assert_failed(const char *condition, const char *file, int line);
#define assert(condition)                                                                          \
    ((condition) ? (void)0 : assert_failed(#condition, __FILE_NAME__, __LINE__))
