/*
 * Codings that were made of a file, in the cache (io/files.h): to whom they
 * are added, what they cost, and how long they stay.
 */
#include "support.h"

#include <stdlib.h>

#include "fake_fs.h"
#include "io/files.h"
#include "io/memfd.h"

#define BIT(coding) (1u << (coding))
#define ALL         (BIT(CODING_GZIP) | BIT(CODING_BR) | BIT(CODING_ZSTD))

static struct fake_fs fake;
static struct files *files;
static const struct files_limits plenty = { 1 << 20, 100, 100, true };

static void start(const struct files_limits *limits)
{
	fake_fs_init(&fake);
	files = files_new(&fake.fs, limits, 42);
	assert_non_null(files);
}

static void stop(void)
{
	files_free(files);
	assert_int_equal(fake.open_count, 0);
}

static struct file *look(const char *name)
{
	struct file *file = NULL;

	assert_int_equal(
		files_open(files, span_of(name), &file), RESOURCE_FILE);
	return file;
}

static struct span digest_in(const struct file *file)
{
	return span_skip(variant_etag(&file->resource.variants[0]), 1);
}

/* `size` bytes, in memory or in a descriptor. */
static struct made make(enum coding coding, uint64_t size, bool is_fd)
{
	struct made m = { .coding = coding,
		.size = size,
		.bytes = calloc(1, (size_t)size),
		.fd = -1 };

	memcpy(m.digest, "digest-of-the-coding", DIGEST_LENGTH);
	if (!is_fd)
		return m;
	m.fd = memfd_of((struct span){ m.bytes, (size_t)size });
	assert_true(m.fd >= 0);
	free(m.bytes);
	m.bytes = NULL;
	return m;
}

static void add(struct file *file, enum coding coding, uint64_t size)
{
	struct made m = make(coding, size, false);

	file_add(files, file, &m, digest_in(file).at);
}

static bool has_made(const char *name, enum coding coding)
{
	struct file *file = look(name);
	struct variant *v = &file->resource.variants[coding];
	bool has = v->exists && v->is_made;

	file_put(files, file);
	return has;
}

static unsigned unmade(const char *name)
{
	struct file *file = look(name);
	unsigned bits = file->resource.unmade;

	file_put(files, file);
	return bits;
}

static void what_can_be_made_is_told(void **state)
{
	(void)state;
	static const struct files_limits off = { 1 << 20, 100, 100, false };

	start(&plenty);
	fake_add(&fake, "a", 1000, 'x');
	fake_add(&fake, "b", 1000, 'x');
	fake_add(&fake, "b.br", 100, 'x');
	fake_add(&fake, "large", FILES_HASHED_MAX, 'x');
	fake_add(&fake, "larger", FILES_HASHED_MAX + 1, 'x');
	struct fake_node *fresh = fake_add(&fake, "fresh", 1000, 'x');
	fresh->facts.ctime_ns = fake.now_ns;
	assert_int_equal(unmade("a"), ALL);
	assert_int_equal(unmade("b"), ALL & ~BIT(CODING_BR));
	assert_int_equal(unmade("large"), ALL);
	assert_int_equal(unmade("larger"), 0);
	/* What is not kept would be made for nobody. */
	assert_int_equal(unmade("fresh"), 0);
	stop();
	start(&off);
	fake_add(&fake, "a", 1000, 'x');
	assert_int_equal(unmade("a"), 0);
	stop();
}

static void what_was_made_is_there_for_the_next(void **state)
{
	(void)state;

	start(&plenty);
	fake_add(&fake, "a", 1000, 'x');
	struct file *file = look("a");
	add(file, CODING_GZIP, 300);
	struct made m = make(CODING_BR, 40000, true);
	file_add(files, file, &m, digest_in(file).at);
	const struct variant *gzip = &file->resource.variants[CODING_GZIP];
	const struct variant *br = &file->resource.variants[CODING_BR];
	assert_true(gzip->exists && gzip->is_made && gzip->bytes != NULL);
	assert_int_equal(gzip->size, 300);
	assert_int_equal(gzip->fd, -1);
	assert_true(span_equal(
		variant_etag(gzip), SPAN("\"digest-of-the-coding\"")));
	assert_true(br->exists && br->is_made && br->bytes == NULL);
	assert_int_equal(br->fd, m.fd);
	/* A second one of the same coding is too much. */
	const char *before = gzip->bytes;
	add(file, CODING_GZIP, 200);
	assert_ptr_equal(gzip->bytes, before);
	assert_int_equal(gzip->size, 300);
	file_put(files, file);
	assert_true(has_made("a", CODING_GZIP) && has_made("a", CODING_BR));
	stop();
	/* The descriptor went with the entry. */
	assert_false(memfd_is_sealed(m.fd, 40000));
}

