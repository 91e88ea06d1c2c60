/*
 * Options from one table (option.h, options.def): reading and checking.
 */
#include "server/option.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/option_near.h"
#include "server/option_table.h"

/* -d is what some other servers call the root. */
#define ROOT_SYNONYM 'd'

static void *field_of(struct options *o, const struct option *option)
{
	return (char *)o + option->offset;
}

__attribute__((format(printf, 2, 3))) static bool fail(
	struct text *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(
		error->at + error->len, error->size - error->len, format, args);
	va_end(args);
	error->len = min_u64(error->len + (size_t)len, error->size - 1);
	return false;
}

/* "64K" is 65536. */
static bool size_read(struct span value, uint64_t *out)
{
	static const char units[] = "KMG";
	uint64_t factor = 1;

	if (value.len > 1) {
		const char *unit = strchr(
			units, value.at[value.len - 1] & ~('a' ^ 'A'));
		if (unit != NULL && *unit != '\0') {
			factor = UINT64_C(1) << 10 * (unit - units + 1);
			value.len--;
		}
	}
	if (!span_read_u64(value, out) || *out > UINT64_MAX / factor)
		return false;
	*out *= factor;
	return true;
}

static bool number_set(const struct option *option, struct span value,
	uint64_t *out, struct text *error)
{
	uint64_t number;
	bool is_read = option->type == OPTION_SIZE
			       ? size_read(value, &number)
			       : span_read_u64(value, &number);

	if (!is_read || number < option->least || number > option->most)
		return fail(error,
			"--%s %.*s: wants a number from %llu to %llu",
			option->name, (int)value.len, value.at,
			(unsigned long long)option->least,
			(unsigned long long)option->most);
	*out = option->type == OPTION_TIME ? number * 1000 : number;
	return true;
}

/* "auto, require or off". */
static void choices_add(const struct option_choice *c, struct text *out)
{
	for (bool is_first = true; c->name != NULL; c++, is_first = false) {
		if (!is_first && c[1].name != NULL)
			text_add_literal(out, ", ");
		else if (!is_first)
			text_add_literal(out, " or ");
		text_add(out, span_of(c->name));
	}
}

static bool choice_set(const struct option *option, struct span value,
	unsigned *out, struct text *error)
{
	const struct option_choice *c = option->choices;

	for (; c->name != NULL; c++) {
		if (span_equal(value, span_of(c->name))) {
			*out = c->value;
			return true;
		}
	}
	fail(error, "--%s %.*s: wants ", option->name, (int)value.len,
		value.at);
	choices_add(option->choices, error);
	return false;
}

static bool list_add(const struct option *option, struct option_list *list,
	const char *value, struct text *error)
{
	if (list->count == OPTION_BINDS_MAX)
		return fail(error, "--%s %s: more than %d of them",
			option->name, value, OPTION_BINDS_MAX);
	list->at[list->count++] = value;
	return true;
}

static bool option_set(struct options *o, const struct option *option,
	const char *value, struct text *error)
{
	void *field = field_of(o, option);

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return true;
	case OPTION_NUMBER:
	case OPTION_SIZE:
	case OPTION_TIME:
		return number_set(option, span_of(value), field, error);
	case OPTION_TEXT:
		if (*value == '\0')
			return fail(error, "--%s: is empty", option->name);
		*(const char **)field = value;
		return true;
	case OPTION_LIST:
		return list_add(option, field, value, error);
	case OPTION_CHOICE:
		return choice_set(option, span_of(value), field, error);
	case OPTION_GROUP:
		break;
	}
	return false;
}

static const struct option *option_find(struct span name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type != OPTION_GROUP &&
			span_equal(span_of(option_table[i].name), name))
			return &option_table[i];
	}
	return NULL;
}

static const struct option *option_find_letter(char letter)
{
	if (letter == ROOT_SYNONYM)
		return option_find(SPAN("root"));
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type != OPTION_GROUP &&
			option_table[i].letter == letter)
			return &option_table[i];
	}
	return NULL;
}

static bool unknown(struct span name, struct text *error)
{
	const char *near = option_nearest(name);

	fail(error, "unknown option --%.*s", (int)name.len, name.at);
	if (near != NULL)
		fail(error, "; did you mean --%s?", near);
	else
		fail(error, "; hstatic --help lists them all");
	return false;
}

struct arguments {
	int count, next;
	char **at;
};

static const char *argument_take(struct arguments *a)
{
	return a->next < a->count ? a->at[a->next++] : NULL;
}

static bool long_read(struct options *o, const char *text,
	struct arguments *rest, struct text *error)
{
	struct span all = span_of(text);
	size_t equals = span_find(all, '=');
	struct span name = span_first(all, equals);
	const struct option *option = option_find(name);
	const char *value = equals < all.len ? text + equals + 1 : NULL;

	if (option == NULL)
		return unknown(name, error);
	if (option->type == OPTION_FLAG && value != NULL)
		return fail(error, "--%s: takes no value", option->name);
	if (option->type != OPTION_FLAG && value == NULL)
		value = argument_take(rest);
	if (option->type != OPTION_FLAG && value == NULL)
		return fail(error, "--%s: wants a value, %s", option->name,
			option->argument);
	return option_set(o, option, value, error);
}

/* "-qp8080", "-p 8080". */
static bool short_read(struct options *o, const char *letters,
	struct arguments *rest, struct text *error)
{
	for (; *letters != '\0'; letters++) {
		const struct option *option = option_find_letter(*letters);
		if (option == NULL)
			return fail(error,
				"unknown option -%c; hstatic --help lists "
				"them all",
				*letters);
		if (option->type == OPTION_FLAG) {
			if (!option_set(o, option, NULL, error))
				return false;
			continue;
		}
		const char *value = letters[1] != '\0' ? letters + 1
						       : argument_take(rest);
		if (value == NULL)
			return fail(error, "-%c: wants a value, %s", *letters,
				option->argument);
		return option_set(o, option, value, error);
	}
	return true;
}

