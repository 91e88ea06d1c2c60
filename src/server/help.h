/*
 * The text of --help: the rows of options.def, in groups, broken into lines
 * that fit a terminal. Prints nothing itself.
 */
#pragma once

#include "base/text.h"

/* Appends it, to a text of at least 8 KiB. */
void options_help(struct text *out);
