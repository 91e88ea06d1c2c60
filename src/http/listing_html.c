/*
 * A listing's page (listing_html.h). It is whole without its script, which
 * sorts and filters; the style and the script come from web/. End tags that
 * HTML lets one leave out are left out, and icons are a letter in a class: of
 * 100,000 rows each byte is 100 kB. Links are relative, as a proxy may have
 * cut a prefix off the path.
 */
#include "http/listing_html.h"

#include "base/attr.h"
#include "http/date.h"
#include "http/escape.h"
#include "http/listing_page.h"
#include "http/mime.h"
#include "http/quote.h"

void listing_html_open(struct text *out, struct span name)
{
	text_add_literal(out,
		"<!doctype html>\n"
		"<html lang=\"en\">\n"
		"<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<title>");
	quote_html(name, out);
	/* An icon of nothing spares the server a request for favicon.ico. */
	text_add_literal(out, "/</title>\n"
			      "<link rel=\"icon\" href=\"data:,\">\n"
			      "<style>");
	text_add(out, listing_style());
	text_add_literal(out, "</style>\n<header>\n<h1>");
}

void listing_html_step(struct text *out, unsigned above, struct span name)
{
	text_add(out, above > 0 ? SPAN("<a href=\"") : SPAN("<b>"));
	for (unsigned i = 0; i < above; i++)
		text_add_literal(out, "../");
	if (above > 0)
		text_add_literal(out, "\">");
	quote_html(name, out);
	text_add(out, above > 0 ? SPAN("</a><i>/</i>") : SPAN("</b><i>/</i>"));
}

void listing_html_gap(struct text *out)
{
	text_add_literal(out, "&hellip;<i>/</i>");
}

void listing_html_table(struct text *out, bool has_parent)
{
	text_add_literal(out,
		"</h1>\n</header>\n"
		"<main>\n<table>\n"
		"<thead><tr><th scope=\"col\">Name<th scope=\"col\">Size"
		"<th scope=\"col\">Modified\n");
	if (has_parent)
		text_add_literal(out,
			"<tbody><tr><td><a class=\"u\" href=\"../\">"
			"Parent folder</a><td><td>\n");
	text_add_literal(out, "<tbody id=\"rows\">\n");
}

/* Each letter has its icon in web/listing.css. */
static const struct {
	struct span type; /* the beginning of a media type */
	char icon;
} icons[] = {
	{ { "image/", 6 }, 'i' },
	{ { "video/", 6 }, 'v' },
	{ { "audio/", 6 }, 'a' },
	{ { "text/", 5 }, 't' },
	{ { "application/json", 16 }, 't' },
	{ { "application/ld+json", 19 }, 't' },
	{ { "application/manifest+json", 25 }, 't' },
	{ { "application/javascript", 22 }, 't' },
	{ { "application/xml", 15 }, 't' },
	{ { "application/xhtml+xml", 21 }, 't' },
	{ { "application/atom+xml", 20 }, 't' },
	{ { "application/rss+xml", 19 }, 't' },
	{ { "application/yaml", 16 }, 't' },
	{ { "application/toml", 16 }, 't' },
	{ { "application/sql", 15 }, 't' },
	{ { "application/pdf", 15 }, 'p' },
	{ { "application/zip", 15 }, 'z' },
	{ { "application/gzip", 16 }, 'z' },
	{ { "application/zstd", 16 }, 'z' },
	{ { "application/x-tar", 17 }, 'z' },
	{ { "application/x-gtar", 18 }, 'z' },
	{ { "application/x-bzip", 18 }, 'z' },
	{ { "application/x-xz", 16 }, 'z' },
	{ { "application/x-lzma", 18 }, 'z' },
	{ { "application/x-brotli", 20 }, 'z' },
	{ { "application/x-7z-compressed", 27 }, 'z' },
	{ { "application/vnd.rar", 19 }, 'z' },
	{ { "application/rar", 15 }, 'z' },
	{ { "application/java-archive", 24 }, 'z' },
	{ { "application/vnd.debian.binary-package", 37 }, 'z' },
};

