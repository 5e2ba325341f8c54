/* What libraries have to do with sealing (abi/seal.h). All of it is in sets that only the library
 * `seal` looks at: without it nothing of this is in an image. */
#pragma once

#include "core/set.h"
#include "core/start.h"
#include "fs/text.h"

/* Adds a line to a text for each thing of the library that cannot be sealed now. */
#define SEAL_HINDRANCE(function) SET_ADD(hindrances, function)

enum seal_stage {
    SEAL_BEGIN,     /* in a machine for sealing, once there are devices */
    SEAL_LIBRARIES, /* nothing stands in the way: let go of what is of this machine alone */
    SEAL_CHANNEL,   /* the same for the control channel, over which the seal has been told */
};

struct seal_step {
    enum seal_stage stage;
    void (*run)(void);
};

/* What runs once, when an image is built, is to be short. */
#define AT_THE_SEAL __attribute__((cold))

#define SEAL(stage, function)                                                                      \
    AT_THE_SEAL static void function(void);                                                        \
    static const struct seal_step function##_step = {stage, function};                             \
    SET_ADD(seals, function##_step)
