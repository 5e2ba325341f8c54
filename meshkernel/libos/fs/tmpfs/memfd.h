/* Files in memory without a name, for memfd_create. */
#pragma once

#include "fs/inode.h"

/* With one reference for the caller to put; ops is NULL when out of memory. */
struct inode memfd_inode(void);
