/*
 * Snapshots, and what is said of them: in words, as JSON, as lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "server/snapshot_json.h"
#include "server/view.h"

/* A server that is well: a listener, a worker, a connection, a second ago. */
static struct snapshot *well(void)
{
	struct snapshot *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->master = 10;
	s->at_ms = 60000;
	s->since_ms = 1000;
	s->is_family = true;
	s->backlog_asked = 65535;
	s->workers_wanted = s->worker_count = 1;
	s->limits.somaxconn = 65535;
	s->workers[0] = (struct snap_worker){
		.pid = 11, .state = 'S', .percent = 5, .connections = 1
	};
	s->listener_count = 1;
	s->listeners[0].row = (struct sock_row){ .state = DIAG_LISTEN,
		.local = { { 127, 0, 0, 1 }, 8080 },
		.tx_queue = 65535,
		.cookie = 1 };
	s->conn_count = 1;
	s->conns[0] = (struct snap_conn){
		.row = { .state = DIAG_ESTABLISHED,
			.local = { { 127, 0, 0, 1 }, 8080 },
			.remote = { { 127, 0, 0, 1 }, 4000 },
			.cookie = 2,
			.has_tcp = true,
			.tcp = { .rtt_us = 1500, .cwnd = 10 } },
		.is_published = true,
		.worker = 11,
		.slot = { .doing = PAGE_SENDING,
			.total = 200,
			.left = 114,
			.name_len = 7,
			.name = "big.iso" }
	};
	s->states[DIAG_ESTABLISHED] = 1;
	s->states[DIAG_LISTEN] = 1;
	return s;
}

enum change {
	NONE,
	QUEUE_FULL,
	QUEUE_HALF,
	QUEUE_BELOW_HALF,
	STOPPED,
	STOPPED_FULL,
	BUSY_FULL,
	CAPPED,
	DROPS,
	OVERFLOWS,
	COOKIES,
	LOSS,
	LITTLE_LOSS,
	MISSING,
	CLOSE_WAIT,
	STRANGER
};

static void change(struct snapshot *s, enum change what)
{
	struct snap_listener *l = &s->listeners[0];
	struct snap_worker *w = &s->workers[0];

	if (what == QUEUE_FULL || what == STOPPED_FULL || what == BUSY_FULL) {
		l->row.tx_queue = s->backlog_asked = 4;
		l->row.rx_queue = 5;
	}
	if (what == QUEUE_HALF || what == QUEUE_BELOW_HALF) {
		l->row.tx_queue = s->backlog_asked = 8;
		l->row.rx_queue = what == QUEUE_HALF ? 4 : 3;
	}
	if (what == STOPPED || what == STOPPED_FULL)
		w->state = 'T';
	if (what == BUSY_FULL)
		w->percent = 100;
	if (what == CAPPED)
		s->limits.somaxconn = l->row.tx_queue = 4096;
	if (what == DROPS)
		l->drops = 3;
	if (what == OVERFLOWS) {
		s->since_ms = 500;
		s->grown.listen_overflows = 5;
	}
	if (what == COOKIES)
		s->grown.cookies_sent = 7;
	if (what == LOSS || what == LITTLE_LOSS) {
		s->grown.segments_out = what == LOSS ? 1000 : 99;
		s->grown.segments_retransmitted = what == LOSS ? 30 : 50;
	}
	if (what == MISSING)
		s->workers_wanted = 2;
	if (what == CLOSE_WAIT)
		s->states[DIAG_CLOSE_WAIT] = 16;
	if (what == STRANGER) {
		s->is_family = false;
		s->worker_count = 0;
	}
}

/* One thing wrong, and the words for it, of which there are no others. */
static const struct {
	enum change what;
	bool is_grave;
	const char *first, *second; /* NULL: nothing is said */
} rows[] = {
	{ NONE, false, NULL, NULL },
	{ QUEUE_FULL, true,
		"127.0.0.1:8080: accept queue 5/4: clients are being refused",
		NULL },
	{ QUEUE_HALF, true, "127.0.0.1:8080: accept queue 4/8 is filling up",
		NULL },
	{ QUEUE_BELOW_HALF, false, NULL, NULL },
	{ STOPPED, true,
		"worker 11 is stopped (state T): it neither accepts nor "
		"answers; kill -CONT 11 wakes it",
		NULL },
	{ STOPPED_FULL, true,
		"127.0.0.1:8080: accept queue 5/4: clients are being refused; "
		"the worker is stopped",
		"worker 11 is stopped (state T): it neither accepts nor "
		"answers; kill -CONT 11 wakes it" },
	{ BUSY_FULL, true,
		"127.0.0.1:8080: accept queue 5/4: clients are being refused; "
		"the worker is busy, at 100 %",
		"worker 11 is busy, at 100 %" },
	{ CAPPED, false,
		"127.0.0.1:8080: net.core.somaxconn caps backlog 65535 to 4096",
		NULL },
	{ DROPS, true,
		"127.0.0.1:8080: 3 a second turned away or thrown out of its "
		"queues",
		NULL },
	{ OVERFLOWS, true,
		"this network namespace, all servers: 10 times a second a full "
		"accept queue (ListenOverflows)",
		NULL },
	{ COOKIES, true,
		"this network namespace: 7 SYN cookies a second: a queue of "
		"handshakes is full, or a flood",
		NULL },
	{ LOSS, false,
		"this network namespace: 3 % of segments are sent again: a "
		"path loses packets",
		NULL },
	{ LITTLE_LOSS, false, NULL, NULL }, /* of too few to tell */
	{ MISSING, true, "1 of 2 workers run", NULL },
	{ CLOSE_WAIT, false,
		"16 connections in CLOSE-WAIT: the peers have closed, the "
		"server has not noticed yet",
		NULL },
	{ STRANGER, false,
		"of another user's server only the sockets are shown: what it "
		"does is for root and for that user",
		NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(rows); i++) {
		struct snapshot *s = well();
		struct diagnoses d;
		const char *want[] = { rows[i].first, rows[i].second };
		change(s, rows[i].what);
		diagnose(s, &d);
		for (unsigned j = 0; j < 2; j++) {
			const char *got = j < d.count ? d.at[j].words : "";
			if (strcmp(got, want[j] == NULL ? "" : want[j]) != 0)
				fail_msg("row %zu: %s", i, got);
		}
		assert_true(d.count <= 2);
		if (d.count > 0)
			assert_int_equal(d.at[0].is_grave, rows[i].is_grave);
		free(s);
	}
}

