/* The ChaCha20 block function (RFC 8439). */
#pragma once

#include "core/types.h"

#define CHACHA_KEY_WORDS 8
#define CHACHA_BLOCK_WORDS 16

void chacha_block(const uint32_t key[CHACHA_KEY_WORDS], uint64_t counter,
                  uint32_t out[CHACHA_BLOCK_WORDS]);
