/*
 * Where a rule of _redirects leads: a path of this site or an absolute http
 * URL, with `:name` for what was captured (hstatic(1), RULES). Whatever a
 * client sends, a path stays a path of this site (RFC 3986 4.2), and the
 * authority is the one in the file. Pure.
 */
#pragma once

#include "http/pattern.h"

/*
 * What is wrong with `to` as the target of a rule from *from with this
 * status, in words that say what to do, or nothing: an empty span.
 */
must_check struct span target_judge(
	struct span to, unsigned status, const struct pattern *from);

/*
 * Appends the value of Location: what was captured put in, escaped, and the
 * request's query (empty, or with its question mark) unless `to` has one.
 * False, *out untouched, when it does not fit.
 */
must_check bool target_location(struct span to, const struct captures *captures,
	struct span query, struct text *out);

/*
 * Appends the name below the root, as path_resolve does. False, *out
 * untouched, when that is no name that may be served: hidden, a rule file,
 * malformed, too long for *out or for any file system.
 */
must_check bool target_name(
	struct span to, const struct captures *captures, struct text *out);
