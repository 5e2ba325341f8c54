/* The first serial port. Everything does nothing where there is none. */
#pragma once

#include "core/types.h"

void uart_init(void);
void uart_write(const char *text, size_t size);

/* A byte that came in, or -1. */
int uart_read(void);
