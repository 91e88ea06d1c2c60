/*
 * Options (server/option.h): every row of options.def from the flags and from
 * the environment, at the edges of its range; who has precedence; what is said
 * of a mistake; and that --help fits a terminal.
 */
#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/help.h"
#include "server/option.h"
#include "server/option_table.h"

static char error[512];
static struct options o;

/* Reads the words of `line`, split at spaces, and of `env`. */
static bool read_line(const char *line, const char *env)
{
	static char words[512], variables[512];
	char *argv[32] = { (char *)"hstatic" }, *environment[32] = { 0 };
	char *rest = words, *word;
	struct text t = text_in(error, sizeof error);
	int argc = 1, count = 0;

	snprintf(words, sizeof words, "%s", line);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	snprintf(variables, sizeof variables, "%s", env);
	rest = variables;
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			environment[count++] = word;
	memset(error, 0, sizeof error);
	options_init(&o, 3);
	return options_read(&o, argc, argv, environment, &t);
}

static uint64_t number_of(const struct option *option)
{
	uint64_t number;

	memcpy(&number, (const char *)&o + option->offset, sizeof number);
	return option->type == OPTION_TIME ? number / 1000 : number;
}

static bool is_number(const struct option *option)
{
	return option->type == OPTION_NUMBER || option->type == OPTION_SIZE ||
	       option->type == OPTION_TIME;
}

static void env_name(const struct option *option, char out[64])
{
	int len = snprintf(out, 64, "HSTATIC_%s", option->name);

	for (int i = 0; i < len; i++)
		out[i] = (char)(out[i] == '-' ? '_' : toupper(out[i]));
}

/* As a flag with its value behind it, behind "=", and as a variable. */
static bool read_number(const struct option *option, uint64_t number, int how)
{
	char line[128], name[64];
	const char *forms[] = { "--%s %llu", "--%s=%llu", "%s=%llu" };

	env_name(option, name);
	if (how == 3 && option->letter == 0)
		how = 0;
	if (how == 3)
		snprintf(line, sizeof line, "-%c%llu", option->letter,
			(unsigned long long)number);
	else
		snprintf(line, sizeof line, forms[how],
			how == 2 ? name : option->name,
			(unsigned long long)number);
	/* The line must not be longer than the head it is part of. */
	char both[160];
	bool is_head = strcmp(option->name, "head-max") == 0;
	bool is_line = strcmp(option->name, "request-line-max") == 0;
	snprintf(both, sizeof both, "%s%s", how == 2 ? "" : line,
		is_head   ? " --request-line-max=64"
		: is_line ? " --head-max=1M"
			  : "");
	return read_line(both, how == 2 ? line : "");
}

static void numbers_lie_in_their_range(void **state)
{
	(void)state;

	for (size_t i = 0; i < 4 * option_count; i++) {
		const struct option *option = &option_table[i / 4];
		int how = (int)(i % 4);
		if (!is_number(option))
			continue;
		uint64_t edges[] = { option->least, option->most };
		for (size_t k = 0; k < array_count(edges); k++) {
			expect(read_number(option, edges[k], how), "%s: %s",
				option->name, error);
			expect(number_of(option) == edges[k],
				"%s: another number, form %d", option->name,
				how);
		}
		expect(!read_number(option, option->most + 1, how),
			"--%s: too large", option->name);
		expect(strstr(error, option->name) != NULL, "--%s: %s",
			option->name, error);
		expect(option->least == 0 ||
				!read_number(option, option->least - 1, how),
			"--%s: too small", option->name);
	}
}

/* What --help says is what happens. */
static void defaults_are_as_shown(void **state)
{
	(void)state;
	unsigned numbers = 0;

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];
		if (!is_number(option) || !isdigit(option->shown[0]))
			continue;
		char *unit;
		uint64_t number = strtoull(option->shown, &unit, 10);
		number <<= *unit == 'K' ? 10 : *unit == 'M' ? 20 : 0;
		options_init(&o, 3);
		expect(number_of(option) == number, "--%s", option->name);
		expect(number >= option->least && number <= option->most,
			"--%s: default out of range", option->name);
		numbers++;
	}
	assert_in_range(numbers, 10, option_count);
	assert_int_equal(o.workers, 3);
	assert_string_equal(o.root, ".");
	assert_int_equal(o.loop, LOOP_AUTO);
	assert_int_equal(o.sandbox, SANDBOX_AUTO);
	assert_int_equal(o.binds.count, 0);
}

