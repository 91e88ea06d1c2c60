/*
 * Reading _redirects, line by line, and finding the rule for a path
 * (redirects.h). A line is judged as a whole before it becomes a rule: what
 * cannot be honoured must not be honoured in part.
 */
#include "http/redirects.h"

#include <assert.h>

#include "http/target.h"

#define FINE SPAN("")

/* FROM, TO, STATUS, and one more that is too many. */
#define WORDS_MAX 4

struct words {
	unsigned count;
	struct span at[WORDS_MAX];
};

/* What is wrong with a line, and with which of its words. */
struct complaint {
	struct span about, words; /* no words: nothing is */
};

struct parser {
	struct redirects *r;
	struct text *storage;
	struct rules_reader reader;
	bool was_full[2]; /* said that there are too many static, dynamic */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The words up to a comment, or to the fourth. */
static struct words words_split(struct span line)
{
	struct words words = { 0 };

	while (words.count < WORDS_MAX) {
		size_t length = 0;
		line = span_trim(line);
		if (line.len == 0 || line.at[0] == '#')
			break;
		while (length < line.len && !is_blank(line.at[length]))
			length++;
		words.at[words.count++] = span_first(line, length);
		line = span_skip(line, length);
	}
	return words;
}

static bool is_condition(struct span word)
{
	static const struct span names[] = { { "Country=", 8 },
		{ "Language=", 9 }, { "Role=", 5 }, { "Cookie=", 7 } };

	for (size_t i = 0; i < array_count(names); i++) {
		if (span_equal_nocase(span_first(word, names[i].len), names[i]))
			return true;
	}
	return false;
}

#define CONDITION \
	SPAN("conditions are not honoured: leave them out, or leave the " \
	     "rule to a server that knows the visitor")

/* A word that stands where Netlify has its `key=value`, before the target. */
static bool is_parameter(struct span word)
{
	return span_find(word, '=') < word.len &&
	       !span_starts(word, SPAN("/")) &&
	       memmem(word.at, word.len, "://", 3) == NULL;
}

/* "302", "302!"; 301 where there is none, as Netlify has it. */
static struct span status_parse(struct span word, struct redirect *rule)
{
	static const uint16_t known[] = { 200, 301, 302, 303, 307, 308, 404 };
	uint64_t status;

	if (is_condition(word))
		return CONDITION;
	rule->is_forced = span_ends(word, SPAN("!"));
	if (rule->is_forced)
		word.len--;
	if (word.len != 3 || !span_read_u64(word, &status))
		return SPAN("not a status: three digits, and ! after them to "
			    "come before a file (%20 for a space in a path)");
	for (size_t i = 0; i < array_count(known); i++) {
		if (status == known[i]) {
			rule->status = known[i];
			return FINE;
		}
	}
	return SPAN("not a status that a rule may have: 301, 302, 303, 307, "
		    "308, 200 or 404");
}

/*
 * Would the client come back to this rule? It would when the target is what
 * the rule comes from; and when a forced rule matches its own target. `from`
 * is tried on the target with each placeholder standing for itself.
 */
static bool is_loop(const struct redirect *rule, const struct pattern *from)
{
	char storage[2 * RULES_LINE_MAX];
	struct text path = text_in(storage, sizeof storage);
	struct captures own, got;

	if (!redirect_is_elsewhere(rule) || !span_starts(rule->to, SPAN("/")))
		return false;
	pattern_captures(from, &own);
	text_add_char(&path, '/');
	if (!target_name(rule->to, &own, &path))
		return false;
	if (path.len > 1 && span_ends(text_span(&path), SPAN("/")))
		path.len--;
	if (!pattern_match(from, text_span(&path), &got))
		return false;
	bool is_same = true;
	for (unsigned i = 0; i < got.count; i++)
		is_same &= span_equal(got.at[i].value, own.at[i].value);
	return rule->is_forced || is_same;
}

static struct complaint line_judge(const struct words *w, struct text *storage,
	struct redirect *rule, struct pattern *from)
{
	struct span problem = pattern_parse(w->at[0], storage, from);

