/*
 * The client (client.h): writing, reading, and the judgement on the end.
 */
#include "client.h"

#include "heap.h"

/* A request that has not come whole must be answered after its time; turns of
 * the loop that the server may take on top of it. */
#define OVERDUE_TURNS 400
#define OVERDUE_MS    400

/* What excuses an answer that breaks off, and one that does not come. */
#define EXCUSES_CUT \
	(EXCUSE_RESET | EXCUSE_READ | EXCUSE_SHRUNK | EXCUSE_CLOSED_ALL | \
		EXCUSE_STALLED)
#define EXCUSES_LOST (EXCUSES_CUT | EXCUSE_IDLE | EXCUSE_LINGERED)
#define EXCUSES_NONE (EXCUSES_LOST | EXCUSE_MEMORY)

const struct manners manners_plain = { .ask_count = 1,
	.depth = 1,
	.write = 100,
	.read = 100,
	.write_max = 65536,
	.read_max = 65536,
	.deaf_after = UINT64_MAX,
	.mute_after = UINT64_MAX,
	.patience = 10 };

void manners_draw(struct manners *m, struct dice *d)
{
	bool bursts = dice_percent(d, 15);

	*m = (struct manners){
		.ask_count = (unsigned)dice_between(d, 1, bursts ? 80 : 30),
		.depth = bursts ? CLIENT_ASKS_MAX
				: (unsigned)dice_between(d, 1, 4),
		.write = (unsigned)dice_between(d, 20, 100),
		.read = (unsigned)dice_between(d, 20, 100),
		.write_max = 16 + (size_t)dice_size(d, 20000),
		.read_max = 100 + (size_t)dice_size(d, 200000),
		.deaf_after = UINT64_MAX,
		.mute_after = UINT64_MAX,
		.half_closes = dice_percent(d, 25),
		.vanishes = dice_percent(d, 10) ? 50 : 0,
		.patience = (unsigned)dice_below(d, 40),
	};
	if (dice_percent(d, 5))
		m->deaf_after = dice_size(d, 100000);
	if (dice_percent(d, 5))
		m->mute_after = dice_size(d, 2000);
	if (dice_percent(d, 5))
		m->write_max = 1;
}

bool client_init(struct client *c, const struct judge *j, struct asker *a,
	struct net *net)
{
	struct dice *d = &net->world->dice;

	*c = (struct client){ .world = net->world,
		.net = net,
		.judge = j,
		.asker = a,
		.manners = manners_plain };
	c->sock = net_connect(net, (size_t)dice_between(d, 500, 200000));
	return c->sock != NULL;
}

void client_done(struct client *c)
{
	heap_disown(c->outbox.at);
	heap_disown(c->held.at);
	reader_done(&c->reader);
}

/* The first bytes of a request, on one line. */
static void ask_tell(const struct client *c, const struct ask *a)
{
	char text[160];
	size_t len = c->asker->head.len < sizeof text ? c->asker->head.len
						      : sizeof text;

	for (size_t i = 0; i < len; i++) {
		char b = c->asker->head.at[i];
		text[i] = b >= ' ' && b < 0x7f ? b : '|';
	}
	trace("conn %d: asks %u, bytes %llu to %llu: %.*s", c->sock->number,
		c->asked - 1, (unsigned long long)a->start,
		(unsigned long long)a->end, (int)len, text);
}

/* Puts what the asker has made into the stream. */
static void ask_queue(struct client *c, struct ask *a)
{
	const struct asker *from = c->asker;

	a->start = c->queued;
	a->head_end = a->start + from->head.len;
	a->end = a->head_end + from->body.len;
	c->queued = a->end;
	buffer_add(&c->outbox, from->head.at, from->head.len);
	buffer_add(a->expects ? &c->held : &c->outbox, from->body.at,
		from->body.len);
	c->held_turns = 0;
	c->asked++;
	ask_tell(c, a);
}

static void client_ask(struct client *c)
{
	const struct manners *m = &c->manners;
	const struct ask *last = c->asked > 0 ? &c->asks[c->asked - 1] : NULL;

	if (c->asked == m->ask_count || c->asked == CLIENT_ASKS_MAX ||
		c->asked - c->answered >= m->depth || c->held.len > 0 ||
		(last != NULL && last->is_end))
		return;
	ask_draw(c->asker, &c->asks[c->asked],
		c->asked + 1 == m->ask_count ||
			dice_percent(&c->world->dice, 10));
	ask_queue(c, &c->asks[c->asked]);
}

