/*
 * The watched directories (watch.h), by name and by the kernel's number.
 */
#include "io/watch.h"

#include <errno.h>
#include <stdlib.h>

struct watch {
	struct map_node by_name, by_number;
	int number;
	char name[];
};

int watches_init(struct watches *w, struct fs *fs, unsigned max, uint64_t seed)
{
	*w = (struct watches){ .fs = fs, .max = max };
	int res = map_init(&w->by_name, 10, seed);
	if (res < 0)
		return res;
	res = map_init(&w->by_number, 10, seed);
	if (res < 0)
		map_done(&w->by_name);
	return res;
}

static struct span number_key(const int *number)
{
	return (struct span){ (const char *)number, sizeof *number };
}

/* Watches the directory `name`: 1, 0 when it is watched already, -errno. */
static int watch_add(struct watches *w, struct span name)
{
	if (map_find(&w->by_name, name) != NULL)
		return 0;
	if (w->by_name.count >= w->max)
		return -ENOSPC;
	struct watch *watch = calloc(1, sizeof *watch + name.len + 1);
	if (watch == NULL)
		return -ENOMEM;
	if (name.len > 0)
		memcpy(watch->name, name.at, name.len);
	watch->number = w->fs->ops->watch(w->fs, watch->name);
	watch->by_name.key = (struct span){ watch->name, name.len };
	watch->by_number.key = number_key(&watch->number);
	/* The same directory by two names: a bind mount. Changes would carry
	 * only one of them. */
	if (watch->number < 0 ||
		map_find(&w->by_number, watch->by_number.key) != NULL) {
		int res = watch->number < 0 ? watch->number : -EEXIST;
		free(watch);
		return res;
	}
	map_add(&w->by_name, &watch->by_name);
	map_add(&w->by_number, &watch->by_number);
	return 1;
}

int watches_cover(struct watches *w, struct span name)
{
	int added = 0;

	if (!w->fs->can_watch)
		return -ENOTSUP;
	/* From the root down: each is found through one that is watched. */
	for (size_t i = 0; i <= name.len; i++) {
		bool is_end = i == 0 || (i < name.len && name.at[i] == '/');
		if (!is_end)
			continue;
		int res = watch_add(w, span_first(name, i));
		if (res < 0)
			return res;
		added |= res;
	}
	return added;
}

bool watches_find(const struct watches *w, int number, struct span *name)
{
	struct map_node *node = map_find(&w->by_number, number_key(&number));

	if (node == NULL)
		return false;
	*name = container_of(node, struct watch, by_number)->by_name.key;
	return true;
}

void watches_clear(struct watches *w)
{
	struct map_node *node;

	while ((node = map_any(&w->by_name)) != NULL) {
		struct watch *watch = container_of(node, struct watch, by_name);
		map_remove(&w->by_name, &watch->by_name);
		map_remove(&w->by_number, &watch->by_number);
		w->fs->ops->unwatch(w->fs, watch->number);
		free(watch);
	}
}

void watches_done(struct watches *w)
{
	watches_clear(w);
	map_done(&w->by_name);
	map_done(&w->by_number);
}