static void every_flag_is_one(void **state)
{
	(void)state;
	char line[64], variable[96], name[64];

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];
		if (option->type != OPTION_FLAG)
			continue;
		const bool *flag = (const bool *)((char *)&o + option->offset);
		env_name(option, name);
		for (int how = 0; how < 3; how++) {
			if (how == 1 && option->letter == 0)
				continue;
			snprintf(line, sizeof line, how == 0 ? "--%s" : "%s",
				how == 0 ? option->name : "");
			if (how == 1)
				snprintf(line, sizeof line, "-%c",
					option->letter);
			snprintf(variable, sizeof variable, "%s=1", name);
			assert_true(read_line(line, how == 2 ? variable : ""));
			expect(*flag, "--%s, form %d", option->name, how);
		}
		snprintf(variable, sizeof variable, "%s=0", name);
		assert_true(read_line("", variable));
		expect(!*flag, "%s=0", name);
		snprintf(line, sizeof line, "--%s=1", option->name);
		expect(!read_line(line, ""), "%s", line);
	}
}

/* No two rows share a name, a letter, or a field. */
static void rows_are_distinct(void **state)
{
	(void)state;

	for (size_t i = 0; i < option_count; i++) {
		const struct option *a = &option_table[i];
		for (size_t k = 0; a->type != OPTION_GROUP && k < i; k++) {
			const struct option *b = &option_table[k];
			if (b->type == OPTION_GROUP)
				continue;
			assert_string_not_equal(a->name, b->name);
			assert_true(a->letter == 0 || a->letter != b->letter);
			assert_true(a->offset != b->offset);
		}
		assert_true(a->type == OPTION_GROUP || a->letter != 'd');
	}
}

static const struct {
	const char *line, *env;
	uint64_t port;
	const char *root, *binds; /* joined by spaces */
} precedences[] = {
	{ "", "", 8080, ".", "" },
	/* flags above HSTATIC_* above PORT and HOST above defaults */
	{ "", "PORT=1", 1, ".", "" },
	{ "", "HSTATIC_PORT=2 PORT=1", 2, ".", "" },
	{ "", "PORT=1 HSTATIC_PORT=2", 2, ".", "" },
	{ "-p 3", "HSTATIC_PORT=2 PORT=1", 3, ".", "" },
	{ "-p 3 -p 4", "", 4, ".", "" },
	{ "-p4", "", 4, ".", "" },
	{ "", "HOST=a", 8080, ".", "a" },
	{ "", "HOST=a HSTATIC_BIND=b", 8080, ".", "b" },
	{ "-b c", "HOST=a HSTATIC_BIND=b", 8080, ".", "c" },
	{ "-b c --bind=d -be", "HOST=a", 8080, ".", "c d e" },
	/* an empty variable is none; another program's is not ours */
	{ "", "PORT= HSTATIC_PORT= HOST=", 8080, ".", "" },
	{ "", "HSTATIC_PORTS=1 XPORT=2 HSTATIC_PORT", 8080, ".", "" },
	/* DIR is --root */
	{ "x", "", 8080, "x", "" },
	{ "-r y", "", 8080, "y", "" },
	{ "-d y", "", 8080, "y", "" },
	{ "-r y x", "", 8080, "x", "" },
	{ "x -p 5", "HSTATIC_ROOT=z", 5, "x", "" },
	{ "", "HSTATIC_ROOT=z", 8080, "z", "" },
	{ "-- -p", "", 8080, "-p", "" },
	{ "-", "", 8080, "-", "" },
	{ "-qvp 6 x", "", 6, "x", "" },
};

static void the_nearest_word_counts(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(precedences); i++) {
		char storage[256];
		struct text binds = text_in(storage, sizeof storage);
		expect(read_line(precedences[i].line, precedences[i].env),
			"row %zu: %s", i, error);
		expect(o.port == precedences[i].port, "row %zu: port", i);
		expect(strcmp(o.root, precedences[i].root) == 0,
			"row %zu: root %s", i, o.root);
		for (unsigned k = 0; k < o.binds.count; k++) {
			if (k > 0)
				text_add_char(&binds, ' ');
			text_add(&binds, span_of(o.binds.at[k]));
		}
		expect(span_equal(text_span(&binds),
			       span_of(precedences[i].binds)),
			"row %zu: binds", i);
	}
}