void client_ask_plain(struct client *c, const char *path)
{
	ask_plain(c->asker, &c->asks[c->asked], path);
	ask_queue(c, &c->asks[c->asked]);
}

/* Which requests have come with what was just written. */
static void arrivals_note(struct client *c)
{
	/* One that nobody tells of a switched root looks at it this often. */
	uint64_t late_ms = c->judge->server->fs->fs.watch_fd < 0 ? 101 : 0;

	for (unsigned i = c->answered; i < c->asked; i++) {
		struct ask *a = &c->asks[i];
		if (a->has_arrived || c->written < a->head_end)
			continue;
		a->has_arrived = true;
		a->arrived_ms = c->world->now_ms;
		a->window.from = c->world->epoch;
		a->window.root_from = history_root_from(
			c->judge->history, c->world->now_ms, late_ms);
	}
}

/* The body that waits for 100 (Continue) does not wait for ever. */
static void held_release(struct client *c)
{
	buffer_add(&c->outbox, c->held.at, c->held.len);
	c->held.len = 0;
}

static void client_write(struct client *c)
{
	const struct manners *m = &c->manners;

	if (c->written >= m->mute_after)
		return;
	if (c->held.len > 0 && c->outbox.len == 0 &&
		c->held_turns++ >= m->patience)
		held_release(c);
	struct span bytes = { c->outbox.at, c->outbox.len };
	if (bytes.len == 0) {
		bool has_asked = c->asked == m->ask_count ||
				 (c->asked > 0 && c->asks[c->asked - 1].is_end);
		bool is_cut = c->asked > 0 &&
			      c->asks[c->asked - 1].kind == ASK_CUT;
		if (is_cut || (has_asked && m->half_closes && c->held.len == 0))
			sock_end(c->sock);
		return;
	}
	bytes.len = (size_t)dice_between(
		&c->world->dice, 1, min_u64(bytes.len, m->write_max));
	if (!sock_write(c->net, c->sock, bytes))
		return;
	trace("conn %d: writes %zu bytes", c->sock->number, bytes.len);
	buffer_take(&c->outbox, bytes.len);
	c->written += bytes.len;
	arrivals_note(c);
}

static void reply_take(struct client *c, const struct reply *r)
{
	struct span tag = reply_field(r, "ETag");
	struct span date = reply_field(r, "Last-Modified");

	trace("conn %d: answer %u is %u, %llu bytes%s", c->sock->number,
		c->answered, r->status, (unsigned long long)r->length,
		r->is_last ? ", the last" : "");
	check(c->answered < c->asked, "an answer to nothing");
	if (r->status == 100) {
		check(c->asks[c->answered].expects, "an unexpected 100");
		held_release(c);
		return;
	}
	judge_reply(c->judge, c->sock, &c->asks[c->answered], r);
	if (tag.at != NULL && date.at != NULL)
		asker_remember(c->asker, tag, date);
	c->answered++;
	c->was_closed = r->is_last;
}

static enum reply_to reply_to(const struct client *c)
{
	const struct ask *a = &c->asks[c->answered];
	uint64_t first = reader_is_inside(&c->reader) ? c->reader.reply.first
						      : c->reader.taken;

	if (c->answered >= c->asked || !a->is_head)
		return REPLY_TO_OTHER;
	uint64_t received = marks_find(&c->sock->sent, first)->received;
	if (received < a->head_end)
		return REPLY_TO_OTHER;
	/* Was it there before the last bytes came? */
	return marks_find(&c->sock->received, received - 1)->offset >=
			       a->head_end
		       ? REPLY_TO_HEAD
		       : REPLY_TO_LATE_HEAD;
}

static void client_take(struct client *c, struct span bytes)
{
	while (bytes.len > 0) {
		bool is_whole;
		check(!c->was_closed, "bytes after the last answer");
		size_t taken = reader_take(
			&c->reader, bytes, reply_to(c), &is_whole);
		bytes = span_skip(bytes, taken);
		if (is_whole)
			reply_take(c, &c->reader.reply);
	}
}

