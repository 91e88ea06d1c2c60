/*
 * What a listing is made from (io/directory.h): which names, in which order,
 * what is left out, what may fail; over a file system in memory, and over a
 * real one with links, FIFOs and 100,000 files.
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fake_fs.h"
#include "io/directory.h"
#include "io/kernel_fs.h"

static struct fake_fs fake;
static struct directories all;

static int setup(void **state)
{
	(void)state;
	fake_fs_init(&fake);
	all = (struct directories){ 0 };
	return 0;
}

/* Reads all names: 0 or -errno. */
static int names_read(struct directory *d)
{
	int res;

	do
		res = directory_read(d);
	while (res > 0);
	return res;
}

/* As directory_next, but what has vanished is passed over. */
static int entry_next(struct directory *d, struct directory_entry *out)
{
	int res;

	do
		res = directory_next(d, out);
	while (res == -EAGAIN);
	return res;
}

/* Opens and reads it: 0, or -errno and nothing is left of it. */
static int directory_begin(
	struct fs *of, const char *name, struct directory **out)
{
	int res = directory_open(of, &all, name, out);

	if (res == 0)
		res = names_read(*out);
	else
		return res;
	if (res < 0) {
		directory_close(*out);
		*out = NULL;
		assert_int_equal(all.count, 0);
		assert_int_equal(all.bytes, 0);
	}
	return res;
}

/* All that is left of `d`, as "b/ a:5 c:?", and closes it. */
static const char *rest_of(struct directory *d)
{
	static char storage[4096];
	struct text t = text_in(storage, sizeof storage - 1);
	struct directory_entry e;
	int res;

	while ((res = entry_next(d, &e)) > 0) {
		if (t.len > 0)
			text_add_char(&t, ' ');
		text_add(&t, e.name);
		if (e.is_directory) {
			text_add_char(&t, '/');
		} else {
			text_add_char(&t, ':');
			if (e.is_known)
				text_add_u64(&t, e.size);
			else
				text_add_char(&t, '?');
		}
	}
	if (res < 0) {
		directory_close(d);
		return strerror(-res);
	}
	assert_int_equal(directory_next(d, &e), 0);
	directory_close(d);
	assert_int_equal(all.count, 0);
	assert_int_equal(all.bytes, 0);
	assert_false(t.is_full);
	storage[t.len] = '\0';
	return storage;
}

static const char *list_of(struct fs *fs, const char *name)
{
	struct directory *d;
	int res = directory_begin(fs, name, &d);

	return res < 0 ? strerror(-res) : rest_of(d);
}

#define expect_list(fs, name, want) \
	do { \
		const char *got_ = list_of((fs), (name)); \
		expect(strcmp(got_, (want)) == 0, "%s: %s", (name), got_); \
	} while (0)

static void directories_first_then_bytes(void **state)
{
	(void)state;

	fake_add_directory(&fake, ".");
	fake_add(&fake, "b", 2, 'b');
	fake_add(&fake, "\xc3\xa4", 1, 'x');
	fake_add(&fake, "B", 3, 'b');
	fake_add_directory(&fake, "z");
	fake_add(&fake, "ab", 4, 'b');
	fake_add_directory(&fake, "c");
	fake_add(&fake, "c/inside", 5, 'i');
	fake_add(&fake, "a", 6, 'b');
	expect_list(&fake.fs, "", "c/ z/ B:3 a:6 ab:4 b:2 \xc3\xa4:1");
	expect_list(&fake.fs, "c", "inside:5");
	expect_list(&fake.fs, "c/", "inside:5");
	expect_list(&fake.fs, "c//", "inside:5");
	expect_list(&fake.fs, "z/", "");
	assert_int_equal(fake.open_count, 0);
}

