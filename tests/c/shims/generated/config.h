/* Options of the libraries, for host tests. */
#pragma once

#define MK_ALLOW_WX 0
#define MK_DEBUG 1
#define MK_ZEROED_RAM 1