/* More is wrong than there is room for: grave things stay in front. */
static void test_many(void **state)
{
	struct snapshot *s = well();
	struct diagnoses d;
	(void)state;

	change(s, CAPPED);
	s->worker_count = s->workers_wanted = 30;
	for (unsigned i = 0; i < 30; i++)
		s->workers[i] = (struct snap_worker){
			.pid = i + 1, .state = 'S', .percent = 95
		};
	s->workers[29].state = 'T';
	diagnose(s, &d);
	assert_int_equal(d.count, DIAGNOSES_MAX);
	assert_true(d.at[0].is_grave);
	assert_non_null(strstr(d.at[0].words, "worker 30 is stopped"));
	assert_false(d.at[1].is_grave);
	free(s);
}

static void test_json(void **state)
{
	static char storage[16384];
	struct text out = text_in(storage, sizeof storage - 1);
	struct snapshot *s = well();
	struct diagnoses d;
	(void)state;

	change(s, CAPPED);
	s->conns[0].slot.name[0] = '"';
	diagnose(s, &d);
	snapshot_json(s, &d, &out);
	assert_false(out.is_full);
	storage[out.len] = '\0';
	const char *parts[] = { "{\"version\":1,\"master\":10,",
		"\"listeners\":[\n{\"address\":\"127.0.0.1:8080\",",
		"\"queue\":0,\"backlog\":4096,\"asked\":65535,", "\"ESTAB\":1,",
		"\"workers\":[\n{\"pid\":11,",
		"\"peer\":\"127.0.0.1:4000\",\"state\":\"ESTAB\"",
		"\"rtt_us\":1500", "\"file\":\"\\\"ig.iso\",\"percent\":43",
		"\"words\":\"sending /\\\"ig.iso 43 %\"",
		"\"diagnoses\":[\n{\"grave\":false,\"words\":\"127.0.0.1" };
	for (size_t i = 0; i < array_count(parts); i++) {
		if (strstr(storage, parts[i]) == NULL)
			fail_msg("%s is not in %s", parts[i], storage);
	}
	free(s);
}

struct lines {
	char text[4096];
	unsigned count, graves;
};

static void line_keep(void *to, enum view_style style, struct span line)
{
	struct lines *l = to;
	size_t at = strlen(l->text);

	snprintf(l->text + at, sizeof l->text - at, "%.*s\n", (int)line.len,
		line.at);
	l->count++;
	l->graves += style == VIEW_GRAVE;
}

static struct lines view_lines(struct snapshot *s, const struct view *v)
{
	struct lines l = { .count = 0 };
	struct diagnoses d;

	diagnose(s, &d);
	view_write(v, s, &d, line_keep, &l);
	return l;
}

static void test_view(void **state)
{
	struct snapshot *s = well();
	struct view v = { .width = 100 };
	(void)state;

	/* A second connection: nothing is known of it, its round trip is long.
	 */
	s->conn_count = 2;
	s->conns[1] =
		(struct snap_conn){ .row = { .state = DIAG_CLOSE_WAIT,
					    .remote = { { 10, 0, 0, 9 }, 5000 },
					    .cookie = 3,
					    .tcp.rtt_us = 90000 } };
	struct lines l = view_lines(s, &v);
	assert_non_null(strstr(l.text, "sending /big.iso 43 %"));
	assert_non_null(strstr(l.text, "nothing is wrong"));
	assert_true(strstr(l.text, "127.0.0.1:4000") <
		    strstr(l.text, "10.0.0.9:5000"));
	v.order = VIEW_BY_RTT;
	l = view_lines(s, &v);
	assert_true(strstr(l.text, "127.0.0.1:4000") >
		    strstr(l.text, "10.0.0.9:5000"));
	snprintf(v.filter, sizeof v.filter, "CLOSE-WAIT");
	l = view_lines(s, &v);
	assert_null(strstr(l.text, "127.0.0.1:4000"));
	assert_non_null(strstr(l.text, "10.0.0.9:5000"));
	change(s, QUEUE_FULL);
	v.width = 30;
	l = view_lines(s, &v);
	assert_int_equal(l.graves, 2); /* the words, and the listener */
	for (char *at = l.text; *at != '\0'; at = strchr(at, '\n') + 1)
		assert_true(strchr(at, '\n') - at <= 30);
	free(s);
}

/* What a file is called must not move the cursor. */
static void test_name(void **state)
{
	char storage[256];
	struct text out = text_in(storage, sizeof storage - 1);
	struct snapshot *s = well();
	(void)state;

	memcpy(s->conns[0].slot.name, "a\033[2J\x80\n", 7);
	snapshot_doing_write(s, &s->conns[0], &out);
	storage[out.len] = '\0';
	assert_string_equal(storage, "sending /a?[2J?? 43 %");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
