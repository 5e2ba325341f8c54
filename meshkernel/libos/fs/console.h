/* The console as a file: what the application writes goes to the console device as it is, what
 * arrives there is read from here. It behaves as a pipe, not as a terminal. */
#pragma once

#include "fs/file.h"

/* Bytes that the console device received; called from its interrupt. A byte 0x04 at the start of a
 * line, or two of them anywhere, are the end of the file: what comes later is ignored. */
void console_input(const char *bytes, size_t size);

/* How many bytes console_input takes: the device keeps the others back until it is told, by this
 * hook of its driver, that some have been read. */
size_t console_room(void);
extern void (*console_has_room)(void);
