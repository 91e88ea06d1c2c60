/*
 * The name of the root (root_path.h).
 */
#include "io/root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"

/* "." and the like name no entry of a directory that could be another one
 * tomorrow: then the real path is the root's name. */
static int whole_settle(struct root_path *r, const char *path)
{
	struct span p = span_of(path);

	while (p.len > 1 && p.at[p.len - 1] == '/')
		p.len--;
	size_t slash = span_find_last(p, '/');
	struct span last = slash < p.len ? span_skip(p, slash + 1) : p;
	if (last.len == 0 || span_equal(last, SPAN(".")) ||
		span_equal(last, SPAN("..")))
		r->whole = realpath(path, NULL);
	else
		r->whole = strndup(p.at, p.len);
	return r->whole == NULL ? -errno : 0;
}

/* "dist" of "/srv/www/dist", and a descriptor of "/srv/www". */
static int name_add(struct root_path *r, struct span path, bool is_link)
{
	char dir[PATH_MAX];
	struct root_name *n = &r->names[r->count];
	size_t slash = span_find_last(path, '/');
	size_t dir_len = slash < path.len ? slash + 1 : 0;
	struct span name = span_skip(path, dir_len);

	if (name.len == 0)
		name = SPAN("."); /* "/" */
	if (name.len > NAME_MAX || dir_len + 2 > sizeof dir)
		return -ENAMETOOLONG;
	memcpy(dir, path.at, dir_len);
	memcpy(dir + dir_len, ".", 2);
	*n = (struct root_name){ .is_link = is_link };
	memcpy(n->name, name.at, name.len);
	n->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n->dir < 0)
		return -errno;
	r->count++;
	return 0;
}

static bool path_is_link(struct span path)
{
	char name[PATH_MAX];
	struct stat s;

	if (path.len == 0 || path.len >= sizeof name)
		return false;
	memcpy(name, path.at, path.len);
	name[path.len] = '\0';
	return lstat(name, &s) == 0 && S_ISLNK(s.st_mode);
}

int root_path_open(struct root_path *r, const char *path)
{
	*r = (struct root_path){ .count = 0 };
	int res = whole_settle(r, path);
	if (res < 0)
		return res;
	struct span whole = span_of(r->whole);
	res = name_add(r, whole, path_is_link(whole));
	for (size_t i = 1; res == 0 && i < whole.len; i++) {
		struct span prefix = span_first(whole, i);
		if (whole.at[i] == '/' && r->count < ROOT_NAMES_MAX &&
			path_is_link(prefix))
			res = name_add(r, prefix, true);
	}
	return res;
}

void root_path_close(struct root_path *r)
{
	for (unsigned i = 0; i < r->count; i++)
		close(r->names[i].dir);
	free(r->whole);
}

bool root_path_is_link(const struct root_path *r)
{
	return r->names[0].is_link;
}
