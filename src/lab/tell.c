/*
 * The two ways of telling (tell.h). A line for people is a label of one word
 * and words that are broken at spaces, never beyond the width unless a word
 * alone is longer.
 */
#include "lab/tell.h"

#include "http/quote.h"

/* Where labels begin, and the words after them. */
#define LABEL_COLUMN 3
#define WORDS_COLUMN 12

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define GREEN  "\033[32m"
#define RED    "\033[1;31m"
#define NORMAL "\033[0m"

static void colour_add(struct teller *t, const char *code)
{
	if (t->has_colour)
		text_add(&t->out, span_of(code));
}

static void spaces_add(struct text *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_add_char(out, ' ');
}

/* Breaks `words` at spaces, from column `at` on; ends the line. */
static void words_add(struct teller *t, struct span words, size_t at)
{
	size_t column = at;
	bool is_first = true;

	while (words.len > 0) {
		size_t len = span_find(words, ' ');
		bool fits = column + 1 + len <= t->width;
		if (!is_first && fits) {
			text_add_char(&t->out, ' ');
			column++;
		} else if (!is_first) {
			text_add_char(&t->out, '\n');
			spaces_add(&t->out, at);
			column = at;
		}
		text_add(&t->out, span_first(words, len));
		column += len;
		words = span_skip(words, len < words.len ? len + 1 : len);
		is_first = false;
	}
	text_add_char(&t->out, '\n');
}

static void label_add(struct teller *t, const char *label)
{
	struct span l = span_of(label);

	spaces_add(&t->out, LABEL_COLUMN);
	text_add(&t->out, l);
	spaces_add(&t->out, l.len < WORDS_COLUMN - LABEL_COLUMN
				    ? WORDS_COLUMN - LABEL_COLUMN - l.len
				    : 1);
}

static void string_add(struct teller *t, const char *name, const char *value)
{
	text_add_char(&t->out, '"');
	text_add(&t->out, span_of(name));
	text_add_literal(&t->out, "\":\"");
	quote_json(span_of(value), &t->out);
	text_add_char(&t->out, '"');
}

static void bool_add(struct teller *t, const char *name, bool value)
{
	text_add_char(&t->out, '"');
	text_add(&t->out, span_of(name));
	text_add_literal(&t->out, "\":");
	text_add(&t->out, value ? SPAN("true") : SPAN("false"));
}