/* What came of an answer before it broke off must be right, too. */
static void cut_judge(struct client *c)
{
	const struct sock *s = c->sock;

	check((s->excuses & (s->lost > 0 ? EXCUSES_LOST : EXCUSES_CUT)) != 0,
		"conn %d: answer %u breaks off without a cause, excuses %#x%s",
		s->number, c->answered, s->excuses,
		s->lost > 0 ? "; the server's reset destroyed it" : "");
	if (c->reader.state == REPLY_BODY && c->answered < c->asked)
		judge_reply(
			c->judge, s, &c->asks[c->answered], &c->reader.reply);
}

static void end_judge(struct client *c)
{
	const struct sock *s = c->sock;
	const struct reply *r = &c->reader.reply;

	/* A late HEAD may be known for one, or not: then this was all. */
	if (c->reader.state == REPLY_BODY && r->status == 408 &&
		r->body.len == 0 && c->asks[c->answered].is_head)
		return;
	if (reader_is_inside(&c->reader)) {
		cut_judge(c);
		return;
	}
	if (s->lost > 0)
		check((s->excuses & EXCUSES_LOST) != 0,
			"conn %d: answer %u was destroyed by the server's "
			"reset, excuses %#x",
			s->number, c->answered, s->excuses);
	else if (!c->was_closed && c->answered < c->asked &&
		 c->asks[c->answered].has_arrived)
		check((s->excuses & EXCUSES_NONE) != 0,
			"conn %d: answer %u does not come, excuses %#x",
			s->number, c->answered, s->excuses);
	else if (!c->was_closed && c->answered == c->asked && !s->in_ended)
		check((s->excuses & EXCUSES_NONE) != 0,
			"conn %d: closed between requests, excuses %#x",
			s->number, s->excuses);
}

static void client_end(struct client *c)
{
	trace("conn %d: over after %u of %u answers", c->sock->number,
		c->answered, c->asked);
	end_judge(c);
	sock_end(c->sock);
	c->is_over = true;
}

static void client_read(struct client *c)
{
	struct sock *s = c->sock;
	size_t most = s->out.len < c->manners.read_max ? s->out.len
						       : c->manners.read_max;

	if (s->taken >= c->manners.deaf_after && !c->world->is_calm)
		return;
	if (most > 0) {
		size_t len = (size_t)dice_between(&c->world->dice, 1, most);
		client_take(c, (struct span){ s->out.at, len });
		sock_read(c->net, s, len);
	}
	if (s->out.len == 0 && (s->out_ended || s->was_reset))
		client_end(c);
}

bool client_is_idle(const struct client *c)
{
	return c->answered == c->asked && c->outbox.len == 0 &&
	       c->sock->in.len == 0 && c->sock->out.len == 0 &&
	       !c->sock->out_ended;
}

/* A request that is begun, and not ended in its time, must be refused: first
 * the head has some, then the body. */
static void deadline_check(struct client *c)
{
	const struct wire_timeouts *t =
		&c->judge->server->respond.wire.timeouts;
	const struct sock *s = c->sock;
	const struct ask *a = &c->asks[c->answered];

	if (c->answered >= c->asked || s->out.len > 0 || s->fd < 0 ||
		s->in_total <= a->start || s->in_total >= a->end)
		return;
	bool has_head = s->in_total >= a->head_end;
	uint64_t begun = has_head ? a->head_end - 1 : a->start;
	uint64_t since = marks_find(&s->received, begun)->ms;
	/* Its time begins when the answers before are gone, as the server
	 * knows it: a clock may leap between the two. */
	since = max_u64(since, s->told_ms);
	if (c->world->now_ms <
		since + (has_head ? t->body_ms : t->head_ms) + OVERDUE_MS)
		c->overdue = 0;
	else
		check(++c->overdue < OVERDUE_TURNS,
			"conn %d: half a request has been waiting since %llu",
			s->number, (unsigned long long)since);
}

void client_turn(struct client *c)
{
	struct dice *d = &c->world->dice;

	if (c->is_over)
		return;
	if (!c->world->is_calm && dice_rarely(d, c->manners.vanishes)) {
		sock_vanish(c->sock);
		c->is_over = true;
		return;
	}
	if (c->sock->is_reset) {
		c->is_over = true;
		return;
	}
	client_ask(c);
	if (dice_percent(d, c->manners.write))
		client_write(c);
	if (dice_percent(d, c->manners.read))
		client_read(c);
	if (!c->is_over)
		deadline_check(c);
}
