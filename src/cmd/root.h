/*
 * The directory that the user names: can it be served? Told at once, in words
 * that name it and say what to do, whatever the subcommand.
 */
#pragma once

#include "io/kernel_fs.h"

/* Opens it as kernel_fs_open does. False, having said why. */
must_check bool root_open(const char *root, struct fs **out);
