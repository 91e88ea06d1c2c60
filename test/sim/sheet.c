/*
 * The lines of the rule files (sheet.h).
 */
#include "sheet.h"

#include <stdio.h>

#include "base/attr.h"

static const struct sheet_line redirects[] = {
	{ .text = "# for the visitors\n" },
	{ .text = "/old /at/@ 302\n",
		.from = "/old",
		.to = "/at/@",
		.status = 302 },
	{ .text = "/none.txt   /at/@\n",
		.from = "/none.txt",
		.to = "/at/@",
		.status = 301 },
	{ .text = "/docs/* /d/@/:splat 307!\n",
		.from = "/docs/*",
		.to = "/d/@/:splat",
		.status = 307,
		.is_forced = true },
	{ .text = "/docs/none /b.html 404\n",
		.from = "/docs/none",
		.to = "/b.html",
		.status = 404 },
	{ .text = "/a.txt /forced/@ 308! # moved\n",
		.from = "/a.txt",
		.to = "/forced/@",
		.status = 308,
		.is_forced = true },
	{ .text = "/b /a.txt 200\n",
		.from = "/b",
		.to = "/a.txt",
		.status = 200 },
	{ .text = "/route /docs/x.txt 200!\n",
		.from = "/route",
		.to = "/docs/x.txt",
		.status = 200,
		.is_forced = true },
	{ .text = "/c.bin /index.html 200!\n",
		.from = "/c.bin",
		.to = "/index.html",
		.status = 200,
		.is_forced = true },
	{ .text = "/moved/* https://other.test/@/:splat 303\n",
		.from = "/moved/*",
		.to = "https://other.test/@/:splat",
		.status = 303 },
	{ .text = "/view/* /docs/:splat 200\n",
		.from = "/view/*",
		.to = "/docs/:splat",
		.status = 200 },
	{ .text = "/old /app.3f9a1c07.js 200\n",
		.from = "/old",
		.to = "/app.3f9a1c07.js",
		.status = 200 },
	{ .text = "/* /index.html 200\n",
		.from = "/*",
		.to = "/index.html",
		.status = 200 },
	{ .text = "/* /docs/index.html 404\n",
		.from = "/*",
		.to = "/docs/index.html",
		.status = 404 },
	{ .text = "/a.txt /b.html 999\n", .is_broken = true },
	{ .text = "/nowhere\n", .is_broken = true },
	{ .text = "/lang/* /en/:splat 302 Language=en\n", .is_broken = true },
};

static const struct sheet_line headers[] = {
	{ .text = "# for the caches\n" },
	{ .text = "/*\n  X-Sim: s@\n",
		.from = "/*",
		.field = "X-Sim",
		.value = "s@" },
	{ .text = "/docs/*\n  X-Docs: d@\n",
		.from = "/docs/*",
		.field = "X-Docs",
		.value = "d@" },
	{ .text = "/*\n  Cache-Control: public, x=@\n",
		.from = "/*",
		.field = "Cache-Control",
		.value = "public, x=@",
		.is_of_file = true },
	{ .text = "/app.3f9a1c07.js\n\tX-App: a@\n",
		.from = "/app.3f9a1c07.js",
		.field = "X-App",
		.value = "a@" },
	{ .text = "X-Sim: 5\n", .is_broken = true },
	{ .text = "/*\n  Content-Length: 5\n", .is_broken = true },
};

bool sheet_is_name(const char *name)
{
	return strcmp(name, "_redirects") == 0 || strcmp(name, "_headers") == 0;
}

/* Most of what people write is right. */
static const struct sheet_line *line_draw(
	struct dice *d, const struct sheet_line *lines, size_t count)
{
	const struct sheet_line *line = &lines[dice_below(d, count)];

	if (line->is_broken && dice_percent(d, 60))
		line = &lines[dice_below(d, count)];
	return line;
}

static bool sheet_has(const struct sheet *s, const struct sheet_line *line)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->lines[i] == line)
			return true;
	}
	return false;
}

/* `template` with what stands for its '@', and for its ":splat". */
static size_t expand(const struct sheet *s, const char *template,
	const char *splat, char out[SHEET_TEXT_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	for (const char *at = template; *at != '\0'; at++) {
		size_t room = SHEET_TEXT_MAX - len;
		int put;
		if (*at == '@') {
			put = snprintf(out + len, room, "%08x", s->stamp);
		} else if (splat != NULL && strcmp(at, ":splat") == 0) {
			put = snprintf(out + len, room, "%s", splat);
			at += strlen(at) - 1;
		} else {
			put = snprintf(out + len, room, "%c", *at);
		}
		check(put >= 0 && (size_t)put < room, "tester: a long line");
		len += (size_t)put;
	}
	return len;
}

const struct content *sheet_draw(
	struct world *w, const char *name, unsigned count)
{
	bool is_redirects = strcmp(name, "_redirects") == 0;
	struct sheet *s = world_take(w, sizeof *s);
	char *text = world_take(w, SHEET_LINES_MAX * SHEET_TEXT_MAX);
	size_t len = 0;

	s->stamp = (uint32_t)++w->epoch * 2654435761u;
	for (unsigned i = 0; i < count && s->count < SHEET_LINES_MAX; i++) {
		const struct sheet_line *line =
			is_redirects ? line_draw(&w->dice, redirects,
					       array_count(redirects))
				     : line_draw(&w->dice, headers,
					       array_count(headers));
		if (sheet_has(s, line))
			continue;
		s->lines[s->count++] = line;
		len += expand(s, line->text, NULL, text + len);
	}
	return content_text(w, (struct span){ text, len }, s);
}

bool sheet_is_broken(const struct sheet *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->lines[i]->is_broken)
			return true;
	}
	return false;
}

/* Does the path of a line match `path`? A final slash makes no difference. */
static bool line_matches(
	const struct sheet_line *line, const char *path, const char **splat)
{
	if (line->from == NULL)
		return false;
	size_t len = strlen(line->from);
	bool has_star = line->from[len - 1] == '*';

	len -= has_star ? 2 : 0;
	if (strncmp(line->from, path, len) != 0)
		return false;
	path += len;
	*splat = path[0] == '/' ? path + 1 : path;
	if (has_star)
		return path[0] == '/' || path[0] == '\0';
	return path[0] == '\0' || strcmp(path, "/") == 0;
}

const struct sheet_line *sheet_rule(const struct sheet *s, const char *path,
	bool forced_only, const char **splat)
{
	for (unsigned i = 0; s != NULL && i < s->count; i++) {
		const struct sheet_line *line = s->lines[i];
		if ((line->is_forced || !forced_only) &&
			line_matches(line, path, splat))
			return line;
	}
	return NULL;
}

void sheet_target(const struct sheet *s, const struct sheet_line *line,
	const char *splat, char out[SHEET_TEXT_MAX])
{
	expand(s, line->to, splat, out);
}

bool sheet_field(const struct sheet *s, const char *path, const char *field,
	bool is_itself, char out[SHEET_TEXT_MAX])
{
	const char *splat;

	for (unsigned i = 0; s != NULL && i < s->count; i++) {
		const struct sheet_line *line = s->lines[i];
		if (!line_matches(line, path, &splat) ||
			strcmp(line->field, field) != 0)
			continue;
		bool is_for_all = strcmp(line->from, "/*") == 0;
		if (is_itself || (is_for_all && !line->is_of_file)) {
			expand(s, line->value, NULL, out);
			return true;
		}
	}
	return false;
}
