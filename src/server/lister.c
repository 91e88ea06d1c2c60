/*
 * Listings as bodies (lister.h).
 */
#include "server/lister.h"

#include <stdlib.h>

#include "io/directory.h"
#include "io/load.h"

enum lister_state { LISTER_HEAD, LISTER_ENTRIES, LISTER_DONE };

struct lister {
	struct producer producer;
	struct directory *directory;
	struct listing listing;
	enum lister_state state;
	char path[]; /* NUL-terminated */
};

static void part_add(struct lister *l, struct text *out)
{
	struct directory_entry entry;

	if (l->state == LISTER_HEAD) {
		if (!listing_head(&l->listing, out))
			l->state = LISTER_ENTRIES;
	} else if (directory_next(l->directory, &entry)) {
		listing_entry(&l->listing, &entry, out);
	} else {
		listing_end(&l->listing, out);
		l->state = LISTER_DONE;
	}
}

static bool lister_produce(struct producer *p, struct text *out)
{
	struct lister *l = container_of(p, struct lister, producer);

	while (l->state != LISTER_DONE &&
		out->size - out->len >= LISTING_PART_MAX)
		part_add(l, out);
	return out->len > 0;
}

static void lister_done(struct producer *p)
{
	struct lister *l = container_of(p, struct lister, producer);

	directory_close(l->directory);
	free(l);
}

enum resource_kind lister_open(struct fs *fs, struct span name,
	enum listing_format format, struct producer **out)
{
	struct lister *l = calloc(1, sizeof *l + name.len + 1);

	if (l == NULL)
		return RESOURCE_BUSY;
	memcpy(l->path, name.at, name.len);
	int res = directory_open(fs, l->path, &l->directory);
	if (res < 0) {
		free(l);
		return load_kind(res);
	}
	l->producer = (struct producer){ lister_produce, lister_done };
	listing_start(&l->listing, format, (struct span){ l->path, name.len });
	*out = &l->producer;
	return RESOURCE_LISTING;
}