static const struct {
	const char *line, *env;
	const char *said; /* part of the error; NULL: there is none */
} mistakes[] = {
	/* a slip of the finger is recognised */
	{ "--prot 1", "", "did you mean --port?" },
	{ "--por=1", "", "did you mean --port?" },
	{ "--idle-timout 1", "", "did you mean --idle-timeout?" },
	{ "--verison", "", "did you mean --version?" },
	{ "--qiuet", "", "did you mean --quiet?" },
	{ "--request 1", "", "did you mean --request-line-max?" },
	{ "--xyzzy", "", "--help lists them all" },
	{ "-x", "", "unknown option -x" },
	{ "-qx", "", "unknown option -x" },
	/* values that are missing, too many, or of another kind */
	{ "-p", "", "-p: wants a value, N" },
	{ "--bind", "", "--bind: wants a value, ADDR" },
	{ "--root=", "", "--root: is empty" },
	{ "-p x", "", "from 0 to 65535" },
	{ "-p -1", "", "from 0 to 65535" },
	{ "-p 80x", "", "from 0 to 65535" },
	{ "-p 1K", "", "from 0 to 65535" },
	{ "--sandbox no", "", "--sandbox no: wants auto, require or off" },
	{ "--sandbox aut", "", "auto, require or off" },
	{ "--sandbox=", "", "auto, require or off" },
	{ "--sandbox uring", "", "auto, require or off" },
	{ "--loop off", "", "--loop off: wants auto, epoll or uring" },
	{ "", "HSTATIC_LOOP=poll", "--loop poll: wants auto, epoll or uring" },
	{ "a b", "", "a is it" },
	{ "--help=1", "", "takes no value" },
	{ "", "PORT=x", "PORT" },
	{ "", "HSTATIC_HEAD_MAX=1", "head-max" },
	{ "--request-line-max 1000 --head-max 999", "", "--request-line-max" },
	{ "--request-line-max 999 --head-max 999", "", NULL },
	/* units of sizes, in either case, and no others */
	{ "--head-max 64K", "", NULL },
	{ "--head-max 64k", "", NULL },
	{ "--cache 64G", "", NULL },
	{ "--cache 65G", "", "to 68719476736" },
	{ "--cache K", "", "--cache K" },
	{ "--cache 1KB", "", "--cache 1KB" },
	{ "--cache 1T", "", "--cache 1T" },
	{ "--cache 18446744073709551615K", "", "--cache" },
	{ "--cache 17179869184G", "", "--cache" },
	{ "--sandbox off", "", NULL },
	{ "--loop=epoll", "", NULL },
	{ "--sandbox require", "", NULL },
};

/* Each word of a choice is its own value, as a flag and as a variable. */
static void choices_are_words(void **state)
{
	(void)state;
	const struct {
		const char *line, *env;
		enum loop_kind loop;
		enum sandbox_mode sandbox;
	} rows[] = {
		{ "", "", LOOP_AUTO, SANDBOX_AUTO },
		{ "--loop epoll", "", LOOP_EPOLL, SANDBOX_AUTO },
		{ "--loop=uring", "", LOOP_URING, SANDBOX_AUTO },
		{ "--loop=uring --loop auto", "", LOOP_AUTO, SANDBOX_AUTO },
		{ "", "HSTATIC_LOOP=uring", LOOP_URING, SANDBOX_AUTO },
		{ "--loop epoll", "HSTATIC_LOOP=uring", LOOP_EPOLL,
			SANDBOX_AUTO },
		{ "--sandbox off", "HSTATIC_LOOP=epoll", LOOP_EPOLL,
			SANDBOX_OFF },
		{ "--sandbox=require", "", LOOP_AUTO, SANDBOX_REQUIRE },
	};

	for (size_t i = 0; i < array_count(rows); i++) {
		expect(read_line(rows[i].line, rows[i].env), "row %zu: %s", i,
			error);
		expect(o.loop == rows[i].loop && o.sandbox == rows[i].sandbox,
			"row %zu: %u %u", i, o.loop, o.sandbox);
	}
}

static void mistakes_are_explained(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(mistakes); i++) {
		bool is_good = read_line(mistakes[i].line, mistakes[i].env);
		expect(is_good == (mistakes[i].said == NULL), "row %zu: %s", i,
			error);
		if (mistakes[i].said == NULL)
			continue;
		expect(strstr(error, mistakes[i].said) != NULL,
			"row %zu: said %s", i, error);
		expect(strchr(error, '\n') == NULL, "row %zu: a line", i);
	}
}

