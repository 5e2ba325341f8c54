/* The last library that something asked for in vain. */
#include "linux/process.h"
#include "shims.h"

const char *shim_left_out;

void report_left_out(const char *what, const char *library, bool *told) {
    (void)what;
    shim_left_out = library;
    *told = true;
}
