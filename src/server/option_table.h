/*
 * The rows of options.def as data, for what reads options and for what
 * describes them.
 */
#pragma once

#include <stddef.h>

#include "server/options.h"

enum option_type {
	OPTION_GROUP,
	OPTION_FLAG,
	OPTION_NUMBER,
	OPTION_SIZE,
	OPTION_TIME,
	OPTION_TEXT,
	OPTION_LIST,
	OPTION_CHOICE
};

/* One word of a choice; the array of them ends with a name of NULL. */
struct option_choice {
	const char *name;
	unsigned value; /* of the field's enum */
};

struct option {
	enum option_type type;
	char letter;
	const char *name, *argument, *shown, *help;
	uint64_t least, most;
	const struct option_choice *choices;
	size_t offset;
};

extern const struct option option_table[];
extern const size_t option_count;
