/* The console as a file: what the application writes goes to the console device as it is, what
 * arrives there is read from here. It behaves as a pipe, not as a terminal. */
#pragma once

#include "fs/file.h"

/* Bytes that the console device received; called from its interrupt. What no longer fits is
 * dropped. A byte 0x04 at the start of a line is the end of the file for the next read. */
void console_input(const char *bytes, size_t size);
