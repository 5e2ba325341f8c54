/* The vDSO in the application's address space. */
#pragma once

#include "core/types.h"

/* Maps the data page and the shared object behind it. The address of the latter, for
 * AT_SYSINFO_EHDR, or 0 when that failed. */
uaddr_t vdso_map(void);
