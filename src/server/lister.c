/*
 * Listings as bodies (lister.h).
 */
#include "server/lister.h"

#include <errno.h>
#include <stdlib.h>

#include "io/load.h"

enum lister_state { LISTER_HEAD, LISTER_ENTRIES, LISTER_DONE };

/* Entries of a piece at most, those that have vanished among them, so that no
 * directory, however empty it has become, takes longer than 2 ms of a turn. */
#define PARTS_MAX 512

struct lister {
	struct producer producer;
	struct directory *directory;
	struct listing listing;
	enum lister_state state;
	char path[]; /* NUL-terminated */
};

/* -errno when there is no going on. */
static int entry_add(struct lister *l, struct text *out)
{
	struct directory_entry entry;
	int res = directory_next(l->directory, &entry);

	if (res > 0) {
		listing_entry(&l->listing, &entry, out);
	} else if (res == 0) {
		listing_end(&l->listing, out);
		l->state = LISTER_DONE;
	}
	return res == -EAGAIN ? 0 : res;
}

static enum production lister_produce(struct producer *p, struct text *out)
{
	struct lister *l = container_of(p, struct lister, producer);
	int res = 0;

	if (l->state == LISTER_DONE)
		return PRODUCTION_END;
	int unread = directory_read(l->directory);
	if (unread < 0)
		return PRODUCTION_BROKEN;
	for (unsigned i = 0; i < PARTS_MAX && res >= 0; i++) {
		if (out->size - out->len < LISTING_PART_MAX ||
			l->state == LISTER_DONE)
			break;
		if (l->state == LISTER_HEAD) {
			if (!listing_head(&l->listing, out))
				l->state = LISTER_ENTRIES;
		} else if (unread > 0) {
			break;
		} else {
			res = entry_add(l, out);
		}
	}
	if (res < 0)
		return PRODUCTION_BROKEN;
	/* While names are read there is nothing to tell, but others get their
	 * turn: an empty line says nothing in either form. */
	if (out->len == 0)
		text_add_char(out, '\n');
	return PRODUCTION_PIECE;
}

static void lister_done(struct producer *p)
{
	struct lister *l = container_of(p, struct lister, producer);

	directory_close(l->directory);
	free(l);
}

enum resource_kind lister_open(struct fs *fs, struct directories *all,
	struct span name, enum listing_format format, struct producer **out)
{
	struct lister *l = calloc(1, sizeof *l + name.len + 1);

	if (l == NULL)
		return RESOURCE_BUSY;
	memcpy(l->path, name.at, name.len);
	int res = directory_open(fs, all, l->path, &l->directory);
	if (res < 0) {
		free(l);
		return load_kind(res);
	}
	l->producer = (struct producer){ .produce = lister_produce,
		.done = lister_done };
	listing_start(&l->listing, format, (struct span){ l->path, name.len });
	*out = &l->producer;
	return RESOURCE_LISTING;
}
