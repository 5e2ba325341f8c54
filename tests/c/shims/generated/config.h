/* The options that the sources under test see. */
#pragma once
#define MK_ALLOW_WX 0
