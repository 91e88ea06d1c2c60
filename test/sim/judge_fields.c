/*
 * Cache-Control, Vary, CORS, and fields of the site's own (judge_fields.h).
 */
#include "judge_fields.h"

#include <stdio.h>

/* The only one that says of itself which version it is. */
#define HASHED "app.3f9a1c07.js"

static bool field_is(const struct reply *r, const char *name, const char *want)
{
	struct span value = reply_field(r, name);

	if (want == NULL)
		return value.at == NULL;
	return value.at != NULL && span_equal(value, span_of(want));
}

/* Is what is sent the file that was asked for? */
static bool is_itself(const struct reply *r, const struct way *way)
{
	return way != NULL && !way->is_stand_in && way->kind == WAY_FILE &&
	       (r->status == 200 || r->status == 206 || r->status == 304);
}

/* Without a word of the site's own. */
static const char *cache_control(const struct reply *r, const struct way *way)
{
	if (r->status >= 400)
		return "no-store";
	return is_itself(r, way) && strcmp(way->name, HASHED) == 0
		       ? "public, max-age=31536000, immutable"
		       : "no-cache";
}

static bool vary_agrees(const struct reply *r, const struct way *way)
{
	struct span value = reply_field(r, "Vary");
	bool has_accept =
		value.at != NULL &&
		(span_equal(value, SPAN("Accept")) ||
			span_equal(value, SPAN("Accept, Accept-Encoding")));

	return way == NULL || has_accept == way->varies_accept;
}

static bool rules_agree(const struct view *v, const struct reply *r,
	const struct way *way, const struct sheet *rules)
{
	static const char *const fields[] = { "X-Sim", "X-Docs", "X-App",
		"Cache-Control" };
	bool is_own = is_itself(r, way);
	char path[ASK_PATH_MAX + 2], value[SHEET_TEXT_MAX];

	snprintf(path, sizeof path, "/%s", v->ask->path);
	/* Of their own names nobody is told anything. */
	if (sheet_is_name(v->ask->path))
		path[1] = '\0';
	for (unsigned i = 0; i < array_count(fields); i++) {
		const char *want = i == 3 ? cache_control(r, way) : NULL;
		if (sheet_field(rules, path, fields[i], is_own, value))
			want = value;
		if (!field_is(r, fields[i], want))
			return false;
	}
	return true;
}

bool fields_explained(const struct view *v, const struct in_force *headers,
	const struct reply *r, const struct way *way)
{
	const char *origin = v->wishes->allows_origins ? "*" : NULL;
	struct sheets rules;

	if (!field_is(r, "Access-Control-Allow-Origin", origin) ||
		!vary_agrees(r, way))
		return false;
	in_force_find(headers, v->history, v->window, &rules);
	for (unsigned i = 0; i < rules.count; i++) {
		if (rules_agree(v, r, way, rules.at[i]))
			return true;
	}
	return false;
}