static char icon_of(const struct directory_entry *e)
{
	if (e->is_directory)
		return 'd';
	struct span type = mime_find(e->name).type;
	for (size_t i = 0; i < array_count(icons); i++) {
		if (span_starts(type, icons[i].type))
			return icons[i].icon;
	}
	return 'o';
}

void listing_html_size(struct text *out, uint64_t size)
{
	static const char units[] = "BKMGTPE";
	uint64_t tenths = 0; /* of a unit larger than bytes */
	unsigned unit = 0;

	/* Rounded, 1023.95 KiB is 1 MiB. */
	for (uint64_t rest = size;
		rest >= 1024 || (unit > 0 && tenths >= 10235); unit++) {
		tenths = rest / 1024 * 10 + (rest % 1024 * 10 + 512) / 1024;
		rest /= 1024;
	}
	if (unit == 0) {
		text_add_u64(out, size);
	} else if (tenths < 100) {
		text_add_u64(out, tenths / 10);
		text_add_char(out, '.');
		text_add_u64(out, tenths % 10);
	} else {
		text_add_u64(out, (tenths + 5) / 10);
	}
	text_add_char(out, ' ');
	text_add_char(out, units[unit]);
	if (unit > 0)
		text_add_literal(out, "iB");
}

/* "1,234,567 bytes": the title of a size, and what the script sorts by. */
static void bytes_add(struct text *out, uint64_t size)
{
	uint64_t unit = 1;

	while (size / unit >= 1000)
		unit *= 1000;
	text_add_u64(out, size / unit);
	for (unit /= 1000; unit > 0; unit /= 1000) {
		text_add_char(out, ',');
		text_add_padded(out, size / unit % 1000, 3);
	}
	text_add(out, size == 1 ? SPAN(" byte") : SPAN(" bytes"));
}

static void size_add(struct text *out, const struct directory_entry *e)
{
	if (e->is_directory || !e->is_known) {
		text_add_literal(out, "<td>");
		return;
	}
	text_add_literal(out, "<td title=\"");
	bytes_add(out, e->size);
	text_add_literal(out, "\">");
	listing_html_size(out, e->size);
}

static void date_cell_add(struct text *out, const struct directory_entry *e)
{
	char storage[DATE_RFC3339_LENGTH];
	struct text date = text_in(storage, sizeof storage);

	text_add_literal(out, "<td>");
	if (!e->is_known)
		return;
	date_add_rfc3339(&date, e->mtime);
	text_add_literal(out, "<time datetime=\"");
	text_add(out, text_span(&date));
	text_add_literal(out, "\">");
	text_add(out, (struct span){ storage, 10 });
	text_add_char(out, ' ');
	text_add(out, (struct span){ storage + 11, 5 });
	text_add_literal(out, "</time>");
}

void listing_html_row(struct text *out, const struct directory_entry *e)
{
	struct span slash = e->is_directory ? SPAN("/") : SPAN("");

	text_add_literal(out, "<tr><td><a class=\"");
	text_add_char(out, icon_of(e));
	/* Without "./" a name may pass for a scheme or an authority. */
	text_add_literal(out, "\" href=\"./");
	escape_add(out, e->name, ESCAPE_STRICT);
	text_add(out, slash);
	text_add_literal(out, "\">");
	quote_html(e->name, out);
	text_add(out, slash);
	text_add_literal(out, "</a>");
	size_add(out, e);
	date_cell_add(out, e);
	text_add_char(out, '\n');
}

static void count_add(struct text *out, uint64_t count, struct span noun)
{
	text_add_u64(out, count);
	text_add_char(out, ' ');
	text_add(out, noun);
	if (count != 1)
		text_add_char(out, 's');
}

void listing_html_end(struct text *out, uint64_t files, uint64_t directories)
{
	text_add_literal(out, "</table>\n");
	if (files + directories == 0)
		text_add_literal(out, "<p>This folder is empty.\n");
	text_add_literal(out, "</main>\n<footer><span id=\"total\">");
	count_add(out, directories, SPAN("folder"));
	text_add_literal(out, ", ");
	count_add(out, files, SPAN("file"));
	text_add_literal(out, "</span><span>Times are UTC</span></footer>\n"
			      "<script>");
	text_add(out, listing_script());
	text_add_literal(out, "</script>\n");
}
