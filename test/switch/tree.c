/*
 * Files and folders (tree.h). A call that fails is a test that cannot be
 * done: it ends it.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "slot.h"

#define NAME_SIZE 192

/* A name below the folder of the test. */
struct name {
	char at[NAME_SIZE];
};

static char top[96];
static struct name link_name;
static unsigned char content[CONTENT_MAX], coded[CONTENT_MAX];

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	exit(1);
}

__attribute__((format(printf, 1, 2))) static struct name name_of(
	const char *format, ...)
{
	struct name name;
	va_list list;

	va_start(list, format);
	int len = snprintf(name.at, NAME_SIZE, "%s/", top);
	vsnprintf(name.at + len, (size_t)(NAME_SIZE - len), format, list);
	va_end(list);
	return name;
}

static struct name served_name(unsigned root, unsigned slot)
{
	return name_of("g%u/%s", root, slots[slot].name);
}

static struct name second_name(unsigned root, unsigned slot)
{
	return name_of("beside/g%u-s%u", root, slot);
}

static void folder_make(struct name name)
{
	must(mkdir(name.at, 0755) == 0, name.at);
}

static void root_make(unsigned root)
{
	folder_make(name_of("g%u", root));
	folder_make(name_of("g%u/targets", root));
	for (unsigned k = 0; k < FOLDERS; k++)
		folder_make(name_of("g%u/f%u", root, k));
}

void tree_make(void)
{
	const char *where = getenv("TMPDIR");

	/* A disk with a journal does not rename so often. */
	if (where == NULL)
		where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(top, sizeof top, "%.60s/hstatic-switch-XXXXXX", where);
	must(mkdtemp(top) != NULL, top);
	must(chmod(top, 0755) == 0, top);
	link_name = name_of("root");
	/* What is no root: second names, and files that are being made. */
	folder_make(name_of("beside"));
	for (unsigned i = 0; i < ROOTS; i++)
		root_make(i);
}

static int entry_remove(
	const char *path, const struct stat *s, int kind, struct FTW *ftw)
{
	(void)s, (void)kind, (void)ftw;
	return remove(path);
}

void tree_remove(void)
{
	nftw(top, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tree_root(void)
{
	return link_name.at;
}

/* RFC 1952, by the fastest way. */
static size_t gzip(size_t len)
{
	z_stream z = { .next_in = content,
		.avail_in = (uInt)len,
		.next_out = coded,
		.avail_out = sizeof coded };

	must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
			Z_OK,
		"deflateInit2");
	must(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
	deflateEnd(&z);
	return z.total_out;
}

/* A new file with the content, which has no name yet that is served. */
static struct name file_make(unsigned slot, uint32_t version, size_t len)
{
	bool is_coded = slots[slot].how == SIDECAR;
	struct name name = name_of("beside/new");
	int fd = open(name.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0, name.at);
	if (is_coded)
		len = gzip(len);
	must(write(fd, is_coded ? coded : content, len) == (ssize_t)len,
		name.at);
	/* What is overwritten later will be of that time; so it is of now. */
	if (slots[slot].how != REWRITTEN && slots[slot].how != LINKED) {
		struct timespec t = { .tv_sec = STAMP_BASE + (time_t)version };
		must(futimens(fd, (struct timespec[]){ t, t }) == 0, name.at);
	}
	must(close(fd) == 0, name.at);
	return name;
}

static void name_replace(struct name from, struct name to)
{
	must(rename(from.at, to.at) == 0, to.at);
}

/* The other of the two targets, and then the link. */
static void target_put(unsigned root, unsigned slot, struct name made)
{
	static bool is_second[ROOTS][SLOTS_MAX];
	struct name fresh = name_of("beside/link");
	char target[32];

	is_second[root][slot] = !is_second[root][slot];
	snprintf(target, sizeof target, "../targets/s%u-%d", slot,
		is_second[root][slot]);
	name_replace(made, name_of("g%u/%s", root, target + 3));
	must(symlink(target, fresh.at) == 0, fresh.at);
	name_replace(fresh, served_name(root, slot));
}

/* The second name comes first, so that the served one never is the only one:
 * a link that is made outside the root is nothing that inotify tells of. */
static void linked_put(unsigned root, unsigned slot, struct name made)
{
	struct name second = second_name(root, slot);

	unlink(second.at);
	must(link(made.at, second.at) == 0, second.at);
	name_replace(made, served_name(root, slot));
}

static void content_put(
	unsigned root, unsigned slot, uint32_t version, size_t len)
{
	struct name made = file_make(slot, version, len);

	if (slots[slot].how == SOFT)
		target_put(root, slot, made);
	else if (slots[slot].how == LINKED)
		linked_put(root, slot, made);
	else
		name_replace(made, served_name(root, slot));
}

void tree_put(unsigned root, unsigned slot, uint32_t version)
{
	content_put(root, slot, version, slot_fill(slot, version, content));
}

void tree_put_mixed(unsigned root, unsigned slot, uint32_t version)
{
	size_t len = slot_fill(slot, version - 1, content);
	unsigned char last[8];

	memcpy(last, content + len - 8, 8);
	slot_fill(slot, version, content);
	memcpy(content + len - 8, last, 8);
	content_put(root, slot, version, len);
}

void tree_rewrite(unsigned root, unsigned slot, uint32_t version)
{
	struct name name = slots[slot].how == LINKED ? second_name(root, slot)
						     : served_name(root, slot);
	size_t len = slot_fill(slot, version, content);
	int fd = open(name.at, O_WRONLY | O_CLOEXEC);

	must(fd >= 0, name.at);
	must(pwrite(fd, content, len, 0) == (ssize_t)len, name.at);
	must(close(fd) == 0, name.at);
}

void tree_take_away(unsigned root, unsigned slot)
{
	struct name name = served_name(root, slot);

	must(unlink(name.at) == 0, name.at);
}

void tree_forget(unsigned root, unsigned slot)
{
	struct name name = served_name(root, slot);

	must(unlink(name.at) == 0 || errno == ENOENT, name.at);
}

void tree_switch(unsigned root)
{
	struct name fresh = name_of("beside/link");
	char target[16];

	snprintf(target, sizeof target, "g%u", root);
	must(symlink(target, fresh.at) == 0, fresh.at);
	name_replace(fresh, link_name);
}
