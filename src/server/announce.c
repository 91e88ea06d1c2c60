/*
 * The start message (announce.h). Says plainly when a wall is missing.
 */
#include "server/announce.h"

#include <stdlib.h>

#include "base/blocks.h"
#include "base/log.h"
#include "io/interface.h"
#include "io/process.h"
#include "server/qr.h"

#define STDERR 2

/* The longest block of lines that log.c writes at once, less its prefix. */
#define MESSAGE_SIZE 4000

static void walls_add(const struct sandbox_state *s, struct text *out)
{
	if (s->has_landlock)
		text_add_literal(out, "landlock");
	if (s->has_landlock && s->has_seccomp)
		text_add_literal(out, " + ");
	if (s->has_seccomp)
		text_add_literal(out, "seccomp");
	if (!s->has_landlock && !s->has_seccomp)
		text_add_literal(out, "off");
}

static void missing_say(const struct options *o, const struct sandbox_state *s)
{
	if (o->sandbox == SANDBOX_OFF)
		return;
	if (!s->has_landlock)
		log_error("this kernel has no Landlock (%s): a worker that is "
			  "taken over could read files outside the root",
			strerror(s->landlock_error));
	if (!s->has_seccomp && !s->is_sanitized)
		log_error("this kernel has no seccomp (%s): a worker that is "
			  "taken over could make any system call",
			strerror(s->seccomp_error));
}

static void more_add(struct text *out, const struct reach *r)
{
	text_add_literal(out, "and ");
	text_add_u64(out, r->more);
	text_add_literal(out, " more");
}

/* "  network     http://192.0.2.1:8080/", and below it the next one. */
static void places_add(struct text *out, const struct reach *r)
{
	static const char *const labels[] = {
		[REACH_LOCAL] = "\n  local       ",
		[REACH_NETWORK] = "\n  network     ",
		[REACH_UNIX] = "\n  socket      ",
	};
	static const char blank[] = "\n              ";

	for (unsigned i = 0; i < r->count; i++) {
		bool is_next = i > 0 && r->at[i].kind == r->at[i - 1].kind;
		text_add(out, span_of(is_next ? blank : labels[r->at[i].kind]));
		text_add(out, span_of(r->at[i].url));
	}
	if (r->more > 0) {
		text_add(out, span_of(blank));
		more_add(out, r);
	}
}

static void places_join(struct text *out, const struct reach *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		if (i > 0)
			text_add_char(out, ' ');
		text_add(out, span_of(r->at[i].url));
	}
	if (r->more > 0) {
		text_add_char(out, ' ');
		more_add(out, r);
	}
}

/* As a shell reads it: between quotes, each quote of its own outside them. */
static void quoted_add(struct text *out, const char *word)
{
	text_add_char(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			text_add_literal(out, "'\\'");
		text_add_char(out, *word);
	}
	text_add_char(out, '\'');
}

/* What a browser cannot show, curl can. */
static void sockets_say(const struct reach *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		char storage[5 * REACH_URL_SIZE];
		struct text path = text_in(storage, sizeof storage);
		const char *name = r->at[i].url + strlen("unix:");

		if (r->at[i].kind != REACH_UNIX)
			continue;
		bool is_abstract = *name == '@';
		quoted_add(&path, name + is_abstract);
		log_debug("try it: curl --%s %.*s http://localhost/",
			is_abstract ? "abstract-unix-socket" : "unix-socket",
			(int)path.len, storage);
	}
}

/* Where it can be watched: the first of its addresses is enough. */
static void admin_add(struct text *out, const struct listeners *admin)
{
	char where[NET_TEXT_SIZE];

	net_write(&admin->addresses[0], where);
	if (!net_is_unix(&admin->addresses[0]))
		text_add_literal(out, "http://");
	text_add(out, span_of(where));
	if (!net_is_unix(&admin->addresses[0]))
		text_add_literal(out, "/xray");
}

