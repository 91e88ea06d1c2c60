/*
 * Files that steer the server (io/text_file.h): read when they come, change
 * or go, and not otherwise, also where nothing can be watched; what cannot be
 * read is told once, and read when it can be.
 */
#include "support.h"

#include <errno.h>
#include <stdlib.h>

#include "fake_fs.h"
#include "io/file.h"
#include "io/text_file.h"

static struct fake_fs fs;
static struct files *files;
static struct text_file text;
static struct text_bytes bytes;

static int start(void **state)
{
	(void)state;
	const struct files_limits limits = {
		.bytes_max = 1 << 20, .descriptors_max = 8, .watches_max = 4
	};

	fake_fs_init(&fs);
	files = files_new(&fs.fs, &limits, 1);
	text_file_init(&text, "_rules");
	return files == NULL ? -1 : 0;
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(fs.open_count, 0);
	files_free(files);
	return 0;
}

static int look(void)
{
	files_refresh(files, 0);
	free(bytes.at);
	bytes = (struct text_bytes){ NULL, 77 };
	return text_file_refresh(&text, files, &bytes);
}

static void expect_text(char fill, size_t len)
{
	assert_non_null(bytes.at);
	assert_int_equal(bytes.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes.at[i], fill);
}

/* Nothing is opened for a request when nothing has changed. */
static void expect_belief(void)
{
	fs.opens = 0;
	assert_int_equal(look(), 0);
	assert_int_equal(fs.opens, 0);
}

static void changes_are_read(void **state)
{
	(void)state;
	assert_int_equal(look(), 0); /* none is what there was */
	expect_belief();
	struct fake_node *node = fake_add(&fs, "_rules", 5, 'a');
	fake_tell(&fs, "_rules");
	assert_int_equal(look(), 1);
	expect_text('a', 5);
	expect_belief();
	/* Another file in the root: looked at, and the same. */
	fake_add(&fs, "other", 5, 'a');
	fake_tell(&fs, "other");
	fs.reads = 0;
	assert_int_equal(look(), 0);
	assert_int_equal(fs.reads, 0);
	expect_belief();
	/* Below the root: of no interest. */
	fs.now_ns += 1000000000;
	fake_change(&fs, node, 'b');
	fs.now_ns += 1000000000;
	assert_int_equal(look(), 1);
	expect_text('b', 5);
	node->name = NULL;
	fake_tell(&fs, "_rules");
	assert_int_equal(look(), 1);
	assert_null(bytes.at);
	expect_belief();
}

static void what_cannot_be_watched_is_compared(void **state)
{
	(void)state;
	struct fake_node *node = fake_add(&fs, "_rules", 5, 'a');

	for (int how = 0; how < 4; how++) {
		fs.fs.can_watch = how != 0;
		node->is_behind_link = how == 1;
		node->facts.links = how == 2 ? 2 : 1;
		node->facts.dev = how == 3 ? 99 : fs.fs.root_dev;
		text_file_init(&text, "_rules");
		assert_int_equal(look(), 1);
		expect_text(node->fill, 5);
		fs.opens = fs.reads = 0;
		assert_int_equal(look(), 0);
		assert_true(fs.opens > 0);
		assert_int_equal(fs.reads, 0);
		/* Changed without a word. */
		fs.now_ns += 1000000000;
		node->fill = (char)('b' + how);
		node->facts.mtime_ns = fs.now_ns;
		fs.now_ns += 1000000000;
		assert_int_equal(look(), 1);
		expect_text((char)('b' + how), 5);
	}
	/* Within the tick of the clock the facts prove nothing. */
	node->facts.ctime_ns = fs.now_ns;
	assert_int_equal(look(), 1);
	assert_int_equal(look(), 1);
	fs.now_ns += 1000000000;
	assert_int_equal(look(), 1);
	assert_int_equal(look(), 0);
}

/* Nothing tells when one of these is over. */
static const int faults[] = { EACCES, EIO, EMFILE, ENOMEM };

static void faults_are_told_once(void **state)
{
	(void)state;
	struct fake_node *node = fake_add(&fs, "_rules", 5, 'a');

	assert_int_equal(look(), 1);
	for (size_t i = 0; i < array_count(faults); i++) {
		node->open_error = faults[i];
		fake_tell(&fs, "_rules");
		assert_int_equal(look(), -faults[i]);
		fs.opens = 0;
		assert_int_equal(look(), 0);
		assert_true(fs.opens > 0);
		node->open_error = 0;
		/* It may have changed meanwhile. */
		assert_int_equal(look(), 1);
		expect_text('a', 5);
	}
	node->facts.size = FILES_HASHED_MAX + 1;
	fake_tell(&fs, "_rules");
	assert_int_equal(look(), -EFBIG);
	node->facts.size = FILES_HASHED_MAX;
	fake_tell(&fs, "_rules");
	assert_int_equal(look(), 1);
	node->is_restless = true;
	fake_tell(&fs, "_rules");
	node->facts.ctime_ns++;
	assert_int_equal(look(), -EAGAIN);
	node->is_restless = false;
	assert_int_equal(look(), 1);
}

/* The reader had no memory for what the text means. */
static void what_was_of_no_use_is_read_again(void **state)
{
	(void)state;
	struct fake_node *node = fake_add(&fs, "_rules", 5, 'a');

	assert_int_equal(look(), 1);
	expect_belief();
	text_file_forget(&text);
	assert_int_equal(look(), 1);
	expect_text('a', 5);
	expect_belief();
	/* It goes before they are read again: that is news, too. */
	text_file_forget(&text);
	node->name = NULL;
	fake_tell(&fs, "_rules");
	assert_int_equal(look(), 1);
	assert_null(bytes.at);
}

/* What would not be served does not count, and is told. */
static void only_regular_files_count(void **state)
{
	(void)state;
	struct fake_node *node = fake_add(&fs, "_rules", 5, 'a');
	static const uint32_t types[] = { 0040000, 0010000 };
	static const int errors[] = { EXDEV, ELOOP, ENXIO };

	for (size_t i = 0; i < array_count(types); i++) {
		text_file_init(&text, "_rules");
		node->facts.type = types[i];
		assert_int_equal(look(), -EISDIR);
		assert_int_equal(look(), 0);
	}
	for (size_t i = 0; i < array_count(errors); i++) {
		text_file_init(&text, "_rules");
		node->open_error = errors[i];
		assert_int_equal(look(), -errors[i]);
		fs.opens = 0;
		assert_int_equal(look(), 0);
		assert_true(fs.opens > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes_are_read, start, stop),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_watched_is_compared, start, stop),
		cmocka_unit_test_setup_teardown(
			faults_are_told_once, start, stop),
		cmocka_unit_test_setup_teardown(
			what_was_of_no_use_is_read_again, start, stop),
		cmocka_unit_test_setup_teardown(
			only_regular_files_count, start, stop),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(bytes.at);
	return failed;
}
