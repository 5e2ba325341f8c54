/* A guest program prints what it sees; under Linux it must print the same. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOW(format, ...) printf("%d: %s: " format "\n", __LINE__, #__VA_ARGS__, __VA_ARGS__)
#define SHOW_ERRNO() printf("%d: %s\n", __LINE__, strerror(errno))
#define RUN(test) (printf("%s\n", #test), test(), fflush(stdout))