static const struct {
	const char *name;
	uint8_t list_type;
	uint32_t type;
	int look_error;
	const char *want;
} kinds[] = {
	{ "x", DT_REG, S_IFREG, 0, "x:7" },
	{ "x", DT_DIR, S_IFDIR, 0, "x/" },
	/* a file system that does not say, and links */
	{ "x", DT_UNKNOWN, S_IFREG, 0, "x:7" },
	{ "x", DT_UNKNOWN, S_IFDIR, 0, "x/" },
	{ "x", DT_LNK, S_IFREG, 0, "x:7" },
	{ "x", DT_LNK, S_IFDIR, 0, "x/" },
	{ "x", DT_LNK, S_IFCHR, 0, "" },
	{ "x", DT_LNK, S_IFREG, ENOENT, "" },
	{ "x", DT_LNK, S_IFREG, EXDEV, "" },
	{ "x", DT_LNK, S_IFREG, ELOOP, "" },
	{ "x", DT_LNK, S_IFREG, EACCES, "" },
	{ "x", DT_UNKNOWN, S_IFIFO, 0, "" },
	/* what is never served */
	{ "x", DT_FIFO, S_IFIFO, 0, "" },
	{ "x", DT_SOCK, S_IFSOCK, 0, "" },
	{ "x", DT_CHR, S_IFCHR, 0, "" },
	{ "x", DT_BLK, S_IFBLK, 0, "" },
	{ ".x", DT_REG, S_IFREG, 0, "" },
	{ ".", DT_DIR, S_IFDIR, 0, "" },
	{ "..", DT_DIR, S_IFDIR, 0, "" },
	{ ".well-known", DT_DIR, S_IFDIR, 0, "" },
	{ "_headers", DT_REG, S_IFREG, 0, "" },
	{ "_redirects", DT_REG, S_IFREG, 0, "" },
	{ "_Headers", DT_REG, S_IFREG, 0, "_Headers:7" },
	/* changed between the list and the look */
	{ "x", DT_REG, S_IFDIR, 0, "x/" },
	{ "x", DT_DIR, S_IFREG, 0, "x:7" },
	{ "x", DT_REG, S_IFIFO, 0, "" },
	{ "x", DT_REG, S_IFREG, ENOENT, "" },
	{ "x", DT_REG, S_IFREG, ENOTDIR, "" },
	/* no fault of the name's: it is shown without its facts */
	{ "x", DT_REG, S_IFREG, EMFILE, "x:?" },
	{ "x", DT_REG, S_IFREG, ENFILE, "x:?" },
	{ "x", DT_REG, S_IFREG, ENOMEM, "x:?" },
	{ "x", DT_REG, S_IFREG, EIO, "x:?" },
	{ "x", DT_DIR, S_IFDIR, EMFILE, "x/" },
	{ "x", DT_LNK, S_IFDIR, EMFILE, "x:?" },
};

static void only_what_could_be_served(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(kinds); i++) {
		fake_fs_init(&fake);
		fake_add_directory(&fake, ".");
		struct fake_node *node = fake_add(&fake, kinds[i].name, 7, 'x');
		node->list_type = kinds[i].list_type;
		node->facts.type = kinds[i].type;
		node->look_error = kinds[i].look_error;
		const char *got = list_of(&fake.fs, "");
		expect(strcmp(got, kinds[i].want) == 0, "row %zu: '%s'", i,
			got);
	}
}

/* They mean something in the root alone. */
static void rules_are_hidden_in_the_root(void **state)
{
	(void)state;

	fake_add_directory(&fake, "d");
	fake_add(&fake, "d/_headers", 1, 'x');
	fake_add(&fake, "d/_redirects", 1, 'x');
	expect_list(&fake.fs, "d", "_headers:1 _redirects:1");
}

