/*
 * Reading files (io/load.h) over a file system in memory: the kind that each
 * errno becomes, files that change while they are read, and the entity-tags.
 */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>

#include "fake_fs.h"
#include "io/load.h"

static struct fake_fs fake;

static enum resource_kind load(const char *name, struct entry **e)
{
	struct handles h;
	enum resource_kind kind = load_open(&fake.fs, span_of(name), &h);

	*e = NULL;
	if (kind == RESOURCE_FILE)
		kind = load_read(&fake.fs, span_of(name), &h, e);
	return kind;
}

static const struct {
	int error;
	enum resource_kind kind;
} errors[] = {
	/* nothing of that name, whichever way the kernel says so */
	{ ENOENT, RESOURCE_ABSENT },
	{ ENOTDIR, RESOURCE_ABSENT },
	{ ENAMETOOLONG, RESOURCE_ABSENT },
	{ ELOOP, RESOURCE_ABSENT },
	{ EXDEV, RESOURCE_ABSENT },  /* openat2: it leads above the root */
	{ ENXIO, RESOURCE_ABSENT },  /* a socket */
	{ ENODEV, RESOURCE_ABSENT }, /* a device without a driver */
	/* RFC 9110 15.5.4 */
	{ EACCES, RESOURCE_FORBIDDEN },
	{ EPERM, RESOURCE_FORBIDDEN },
	/* 15.6.4: it may go another time */
	{ EMFILE, RESOURCE_BUSY },
	{ ENFILE, RESOURCE_BUSY },
	{ ENOMEM, RESOURCE_BUSY },
	{ EAGAIN, RESOURCE_BUSY },
	/* 15.6.1: it is there, but cannot be read: not a 404, which would
	 * say that it is gone */
	{ EIO, RESOURCE_BROKEN },
	{ EOVERFLOW, RESOURCE_BROKEN },
	{ ESTALE, RESOURCE_BROKEN },
	{ EBADMSG, RESOURCE_BROKEN },
	{ EUCLEAN, RESOURCE_BROKEN },
	{ ETIMEDOUT, RESOURCE_BROKEN },
	{ EREMOTEIO, RESOURCE_BROKEN },
};

static void each_errno_becomes_a_kind(void **state)
{
	(void)state;
	enum { OPEN, STAT, READ, CALLS };

	for (size_t i = 0; i < CALLS * array_count(errors); i++) {
		int call = (int)(i % CALLS);
		struct entry *e;
		fake_fs_init(&fake);
		struct fake_node *n = fake_add(&fake, "a", 10, 'x');
		int error = errors[i / CALLS].error;
		n->open_error = call == OPEN ? error : 0;
		n->stat_error = call == STAT ? error : 0;
		n->read_error = call == READ ? error : 0;
		enum resource_kind kind = load("a", &e);
		enum resource_kind want = errors[i / CALLS].kind;
		/* What has been opened is there. */
		if (call != OPEN && want == RESOURCE_ABSENT)
			continue;
		expect(kind == want, "%s of call %d: kind %d", strerror(error),
			call, (int)kind);
		assert_int_equal(fake.open_count, 0);
	}
}

/* Regular files only (hstatic(1)); a directory is told from nothing. */
static void only_regular_files_are_read(void **state)
{
	(void)state;
	static const struct {
		uint32_t type;
		enum resource_kind kind;
	} rows[] = {
		{ S_IFDIR, RESOURCE_DIRECTORY },
		{ S_IFIFO, RESOURCE_ABSENT },
		{ S_IFCHR, RESOURCE_ABSENT },
		{ S_IFBLK, RESOURCE_ABSENT },
		{ S_IFSOCK, RESOURCE_ABSENT },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct entry *e;
		fake_fs_init(&fake);
		fake_add(&fake, "a", 10, 'x')->facts.type = rows[i].type;
		expect(load("a", &e) == rows[i].kind, "row %zu", i);
		assert_int_equal(fake.open_count, 0);
		assert_int_equal(fake.reads, 0);
	}
}

