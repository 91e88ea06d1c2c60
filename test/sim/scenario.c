/*
 * The course of a run (scenario.h): trouble, calm, a fresh client, the end.
 */
#include "scenario.h"

#include "chaos.h"
#include "client.h"
#include "heap.h"

#define CLIENTS_MAX 60

/* Turns in which everything must have come to its end. */
#define SETTLE_TURNS 50000
#define SLOW_TURNS   500

/* Turns that a connection may outstay its deadlines: its cancel may be late. */
#define OVERDUE_TURNS 400

struct scenario {
	struct world world;
	struct tree tree;
	struct history history;
	struct chaos chaos;
	struct sim_fs fs;
	struct net net;
	struct sim_loop loop;
	struct server server;
	struct asker asker;
	struct judge judge;
	struct in_force redirects, headers;
	unsigned turns, client_max, client_count;
	unsigned arrivals; /* of a hundred: a new client in a turn */
	struct client *clients[CLIENTS_MAX];
};

static void on_edit(void *owner)
{
	struct scenario *s = owner;

	history_note(&s->history);
}

static void on_notice(void *owner, const struct notice *notice)
{
	struct scenario *s = owner;

	sim_fs_notice(&s->fs, notice);
}

static void on_return(void *owner)
{
	struct scenario *s = owner;

	history_settle(&s->history);
}

static void nothing(void *owner)
{
	(void)owner;
}

static void no_notice(void *owner, const struct notice *notice)
{
	(void)owner;
	(void)notice;
}

/* The site, before anybody watches it. */
static void site_make(struct scenario *s)
{
	struct dice *d = &s->world.dice;

	tree_init(&s->tree, &s->world);
	s->tree.on_edit = s->tree.on_return = nothing;
	s->tree.on_notice = no_notice;
	chaos_plant(&s->chaos, &s->tree, dice_percent(d, 40));
	/* Some sites have not been touched for long. */
	if (dice_percent(d, 70))
		world_pass(&s->world, dice_size(d, 100000));
	history_init(&s->history, &s->tree);
	sim_fs_init(&s->fs, &s->tree,
		dice_percent(d, 75)   ? SIM_FS_WATCHED
		: dice_percent(d, 50) ? SIM_FS_ROOT_ONLY
				      : SIM_FS_BLIND);
	s->tree.owner = s;
	s->tree.on_edit = on_edit;
	s->tree.on_notice = on_notice;
	s->tree.on_return = on_return;
	s->chaos.rate = dice_percent(d, 80) ? (unsigned)dice_size(d, 1000) : 0;
	s->world.disturb = chaos_disturb;
	s->world.disturber = &s->chaos;
}

/* Most sites are plain. */
static void wishes_draw(struct wishes *w, struct dice *d)
{
	*w = (struct wishes){
		.is_spa = dice_percent(d, 30),
		.allows_origins = dice_percent(d, 20),
	};
}

static void scenario_begin(
	struct scenario *s, uint64_t seed, enum temper temper)
{
	struct dice *d = &s->world.dice;
	struct wishes wishes;

	memset(s, 0, sizeof *s);
	world_init(&s->world, seed);
	site_make(s);
	net_init(&s->net, &s->world);
	sim_loop_init(&s->loop, temper, &s->net, &s->fs);
	wishes_draw(&wishes, d);
	server_init(&s->server, &s->loop, &wishes);
	s->world.fault_rate = dice_percent(d, 60) ? (unsigned)dice_size(d, 300)
						  : 0;
	s->world.favourite = dice_percent(d, 60) ? dice_u64(d) >> 1 : 0;
	s->asker.world = &s->world;
	s->asker.limits = s->server.respond.wire.limits;
	s->asker.strange = (unsigned)dice_size(d, 25);
	s->redirects.name = "_redirects";
	s->headers.name = "_headers";
	s->judge = (struct judge){ .world = &s->world,
		.history = &s->history,
		.server = &s->server,
		.redirects = &s->redirects,
		.headers = &s->headers };
	s->turns = (unsigned)dice_between(d, 100, 2400);
	s->client_max = (unsigned)dice_between(d, 2, CLIENTS_MAX - 4);
	s->arrivals = (unsigned)dice_between(d, 2, 20);
}

