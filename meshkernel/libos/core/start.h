/* What libraries do while the machine starts. core/main.c says when, the libraries say who. */
#pragma once

#include "core/set.h"

enum start_stage {
    START_FILES,   /* the image and /dev are there: mounts, families of local sockets */
    START_DEVICES, /* their interrupts; before anything needs randomness of the host */
    START_NETWORK, /* its devices are there, and randomness */
    START_PROGRAM, /* everything is there, timers too */
};

struct start {
    enum start_stage stage;
    void (*run)(void);
};

/* Runs a function of the library in this stage. Within a stage the order means nothing. */
#define START(stage, function)                                                                     \
    static const struct start function##_start = {stage, function};                                \
    SET_ADD(starts, function##_start)

/* Runs a function of the library in this stage of a machine that goes on behind a seal; only images
 * with the library `seal` have it. */
#define CONTINUE(stage, function)                                                                  \
    static const struct start function##_continue = {stage, function};                             \
    SET_ADD(continues, function##_continue)

/* Runs what the libraries of this image have to do in a stage. */
void start_libraries(enum start_stage stage);
