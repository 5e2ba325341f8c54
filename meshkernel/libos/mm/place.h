/* Where areas are put when the application leaves it to us: from a random base downwards. */
#pragma once

#include "core/types.h"

/* The highest free range of whole pages below the base, or 0. */
uaddr_t place_find(uint64_t size);

bool place_is_free(uaddr_t start, uaddr_t end);
