/*
 * What the user may ask for, as a struct: filled in by option.c, read by all
 * of server/. The rows of options.def name its fields.
 */
#pragma once

#include "http/policy.h"
#include "io/sandbox.h"
#include "server/loop_kind.h"

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
	bool is_spa, has_listings, allows_origins;
	bool no_compress;
	const char *admin; /* NULL: no admin listener */
	uint64_t workers;
	enum loop_kind loop;
	enum sandbox_mode sandbox;
	uint64_t grace_ms;
	uint64_t connections_max; /* 0: as many as descriptors allow */
	uint64_t line_max, head_max, fields_max, body_max;
	uint64_t head_ms, body_ms, idle_ms, send_ms;
	uint64_t cache_max;
	bool wants_browser, wants_code;
	bool is_quiet, is_verbose, wants_version, wants_help;
};

/* The defaults; `cores`: how many workers that makes. */
void options_init(struct options *o, unsigned cores);

/* What of them decides about answers. */
struct policy options_policy(const struct options *o);