	if (problem.len > 0)
		return (struct complaint){ w->at[0], problem };
	if (w->count < 2)
		return (struct complaint){ w->at[0],
			SPAN("leads nowhere: write a target after it") };
	if (is_parameter(w->at[1]))
		return (struct complaint){ w->at[1],
			SPAN("query parameters cannot be matched: leave them "
			     "out, the query is passed on") };
	if (w->count > 2)
		problem = status_parse(w->at[2], rule);
	if (problem.len > 0)
		return (struct complaint){ w->at[2], problem };
	if (w->count > 3)
		return (struct complaint){ w->at[3],
			is_condition(w->at[3])
				? CONDITION
				: SPAN("nothing can follow the status but a "
				       "comment") };
	rule->to = w->at[1];
	problem = target_judge(rule->to, rule->status, from);
	if (problem.len > 0)
		return (struct complaint){ w->at[1], problem };
	if (is_loop(rule, from))
		return (struct complaint){ w->at[1],
			SPAN("leads back to this rule, again and again: name "
			     "another target") };
	return (struct complaint){ .words = FINE };
}

/* An earlier rule that matches all that this one does, whenever it does. */
static const struct redirect *shadow_find(const struct redirects *r,
	const struct redirect *rule, const struct pattern *from)
{
	struct span path = from->text.len > 0 ? from->text : SPAN("/");
	struct pattern_search search = pattern_search_start(&r->from, path);
	struct captures captures;
	unsigned i;

	while (pattern_search_next(&search, &i, &captures)) {
		bool is_as_wide = r->from.at[i].has_splat || !from->has_splat;
		bool is_as_strong = r->rules[i].is_forced || !rule->is_forced;
		if (is_as_wide && is_as_strong)
			return &r->rules[i];
	}
	return NULL;
}

static void shadow_warn(
	struct parser *p, struct span about, const struct redirect *by)
{
	char storage[128];
	struct text words = text_in(storage, sizeof storage);

	text_add_literal(&words, "never used: line ");
	text_add_u64(&words, by->line);
	text_add_literal(&words, " comes first and matches the same");
	rules_warn(&p->reader, about, text_span(&words));
}

/* Says so once for each kind. */
static void refuse_full(struct parser *p, bool is_dynamic)
{
	if (p->was_full[is_dynamic])
		return;
	p->was_full[is_dynamic] = true;
	rules_refuse(&p->reader, SPAN(""),
		is_dynamic ? SPAN("more than 100 rules with placeholders or "
				  "*: this one and those after it are ignored")
			   : SPAN("more than 2000 rules without "
				  "placeholders: this one and those after it "
				  "are ignored"));
}

static void line_parse(struct parser *p, struct span line)
{
	struct words words = words_split(line);
	struct redirect rule = { .line = p->reader.line, .status = 301 };
	size_t before = p->storage->len;
	const struct redirect *shadow;
	struct pattern from;

	struct complaint c = line_judge(&words, p->storage, &rule, &from);
	if (c.words.len > 0) {
		rules_refuse(&p->reader, c.about, c.words);
	} else if ((shadow = shadow_find(p->r, &rule, &from)) != NULL) {
		shadow_warn(p, words.at[0], shadow);
	} else if (!pattern_set_has_room(&p->r->from, &from)) {
		refuse_full(p, from.is_dynamic);
	} else {
		p->r->rules[pattern_set_add(&p->r->from, &from)] = rule;
		return;
	}
	p->storage->len = before;
}

unsigned redirects_parse(struct redirects *r, struct span text,
	struct text *storage, struct rules_report *report)
{
	struct parser p = {
		.r = r, .storage = storage, .reader = rules_read(text, report)
	};
	unsigned before = report->errors;
	struct span line;

	assert(storage->size - storage->len >= text.len);
	pattern_set_init(&r->from);
	while (rules_take_line(&p.reader, &line))
		line_parse(&p, line);
	return report->errors - before;
}

const struct redirect *redirects_find(const struct redirects *r,
	struct span path, bool forced_only, struct captures *captures)
{
	struct pattern_search search = pattern_search_start(&r->from, path);
	unsigned i;

	while (pattern_search_next(&search, &i, captures)) {
		if (r->rules[i].is_forced || !forced_only)
			return &r->rules[i];
	}
	return NULL;
}

bool redirect_location(const struct redirect *rule,
	const struct captures *captures, struct span query, struct text *out)
{
	return target_location(rule->to, captures, query, out);
}

bool redirect_name(const struct redirect *rule, const struct captures *captures,
	struct text *out)
{
	return target_name(rule->to, captures, out);
}