static void scenario_end(struct scenario *s)
{
	for (unsigned i = 0; i < s->client_count; i++) {
		client_done(s->clients[i]);
		heap_disown(s->clients[i]);
	}
	heap_disown(s->asker.head.at);
	heap_disown(s->asker.body.at);
	net_done(&s->net);
	history_done(&s->history);
	world_done(&s->world);
}

static struct client *client_add(struct scenario *s)
{
	struct client *c = heap_own(NULL, sizeof *c);

	if (s->client_count == CLIENTS_MAX ||
		!client_init(c, &s->judge, &s->asker, &s->net)) {
		heap_disown(c);
		return NULL;
	}
	s->clients[s->client_count++] = c;
	return c;
}

/* The clocks go on, a little or a lot. What an edit has begun returns before:
 * a write takes less than the tick by which files are told apart. */
static void time_pass(struct scenario *s, uint64_t most_ms)
{
	struct dice *d = &s->world.dice;
	uint64_t ms = dice_below(d, most_ms + 1);

	tree_return(&s->tree);
	if (!s->world.is_calm && dice_rarely(d, 30))
		ms = dice_size(d, 4 * 3600 * 1000);
	world_pass(&s->world, ms);
	if (!s->world.is_calm && dice_rarely(d, 20))
		world_jump_wall(
			&s->world, (int64_t)dice_below(d, UINT64_C(1) << 53) -
					   (INT64_C(1) << 52));
}

/* No connection stays beyond all its deadlines: where the time for them has
 * passed twice over, it has some turns left to go. */
static void deadlines_check(struct scenario *s)
{
	const struct wire_timeouts *t = &s->server.respond.wire.timeouts;
	uint64_t now = s->world.now_ms;
	uint64_t most = t->head_ms + t->body_ms + t->idle_ms +
			2 * s->net.send_ms + s->net.linger_ms;

	for (unsigned i = 0; i < NET_FDS_MAX; i++) {
		struct sock *k = s->net.by_fd[i];
		if (k == NULL)
			continue;
		uint64_t since = max_u64(k->progress_ms, k->alive_ms);
		if (now - since < most)
			k->overdue_ms = k->overdue = 0;
		else if (k->overdue_ms == 0)
			k->overdue_ms = now;
		else if (now - k->overdue_ms >= most)
			check(++k->overdue < OVERDUE_TURNS,
				"conn %d is open beyond its deadlines",
				k->number);
	}
}

/* What is idle costs no block of a pool. */
static void idle_check(struct scenario *s)
{
	const struct wire_host *wire = &s->server.respond.wire;

	for (unsigned i = 0; i < s->client_count; i++) {
		if (s->clients[i]->sock->fd >= 0 &&
			!client_is_idle(s->clients[i]))
			return;
	}
	check(pool_used(&wire->exchanges) == 0 &&
			pool_used(&wire->buffers) == 0,
		"idle connections hold %u exchanges and %u buffers",
		pool_used(&wire->exchanges), pool_used(&wire->buffers));
}

static void turn(struct scenario *s, uint64_t most_ms)
{
	time_pass(s, most_ms);
	for (unsigned i = 0; i < s->client_count; i++)
		client_turn(s->clients[i]);
	world_disturb(&s->world);
	sim_squeeze_turn(&s->server.squeeze);
	sim_loop_turn(&s->loop);
	deadlines_check(s);
	idle_check(s);
}

/* Now and then the heap has a hole. */
static void heap_trouble(struct scenario *s, bool has_any)
{
	struct dice *d = &s->world.dice;

	if (has_any && heap.refuse_after == 0 && dice_percent(d, 1))
		heap.refuse_after = 1 + (unsigned)dice_size(d, 40);
}

