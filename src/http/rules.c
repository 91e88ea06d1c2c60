/*
 * Lines of rule files and reports about them (rules.h). RFC 3629 4 for what
 * is UTF-8. Must not know which of the two files it reads.
 */
#include "http/rules.h"

/* What is quoted of a line, at most: a report fits on a line of a log. */
#define ABOUT_MAX 64

/* How many bytes follow the first one of a character, and the range of the
 * second one; false when no character begins like this. */
static bool utf8_begin(unsigned char c, unsigned *more, unsigned char *low,
	unsigned char *high)
{
	*low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	*high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	*more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	return c < 0x80 || (c >= 0xc2 && c <= 0xf4);
}

bool rules_is_utf8(struct span s)
{
	unsigned char low, high;
	unsigned more;

	while (s.len > 0) {
		if (!utf8_begin((unsigned char)s.at[0], &more, &low, &high) ||
			more >= s.len)
			return false;
		s = span_skip(s, 1);
		for (; more > 0; more--) {
			unsigned char c = (unsigned char)s.at[0];
			if (c < low || c > high)
				return false;
			low = 0x80;
			high = 0xbf;
			s = span_skip(s, 1);
		}
	}
	return true;
}

bool rules_is_file(struct span name)
{
	return span_equal(name, SPAN("_redirects")) ||
	       span_equal(name, SPAN("_headers"));
}

struct rules_reader rules_read(struct span text, struct rules_report *report)
{
	struct span mark = SPAN("\xef\xbb\xbf");

	if (span_starts(text, mark))
		text = span_skip(text, mark.len);
	return (struct rules_reader){ .rest = text, .report = report };
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static struct span trim_end(struct span s)
{
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

bool rules_take_line(struct rules_reader *r, struct span *line)
{
	while (r->rest.len > 0) {
		size_t length = span_find(r->rest, '\n');
		struct span all = span_first(r->rest, length);
		r->rest = span_skip(
			r->rest, length < r->rest.len ? length + 1 : length);
		r->line++;
		if (span_ends(all, SPAN("\r")))
			all.len--;
		all = trim_end(all);
		struct span words = span_trim(all);
		if (words.len == 0 || words.at[0] == '#')
			continue;
		if (all.len > RULES_LINE_MAX) {
			rules_refuse(r, SPAN(""),
				SPAN("longer than 2000 bytes: shorten it"));
		} else if (has_control(all)) {
			rules_refuse(r, SPAN(""),
				SPAN("has a control character: is this file "
				     "plain text?"));
		} else {
			*line = all;
			return true;
		}
	}
	return false;
}

/* Cut between characters. */
static void about_add(struct text *out, struct span about)
{
	size_t length = about.len < ABOUT_MAX ? about.len : ABOUT_MAX;

	while (length > 0 && length < about.len &&
		((unsigned char)about.at[length] & 0xc0) == 0x80)
		length--;
	text_add(out, span_first(about, length));
	if (length < about.len)
		text_add_literal(out, "...");
}

static void report(struct rules_reader *r, struct span about, struct span words)
{
	char storage[ABOUT_MAX + 256];
	struct text text = text_in(storage, sizeof storage);

	about_add(&text, about);
	if (about.len > 0)
		text_add_literal(&text, ": ");
	text_add(&text, words);
	r->report->say(r->report, r->line, text_span(&text));
}

void rules_refuse(struct rules_reader *r, struct span about, struct span words)
{
	r->report->errors++;
	report(r, about, words);
}

void rules_warn(struct rules_reader *r, struct span about, struct span words)
{
	r->report->warnings++;
	report(r, about, words);
}
