/* What lwIP's sources include for memcpy and the like: the library OS' own. */
#pragma once
#include "core/string.h"