static bool flags_read(
	struct options *o, struct arguments *rest, struct text *error)
{
	const char *text, *dir = NULL;
	bool has_ended = false;

	while ((text = argument_take(rest)) != NULL) {
		if (!has_ended && strcmp(text, "--") == 0) {
			has_ended = true;
		} else if (!has_ended && strncmp(text, "--", 2) == 0) {
			if (!long_read(o, text + 2, rest, error))
				return false;
		} else if (!has_ended && text[0] == '-' && text[1] != '\0') {
			if (!short_read(o, text + 1, rest, error))
				return false;
		} else if (dir != NULL) {
			return fail(error,
				"%s: one directory is served, and %s is it",
				text, dir);
		} else {
			dir = text;
		}
	}
	if (dir != NULL)
		o->root = dir;
	return true;
}

static const char *env_get(char *const *env, struct span name)
{
	for (; *env != NULL; env++) {
		struct span entry = span_of(*env);
		if (entry.len > name.len && entry.at[name.len] == '=' &&
			span_starts(entry, name))
			return *env + name.len + 1;
	}
	return NULL;
}

/* --idle-timeout is HSTATIC_IDLE_TIMEOUT. */
static void variable_add(struct text *out, const char *option)
{
	text_add_literal(out, "HSTATIC_");
	for (const char *c = option; *c != '\0'; c++)
		text_add_char(out, *c == '-' ? '_' : (char)(*c - ('a' - 'A')));
}

static const char *env_find(char *const *env, const struct option *option)
{
	char storage[64];
	struct text name = text_in(storage, sizeof storage);

	variable_add(&name, option->name);
	return env_get(env, text_span(&name));
}

static bool env_set(struct options *o, const struct option *option,
	const char *variable, const char *value, struct text *error)
{
	char storage[256];
	struct text why = text_in(storage, sizeof storage);

	if (option->type == OPTION_FLAG && strcmp(value, "0") == 0)
		return true;
	if (option_set(o, option, value, &why))
		return true;
	return fail(error, "environment variable %s%s: %.*s", variable,
		option->name, (int)why.len, why.at);
}

static bool env_read(struct options *o, char *const *env, struct text *error)
{
	const char *port = env_get(env, SPAN("PORT"));
	const char *host = env_get(env, SPAN("HOST"));

	if (port != NULL && *port != '\0' &&
		!env_set(o, option_find(SPAN("port")), "PORT, for --", port,
			error))
		return false;
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].type == OPTION_GROUP)
			continue;
		const char *value = env_find(env, &option_table[i]);
		if (value != NULL && *value != '\0' &&
			!env_set(o, &option_table[i], "for --", value, error))
			return false;
	}
	if (host != NULL && *host != '\0' && o->binds.count == 0)
		o->binds.at[o->binds.count++] = host;
	return true;
}

bool options_read(struct options *o, int argc, char **argv, char *const *env,
	struct text *error)
{
	struct arguments rest = { .count = argc, .next = 1, .at = argv };
	struct option_list from_env;

	if (!env_read(o, env, error))
		return false;
	/* A list from the flags replaces that of the environment. */
	from_env = o->binds;
	o->binds.count = 0;
	if (!flags_read(o, &rest, error))
		return false;
	if (o->binds.count == 0)
		o->binds = from_env;
	if (o->line_max > o->head_max)
		return fail(error,
			"--request-line-max: is more than --head-max allows");
	return true;
}

#define VARIABLE_PREFIX SPAN("HSTATIC_")

/* HSTATIC_IDLE_TIMEOUT is idle-timeout. What there is no room for is too long
 * for any option, with or without it. */
static struct span name_of(struct span variable, struct text *storage)
{
	struct span name = span_skip(variable, VARIABLE_PREFIX.len);

	for (size_t i = 0; i < name.len; i++)
		text_add_char(storage,
			name.at[i] == '_' ? '-' : ascii_lower(name.at[i]));
	return text_span(storage);
}

/* HSTATIC_port and HSTATIC_IDLE-TIMEOUT are read by nobody. */
static bool is_read(struct span variable, struct span name)
{
	/* For tests; worker.c reads it. */
	if (span_equal(variable, SPAN("HSTATIC_SANDBOX_KILLS")))
		return true;
	for (size_t i = 0; i < variable.len; i++) {
		if (variable.at[i] == '-' ||
			(variable.at[i] >= 'a' && variable.at[i] <= 'z'))
			return false;
	}
	return option_find(name) != NULL;
}

bool options_stray(char *const **env, struct text *said)
{
	while (**env != NULL) {
		char storage[OPTION_NAME_MAX];
		struct text lower = text_in(storage, sizeof storage);
		struct span all = span_of(*(*env)++);
		struct span variable = span_first(all, span_find(all, '='));
		if (!span_starts(variable, VARIABLE_PREFIX))
			continue;
		struct span name = name_of(variable, &lower);
		if (is_read(variable, name))
			continue;
		const char *near = option_nearest(name);
		said->len = 0;
		fail(said, "environment variable %.*s: no option is called so",
			(int)variable.len, variable.at);
		if (near != NULL) {
			text_add_literal(said, "; did you mean ");
			variable_add(said, near);
			text_add_char(said, '?');
		}
		return true;
	}
	return false;
}
