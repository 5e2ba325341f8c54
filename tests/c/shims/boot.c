#include "core/boot.h"

struct boot boot;
