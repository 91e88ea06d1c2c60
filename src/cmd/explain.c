/*
 * `hstatic explain DIR METHOD TARGET [-H field]...`: the decisions that the
 * server would take about a request, each with its reason and its source, and
 * the head it would send. Runs the code that serves: nothing is told twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/explain_h2.h"
#include "cmd/root.h"
#include "io/process.h"
#include "server/options.h"
#include "server/respond.h"
#include "server/wire_room.h"
#include "wire/h1.h"

static const char usage[] =
	"Usage: hstatic explain [-s] [-l] [--cors] [--http2] "
	"DIR METHOD TARGET\n                       [-H FIELD]...\n\n"
	"Prints every decision about the request, with the section that it\n"
	"follows, and the head of the answer. Nothing is sent.\n\n"
	"  -H FIELD       a request field, \"Range: bytes=0-99\"; may be "
	"repeated\n"
	"  -s, --spa      as hstatic answers with this option\n"
	"  -l, --listing  the same\n"
	"      --cors     the same\n"
	"      --http2    asked in HTTP/2\n\n"
	"For example: hstatic explain ./site GET / -H 'Accept-Encoding: br'\n";

/* It is asked once; each kind of memory for a few. */
#define CONNECTIONS 4

struct question {
	const char *dir, *method, *target;
	struct policy policy;
	bool is_h2;
	bool has_body; /* a length or chunks are promised */
	struct text head;
	char storage[65536];
};

static void trail_print(const struct trail *trail)
{
	for (unsigned i = 0; i < trail->count; i++) {
		const struct trail_step *step = &trail->steps[i];
		char storage[256];
		struct text words = text_in(storage, sizeof storage);
		struct span topic = reason_topic(step->reason);
		struct span source = reason_source(step->reason);
		reason_write(step, &words);
		printf("%-11.*s%-52.*s %.*s\n", (int)topic.len, topic.at,
			(int)words.len, storage, (int)source.len, source.at);
	}
}

static void file_print(const struct decision *d)
{
	const struct resource *r = d->resource;
	char storage[256];
	struct text line = text_in(storage, sizeof storage);

	if (r == NULL || !r->variants[CODING_IDENTITY].exists)
		return;
	for (enum coding c = 0; c < CODING_COUNT; c++) {
		if (!r->variants[c].exists)
			continue;
		if (line.len > 0)
			text_add_literal(&line, ", ");
		text_add(&line, coding_name(c));
		text_add_literal(&line, " (");
		text_add_u64(&line, r->variants[c].size);
		text_add_literal(&line, ")");
	}
	printf("%-11s%.*s: %.*s\n", "resource", (int)r->name.len, r->name.at,
		(int)line.len, storage);
}

static bool head_add(struct question *q, const char *field)
{
	struct span f = span_of(field);

	if (span_find(f, ':') == f.len || span_find(f, '\n') < f.len) {
		log_error("-H %s: wants a field, \"Name: value\"", field);
		return false;
	}
	text_add(&q->head, f);
	text_add_literal(&q->head, "\r\n");
	return true;
}

static bool starts_nocase(const char *text, struct span prefix)
{
	struct span s = span_of(text);

	return s.len >= prefix.len &&
	       span_equal_nocase(span_first(s, prefix.len), prefix);
}

/* The options of the server that decide about answers, and how it is asked. */
static bool flag_read(struct question *q, const char *flag)
{
	struct policy *p = &q->policy;
	const struct {
		const char *name;
		bool *field;
	} flags[] = {
		{ "-s", &p->is_spa },
		{ "--spa", &p->is_spa },
		{ "-l", &p->has_listings },
		{ "--listing", &p->has_listings },
		{ "--cors", &p->allows_origins },
		{ "--http2", &q->is_h2 },
	};

	for (size_t i = 0; i < array_count(flags); i++) {
		if (strcmp(flag, flags[i].name) != 0)
			continue;
		*flags[i].field = true;
		return true;
	}
	return false;
}

