/*
 * The text of --help, from the table of options (options.def).
 */
#include "server/help.h"

#include "server/option_table.h"

static void column_fill(struct text *out, size_t from, size_t width)
{
	do
		text_add_char(out, ' ');
	while (out->len - from < width);
}

/* Breaks lines between words, at 79 columns. */
static void words_add(struct text *out, struct span words, size_t indent)
{
	size_t column = indent;

	while (words.len > 0) {
		struct span word = span_first(words, span_find(words, ' '));
		if (column > indent && column + 1 + word.len > 79) {
			text_add_char(out, '\n');
			column_fill(out, out->len, indent);
			column = indent;
		} else if (column > indent) {
			text_add_char(out, ' ');
			column++;
		}
		text_add(out, word);
		column += word.len;
		words = span_skip(words, word.len);
		if (words.len > 0)
			words = span_skip(words, 1);
	}
	text_add_char(out, '\n');
}

#define HELP_COLUMN 28

static size_t line_end(struct text *out)
{
	text_add_char(out, '\n');
	return out->len;
}

static void option_help(struct text *out, const struct option *option)
{
	char storage[512];
	struct text words = text_in(storage, sizeof storage);
	size_t from = out->len;

	text_add_literal(out, "  ");
	if (option->letter != 0) {
		text_add_char(out, '-');
		text_add_char(out, option->letter);
		text_add_literal(out, ", ");
	} else {
		text_add_literal(out, "    ");
	}
	text_add_literal(out, "--");
	text_add(out, span_of(option->name));
	if (*option->argument != '\0')
		text_add_char(out, ' ');
	text_add(out, span_of(option->argument));
	if (out->len - from >= HELP_COLUMN)
		from = line_end(out);
	column_fill(out, from, HELP_COLUMN);
	text_add(&words, span_of(option->help));
	if (*option->shown != '\0') {
		text_add_literal(&words, " (default: ");
		text_add(&words, span_of(option->shown));
		text_add_char(&words, ')');
	}
	words_add(out, text_span(&words), HELP_COLUMN);
}

void options_help(struct text *out)
{
	text_add_literal(out,
		"Usage: hstatic [options] [DIR]\n"
		"       hstatic explain DIR METHOD TARGET [-H FIELD]...\n"
		"       hstatic lab [CHAPTER]...|all\n"
		"       hstatic xray [PID]\n\n"
		"Serves the files below DIR (default: .) over HTTP.\n");
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type != OPTION_GROUP) {
			option_help(out, &option_table[i]);
			continue;
		}
		text_add_char(out, '\n');
		text_add(out, span_of(option_table[i].help));
		text_add_literal(out, ":\n");
	}
	text_add_literal(out,
		"\nEach option can be set in the environment as well: "
		"--idle-timeout is\nHSTATIC_IDLE_TIMEOUT. PORT and HOST stand "
		"for --port and --bind.\nhstatic(1) tells more.\n");
}
