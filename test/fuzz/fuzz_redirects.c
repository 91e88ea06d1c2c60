/*
 * _redirects (hstatic(1), RULES): the first line of the input is a path, the
 * second a query, the rest the file. Whatever they are, a Location is made of
 * characters of a URI, begins with one slash or with the authority that the
 * file has, a name is one that may be served, and the rule is the one that
 * trying them all in turn finds.
 */
#include "fuzz_rules.h"

#include "http/path.h"
#include "http/redirects.h"

static struct redirects redirects;

static struct fuzz_report parse(struct span file, struct text *storage)
{
	struct fuzz_report report = fuzz_report_for(file);

	storage->len = 0;
	unsigned errors = redirects_parse(
		&redirects, file, storage, &report.report);
	assert(errors == report.report.errors && !storage->is_full);
	for (unsigned i = 0; i < redirects.from.count; i++) {
		assert(fuzz_is_within(redirects.rules[i].to, file));
		assert(redirects.rules[i].line <= report.lines);
	}
	return report;
}

/* Each rule in turn. */
static const struct redirect *model_find(struct span path, bool forced_only)
{
	struct captures captures;

	for (unsigned i = 0; i < redirects.from.count; i++) {
		if ((redirects.rules[i].is_forced || !forced_only) &&
			pattern_match(&redirects.from.at[i], path, &captures))
			return &redirects.rules[i];
	}
	return NULL;
}

static void check_location(const struct redirect *rule, struct span location)
{
	for (size_t i = 0; i < location.len; i++)
		assert(location.at[i] > ' ' && location.at[i] < 0x7f);
	if (rule->to.at[0] == '/') {
		assert(span_starts(location, SPAN("/")));
		assert(!span_starts(location, SPAN("//")));
		return;
	}
	size_t colon = span_find(rule->to, ':');
	size_t length = colon + 3;
	while (length < rule->to.len && rule->to.at[length] != '/' &&
		rule->to.at[length] != '?' && rule->to.at[length] != '#')
		length++;
	assert(span_starts(location, span_first(rule->to, length)));
	assert(location.len > length && location.at[length] == '/');
}

static void check_name(struct span name)
{
	assert(!rules_is_file(name));
	assert(span_find(name, '\0') == name.len);
	while (name.len > 0) {
		size_t length = span_find(name, '/');
		struct span segment = span_first(name, length);
		assert(segment.len > 0);
		assert(segment.at[0] != '.' ||
			span_equal(segment, SPAN(".well-known")));
		name = span_skip(name, length < name.len ? length + 1 : length);
	}
}

static void check_rule(const struct redirect *rule,
	const struct captures *captures, struct span query)
{
	static char out_at[16384];
	struct text out = text_in(out_at, sizeof out_at);

	if (redirect_is_elsewhere(rule)) {
		if (redirect_location(rule, captures, query, &out))
			check_location(rule, text_span(&out));
		else
			assert(out.len == 0);
	} else if (redirect_name(rule, captures, &out)) {
		check_name(text_span(&out));
	} else {
		assert(out.len == 0);
	}
	assert(!out.is_full);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span rest = fuzz_span(bytes, size), query = SPAN("");
	struct span path = fuzz_take_path(&rest);
	struct captures captures;

	fuzz_take_line(&rest, &query);
	struct text storage = fuzz_text(rest.len);
	struct fuzz_report first = parse(rest, &storage);
	struct fuzz_report again = parse(rest, &storage);
	assert(first.sum == again.sum &&
		first.report.warnings == again.report.warnings);
	for (int forced_only = 0; forced_only < 2; forced_only++) {
		const struct redirect *rule = redirects_find(
			&redirects, path, forced_only, &captures);
		assert(rule == model_find(path, forced_only));
		if (rule == NULL)
			continue;
		for (unsigned i = 0; i < captures.count; i++)
			assert(fuzz_is_within(captures.at[i].value, path));
		check_rule(rule, &captures, query);
	}
	free(storage.at);
	return 0;
}
