/* For devfs.c: another open file for the console. */
#pragma once

#include "fs/file.h"

int console_open(int flags, struct file **file);
