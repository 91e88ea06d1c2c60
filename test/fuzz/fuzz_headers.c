/*
 * _headers (hstatic(1), RULES): the first line of the input is a path, the
 * rest the file. Whatever they are, the fields of the answer stay fields
 * (RFC 9110 5.1, 5.5), those that frame it stay as they were, and a stand-in
 * keeps what it says about caching and content.
 */
#include "fuzz_rules.h"

#include "http/field.h"
#include "http/headers.h"

static struct headers headers;

static const struct answer_field ours[] = {
	{ { "Server", 6 }, { "hstatic", 7 } },
	{ { "Date", 4 }, { "now", 3 } },
	{ { "Content-Type", 12 }, { "text/html", 9 } },
	{ { "Content-Length", 14 }, { "7", 1 } },
	{ { "ETag", 4 }, { "\"a\"", 3 } },
	{ { "Vary", 4 }, { "Accept-Encoding", 15 } },
	{ { "Cache-Control", 13 }, { "no-cache", 8 } },
	{ { "Location", 8 }, { "/", 1 } },
};

static struct fuzz_report parse(struct span file, struct text *storage)
{
	struct fuzz_report report = fuzz_report_for(file);

	storage->len = 0;
	unsigned errors = headers_parse(
		&headers, file, storage, &report.report);
	assert(errors == report.report.errors && !storage->is_full);
	for (unsigned i = 0; i < headers.line_count; i++) {
		assert(fuzz_is_within(headers.lines[i].name, file));
		assert(fuzz_is_within(headers.lines[i].value, file));
	}
	return report;
}

/* How many fields have the name, and the value of the last. */
static unsigned field_find_all(
	const struct field_list *list, struct span name, struct span *value)
{
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++) {
		if (span_equal_nocase(list->at[i].name, name)) {
			*value = list->at[i].value;
			count++;
		}
	}
	return count;
}

/* Does a field of that name begin with it? */
static bool is_one_of(
	const struct field_list *list, struct span name, struct span start)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (span_equal_nocase(list->at[i].name, name) &&
			span_starts(list->at[i].value, start))
			return true;
	}
	return false;
}

/* Some of which there may never be two. */
static const struct span singles[] = { { "X-Frame-Options", 15 },
	{ "Access-Control-Allow-Origin", 27 }, { "Server", 6 } };

static void check_unchanged(const struct field_list *list, struct span name)
{
	struct field_list before = { (struct answer_field *)ours,
		array_count(ours), array_count(ours) };
	struct span was = SPAN(""), is = SPAN("");

	assert(field_find_all(&before, name, &was) == 1);
	assert(field_find_all(list, name, &is) == 1);
	assert(span_equal(was, is));
}

static void check_fields(const struct field_list *list, bool is_stand_in)
{
	struct span value = SPAN("");

	assert(list->count <= list->max);
	for (unsigned i = 0; i < list->count; i++) {
		value = list->at[i].value;
		assert(field_is_token(list->at[i].name) && value.len > 0);
		for (size_t k = 0; k < value.len; k++) {
			uint8_t c = (uint8_t)value.at[k];
			assert(c == '\t' || (c >= ' ' && c != 0x7f));
		}
	}
	check_unchanged(list, SPAN("Date"));
	check_unchanged(list, SPAN("Content-Length"));
	check_unchanged(list, SPAN("ETag"));
	check_unchanged(list, SPAN("Location"));
	assert(field_find_all(list, SPAN("Vary"), &value) >= 1);
	assert(is_one_of(list, SPAN("Vary"), SPAN("Accept-Encoding")));
	for (size_t i = 0; i < array_count(singles); i++)
		assert(field_find_all(list, singles[i], &value) <= 1);
	assert(field_find_all(list, SPAN("Content-Type"), &value) <= 1);
	assert(field_find_all(list, SPAN("Transfer-Encoding"), &value) == 0);
	if (is_stand_in) {
		check_unchanged(list, SPAN("Cache-Control"));
		check_unchanged(list, SPAN("Content-Type"));
	}
}

static void check_match(const struct header_match *match, struct span path)
{
	struct captures captures;

	assert(match->count <= HEADERS_MATCH_MAX);
	assert(!match->is_cut || match->count == HEADERS_MATCH_MAX);
	for (unsigned i = 0; i < match->count; i++) {
		const struct pattern *p = &headers.patterns.at[match->rules[i]];
		assert(pattern_match(p, path, &captures));
		assert(!match->is_stand_in || pattern_is_everything(p));
		assert(i == 0 || match->rules[i] > match->rules[i - 1]);
	}
}

/* The edit, with so much memory for the values and the list. */
static void check(struct span path, bool is_stand_in, size_t size, unsigned max)
{
	struct answer_field fields[array_count(ours) + HEADERS_FIELDS_MAX];
	struct field_list list = { fields, array_count(ours), max };
	struct text storage = fuzz_text(size);
	struct header_match match = headers_match(&headers, path, is_stand_in);

	memcpy(fields, ours, sizeof ours);
	check_match(&match, path);
	headers_apply(&headers, &match, path, &list, &storage);
	assert(!storage.is_full);
	check_fields(&list, is_stand_in);
	free(storage.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span rest = fuzz_span(bytes, size);
	struct span path = fuzz_take_path(&rest);
	struct text storage = fuzz_text(rest.len);
	struct fuzz_report first = parse(rest, &storage);
	struct fuzz_report again = parse(rest, &storage);
	unsigned count = array_count(ours);

	assert(first.sum == again.sum &&
		first.report.errors == again.report.errors);
	for (int is_stand_in = 0; is_stand_in < 2; is_stand_in++) {
		check(path, is_stand_in, 16384, count + HEADERS_FIELDS_MAX);
		check(path, is_stand_in, size % 40,
			count + (unsigned)(size % 5));
	}
	free(storage.at);
	return 0;
}