static void only_the_same_content_counts(void **state)
{
	(void)state;

	start(&plenty);
	fake_add(&fake, "a", 1000, 'x');
	struct file *file = look("a");
	struct made m = make(CODING_GZIP, 300, false);
	file_add(files, file, &m, "another-file's-digest");
	assert_false(file->resource.variants[CODING_GZIP].exists);
	file_put(files, file);
	stop();
}

static void an_entry_that_is_gone_gets_nothing(void **state)
{
	(void)state;

	start(&plenty);
	struct fake_node *node = fake_add(&fake, "a", 1000, 'x');
	struct file *file = look("a");
	fake_change(&fake, node, 'y');
	files_refresh(files, 0);
	assert_int_equal(file->resource.unmade, 0);
	add(file, CODING_GZIP, 300);
	struct made m = make(CODING_BR, 300, true);
	file_add(files, file, &m, digest_in(file).at);
	assert_false(file->resource.variants[CODING_GZIP].exists);
	assert_false(memfd_is_sealed(m.fd, 300));
	file_put(files, file);
	fake.now_ns += INT64_C(1000000000);
	assert_false(has_made("a", CODING_GZIP));
	assert_int_equal(unmade("a"), ALL);
	stop();
}

/* A file that cannot be watched is looked at each time. */
static void an_entry_that_is_looked_at_anew_keeps_them(void **state)
{
	(void)state;

	start(&plenty);
	struct fake_node *node = fake_add(&fake, "a", 1000, 'x');
	node->facts.links = 2;
	struct file *file = look("a");
	add(file, CODING_GZIP, 300);
	file_put(files, file);
	fake.opens = 0;
	assert_true(has_made("a", CODING_GZIP));
	assert_true(fake.opens > 0);
	node->fill = 'y';
	node->facts.mtime_ns++;
	assert_false(has_made("a", CODING_GZIP));
	stop();
}

static void a_sibling_wins(void **state)
{
	(void)state;

	/* Watched, and not. */
	for (unsigned links = 1; links <= 2; links++) {
		start(&plenty);
		fake_add(&fake, "a", 1000, 'x')->facts.links = links;
		struct file *file = look("a");
		add(file, CODING_GZIP, 300);
		add(file, CODING_BR, 300);
		file_put(files, file);
		assert_true(has_made("a", CODING_GZIP));
		fake_add(&fake, "a.gz", 123, 'z');
		fake_tell(&fake, "a.gz");
		files_refresh(files, 0);
		file = look("a");
		const struct variant *v = &file->resource.variants[CODING_GZIP];
		assert_true(v->exists && !v->is_made);
		assert_int_equal(v->size, 123);
		assert_int_equal(file->resource.unmade,
			BIT(CODING_BR) | BIT(CODING_ZSTD));
		file_put(files, file);
		stop();
	}
}

static void they_count_in_the_budget(void **state)
{
	(void)state;
	static const struct files_limits small = { 6000, 1, 100, true };

	start(&small);
	fake_add(&fake, "a", 1000, 'x');
	fake_add(&fake, "b", 1000, 'x');
	fake_add(&fake, "c", 1000, 'x');
	/* Bytes: the least recent goes. */
	file_put(files, look("a"));
	struct file *b = look("b");
	add(b, CODING_GZIP, 3000);
	assert_true(has_made("b", CODING_GZIP));
	fake.opens = 0;
	file_put(files, look("a"));
	assert_true(fake.opens > 0);
	file_put(files, b);
	/* One that exceeds it all goes itself. */
	struct file *c = look("c");
	add(c, CODING_GZIP, 6000);
	assert_int_equal(c->resource.unmade, 0);
	file_put(files, c);
	assert_false(has_made("c", CODING_GZIP));
	/* Descriptors, too. */
	b = look("b");
	struct made one = make(CODING_BR, 10, true);
	struct made two = make(CODING_ZSTD, 10, true);
	file_add(files, b, &one, digest_in(b).at);
	assert_true(has_made("b", CODING_BR));
	file_add(files, b, &two, digest_in(b).at);
	file_put(files, b);
	assert_false(has_made("b", CODING_BR));
	stop();
	assert_false(memfd_is_sealed(one.fd, 10));
	assert_false(memfd_is_sealed(two.fd, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_made_is_told),
		cmocka_unit_test(what_was_made_is_there_for_the_next),
		cmocka_unit_test(only_the_same_content_counts),
		cmocka_unit_test(an_entry_that_is_gone_gets_nothing),
		cmocka_unit_test(an_entry_that_is_looked_at_anew_keeps_them),
		cmocka_unit_test(a_sibling_wins),
		cmocka_unit_test(they_count_in_the_budget),
	};

	return cmocka_run_group_tests_name("made", tests, NULL, NULL);
}