/* For a person. */
static void lines_say(const struct presentation *p, const struct reach *r,
	const struct text *walls)
{
	char storage[(REACH_MAX + 1) * (REACH_URL_SIZE + 16)];
	struct text places = text_in(storage, sizeof storage);

	places_add(&places, r);
	if (p->admin->count > 0) {
		text_add_literal(&places, "\n  x-ray       ");
		admin_add(&places, p->admin);
	}
	log_info("serving %s%.*s\n"
		 "  workers     %llu\n"
		 "  sandbox     %.*s\n"
		 "  Ctrl-C to stop",
		p->options->root, (int)places.len, storage,
		(unsigned long long)p->options->workers, (int)walls->len,
		walls->at);
}

/* For a log. */
static void line_say(const struct presentation *p, const struct reach *r,
	const struct text *walls)
{
	char storage[(REACH_MAX + 1) * (REACH_URL_SIZE + 16)];
	struct text places = text_in(storage, sizeof storage);
	char admin_storage[REACH_URL_SIZE + 16];
	struct text admin = text_in(admin_storage, sizeof admin_storage);

	places_join(&places, r);
	if (p->admin->count > 0) {
		text_add_literal(&admin, ", x-ray: ");
		admin_add(&admin, p->admin);
	}
	log_info("serving %s at %.*s (%llu workers, sandbox: %.*s%.*s)",
		p->options->root, (int)places.len, storage,
		(unsigned long long)p->options->workers, (int)walls->len,
		walls->at, (int)admin.len, admin_storage);
}

static void start_say(const struct presentation *p, const struct reach *r)
{
	char storage[64];
	struct text walls = text_in(storage, sizeof storage);

	missing_say(p->options, p->sandbox);
	walls_add(p->sandbox, &walls);
	if (process_is_terminal(STDERR))
		lines_say(p, r, &walls);
	else
		line_say(p, r, &walls);
	sockets_say(r);
}

static bool has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return process_is_terminal(STDERR) && (no == NULL || *no == '\0') &&
	       term != NULL && strcmp(term, "dumb") != 0;
}

/* A QR code of the first place that others can reach; or why there is none. */
static void code_say(const struct reach *r)
{
	char storage[MESSAGE_SIZE];
	struct text lines = text_in(storage, sizeof storage);
	const struct reach_place *place = reach_first(r, REACH_NETWORK);
	struct qr qr;

	if (place == NULL) {
		log_info("--qr: no code, as a phone cannot reach what only "
			 "this machine can; -b '*' serves on every address "
			 "that it has");
		return;
	}
	int res = qr_encode(place->url, &qr);
	if (res < 0) {
		log_info("--qr: no code of %s: %s", place->url, strerror(-res));
		return;
	}
	unsigned columns = process_terminal_columns(STDERR);
	if (columns > 0 && columns < blocks_columns(qr.side)) {
		log_info("--qr: no code of %s: it wants %u columns, this "
			 "terminal has %u",
			place->url, blocks_columns(qr.side), columns);
		return;
	}
	blocks_add(&lines, qr.cells, qr.side,
		has_colours() ? BLOCKS_COLOURED : BLOCKS_PLAIN);
	log_info("%s as a code\n%.*s", place->url, (int)lines.len, storage);
}

void announce_site(
	const struct presentation *p, struct browser *browser, uint64_t now_ms)
{
	struct net_addresses machine = { .count = 0 };
	struct reach reach;

	int res = interface_addresses(&machine);
	if (res < 0)
		log_debug("cannot read this machine's addresses: %s",
			strerror(-res));
	reach_find(p->site, &machine, &reach);
	start_say(p, &reach);
	if (p->options->wants_code)
		code_say(&reach);
	if (p->options->wants_browser)
		browser_open(browser, &reach, now_ms);
}

void loop_say(int worker, const struct loop_state *loop)
{
	log_debug("worker %d is ready, loop: %s", worker,
		loop->has_ring ? "uring" : "epoll");
	if (loop->ring_error != 0)
		log_debug("io_uring cannot be had (%s): %s",
			strerror(loop->ring_error),
			loop_ring_advice(loop->ring_error));
}

void failure_say(const struct message *m)
{
	log_error("cannot %.*s: %s%s%s", (int)sizeof m->doing, m->doing,
		strerror(m->error), m->is_about_ring ? "; " : "",
		m->is_about_ring ? loop_ring_advice(m->error) : "");
}
