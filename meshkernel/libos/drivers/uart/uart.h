/* The first serial port. Everything does nothing where there is none. */
#pragma once

#include "core/types.h"

void uart_init(void);
void uart_write(const char *text, size_t size);

/* Hands what comes in to the console file from now on. */
void uart_start_input(void);
