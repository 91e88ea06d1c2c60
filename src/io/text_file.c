/*
 * Files that steer the server (text_file.h). The order is that of the cache:
 * the watch comes first, the look comes after it, so that what changes from
 * then on is seen.
 */
#include "io/text_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "io/load.h"

void text_file_init(struct text_file *t, const char *name)
{
	*t = (struct text_file){ .name = name };
}

/* What is there and would not be served by its name either, a link that leads
 * out or a directory, is an error: somebody meant it to count. */
static int file_open(struct text_file *t, struct fs *fs, struct handle *out)
{
	out->fd = fs->ops->open(fs, t->name, FS_NO_SYMLINKS, &out->facts);
	if (out->fd == -ELOOP) {
		/* Elsewhere it may change unseen. */
		t->is_believed = false;
		out->fd = fs->ops->open(fs, t->name, 0, &out->facts);
	}
	if (out->fd < 0)
		return out->fd;
	if (S_ISREG(out->facts.type)) {
		t->is_believed &= out->facts.links == 1 &&
				  out->facts.dev == fs->root_dev;
		return 0;
	}
	fs->ops->close(fs, out->fd);
	return -EISDIR;
}

void text_file_forget(struct text_file *t)
{
	t->is_believed = false;
	t->exists = true;
	t->facts = (struct facts){ 0 };
}

/* Of an error that passes nothing tells: a disk that can be read again changes
 * no file. Whatever it is then is news. */
static int failed(struct text_file *t, int error)
{
	bool is_news = t->error != error;

	t->error = error;
	text_file_forget(t);
	return is_news ? error : 0;
}

static int gone(struct text_file *t, struct text_bytes *out)
{
	bool is_news = t->exists;

	t->error = 0;
	t->exists = false;
	*out = (struct text_bytes){ NULL, 0 };
	return is_news;
}

static int file_read(struct text_file *t, struct fs *fs, struct handle *h,
	struct text_bytes *out)
{
	char *bytes;
	int res = load_bytes(fs, h, &bytes);

	if (res < 0)
		return failed(t, res);
	/* Another change in the same tick of the clock leaves no trace in the
	 * facts: where nothing else would tell, the next look reads again. */
	t->facts = load_is_settled(&h->facts, fs->now_ns(fs))
			   ? h->facts
			   : (struct facts){ 0 };
	t->error = 0;
	t->exists = true;
	*out = (struct text_bytes){ bytes, (size_t)h->facts.size };
	return 1;
}

int text_file_refresh(
	struct text_file *t, struct files *f, struct text_bytes *out)
{
	struct fs *fs = files_fs(f);
	struct handle h;

	if (t->is_believed && t->changes == files_root_changes(f))
		return 0;
	t->is_believed = files_watch(f, span_of(t->name));
	t->changes = files_root_changes(f);
	int res = file_open(t, fs, &h);
	if (res == -ENOENT)
		return gone(t, out);
	if (res < 0)
		return failed(t, res);
	if (t->exists && t->error == 0 && facts_equal(&t->facts, &h.facts))
		res = 0;
	else
		res = file_read(t, fs, &h, out);
	fs->ops->close(fs, h.fd);
	return res;
}
