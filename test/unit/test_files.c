/*
 * The cache of files (io/files.h) over a file system in memory: what it
 * serves is what a request that comes now would find. Never stale, whatever
 * changes and however it is noticed; nothing kept beyond the budget.
 */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>

#include "fake_fs.h"
#include "io/files.h"

#define SECOND INT64_C(1000000000)

static struct fake_fs fake;
static struct files *files;
static const struct files_limits plenty = { 1 << 20, 100, 100, false };

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
	assert_int_equal(fake.watch_count, 0);
}

/* As worker.c does for each batch of events. */
static void batch(void)
{
	files_refresh(files, 0);
}

/* The first byte of the file, or the kind of its absence as a digit. */
static char look(const char *name)
{
	struct file *file = NULL;
	enum resource_kind kind = files_open(files, span_of(name), &file);

	if (kind != RESOURCE_FILE) {
		assert_null(file);
		return (char)('0' + (int)kind);
	}
	const struct variant *v = &file->resource.variants[CODING_IDENTITY];
	assert_true(v->exists && v->bytes != NULL);
	assert_true(span_equal(file->resource.name, span_of(name)));
	char first = v->bytes[0];
	file_put(files, file);
	return first;
}

/* How many times the file system is asked for it. */
static unsigned cost(const char *name)
{
	fake.opens = fake.reads = 0;
	look(name);
	return fake.opens + fake.reads;
}

static void a_second_look_is_free(void **state)
{
	(void)state;

	start(&plenty);
	fake_add(&fake, "a", 10, 'x');
	assert_int_equal(look("a"), 'x');
	assert_int_equal(cost("a"), 0);
	assert_int_equal(fake.open_count, 0);
	/* What is not there is not remembered: it may come. */
	assert_int_equal(look("b"), '0' + RESOURCE_ABSENT);
	fake_add(&fake, "b", 10, 'y');
	assert_int_equal(look("b"), 'y');
	stop();
}

static void a_change_is_seen_by_the_next_batch(void **state)
{
	(void)state;

	start(&plenty);
	struct fake_node *a = fake_add(&fake, "d/a", 10, 'x');
	struct fake_node *b = fake_add(&fake, "d/b", 10, 'y');
	assert_int_equal(look("d/a"), 'x');
	assert_int_equal(look("d/b"), 'y');
	fake_change(&fake, a, 'z');
	batch();
	assert_int_equal(look("d/a"), 'z');
	assert_int_equal(cost("d/b"), 0);
	a->name = NULL;
	fake_tell(&fake, "d/a");
	batch();
	assert_int_equal(look("d/a"), '0' + RESOURCE_ABSENT);
	/* A directory that moves, or changes that were lost, end it all. */
	fake.changes[fake.change_count++] = (struct change){ .watch = 1,
		.is_tree = true };
	b->fill = 'w';
	batch();
	assert_int_equal(look("d/b"), 'w');
	fake.changes[fake.change_count++] = (struct change){ .is_lost = true };
	b->fill = 'v';
	batch();
	assert_int_equal(look("d/b"), 'v');
	stop();
}

/* Who still sends the old version keeps it, whole. */
static void what_is_in_use_stays_as_it_is(void **state)
{
	(void)state;
	struct file *old;

	start(&plenty);
	struct fake_node *a = fake_add(&fake, "a", 10, 'x');
	assert_int_equal(files_open(files, SPAN("a"), &old), RESOURCE_FILE);
	fake_change(&fake, a, 'y');
	batch();
	assert_int_equal(look("a"), 'y');
	assert_int_equal(old->resource.variants[0].bytes[9], 'x');
	files_free(files);
	assert_int_equal(old->resource.variants[0].bytes[9], 'x');
	file_put(NULL, old);
	assert_int_equal(fake.open_count, 0);
}

