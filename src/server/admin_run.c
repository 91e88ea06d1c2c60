/*
 * The admin process (admin_run.h): puts loop, connections and the admin site
 * together, and goes behind its walls before it accepts.
 */
#include "server/admin_run.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/epoll.h"
#include "io/process.h"
#include "io/sandbox.h"
#include "io/sock_diag.h"
#include "server/acceptor.h"
#include "server/admin_site.h"
#include "server/conn.h"

/* As ps(1) shows it. */
#define PROCESS_NAME "hstatic-admin"

/* A few browsers, a monitor, a person with curl; the others wait in the
 * kernel's queue. */
#define CONNECTIONS_MAX 64

/* A loop may have accepted a few more by the time it is told to stop. */
#define CONNECTIONS_SPARE 32

/* Many times what it needs; what is wrong with it must not harm the server. */
#define MEMORY_MAX (UINT64_C(512) << 20)

struct admin {
	struct admin_config *config;
	struct loop *loop;
	struct conn_host conns;
	struct acceptor acceptor;
	struct admin_site site;
	struct roster roster;
	struct op channel_op;
};

static void conn_came_in(struct acceptor *acceptor, int fd)
{
	struct admin *a = container_of(acceptor, struct admin, acceptor);

	if (!conn_open(&a->conns, fd))
		a->loop->ops->close(a->loop, fd);
	if (a->conns.count >= CONNECTIONS_MAX)
		acceptor_pause(acceptor);
}

static void conn_closed(struct conn_host *host)
{
	struct admin *a = container_of(host, struct admin, conns);

	if (a->conns.count < CONNECTIONS_MAX)
		acceptor_resume(&a->acceptor);
}

/* Pausing is all the end that there is. */
static void accepting_ended(struct acceptor *acceptor)
{
	(void)acceptor;
}

/* The master has news; or it is gone, and nothing is left to tell of. */
static void channel_readable(struct op *op, int res, struct span data)
{
	struct admin *a = container_of(op, struct admin, channel_op);
	int channel = a->config->channel;
	struct roster news;
	ssize_t got;
	int fd;

	(void)data;
	if (res < 0)
		return;
	while ((got = process_receive(channel, &news, sizeof news, &fd)) > 0) {
		process_close(fd);
		if ((size_t)got == sizeof news)
			a->roster = news;
	}
	if (got == -EAGAIN)
		a->loop->ops->poll(a->loop, op, channel);
	else
		loop_stop(a->loop);
}

static void conns_set_up(struct admin *a)
{
	const struct options *o = a->config->options;
	struct wire_host *wire = &a->site.wire;
	unsigned conns = CONNECTIONS_MAX + CONNECTIONS_SPARE;

	wire->limits = (struct head_limits){
		.line_max = (size_t)o->line_max,
		.head_max = (size_t)o->head_max,
		.field_max = (unsigned)o->fields_max,
		.body_max = o->body_max,
	};
	wire->timeouts = (struct wire_timeouts){
		.head_ms = o->head_ms,
		.body_ms = o->body_ms,
		.idle_ms = o->idle_ms,
	};
	pool_init(&wire->exchanges, sizeof(struct exchange), 2 * conns);
	/* One for what comes, one for the pieces of what goes. */
	pool_init(&wire->buffers, WIRE_BUFFER_SIZE(&wire->limits), 2 * conns);
	a->conns = (struct conn_host){
		.loop = a->loop,
		.wire = wire,
		.send_ms = o->send_ms,
		.on_close = conn_closed,
	};
	list_init(&a->conns.open);
	pool_init(&a->conns.conns, sizeof(struct conn), conns);
}

static int walls_set_up(const struct options *o)
{
	const struct sandbox_rules rules = { .role = SECCOMP_ADMIN,
		.reads_proc = true,
		.ring = -1,
		.kills = getenv("HSTATIC_SANDBOX_KILLS") != NULL,
		.memory_max = MEMORY_MAX };
	struct sandbox_state state;

	int res = sandbox_enter(&rules, o->sandbox, &state);
	if (res < 0)
		log_error("cannot put up the walls of --sandbox=require around "
			  "the admin process: %s",
			strerror(-res));
	return res;
}

/* It only looks at the page; and its own sockets are the server's, too. */
static void visit_narrow(struct visit *v, const struct listeners *own)
{
	struct door_words *words = &v->words;

	if (v->page.at != NULL && share_narrow(&v->page) < 0)
		log_debug("the admin process has no page");
	for (unsigned i = 0; i < own->count; i++) {
		if (words->listener_count < LISTENERS_MAX)
			words->listeners[words->listener_count++] = sock_cookie(
				own->fds[i]);
	}
}

static int admin_set_up(struct admin *a)
{
	struct admin_config *c = a->config;
	const struct admin_scope scope = { .visit = &c->visit,
		.listeners = &c->listeners,
		.roster = &a->roster,
		.master = c->master,
		.bell = c->bell };

	visit_narrow(&c->visit, &c->listeners);
	int res = epoll_loop_open(&a->loop);
	if (res == 0)
		res = admin_site_init(&a->site, a->loop, &scope);
	if (res < 0) {
		log_error("the admin process cannot begin: %s", strerror(-res));
		return res;
	}
	conns_set_up(a);
	return walls_set_up(c->options);
}

static void admin_listen(struct admin *a)
{
	const struct admin_config *c = a->config;

	op_init(&a->channel_op, channel_readable);
	a->loop->ops->poll(a->loop, &a->channel_op, c->channel);
	acceptor_init(
		&a->acceptor, a->loop, c->listeners.fds, c->listeners.count);
	a->acceptor.on_conn = conn_came_in;
	a->acceptor.on_end = accepting_ended;
	acceptor_resume(&a->acceptor);
}

int admin_run(struct admin_config *config)
{
	static struct admin a;

	a.config = config;
	a.roster = config->roster;
	process_helper_begin(PROCESS_NAME);
	if (admin_set_up(&a) < 0)
		return EXIT_FAILURE;
	admin_listen(&a);
	int res = a.loop->ops->run(a.loop);
	if (res < 0)
		log_error("the admin process: the event loop failed: %s",
			strerror(-res));
	return res < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
