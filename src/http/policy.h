/*
 * What the site wants of its server: the same for every request, until the
 * options or the site's own files change it. Pure.
 */
#pragma once

#include <stdbool.h>

struct headers;
struct redirects;

struct policy {
	/* Answer with `Connection: close`: draining. */
	bool is_draining;
	/* index.html for navigations that lead to no file (--spa). */
	bool is_spa;
	/* Pages of what is in a directory without an index (--listing). */
	bool has_listings;
	/* Scripts of any origin may read the answers (--cors). */
	bool allows_origins;
	/* The rules of its _redirects and _headers; NULL: it has none. */
	const struct redirects *redirects;
	const struct headers *headers;
};
