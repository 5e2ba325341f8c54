/* Copies that may fault on the application's side: a fault ends the copy. For mm/user.c only. */
#pragma once

#include "core/types.h"

/* Both return how many bytes were NOT done. The addresses of the application must have been checked
 * to lie in the low half. */
size_t user_copy(void *to, const void *from, size_t size);
size_t user_clear(void *to, size_t size);