static void siblings_count_when_not_older(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int64_t age_ns; /* older than the file, if positive */
		uint32_t type;
		int error;
		bool exists[CODING_COUNT];
	} rows[] = {
		{ "a.gz", 0, S_IFREG, 0, { true, true, false, false } },
		{ "a.br", 0, S_IFREG, 0, { true, false, true, false } },
		{ "a.zst", 0, S_IFREG, 0, { true, false, false, true } },
		{ "a.gz", -1, S_IFREG, 0, { true, true, false, false } },
		{ "a.gz", 1, S_IFREG, 0, { true, false, false, false } },
		{ "a.gz", 0, S_IFDIR, 0, { true, false, false, false } },
		{ "a.gz", 0, S_IFIFO, 0, { true, false, false, false } },
		/* one that cannot be read is as good as none */
		{ "a.gz", 0, S_IFREG, EACCES, { true, false, false, false } },
		{ "a.xz", 0, S_IFREG, 0, { true, false, false, false } },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct file *file;
		start(&plenty);
		fake_add(&fake, "a", 10, 'x');
		struct fake_node *n = fake_add(&fake, rows[i].name, 5, 'y');
		n->facts.mtime_ns -= rows[i].age_ns;
		n->facts.type = rows[i].type;
		n->open_error = rows[i].error;
		assert_int_equal(
			files_open(files, SPAN("a"), &file), RESOURCE_FILE);
		for (enum coding c = 0; c < CODING_COUNT; c++)
			expect(file->resource.variants[c].exists ==
					rows[i].exists[c],
				"row %zu: coding %d", i, (int)c);
		file_put(files, file);
		stop();
	}
}

/* Times in milliseconds since the second in which the file was written. */
static void times_cut_to_seconds_are_understood(void **state)
{
	(void)state;
	static const struct {
		int64_t file_ms, sibling_ms, made_ms;
		bool counts;
	} rows[] = {
		{ 200, 0, 300, true },
		{ 200, 0, 200, true },
		/* made before the file was written once more */
		{ 200, 0, 199, false },
		/* not cut, or cut from another second */
		{ 200, 199, 300, false },
		{ 200, -1000, 300, false },
		{ 0, -1000, 300, false },
		{ 999, 0, 5000, true },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		struct file *file;
		start(&plenty);
		struct fake_node *a = fake_add(&fake, "a", 10, 'x');
		struct fake_node *gz = fake_add(&fake, "a.gz", 5, 'y');
		a->facts.mtime_ns += rows[i].file_ms * 1000000;
		gz->facts.mtime_ns += rows[i].sibling_ms * 1000000;
		gz->facts.ctime_ns += rows[i].made_ms * 1000000;
		assert_int_equal(
			files_open(files, SPAN("a"), &file), RESOURCE_FILE);
		expect(file->resource.variants[CODING_GZIP].exists ==
				rows[i].counts,
			"row %zu", i);
		file_put(files, file);
		stop();
	}
}

/* A sibling that comes or changes is a change of the file. */
static void siblings_come_and_go(void **state)
{
	(void)state;
	struct file *file;

	start(&plenty);
	fake_add(&fake, "d/a", 10, 'x');
	look("d/a");
	struct fake_node *gz = fake_add(&fake, "d/a.gz", 5, 'y');
	fake_tell(&fake, "d/a.gz");
	batch();
	assert_int_equal(files_open(files, SPAN("d/a"), &file), RESOURCE_FILE);
	assert_true(file->resource.variants[CODING_GZIP].exists);
	file_put(files, file);
	gz->name = NULL;
	fake_tell(&fake, "d/a.gz");
	batch();
	assert_int_equal(files_open(files, SPAN("d/a"), &file), RESOURCE_FILE);
	assert_false(file->resource.variants[CODING_GZIP].exists);
	file_put(files, file);
	stop();
}

/* What can change without a word is looked at each time. */
static void what_cannot_be_watched_is_compared(void **state)
{
	(void)state;
	enum { LINKED, BEHIND_LINK, OTHER_DEVICE, NO_WATCHES, BUDGET, COUNT };
	static const struct files_limits none = { 1 << 20, 100, 0, false };

	for (int i = 0; i < COUNT; i++) {
		start(i == BUDGET ? &none : &plenty);
		struct fake_node *a = fake_add(&fake, "d/a", 10, 'x');
		a->facts.links = i == LINKED ? 2 : 1;
		a->is_behind_link = i == BEHIND_LINK;
		a->facts.dev = i == OTHER_DEVICE ? 2 : 1;
		fake.fs.can_watch = i != NO_WATCHES;
		expect(look("d/a") == 'x', "row %d", i);
		/* Opened again, but not read again. */
		fake.reads = 0;
		expect(cost("d/a") > 0, "row %d: trusted", i);
		expect(fake.reads == 0, "row %d: read again", i);
		/* Another content, of which nobody tells. */
		a->fill = 'y';
		a->facts.ctime_ns++;
		expect(look("d/a") == 'y', "row %d: stale", i);
		/* A sibling out of nowhere. */
		struct file *file;
		fake_add(&fake, "d/a.br", 5, 'z');
		assert_int_equal(
			files_open(files, SPAN("d/a"), &file), RESOURCE_FILE);
		expect(file->resource.variants[CODING_BR].exists,
			"row %d: no sibling", i);
		file_put(files, file);
		a->name = NULL;
		expect(look("d/a") == '0' + RESOURCE_ABSENT, "row %d: there",
			i);
		stop();
	}
}

