/*
 * Quoting for HTML and JSON (quote.h; RFC 3629 for what is UTF-8). Must not
 * know what the bytes are the name of.
 */
#include "http/quote.h"

#define REPLACEMENT SPAN("\xef\xbf\xbd")

/* The lead bytes of RFC 3629 4, and what may follow each of them first. */
static const struct {
	uint8_t first, last, length;
	uint8_t second_min, second_max;
} sequences[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static bool has_tail(const uint8_t *at, size_t length)
{
	for (size_t i = 2; i < length; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return false;
	}
	return true;
}

/* The bytes of the character that `s` begins with, 0 when it is none. */
static size_t character_length(struct span s)
{
	const uint8_t *at = (const uint8_t *)s.at;

	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
		if (at[0] < sequences[i].first || at[0] > sequences[i].last)
			continue;
		if (s.len < sequences[i].length ||
			at[1] < sequences[i].second_min ||
			at[1] > sequences[i].second_max ||
			!has_tail(at, sequences[i].length))
			return 0;
		return sequences[i].length;
	}
	return 0;
}

/* Appends `s` by `add_ascii` for each of its characters below 0x80. */
static void quote(
	struct span s, struct text *out, void (*add_ascii)(struct text *, char))
{
	while (s.len > 0) {
		size_t length = character_length(s);

		if (length == 0)
			text_add(out, REPLACEMENT);
		else if (length == 1)
			add_ascii(out, s.at[0]);
		else
			text_add(out, span_first(s, length));
		s = span_skip(s, length > 0 ? length : 1);
	}
}

static void add_picture(struct text *out, char c)
{
	const char picture[] = { '\xe2', '\x90',
		c == 0x7f ? '\xa1' : (char)('\x80' + c) };

	text_add(out, (struct span){ picture, sizeof picture });
}

static void add_html(struct text *out, char c)
{
	switch (c) {
	case '&':
		text_add_literal(out, "&amp;");
		break;
	case '<':
		text_add_literal(out, "&lt;");
		break;
	case '>':
		text_add_literal(out, "&gt;");
		break;
	case '"':
		text_add_literal(out, "&#34;");
		break;
	case '\'':
		text_add_literal(out, "&#39;");
		break;
	default:
		if (c < ' ' || c == 0x7f)
			add_picture(out, c);
		else
			text_add_char(out, c);
	}
}

void quote_html(struct span s, struct text *out)
{
	quote(s, out, add_html);
}

static void add_json(struct text *out, char c)
{
	static const char digits[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		text_add_char(out, '\\');
		text_add_char(out, c);
	} else if (c < ' ') {
		text_add_literal(out, "\\u00");
		text_add_char(out, digits[c >> 4]);
		text_add_char(out, digits[c & 15]);
	} else {
		text_add_char(out, c);
	}
}

void quote_json(struct span s, struct text *out)
{
	quote(s, out, add_json);
}