static void number_add(struct teller *t, const char *name, int64_t value)
{
	text_add_literal(&t->out, ",\"");
	text_add(&t->out, span_of(name));
	text_add_literal(&t->out, "\":");
	if (value < 0)
		text_add_char(&t->out, '-');
	text_add_u64(&t->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* Begins an object of a list that may have some already. */
static void item_begin(struct teller *t, const char *kind)
{
	if (t->wants_comma)
		text_add_char(&t->out, ',');
	t->wants_comma = true;
	text_add_literal(&t->out, "\n{");
	string_add(t, "kind", kind);
	text_add_char(&t->out, ',');
}

void tell_chapter(struct teller *t, const char *name, const char *title)
{
	char storage[256];
	struct text line = text_in(storage, sizeof storage);

	if (t->is_json) {
		text_add_char(&t->out, '{');
		string_add(t, "chapter", name);
		text_add_char(&t->out, ',');
		string_add(t, "title", title);
		text_add_literal(&t->out, ",\"claims\":[");
		t->wants_comma = false;
		return;
	}
	text_add(&line, span_of(name));
	text_add_literal(&line, ": ");
	text_add(&line, span_of(title));
	colour_add(t, BOLD);
	words_add(t, text_span(&line), 0);
	colour_add(t, NORMAL);
}

void tell_claim(struct teller *t, unsigned number, const char *words)
{
	if (t->is_json) {
		if (number > 1)
			text_add_char(&t->out, ',');
		text_add_literal(&t->out, "\n{");
		string_add(t, "claim", words);
		text_add_literal(&t->out, ",\"steps\":[");
		t->wants_comma = false;
		return;
	}
	text_add_char(&t->out, '\n');
	colour_add(t, BOLD);
	if (number < 10)
		text_add_char(&t->out, ' ');
	text_add_u64(&t->out, number);
	text_add_char(&t->out, ' ');
	words_add(t, span_of(words), LABEL_COLUMN);
	colour_add(t, NORMAL);
}

void tell_call(struct teller *t, const struct told_call *call)
{
	char storage[1024];
	struct text line = text_in(storage, sizeof storage);

	if (t->is_json) {
		item_begin(t, "call");
		string_add(t, "who", call->who);
		text_add_char(&t->out, ',');
		string_add(t, "name", call->name);
		text_add_char(&t->out, ',');
		string_add(t, "args", call->args);
		if (strcmp(call->result, "?") != 0)
			number_add(t, "result", call->value);
		if (call->error != NULL) {
			text_add_char(&t->out, ',');
			string_add(t, "errno", call->error);
		}
		text_add_char(&t->out, '}');
		return;
	}
	text_add(&line, span_of(call->name));
	text_add_char(&line, '(');
	text_add(&line, span_of(call->args));
	text_add_literal(&line, ") = ");
	text_add(&line, span_of(call->result));
	label_add(t, call->who);
	words_add(t, text_span(&line), WORDS_COLUMN);
}

void tell_evidence(struct teller *t, const char *source, const char *words)
{
	if (t->is_json) {
		item_begin(t, "evidence");
		string_add(t, "source", source);
		text_add_char(&t->out, ',');
		string_add(t, "text", words);
		text_add_char(&t->out, '}');
		return;
	}
	colour_add(t, DIM);
	label_add(t, source);
	words_add(t, span_of(words), WORDS_COLUMN);
	colour_add(t, NORMAL);
}

static void segment_json(
	struct teller *t, const struct packet *p, const struct rung *rung)
{
	char storage[32];
	struct text flags = text_in(storage, sizeof storage - 1);
	unsigned side = p->source_port == rung->server_port;

	packet_flags_write(p->flags, &flags);
	storage[flags.len] = '\0';
	item_begin(t, "segment");
	string_add(t, "flags", storage);
	number_add(t, "us", (int64_t)p->at_us);
	number_add(t, "from", p->source_port);
	number_add(t, "to", p->destination_port);
	number_add(t, "seq", (uint32_t)(p->sequence - rung->base[side]));
	number_add(t, "ack", (uint32_t)(p->acknowledged - rung->base[!side]));
	number_add(t, "len", p->length);
	text_add_char(&t->out, '}');
}

void tell_segment(
	struct teller *t, const struct packet *p, const struct rung *rung)
{
	if (t->is_json) {
		segment_json(t, p, rung);
		return;
	}
	spaces_add(&t->out, LABEL_COLUMN);
	packet_rung_write(p, rung, t->width - LABEL_COLUMN, &t->out);
	text_add_char(&t->out, '\n');
}

void tell_fact(struct teller *t, const struct told_fact *fact)
{
	char storage[512];
	struct text line = text_in(storage, sizeof storage);

	if (t->is_json) {
		item_begin(t, "fact");
		string_add(t, "what", fact->what);
		text_add_char(&t->out, ',');
		string_add(t, "seen", fact->seen);
		text_add_char(&t->out, ',');
		string_add(t, "claimed", fact->claimed);
		text_add_char(&t->out, ',');
		bool_add(t, "held", fact->held);
		text_add_char(&t->out, '}');
		return;
	}
	text_add(&line, span_of(fact->what));
	text_add_literal(&line, ": ");
	text_add(&line, span_of(fact->seen));
	if (!fact->held) {
		text_add_literal(&line, ", claimed was ");
		text_add(&line, span_of(fact->claimed));
	}
	colour_add(t, fact->held ? GREEN : RED);
	label_add(t, fact->held ? "seen" : "DIFFERS");
	words_add(t, text_span(&line), WORDS_COLUMN);
	colour_add(t, NORMAL);
}

void tell_verdict(struct teller *t, bool held)
{
	const char *words = held ? "as claimed" : "this kernel differs";

	if (t->is_json) {
		text_add_literal(&t->out, "],");
		string_add(t, "verdict", words);
		text_add_char(&t->out, ',');
		bool_add(t, "held", held);
		text_add_char(&t->out, '}');
		return;
	}
	colour_add(t, held ? GREEN : RED);
	label_add(t, "verdict");
	words_add(t, span_of(words), WORDS_COLUMN);
	colour_add(t, NORMAL);
}

void tell_end(struct teller *t, bool held)
{
	if (t->is_json) {
		text_add_literal(&t->out, "],");
		bool_add(t, "held", held);
		text_add_char(&t->out, '}');
	}
	text_add_char(&t->out, '\n');
}