static const struct {
	const char *env;
	const char *said; /* of each, up to the semicolon; "": of none */
	const char *meant;
} strays[] = {
	{ "", "", NULL },
	{ "HSTATIC_PORT=1 PORT=2 HOME=/ XHSTATIC_A=1 HSTATIC=1 HSTATICA=1", "",
		NULL },
	{ "HSTATIC_SANDBOX_KILLS=1", "", NULL },
	{ "HSTATIC_SANDBOX_KILL=1", "HSTATIC_SANDBOX_KILL:", NULL },
	{ "HSTATIC_IDLE_TIMEOUT=1 HSTATIC_QR=1 HSTATIC_OPEN=0", "", NULL },
	{ "HSTATIC_PROT=1", "HSTATIC_PROT:", "did you mean HSTATIC_PORT?" },
	{ "HSTATIC_IDLE_TIMOUT=", "HSTATIC_IDLE_TIMOUT:",
		"did you mean HSTATIC_IDLE_TIMEOUT?" },
	{ "HSTATIC_port=1", "HSTATIC_port:", "did you mean HSTATIC_PORT?" },
	{ "HSTATIC_IDLE-TIMEOUT=1",
		"HSTATIC_IDLE-TIMEOUT:", "did you mean HSTATIC_IDLE_TIMEOUT?" },
	{ "HSTATIC_XYZZY", "HSTATIC_XYZZY:", NULL },
	{ "HSTATIC_=1", "HSTATIC_:", NULL },
	{ "A=1 HSTATIC_QRS=2 B=3", "HSTATIC_QRS:", "did you mean HSTATIC_QR?" },
};

/* What nobody reads is named, with what it may have meant. */
static void strays_are_named(void **state)
{
	(void)state;

	for (size_t i = 0; i < array_count(strays); i++) {
		char words[256], *rest = words, *word, *env[16] = { 0 };
		char *const *next = env;
		struct text t = text_in(error, sizeof error);
		int count = 0;

		snprintf(words, sizeof words, "%s", strays[i].env);
		while ((word = strsep(&rest, " ")) != NULL)
			env[count++] = word;
		memset(error, 0, sizeof error);
		bool is_stray = options_stray(&next, &t);
		expect(is_stray == (*strays[i].said != '\0'), "row %zu: %s", i,
			error);
		if (!is_stray)
			continue;
		expect(strstr(error, strays[i].said) != NULL, "row %zu: %s", i,
			error);
		expect(strays[i].meant == NULL
				? strstr(error, "did you mean") == NULL
				: strstr(error, strays[i].meant) != NULL,
			"row %zu: %s", i, error);
		/* One line each, and then no more. */
		assert_false(options_stray(&next, &t));
	}
}

/* A mistake of any length leaves a text of the size it had. */
static void long_mistakes_are_cut(void **state)
{
	(void)state;
	static char word[4096];
	char small[32];
	char *argv[] = { (char *)"hstatic", word, NULL }, *env[] = { NULL };
	struct text t = text_in(small, sizeof small);

	memset(word, 'x', sizeof word - 1);
	memcpy(word, "--", 2);
	options_init(&o, 1);
	assert_false(options_read(&o, 2, argv, env, &t));
	assert_in_range(t.len, 1, sizeof small);
	char *const *next = argv + 1;
	memcpy(word, "HSTATIC_", 8);
	argv[1] = word;
	assert_true(options_stray(&next, &t));
	assert_in_range(t.len, 1, sizeof small);
}

static void too_many_binds_are_refused(void **state)
{
	(void)state;
	char line[512];
	struct text t = text_in(line, sizeof line);

	for (int i = 0; i < OPTION_BINDS_MAX; i++)
		text_add_literal(&t, " -ba");
	text_add_char(&t, '\0');
	assert_true(read_line(line, "HSTATIC_BIND=b"));
	assert_int_equal(o.binds.count, OPTION_BINDS_MAX);
	t.len--;
	text_add_literal(&t, " -ba\0");
	text_add_char(&t, '\0');
	assert_false(read_line(line, ""));
}

static void help_fits_a_terminal(void **state)
{
	(void)state;
	static char storage[8192];
	struct text help = text_in(storage, sizeof storage);
	char flag[80];

	options_help(&help);
	assert_false(help.is_full);
	struct span rest = text_span(&help);
	while (rest.len > 0) {
		size_t length = span_find(rest, '\n');
		struct span line = span_first(rest, length);
		assert_true(length < rest.len);
		expect(line.len < 80, "%.*s", (int)line.len, line.at);
		expect(line.len == 0 || line.at[line.len - 1] != ' ',
			"trailing space: %.*s", (int)line.len, line.at);
		assert_true(span_find(line, '\t') == line.len);
		rest = span_skip(rest, length + 1);
	}
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type == OPTION_GROUP)
			continue;
		int len = snprintf(
			flag, sizeof flag, " --%s", option_table[i].name);
		assert_non_null(memmem(help.at, help.len, flag, (size_t)len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_lie_in_their_range),
		cmocka_unit_test(defaults_are_as_shown),
		cmocka_unit_test(every_flag_is_one),
		cmocka_unit_test(rows_are_distinct),
		cmocka_unit_test(the_nearest_word_counts),
		cmocka_unit_test(choices_are_words),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(strays_are_named),
		cmocka_unit_test(long_mistakes_are_cut),
		cmocka_unit_test(too_many_binds_are_refused),
		cmocka_unit_test(help_fits_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
