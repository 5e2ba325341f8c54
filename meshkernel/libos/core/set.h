/* Sets: lists that the linker makes of what the libraries of an image add to them. Whoever goes
 * over a set need not know who is there, and a library that is left out is not missed. kernel.ld
 * has a place for each set. */
#pragma once

#include "core/types.h"

/* Adds the address of a function or of a constant object. */
#define SET_ADD(set, member)                                                                       \
    static __typeof__(&(member)) const set##_member_##member                                       \
        __attribute__((used, section("set_" #set))) = &(member)

/* The bounds of a set of pointers of this type; both NULL when nobody adds to it. */
#define SET_DECLARE(set, type)                                                                     \
    extern type const __start_set_##set[] __attribute__((weak));                                   \
    extern type const __stop_set_##set[] __attribute__((weak))

#define SET_FOR_EACH(set, type, member)                                                            \
    for (type const *member = __start_set_##set; member < __stop_set_##set; member++)
