/*
 * Reading the site's rules (site.h).
 */
#include "server/site.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/headers.h"
#include "http/redirects.h"

/* Lines that are reported of one file; of a million it is only said that
 * there are more. */
#define REPORTS_MAX 20

struct reader {
	struct rules_report report;
	unsigned said;
	const struct site *site;
	const char *name; /* of the file */
};

static void line_say(
	struct rules_report *report, unsigned line, struct span words)
{
	struct reader *r = container_of(report, struct reader, report);

	if (r->site->speaks && r->said++ < REPORTS_MAX)
		log_error("%s/%s:%u: %.*s", r->site->root, r->name, line,
			(int)words.len, words.at);
}

static void report_end(const struct reader *r)
{
	if (r->said > REPORTS_MAX)
		log_error("%s/%s: and %u lines more like these", r->site->root,
			r->name, r->said - REPORTS_MAX);
}

/* What is wrong with a file that could not be read. */
static const char *error_words(int error)
{
	switch (error) {
	case EXDEV:
	case ELOOP:
		return "is a link that leads out of the root, or nowhere";
	case EISDIR:
		return "is no regular file";
	case EFBIG:
		return "is larger than 1 MiB";
	default:
		return strerror(error);
	}
}

static void rules_free(struct rules_file *r)
{
	free(r->rules);
	free(r->text);
	free(r->decoded);
	r->rules = NULL;
	r->text = r->decoded = NULL;
}

typedef unsigned rules_parse(void *rules, struct span text,
	struct text *decoded, struct rules_report *report);

static unsigned redirects_read(void *rules, struct span text,
	struct text *decoded, struct rules_report *report)
{
	return redirects_parse(rules, text, decoded, report);
}

static unsigned headers_read(void *rules, struct span text,
	struct text *decoded, struct rules_report *report)
{
	return headers_parse(rules, text, decoded, report);
}

struct rules_kind {
	size_t size;
	rules_parse *parse;
};

static const struct rules_kind redirects_kind = { sizeof(struct redirects),
	redirects_read };
static const struct rules_kind headers_kind = { sizeof(struct headers),
	headers_read };

/* What the bytes say becomes the rules in force, unless they are broken and
 * there are others already. */
static void rules_take(struct site *s, struct rules_file *r,
	const struct rules_kind *kind, struct text_bytes bytes)
{
	struct reader reader = {
		.report = { .say = line_say }, .site = s, .name = r->file.name
	};
	struct rules_file fresh = { .file = r->file,
		.rules = malloc(kind->size),
		.text = bytes.at,
		.decoded = malloc(bytes.len + 1) };

	if (fresh.rules == NULL || fresh.decoded == NULL) {
		if (s->speaks)
			log_error("%s/%s: no memory for its rules", s->root,
				r->file.name);
		rules_free(&fresh);
		text_file_forget(&r->file);
		return;
	}
	struct text decoded = text_in(fresh.decoded, bytes.len + 1);
	unsigned errors = kind->parse(fresh.rules,
		(struct span){ bytes.at, bytes.len }, &decoded, &reader.report);
	report_end(&reader);
	if (errors > 0 && s->has_begun) {
		if (s->speaks)
			log_error("%s/%s: the rules stay as they were", s->root,
				r->file.name);
		rules_free(&fresh);
		return;
	}
	if (s->has_begun && s->speaks)
		log_debug("%s/%s: read again", s->root, r->file.name);
	rules_free(r);
	*r = fresh;
	s->changes++;
}

static void rules_refresh(struct site *s, struct rules_file *r,
	const struct rules_kind *kind, struct files *f)
{
	struct text_bytes bytes;
	int res = text_file_refresh(&r->file, f, &bytes);

	if (res < 0 && s->speaks)
		log_error("%s/%s: %s: %s", s->root, r->file.name,
			error_words(-res),
			r->rules != NULL ? "the rules stay as they were"
					 : "it is ignored");
	if (res <= 0)
		return;
	if (bytes.at == NULL) {
		rules_free(r);
		s->changes++;
	} else {
		rules_take(s, r, kind, bytes);
	}
}

void site_init(struct site *s, const char *root, bool speaks)
{
	*s = (struct site){ .root = root, .speaks = speaks };
	text_file_init(&s->redirects.file, "_redirects");
	text_file_init(&s->headers.file, "_headers");
}

/* Another root is another site: nothing of the old one is kept. */
static void site_begin(struct site *s, uint64_t root)
{
	rules_free(&s->redirects);
	rules_free(&s->headers);
	text_file_init(&s->redirects.file, s->redirects.file.name);
	text_file_init(&s->headers.file, s->headers.file.name);
	s->has_begun = false;
	s->root_number = root;
	s->changes++;
}

void site_refresh(struct site *s, struct files *f, struct policy *policy)
{
	if (files_root_number(f) != s->root_number)
		site_begin(s, files_root_number(f));
	rules_refresh(s, &s->redirects, &redirects_kind, f);
	rules_refresh(s, &s->headers, &headers_kind, f);
	s->has_begun = true;
	policy->redirects = s->redirects.rules;
	policy->headers = s->headers.rules;
}

void site_done(struct site *s)
{
	rules_free(&s->redirects);
	rules_free(&s->headers);
}