static void failures_are_told(void **state)
{
	(void)state;
	struct directory *d = NULL;
	struct fake_node *dir = fake_add_directory(&fake, "d");

	fake_add(&fake, "file", 1, 'x');
	assert_int_equal(directory_begin(&fake.fs, "none", &d), -ENOENT);
	assert_int_equal(directory_begin(&fake.fs, "file", &d), -ENOTDIR);
	dir->open_error = EACCES;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), -EACCES);
	dir->open_error = EMFILE;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), -EMFILE);
	dir->open_error = 0;
	dir->list_error = EIO;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), -EIO);
	/* In the midst of it, too: half of the names are not the names. */
	dir->numbered = 10000;
	dir->list_error_at = 2000;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), -EIO);
	assert_null(d);
	assert_int_equal(fake.open_count, 0);
	/* The longest path, of which no name is shorter than one byte. */
	char path[4097];
	memset(path, 'a', sizeof path);
	path[4096] = '\0';
	assert_int_equal(directory_begin(&fake.fs, path, &d), -ENAMETOOLONG);
	path[4095] = '\0';
	assert_int_equal(directory_begin(&fake.fs, path, &d), -ENAMETOOLONG);
	path[4094] = '\0';
	assert_int_equal(directory_begin(&fake.fs, path, &d), -ENOENT);
}

/* A name that is too long together with its directory cannot be opened. */
static void long_paths_are_left_out(void **state)
{
	(void)state;
	static char dir[4092 + 1], one[4096], two[4097];

	memset(dir, 'd', sizeof dir - 1);
	fake_add_directory(&fake, dir);
	snprintf(one, sizeof one, "%s/12", dir);
	snprintf(two, sizeof two, "%s/123", dir);
	fake_add(&fake, one, 1, 'x');
	fake_add(&fake, two, 2, 'x');
	expect_list(&fake.fs, dir, "12:1");
}

static void there_is_a_limit(void **state)
{
	(void)state;
	struct directory *d = NULL;
	struct fake_node *dir = fake_add_directory(&fake, "d");

	dir->numbered = NAMES_MAX;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), 0);
	directory_close(d);
	d = NULL;
	dir->numbered++;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), -E2BIG);
	assert_null(d);
	assert_int_equal(fake.open_count, 0);
}

/* Links beyond the limit stand among the files, and are what they are. */
static void looks_before_sorting_are_limited(void **state)
{
	(void)state;
	struct directory *d;
	struct directory_entry e;
	struct fake_node *dir = fake_add_directory(&fake, "d");

	fake_add_directory(&fake, "d/n0010001");
	dir->numbered = 10002;
	dir->numbered_type = DT_LNK;
	fake_add_directory(&fake, "d/n0000001")->list_type = DT_SOCK;
	fake_add(&fake, "d/n0010000", 3, 'x');
	assert_int_equal(directory_begin(&fake.fs, "d", &d), 0);
	assert_int_equal(fake.looks, 10000);
	assert_int_equal(entry_next(d, &e), 1);
	assert_true(e.is_directory);
	directory_close(d);
}

static char dir[] = "/tmp/hstatic-dir-XXXXXX";
static struct fs *fs;

static int entry_remove(
	const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

/* /tmp/hstatic-dir-x is the working directory, `root` in it is served. */
static int start(void **state)
{
	(void)state;
	all = (struct directories){ 0 };
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || chmod(dir, 0755) < 0)
		return -1;
	if ((mkdir("root", 0755) | mkdir("out", 0755)) != 0)
		return -1;
	return kernel_fs_open("root", true, &fs);
}