static void sizes_decide_how_it_is_kept(void **state)
{
	(void)state;
	static const struct {
		uint64_t size;
		bool in_memory, is_hashed;
	} rows[] = {
		{ 0, true, true },
		{ 1, true, true },
		{ FILES_KEPT_MAX, true, true },
		{ FILES_KEPT_MAX + 1, false, true },
		{ FILES_HASHED_MAX, false, true },
		{ FILES_HASHED_MAX + 1, false, false },
		{ UINT64_C(1) << 40, false, false },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct entry *e;
		fake_fs_init(&fake);
		fake_add(&fake, "a", rows[i].size, 'x');
		assert_int_equal(load("a", &e), RESOURCE_FILE);
		const struct variant *v = &e->file.resource.variants[0];
		expect(v->size == rows[i].size, "row %zu: size", i);
		expect((v->bytes != NULL) == rows[i].in_memory,
			"row %zu: memory", i);
		expect((v->fd >= 0) != rows[i].in_memory, "row %zu: fd", i);
		expect((fake.reads > 0) ==
				(rows[i].is_hashed && rows[i].size > 0),
			"row %zu: read", i);
		expect(v->etag[0] == '"' && v->etag[v->etag_len - 1] == '"',
			"row %zu: quotes", i);
		expect((v->etag_len == 22) == rows[i].is_hashed,
			"row %zu: %.*s", i, (int)v->etag_len, v->etag);
		load_free(e);
		assert_int_equal(fake.open_count, 0);
	}
}

/* Equal on all replicas, whatever the time; different for each variant. */
static void tags_are_of_the_content(void **state)
{
	(void)state;
	struct entry *a, *b, *c;

	fake_fs_init(&fake);
	fake_add(&fake, "a", 100, 'x');
	fake_add(&fake, "b", 100, 'x')->facts.mtime_ns += 5;
	fake_add(&fake, "c", 100, 'y');
	fake_add(&fake, "c.gz", 10, 'x');
	load("a", &a);
	load("b", &b);
	load("c", &c);
	const struct variant *v = c->file.resource.variants;
	struct span tag = variant_etag(a->file.resource.variants);
	assert_true(span_equal(tag, variant_etag(b->file.resource.variants)));
	assert_false(span_equal(tag, variant_etag(&v[CODING_IDENTITY])));
	assert_false(span_equal(variant_etag(&v[CODING_GZIP]),
		variant_etag(&v[CODING_IDENTITY])));
	/* Too large to be read: by size and time. */
	fake_add(&fake, "d", FILES_HASHED_MAX + 1, 'x');
	fake_add(&fake, "e", FILES_HASHED_MAX + 1, 'x')->facts.mtime_ns += 1;
	struct entry *d, *e;
	load("d", &d);
	load("e", &e);
	assert_false(span_equal(variant_etag(d->file.resource.variants),
		variant_etag(e->file.resource.variants)));
	load_free(a);
	load_free(b);
	load_free(c);
	load_free(d);
	load_free(e);
}

/* It would be torn: whoever asks is told to come again (RFC 9110 15.6.4). */
static void a_restless_file_is_busy(void **state)
{
	(void)state;
	struct entry *e;

	fake_fs_init(&fake);
	struct fake_node *n = fake_add(&fake, "a", FILES_KEPT_MAX + 9, 'x');
	n->is_restless = true;
	assert_int_equal(load("a", &e), RESOURCE_BUSY);
	assert_int_equal(fake.open_count, 0);
	/* Short reads are no change. */
	n->is_restless = false;
	n->read_max = 7;
	assert_int_equal(load("a", &e), RESOURCE_FILE);
	load_free(e);
	assert_int_equal(fake.open_count, 0);
}

static void times_are_whole_seconds(void **state)
{
	(void)state;
	static const struct {
		int64_t ns, seconds;
	} rows[] = {
		{ 0, 0 },
		{ 999999999, 0 },
		{ 1000000000, 1 },
		{ -1, -1 },
		{ -1000000000, -1 },
		{ -1000000001, -2 },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct entry *e;
		fake_fs_init(&fake);
		fake_add(&fake, "a", 1, 'x')->facts.mtime_ns = rows[i].ns;
		assert_int_equal(load("a", &e), RESOURCE_FILE);
		expect(e->file.resource.mtime == rows[i].seconds, "row %zu", i);
		load_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_errno_becomes_a_kind),
		cmocka_unit_test(only_regular_files_are_read),
		cmocka_unit_test(sizes_decide_how_it_is_kept),
		cmocka_unit_test(tags_are_of_the_content),
		cmocka_unit_test(a_restless_file_is_busy),
		cmocka_unit_test(times_are_whole_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