/* The request as a client would send it: with a Host, unless -H has one. */
static bool question_read(struct question *q, int argc, char **argv)
{
	bool has_host = false;
	const char **places[] = { &q->dir, &q->method, &q->target };
	unsigned place = 0;

	for (int i = 1; i < argc; i++) {
		bool is_field = strcmp(argv[i], "-H") == 0;
		if (is_field && i + 1 < argc)
			i++;
		else if (flag_read(q, argv[i]))
			continue;
		else if (!is_field && place < 3) {
			*places[place++] = argv[i];
			continue;
		} else
			return false;
		has_host |= starts_nocase(argv[i], SPAN("Host:"));
		q->has_body |= starts_nocase(argv[i], SPAN("Content-Length:"));
	}
	if (place < 3)
		return false;
	q->head = text_in(q->storage, sizeof q->storage);
	text_add(&q->head, span_of(q->method));
	text_add_char(&q->head, ' ');
	text_add(&q->head, span_of(q->target));
	text_add_literal(&q->head, " HTTP/1.1\r\n");
	if (!has_host)
		text_add_literal(&q->head, "Host: localhost\r\n");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-H") == 0 && !head_add(q, argv[++i]))
			return false;
	}
	text_add_literal(&q->head, "\r\n");
	return !q->head.is_full;
}

static void trails_print(const struct respond *r)
{
	trail_print(&r->decision.lookup.trail);
	file_print(&r->decision);
	trail_print(&r->decision.plan.trail);
	printf("\n");
}

static const char waits[] =
	"This is sent when the body of the request has come.\n";

/* Everything behind the request line, without its last, empty line. */
static struct span lines_of(const struct question *q)
{
	struct span head = text_span(&q->head);

	return span_skip(head, span_find(head, '\n') + 1);
}

static void answer_print_h2(struct respond *r, const struct question *q)
{
	static char storage[65536];
	struct text answer = text_in(storage, sizeof storage);
	struct h2_question asked = { .method = span_of(q->method),
		.target = span_of(q->target),
		.lines = lines_of(q),
		.has_body = q->has_body };
	bool is_answered = explain_h2_ask(&r->wire, &asked, &answer);

	trails_print(r);
	if (is_answered)
		fwrite(answer.at, 1, answer.len, stdout);
	else
		fputs(waits, stdout);
}

/* The wire's own rendering of the answer, through its own interface. */
static void answer_print(struct respond *r, const struct question *q)
{
	struct segment segments[LOOP_IOV_MAX];
	struct span head = text_span(&q->head);
	struct h1 h;

	h1_init(&h, &r->wire, 0);
	while (head.len > 0 && h.state != H1_ENDING) {
		struct span piece = span_first(head, WIRE_FEED_MAX);
		h.wire.ops->feed(&h.wire, piece, 0);
		head = span_skip(head, piece.len);
	}
	int count = h.wire.ops->pull(&h.wire, segments, LOOP_IOV_MAX, 0);
	trails_print(r);
	if (count > 0)
		fwrite(segments[0].at, 1, (size_t)segments[0].len, stdout);
	else
		fputs(waits, stdout);
	h.wire.ops->done(&h.wire);
}

static int explain(struct question *q, struct fs *fs)
{
	struct options o;
	const struct files_limits limits = {
		.bytes_max = 4 << 20, .descriptors_max = 64, .may_squeeze = true
	};
	struct loop clock = { .wall_s = time(NULL) };
	struct respond *r = calloc(1, sizeof *r);

	if (r == NULL)
		return EXIT_FAILED;
	options_init(&o, 1);
	if (respond_init(r, process_random()) < 0)
		return EXIT_FAILED;
	r->policy = q->policy;
	site_init(&r->site, q->dir, true);
	r->loop = &clock;
	r->files = files_new(fs, &limits, process_random());
	if (r->files == NULL)
		return EXIT_FAILED;
	wire_room_init(&r->wire, &o, CONNECTIONS);
	if (q->is_h2)
		answer_print_h2(r, q);
	else
		answer_print(r, q);
	respond_done(r);
	files_free(r->files);
	wire_room_done(&r->wire);
	free(r);
	return EXIT_DONE;
}

int cmd_explain(int argc, char **argv)
{
	static struct question q;
	struct fs *fs;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
				 strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return output_end();
	}
	if (!question_read(&q, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!root_open(q.dir, &fs))
		return EXIT_FAILED;
	int status = explain(&q, fs);
	kernel_fs_close(fs);
	return status == EXIT_DONE ? output_end() : status;
}