static void change_quietly(struct fake_fs *f)
{
	f->nodes[0].fill = 'y';
	f->nodes[0].facts.ctime_ns++;
}

/* A change between the first look and the watch is not missed. */
static void the_look_comes_after_the_watch(void **state)
{
	(void)state;

	start(&plenty);
	fake_add(&fake, "d/a", 10, 'x');
	fake.on_watch = change_quietly;
	assert_int_equal(look("d/a"), 'y');
	assert_int_equal(cost("d/a"), 0);
	stop();
}

/* The stamp of a change within this tick may stand for two changes. */
static void fresh_files_are_not_kept(void **state)
{
	(void)state;
	static const struct {
		int64_t age_ns;
		bool is_kept;
	} rows[] = {
		{ 0, false },
		{ 1, false },
		{ 10 * 1000 * 1000, false },
		{ SECOND, true },
		{ 10 * SECOND, true },
	};

	for (size_t i = 0; i < 2 * array_count(rows); i++) {
		bool is_sibling = i % 2 == 1;
		start(&plenty);
		struct fake_node *a = fake_add(&fake, "a", 10, 'x');
		struct fake_node *gz = fake_add(&fake, "a.gz", 10, 'x');
		(is_sibling ? gz : a)->facts.ctime_ns = fake.now_ns -
							rows[i / 2].age_ns;
		look("a");
		expect((cost("a") == 0) == rows[i / 2].is_kept, "row %zu", i);
		stop();
	}
}

static void the_budget_holds(void **state)
{
	(void)state;
	static const struct files_limits small = { 4096, 2, 100, false };
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	struct file *file;

	start(&small);
	for (size_t i = 0; i < array_count(names); i++)
		fake_add(&fake, names[i], 900, (char)('A' + (int)i));
	/* Two fit, with what describes them; the least recently used goes. */
	look("a");
	look("b");
	assert_int_equal(cost("a"), 0);
	for (size_t i = 2; i < array_count(names); i++) {
		look(names[i]);
		assert_int_equal(cost(names[i]), 0);
	}
	assert_true(cost("a") > 0);
	/* What is larger than all of it is served, and not kept. */
	fake_add(&fake, "large", 30000, 'L');
	assert_int_equal(look("large"), 'L');
	assert_true(cost("large") > 0);
	/* Descriptors are counted as well. */
	fake_add(&fake, "1", 40000, '1');
	fake_add(&fake, "2", 40000, '2');
	fake_add(&fake, "3", 40000, '3');
	for (const char *name = "1\0002\0003\0"; *name != '\0'; name += 2) {
		assert_int_equal(
			files_open(files, span_of(name), &file), RESOURCE_FILE);
		assert_true(file->resource.variants[0].fd >= 0);
		file_put(files, file);
	}
	assert_int_equal(fake.open_count, 2);
	stop();
}

static void the_root_may_be_switched_or_lost(void **state)
{
	(void)state;

	start(&plenty);
	struct fake_node *a = fake_add(&fake, "a", 10, 'x');
	look("a");
	a->fill = 'y';
	fake.root_res = 1;
	fake.changes[fake.change_count++] = (struct change){ .is_root = true };
	batch();
	assert_int_equal(look("a"), 'y');
	/* Unannounced, it is noticed after a while. */
	fake.root_res = 0;
	files_refresh(files, 1000);
	a->fill = 'z';
	fake.root_res = 1;
	files_refresh(files, 1099);
	assert_int_equal(look("a"), 'y');
	files_refresh(files, 1100);
	assert_int_equal(look("a"), 'z');
	fake.root_res = -EACCES;
	files_refresh(files, 1300);
	assert_true(files_root_is_lost(files));
	assert_int_equal(look("a"), '0' + RESOURCE_BUSY);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_look_is_free),
		cmocka_unit_test(a_change_is_seen_by_the_next_batch),
		cmocka_unit_test(what_is_in_use_stays_as_it_is),
		cmocka_unit_test(siblings_count_when_not_older),
		cmocka_unit_test(times_cut_to_seconds_are_understood),
		cmocka_unit_test(siblings_come_and_go),
		cmocka_unit_test(what_cannot_be_watched_is_compared),
		cmocka_unit_test(the_look_comes_after_the_watch),
		cmocka_unit_test(fresh_files_are_not_kept),
		cmocka_unit_test(the_budget_holds),
		cmocka_unit_test(the_root_may_be_switched_or_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