static int stop(void **state)
{
	(void)state;
	kernel_fs_close(fs);
	return chdir("/") | nftw(dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void file_make(const char *path, off_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void the_kernel_s_directory(void **state)
{
	(void)state;

	assert_int_equal(mkdir("root/d", 0755) | mkdir("root/e", 0755), 0);
	file_make("root/a", 5);
	file_make("root/.hidden", 5);
	file_make("root/_headers", 5);
	file_make("root/d/_headers", 6);
	file_make("root/big", INT64_C(5) << 30);
	file_make("out/secret", 5);
	assert_int_equal(mkfifo("root/fifo", 0644), 0);
	static const char *const links[][2] = {
		{ "a", "root/to-file" },
		{ "d", "root/to-directory" },
		{ "../a", "root/d/up" },
		{ "nothing", "root/dangling" },
		{ "loop", "root/loop" },
		{ "../out/secret", "root/out-file" },
		{ "../out", "root/out-directory" },
		{ "/etc/passwd", "root/absolute" },
		{ "fifo", "root/to-fifo" },
	};
	for (size_t i = 0; i < array_count(links); i++)
		assert_int_equal(symlink(links[i][0], links[i][1]), 0);
	alarm(20); /* a FIFO must not hold us up */
	expect_list(fs, "", "d/ e/ to-directory/ a:5 big:5368709120 to-file:5");
	alarm(0);
	expect_list(fs, "d/", "_headers:6 up:5");
	expect_list(fs, "to-directory/", "_headers:6 up:5");
	expect_list(fs, "e/", "");
	expect_list(fs, "a", strerror(ENOTDIR));
	expect_list(fs, "x/", strerror(ENOENT));
	expect_list(fs, "out-directory/", strerror(EXDEV));
	expect_list(fs, "../out/", strerror(EXDEV));
	expect_list(fs, "loop/", strerror(ELOOP));
	alarm(5);
	expect_list(fs, "fifo", strerror(ENOTDIR));
	alarm(0);
}

static void what_goes_meanwhile_is_passed_over(void **state)
{
	(void)state;
	struct directory *d;
	struct directory_entry e;
	const struct timespec times[2] = { { 1000000000, 999999999 },
		{ -2, 500000000 } };

	file_make("root/a", 1);
	file_make("root/b", 2);
	file_make("root/c", 3);
	assert_int_equal(utimensat(AT_FDCWD, "root/c", times, 0), 0);
	assert_int_equal(directory_begin(fs, "", &d), 0);
	assert_int_equal(entry_next(d, &e), 1);
	assert_true(e.is_known && e.size == 1 && e.mtime > 1000000000);
	assert_int_equal(unlink("root/b"), 0);
	assert_int_equal(truncate("root/c", 4), 0);
	assert_int_equal(utimensat(AT_FDCWD, "root/c", times, 0), 0);
	assert_int_equal(entry_next(d, &e), 1);
	assert_true(span_equal(e.name, SPAN("c")) && e.size == 4);
	assert_int_equal(e.mtime, -2);
	assert_int_equal(entry_next(d, &e), 0);
	directory_close(d);
}

static void what_may_not_be_read_says_so(void **state)
{
	(void)state;

	assert_int_equal(mkdir("root/d", 0700), 0);
	file_make("root/a", 5);
	assert_int_equal(chmod("root/a", 0), 0);
	/* Root may read anything: be somebody else for a while. */
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	else
		assert_int_equal(chmod("root/d", 0), 0);
	struct directory *d = NULL;
	int res = directory_begin(fs, "d/", &d);
	const char *list = list_of(fs, "");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	else
		assert_int_equal(chmod("root/d", 0700), 0);
	assert_int_equal(res, -EACCES);
	/* The name is no secret: asking for it is answered 403. */
	assert_string_equal(list, "d/ a:5");
}

/* A few thousand names at a time, nothing before the first reading, and one
 * order over all of them. */
static void names_are_read_bit_by_bit(void **state)
{
	(void)state;
	struct directory *d;
	struct directory_entry e;
	struct fake_node *node = fake_add_directory(&fake, "d");
	char want[16];
	unsigned readings = 1;

	node->numbered = 10000;
	node->is_backwards = true;
	assert_int_equal(directory_open(&fake.fs, &all, "d", &d), 0);
	assert_int_equal(node->listed, 0);
	for (; directory_read(d) == 1; readings++)
		assert_true(node->listed <= 1100 * readings);
	assert_true(readings >= 10);
	for (unsigned i = 0; i < node->numbered; i++) {
		/* Nothing is there any more: asked for one by one. */
		assert_int_equal(directory_next(d, &e), -EAGAIN);
	}
	assert_int_equal(directory_next(d, &e), 0);
	directory_close(d);
	assert_int_equal(directory_begin(&fake.fs, "d", &d), 0);
	fake.looks_are_blind = true;
	for (unsigned i = 0; i < node->numbered; i++) {
		assert_int_equal(directory_next(d, &e), 1);
		snprintf(want, sizeof want, "n%07u", i);
		expect(strcmp(e.name.at, want) == 0, "%s", e.name.at);
	}
	assert_int_equal(directory_next(d, &e), 0);
	directory_close(d);
}

/* Of a directory that is gone nothing is told: it was not empty. */
static void a_directory_that_is_gone(void **state)
{
	(void)state;
	struct directory *d;
	struct directory_entry e;
	struct fake_node *node = fake_add_directory(&fake, "d");

	node->numbered = 2;
	assert_int_equal(directory_begin(&fake.fs, "d", &d), 0);
	assert_int_equal(directory_next(d, &e), -EAGAIN);
	node->facts.links = 0;
	assert_int_equal(directory_next(d, &e), -ESTALE);
	directory_close(d);
}

static void a_worker_has_so_many(void **state)
{
	(void)state;
	static struct directory *dirs[DIRECTORIES_MAX];
	struct directory *d;
	struct fake_node *node = fake_add_directory(&fake, "d");

	node->numbered = 100;
	for (unsigned i = 0; i < DIRECTORIES_MAX; i++)
		assert_int_equal(
			directory_open(&fake.fs, &all, "d", &dirs[i]), 0);
	assert_int_equal(directory_open(&fake.fs, &all, "d", &d), -EMFILE);
	directory_close(dirs[0]);
	assert_int_equal(directory_open(&fake.fs, &all, "d", &dirs[0]), 0);
	for (unsigned i = 0; i < DIRECTORIES_MAX; i++)
		directory_close(dirs[i]);
	assert_int_equal(all.count, 0);
	assert_int_equal(fake.open_count, 0);
}

static void memory_is_shared(void **state)
{
	(void)state;
	struct directory *d[3];
	struct fake_node *node = fake_add_directory(&fake, "d");
	struct fake_node *small = fake_add_directory(&fake, "small");

	/* By what it says of itself, until it has been read. */
	node->facts.size = NAMES_BYTES_MAX + 1;
	small->facts.size = 1;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(directory_open(&fake.fs, &all, "d", &d[i]), 0);
	assert_int_equal(all.bytes, NAMES_BUDGET);
	assert_int_equal(
		directory_open(&fake.fs, &all, "small", &d[2]), -ENOMEM);
	assert_int_equal(names_read(d[0]), 0);
	assert_int_equal(all.bytes, NAMES_BUDGET / 2);
	assert_int_equal(directory_open(&fake.fs, &all, "small", &d[2]), 0);
	assert_int_equal(all.bytes, NAMES_BUDGET / 2 + 1);
	/* And by what it has, if that is more. */
	small->numbered = 10000;
	assert_int_equal(names_read(d[2]), 0);
	size_t least = (size_t)10000 * (4 + 1 + 8 + 1);
	assert_int_equal(all.bytes, NAMES_BUDGET / 2 + least);
	directory_close(d[0]);
	directory_close(d[1]);
	assert_int_equal(all.bytes, least);
	directory_close(d[2]);
	assert_int_equal(all.bytes, 0);
	/* One that outgrows what there is. */
	all.bytes = NAMES_BUDGET - 50000;
	assert_int_equal(directory_open(&fake.fs, &all, "small", &d[0]), 0);
	assert_int_equal(names_read(d[0]), -ENOMEM);
	directory_close(d[0]);
	assert_int_equal(all.bytes, NAMES_BUDGET - 50000);
}

/* It stays open: wherever it goes, it is listed as it is. */
static void a_directory_that_moves(void **state)
{
	(void)state;
	struct directory *d;

	assert_int_equal(mkdir("root/d", 0755) | mkdir("root/d/x", 0755), 0);
	file_make("root/d/a", 1);
	file_make("root/b", 2);
	assert_int_equal(symlink("a", "root/d/inside"), 0);
	assert_int_equal(symlink("x/../a", "root/d/inside2"), 0);
	assert_int_equal(directory_open(fs, &all, "d", &d), 0);
	assert_int_equal(rename("root/d", "root/e"), 0);
	assert_int_equal(names_read(d), 0);
	assert_int_equal(mkdir("root/d", 0755), 0);
	file_make("root/d/a", 7);
	assert_string_equal(rest_of(d), "x/ a:1 inside:1 inside2:1");
	/* A link out of it goes by the way there, which is another. */
	assert_int_equal(symlink("../b", "root/e/up"), 0);
	for (unsigned is_early = 0; is_early < 2; is_early++) {
		int res = 0;
		assert_int_equal(directory_open(fs, &all, "e", &d), 0);
		if (!is_early)
			res = names_read(d);
		assert_int_equal(rename("root/e", "root/f"), 0);
		if (is_early)
			res = names_read(d);
		assert_int_equal(res, is_early ? -ESTALE : 0);
		if (is_early)
			directory_close(d);
		else
			assert_string_equal(rest_of(d), strerror(ESTALE));
		assert_int_equal(rename("root/f", "root/e"), 0);
	}
	expect_list(fs, "e", "x/ a:1 inside:1 inside2:1 up:2");
	/* Gone for good. */
	assert_int_equal(rmdir("root/e/x") | unlink("root/e/inside2"), 0);
	assert_int_equal(unlink("root/e/up") | unlink("root/e/inside"), 0);
	assert_int_equal(directory_begin(fs, "e", &d), 0);
	assert_int_equal(unlink("root/e/a") | rmdir("root/e"), 0);
	assert_string_equal(rest_of(d), strerror(ESTALE));
	assert_int_equal(directory_open(fs, &all, "d", &d), 0);
	assert_int_equal(unlink("root/d/a") | rmdir("root/d"), 0);
	assert_true(names_read(d) < 0);
	directory_close(d);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* The bounds are those of a loaded machine and of sanitizers. */
static void a_hundred_thousand(void **state)
{
	(void)state;
	struct directory *d;
	struct directory_entry e;
	char name[64], last[32] = "";
	unsigned count = 0;

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "root/file-%07u.content",
			i * 7919 % 100000);
		file_make(name, i % 10);
	}
	int64_t begin = now_us(), longest = 0, step = begin;
	int more = 1;
	assert_int_equal(directory_open(fs, &all, "", &d), 0);
	while (more > 0) {
		more = directory_read(d);
		int64_t now = now_us();
		longest = now - step > longest ? now - step : longest;
		step = now;
	}
	assert_int_equal(more, 0);
	int64_t opened = now_us();
	while (entry_next(d, &e) > 0) {
		assert_true(e.is_known && e.size < 10);
		expect(strcmp(last, e.name.at) < 0, "%s", e.name.at);
		snprintf(last, sizeof last, "%s", e.name.at);
		count++;
	}
	int64_t end = now_us();
	directory_close(d);
	assert_int_equal(count, 100000);
	print_message("100,000 names: read %d us, %d at a time, each %d us\n",
		(int)(opened - begin), (int)longest,
		(int)((end - opened) / 100000));
	expect(opened - begin < 3000000, "%d us", (int)(opened - begin));
	expect(end - opened < 20000000, "%d us", (int)(end - opened));
}

int main(void)
{
#define FAKE(name) cmocka_unit_test_setup(name, setup)
#define REAL(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		FAKE(directories_first_then_bytes),
		FAKE(only_what_could_be_served),
		FAKE(rules_are_hidden_in_the_root),
		FAKE(failures_are_told),
		FAKE(long_paths_are_left_out),
		FAKE(there_is_a_limit),
		FAKE(looks_before_sorting_are_limited),
		FAKE(names_are_read_bit_by_bit),
		FAKE(a_directory_that_is_gone),
		FAKE(a_worker_has_so_many),
		FAKE(memory_is_shared),
		REAL(a_directory_that_moves),
		REAL(the_kernel_s_directory),
		REAL(what_goes_meanwhile_is_passed_over),
		REAL(what_may_not_be_read_says_so),
		REAL(a_hundred_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