static void trouble(struct scenario *s)
{
	struct dice *d = &s->world.dice;
	uint64_t most_ms = dice_size(d, dice_percent(d, 80) ? 30 : 400);
	bool has_holes = dice_percent(d, 30);
	unsigned drain_at = dice_percent(d, 20) ? s->turns / 2 : UINT32_MAX;

	for (unsigned i = 0; i < s->turns; i++) {
		if (s->client_count < s->client_max &&
			dice_percent(d, s->arrivals)) {
			struct client *c = client_add(s);
			if (c != NULL)
				manners_draw(&c->manners, d);
		}
		heap_trouble(s, has_holes);
		if (i == drain_at)
			server_drain(&s->server);
		turn(s, most_ms);
	}
}

static bool all_are_over(const struct scenario *s)
{
	for (unsigned i = 0; i < s->client_count; i++) {
		if (!s->clients[i]->is_over && s->clients[i]->sock->is_accepted)
			return false;
	}
	return true;
}

/* The slow have been slow for long enough. */
static void clients_hurry(struct scenario *s)
{
	for (unsigned i = 0; i < s->client_count; i++) {
		s->clients[i]->manners.read = 100;
		s->clients[i]->manners.read_max = 100000;
	}
}

/* No more faults: every client gets its due, or its deadline. */
static void calm(struct scenario *s)
{
	heap.refuse_after = 0;
	chaos_finish(&s->chaos);
	s->world.is_calm = true;
	trace("calm");
	for (unsigned i = 0;
		!all_are_over(s) ||
		(s->server.is_draining && s->server.conns.count > 0);
		i++) {
		check(i < SETTLE_TURNS, "clients are waiting for ever");
		if (i == SLOW_TURNS)
			clients_hurry(s);
		turn(s, 500);
	}
}

/* After all that, whoever comes now is served. */
static void fresh_check(struct scenario *s)
{
	struct client *c;
	unsigned i = 0;

	clients_hurry(s);
	do {
		c = client_add(s);
		if (c == NULL)
			return;
		trace("a fresh client");
		client_ask_plain(c, "c.bin");
		for (; c->answered == 0 && !c->is_over; i++) {
			check(i < SETTLE_TURNS,
				"a fresh client is not answered");
			turn(s, 100);
		}
		/* The last of the others may only just have left. */
	} while (c->answered == 0 && (c->sock->excuses & EXCUSE_MEMORY) != 0);
	check(c->answered == 1, "a fresh client is turned away");
}

/* Ends it all at a random moment, or in peace. */
static void close_all(struct scenario *s)
{
	server_close_all(&s->server);
	for (unsigned i = 0;
		s->server.conns.count > 0 || !op_is_idle(&s->server.accept_op);
		i++) {
		check(i < SETTLE_TURNS, "connections do not end");
		turn(s, 10);
		/* One may have been accepted before that could be stopped. */
		if (op_is_idle(&s->server.accept_op) && i % 100 == 99)
			server_close_all(&s->server);
	}
	s->world.is_calm = true;
	for (unsigned i = 0; sim_loop_count(&s->loop) > 0; i++) {
		check(i < SETTLE_TURNS, "operations do not end");
		/* Again, where a change was faster than the cancel before. */
		s->loop.loop.ops->cancel(&s->loop.loop, &s->server.watch_op);
		sim_loop_turn(&s->loop);
	}
	server_done(&s->server);
}

void scenario_run(uint64_t seed, enum temper temper)
{
	static struct scenario s;
	long live = heap.live;

	scenario_begin(&s, seed, temper);
	trouble(&s);
	if (dice_percent(&s.world.dice, 80)) {
		calm(&s);
		if (!s.server.is_draining)
			fresh_check(&s);
		else
			check(s.server.conns.count == 0,
				"%u connections do not drain",
				s.server.conns.count);
	}
	heap.refuse_after = 0;
	close_all(&s);
	check(heap.live == live, "%ld blocks of the heap are lost",
		heap.live - live);
	scenario_end(&s);
}
