/*
 * Media types by the extension of a name (mime.def). Pure.
 */
#pragma once

#include "base/span.h"

struct mime {
	struct span type;     /* as in Content-Type, charset included */
	bool is_compressible; /* worth a content coding */
};

/* The type of a file of this name; application/octet-stream when the
 * extension is unknown or missing. */
struct mime mime_find(struct span name);
