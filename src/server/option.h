/*
 * What the user asked for: flags above HSTATIC_* above PORT and HOST above
 * defaults, all from one table (option.def). Prints nothing: a mistake comes
 * back as one line for people.
 */
#pragma once

#include "base/text.h"
#include "io/sandbox.h"

#define OPTION_BINDS_MAX 16

struct option_list {
	unsigned count;
	const char *at[OPTION_BINDS_MAX];
};

/* Texts are borrowed from argv and the environment. */
struct options {
	const char *root;
	uint64_t port;
	struct option_list binds; /* none: localhost, where it can be had */
	uint64_t workers;
	enum sandbox_mode sandbox;
	uint64_t grace_ms;
	uint64_t connections_max; /* 0: as many as descriptors allow */
	uint64_t line_max, head_max, fields_max, body_max;
	uint64_t head_ms, body_ms, idle_ms, send_ms;
	uint64_t cache_max;
	bool is_quiet, is_verbose, wants_version, wants_help;
};

/* The defaults; `cores`: how many workers that makes. */
void options_init(struct options *o, unsigned cores);

/*
 * Reads the environment `env` (as environ), then the flags and the one DIR of
 * argv[1...]. False: `error` has what is wrong and what to do, without a
 * newline.
 */
must_check bool options_read(struct options *o, int argc, char **argv,
	char *const *env, struct text *error);

/* Appends the text of --help, to a text of at least 8 KiB. */
void options_help(struct text *out);
