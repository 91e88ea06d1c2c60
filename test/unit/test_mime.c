/*
 * Types by extension (RFC 9110 8.3): that the table can be searched, what a
 * site builder expects of it, where an extension begins, and what is worth
 * compressing.
 */
#include "support.h"

#include "http/mime.h"

static const struct {
	const char *extension, *type;
	bool is_compressible;
} table[] = {
#define MIME(extension, type, is_compressible) \
	{ extension, type, is_compressible },
#include "http/mime.def"
#undef MIME
};

/* A binary search needs the order of bytes, strictly. */
static void table_is_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < array_count(table); i++)
		expect(strcmp(table[i - 1].extension, table[i].extension) < 0,
			"%s", table[i].extension);
}

static void every_entry_is_found(void **state)
{
	(void)state;
	assert_true(array_count(table) > 500);
	for (size_t i = 0; i < array_count(table); i++) {
		char storage[64];
		struct text name = text_in(storage, sizeof storage);
		text_add_literal(&name, "a/b.c/d.");
		text_add(&name, span_of(table[i].extension));
		struct mime got = mime_find(text_span(&name));
		expect(span_equal(got.type, span_of(table[i].type)) &&
				got.is_compressible == table[i].is_compressible,
			"%s", table[i].extension);
	}
}

/* 8.3.2: charset is of text; of JSON and XML it is not a parameter. */
static void charset_is_on_text_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(table); i++) {
		struct span type = span_of(table[i].type);
		bool is_text = span_starts(type, SPAN("text/"));
		expect(span_ends(type, SPAN("; charset=utf-8")) == is_text,
			"%s", table[i].type);
		expect(is_text || span_find(type, ';') == type.len, "%s",
			table[i].type);
		expect(!is_text || table[i].is_compressible, "%s",
			table[i].type);
		expect(span_find(type, '/') < type.len, "%s", table[i].type);
		for (const char *c = table[i].extension; *c != '\0'; c++)
			expect(ascii_lower(*c) == *c && *c != '.', "%s",
				table[i].extension);
	}
}

#define UNKNOWN "application/octet-stream"
#define HTML    "text/html; charset=utf-8"
#define SCRIPT  "text/javascript; charset=utf-8"

struct mime_case {
	const char *name, *type;
	bool is_compressible;
};

static const struct mime_case cases[] = {
	{ "index.html", HTML, true },
	{ "a.htm", HTML, true },
	{ "style.css", "text/css; charset=utf-8", true },
	/* RFC 9239 6: text/javascript, and nothing else */
	{ "app.js", SCRIPT, true },
	{ "app.mjs", SCRIPT, true },
	{ "app.cjs", SCRIPT, true },
	/* WebAssembly compiles from a stream of this very type only */
	{ "mod.wasm", "application/wasm", true },
	{ "site.webmanifest", "application/manifest+json", true },
	{ "data.json", "application/json", true },
	{ "app.js.map", "application/json", true },
	{ "feed.xml", "application/xml", true },
	{ "feed.rss", "application/rss+xml", true },
	{ "feed.atom", "application/atom+xml", true },
	{ "readme.md", "text/markdown; charset=utf-8", true },
	{ "robots.txt", "text/plain; charset=utf-8", true },
	{ "cal.ics", "text/calendar; charset=utf-8", true },
	{ "sub.vtt", "text/vtt; charset=utf-8", true },
	{ "table.csv", "text/csv; charset=utf-8", true },
	/* not an MPEG transport stream: see tools/mime.py */
	{ "main.ts", "text/typescript; charset=utf-8", true },
	/* images */
	{ "a.svg", "image/svg+xml", true },
	{ "a.png", "image/png", false },
	{ "a.jpg", "image/jpeg", false },
	{ "a.jpeg", "image/jpeg", false },
	{ "a.gif", "image/gif", false },
	{ "a.webp", "image/webp", false },
	{ "a.avif", "image/avif", false },
	{ "a.jxl", "image/jxl", false },
	{ "favicon.ico", "image/vnd.microsoft.icon", true },
	{ "a.bmp", "image/bmp", true },
	/* its bytes are gzip, and we do not say so */
	{ "a.svgz", "application/gzip", false },
	/* fonts: WOFF carries its own compression (RFC 8081 4.4) */
	{ "a.woff2", "font/woff2", false },
	{ "a.woff", "font/woff", false },
	{ "a.ttf", "font/ttf", true },
	{ "a.otf", "font/otf", true },
	/* sound and pictures that move */
	{ "a.mp4", "video/mp4", false },
	{ "a.webm", "video/webm", false },
	{ "a.m4a", "audio/mp4", false },
	{ "a.mp3", "audio/mpeg", false },
	{ "a.opus", "audio/ogg", false },
	{ "a.flac", "audio/flac", false },
	{ "a.wav", "audio/wav", false },
	{ "a.m3u8", "application/vnd.apple.mpegurl", true },
	/* models */
	{ "a.glb", "model/gltf-binary", true },
	{ "a.gltf", "model/gltf+json", true },
	{ "a.usdz", "model/vnd.usdz+zip", false },
	/* archives: never to be coded again */
	{ "a.zip", "application/zip", false },
	{ "a.7z", "application/x-7z-compressed", false },
	{ "a.tar.gz", "application/gzip", false },
	{ "a.tgz", "application/gzip", false },
	{ "a.taz", "application/gzip", false },
	/* but an archive that is not compressed is worth it */
	{ "a.tar", "application/x-tar", true },
	{ "a.js.br", "application/x-brotli", false },
	{ "a.js.zst", "application/zstd", false },
	{ "a.pdf", "application/pdf", false },
	/* the extension's case does not matter */
	{ "INDEX.HTML", HTML, true },
	{ "Photo.JPG", "image/jpeg", false },
	/* the extension is what follows the last dot of the last segment */
	{ "a.html.png", "image/png", false },
	{ "a.png/b", UNKNOWN, false },
	{ "a.png/b.html", HTML, true },
	{ "dir.html/", UNKNOWN, false },
	{ "html", UNKNOWN, false },
	{ "a.", UNKNOWN, false },
	{ "a.html.", UNKNOWN, false },
	{ "", UNKNOWN, false },
	/* a leading dot begins a name, not an extension */
	{ ".html", UNKNOWN, false },
	{ ".well-known/.json", UNKNOWN, false },
	{ ".well-known/a.json", "application/json", true },
	/* unknown */
	{ "a.qqq", UNKNOWN, false },
	{ "a.htmlx", UNKNOWN, false },
	{ "a.ht", UNKNOWN, false },
	{ "a.\xff", UNKNOWN, false },
	{ "a.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", UNKNOWN, false },
};

static void find_follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		const struct mime_case *c = &cases[i];
		struct mime got = mime_find(span_of(c->name));
		expect(span_equal(got.type, span_of(c->type)), "%s: %.*s",
			c->name, (int)got.type.len, got.type.at);
		expect(got.is_compressible == c->is_compressible, "%s",
			c->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sorted),
		cmocka_unit_test(every_entry_is_found),
		cmocka_unit_test(charset_is_on_text_only),
		cmocka_unit_test(find_follows_the_table),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
