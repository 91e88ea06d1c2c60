/*
 * The worker (worker.h): puts loop, files, respond and connections together,
 * goes behind its walls, accepts, and finishes in order.
 */
#include "server/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/kernel_fs.h"
#include "io/process.h"
#include "io/seccomp.h"
#include "io/squeezing.h"
#include "server/acceptor.h"
#include "server/conn.h"
#include "server/message.h"
#include "server/publish.h"
#include "server/respond.h"
#include "server/wire_room.h"

/* Descriptors that are no connections: standard streams, listeners, the loop,
 * the root, inotify, listings, and room for what a library may open. */
#define DESCRIPTORS_RESERVED (128 + DIRECTORIES_MAX)

/* A loop may have accepted a few more by the time it is told to stop. */
#define CONNECTIONS_SPARE 32

/* Cached files may hold one descriptor in so many. */
#define DESCRIPTORS_CACHED 8

/* Directories watched: the kernel's own default is 8192 for one user. */
#define WATCHES_MAX 4096

/* Connections that wait in the kernel's queue when draining begins are still
 * served: accepting goes on for so long. */
#define DRAIN_ACCEPT_MS 50

struct worker {
	const struct worker_config *config;
	struct loop *loop;
	struct fs *fs;
	struct respond respond;
	struct squeezing squeezing;
	struct conn_host conns;
	struct acceptor acceptor;
	struct publisher publisher;
	struct op channel_op, watch_op;
	struct timer drain_timer; /* stops accepting */
	struct timer orphan_timer;
	struct message incoming, outgoing;
	int channel;
	unsigned connections_max;
	bool is_draining;
	/* The master knows that we finish, and will send no connection more:
	 * one that is in the channel when we exit would be lost. */
	bool is_told;
};

static struct worker *worker_of(struct conn_host *host)
{
	return container_of(host, struct worker, conns);
}

/* The last connection has gone, and no other will come. */
static void finish_check(struct worker *w)
{
	if (acceptor_is_done(&w->acceptor) && w->conns.count == 0 && w->is_told)
		loop_stop(w->loop);
}

static void conn_came_in(struct acceptor *a, int fd)
{
	struct worker *w = container_of(a, struct worker, acceptor);

	if (!conn_open(&w->conns, fd))
		w->loop->ops->close(w->loop, fd);
	/* Full: the kernel's queue keeps the others. */
	if (w->conns.count >= w->connections_max)
		acceptor_pause(a);
}

static void accepting_ended(struct acceptor *a)
{
	finish_check(container_of(a, struct worker, acceptor));
}

static void conn_closed(struct conn_host *host)
{
	struct worker *w = worker_of(host);

	if (w->conns.count < w->connections_max)
		acceptor_resume(&w->acceptor);
	finish_check(w);
}

static void drain_timer_fired(struct timer *t)
{
	struct worker *w = container_of(t, struct worker, drain_timer);

	/* While we are full, the queue has not been looked at. */
	if (w->conns.count >= w->connections_max)
		wheel_set(
			&w->loop->timers, t, w->loop->now_ms + DRAIN_ACCEPT_MS);
	else
		acceptor_finish(&w->acceptor);
}

static void worker_drain(struct worker *w)
{
	if (w->is_draining)
		return;
	w->is_draining = true;
	w->respond.policy.is_draining = true;
	conn_drain_all(&w->conns);
	wheel_set(&w->loop->timers, &w->drain_timer,
		w->loop->now_ms + DRAIN_ACCEPT_MS);
}

/* Makes way for successors: what is still in the kernel's queue is theirs, and
 * so is every connection that waits for a request. */
static void worker_leave(struct worker *w)
{
	if (w->is_draining || w->conns.is_leaving)
		return;
	conn_leave_all(&w->conns);
	acceptor_finish(&w->acceptor);
}

static bool conn_left(struct conn_host *host, int fd, struct span data)
{
	struct worker *w = worker_of(host);

	w->outgoing.kind = MESSAGE_CONN;
	w->outgoing.data_len = (unsigned)data.len;
	memcpy(w->outgoing.data, data.at, data.len);
	return message_send(w->channel, &w->outgoing, fd) == 0;
}

/* Without a master nobody else will end what does not end by itself. */
static void orphan_timer_fired(struct timer *t)
{
	conn_close_all(&container_of(t, struct worker, orphan_timer)->conns);
}

/* A master that is gone is noticed at the end of the channel. */
static void master_tell(struct worker *w, const struct message *m)
{
	if (message_send(w->channel, m, -1) < 0)
		return;
}

static void seccomp_report(void)
{
	struct seccomp_blocked blocked = seccomp_blocked_take();
	char storage[64];
	struct text name = text_in(storage, sizeof storage);

	if (blocked.count == 0)
		return;
	seccomp_call_name(blocked.last, &name);
	log_error("the sandbox refused the system call %.*s (%u times): "
		  "this is a fault of hstatic, please report it",
		(int)name.len, name.at, blocked.count);
}

static void batch_begins(struct loop *l)
{
	struct worker *w = l->owner;

	files_refresh(w->respond.files, l->now_ms);
	/* Whoever has changed a rule wants to hear of it before a request. */
	respond_refresh(&w->respond);
	seccomp_report();
	if (files_root_is_lost(w->respond.files) && !w->is_draining &&
		!w->conns.is_leaving) {
		/* The new root lies outside these walls. */
		master_tell(w, &(struct message){ .kind = MESSAGE_LEFT });
		worker_leave(w);
	}
}

/* A connection from a worker that left; its request is answered as of now, or
 * by the next one, when this has to leave as well. */
static void conn_came(struct worker *w, int fd, struct span data)
{
	struct conn_host *conns = &w->conns;

	batch_begins(w->loop);
	if (conns->is_leaving && conn_left(conns, fd, data))
		w->loop->ops->close(w->loop, fd);
	else if (!conn_adopt(conns, fd, data))
		w->loop->ops->close(w->loop, fd);
	if (conns->count >= w->connections_max)
		acceptor_pause(&w->acceptor);
}

static void message_came(struct worker *w, int fd)
{
	const struct message *m = &w->incoming;

	switch (m->kind) {
	case MESSAGE_CONN:
		conn_came(w, fd, (struct span){ m->data, m->data_len });
		break;
	case MESSAGE_LEAVE:
	case MESSAGE_DRAIN:
		w->is_told = true;
		m->kind == MESSAGE_LEAVE ? worker_leave(w) : worker_drain(w);
		finish_check(w);
		break;
	case MESSAGE_SQUEEZER:
		if (fd >= 0)
			squeezing_attach(&w->squeezing, fd);
		break;
	case MESSAGE_WATCH:
		publish_begin(&w->publisher);
		break;
	default: /* what workers say */
		break;
	}
}

static void channel_readable(struct op *op, int res, struct span data)
{
	struct worker *w = container_of(op, struct worker, channel_op);
	int fd;

	(void)data;
	if (res == -ECANCELED)
		return;
	while ((res = message_receive(w->channel, &w->incoming, &fd)) == 1)
		message_came(w, fd);
	if (res == -EAGAIN) {
		w->loop->ops->poll(w->loop, &w->channel_op, w->channel);
		return;
	}
	/* The master is gone. */
	w->is_told = true;
	worker_drain(w);
	finish_check(w);
	wheel_set(&w->loop->timers, &w->orphan_timer,
		w->loop->now_ms + w->config->options->grace_ms);
}

static void files_changed(struct op *op, int res, struct span data)
{
	struct worker *w = container_of(op, struct worker, watch_op);

	(void)data;
	if (res == -ECANCELED)
		return;
	batch_begins(w->loop);
	w->loop->ops->poll(
		w->loop, &w->watch_op, files_watch_fd(w->respond.files));
}

static unsigned connections_max(const struct worker_config *c)
{
	unsigned other = DESCRIPTORS_RESERVED +
			 c->descriptors / DESCRIPTORS_CACHED;
	unsigned most = c->descriptors / 2;

	if (c->descriptors > 2 * other)
		most = c->descriptors - other;
	if (c->options->connections_max == 0)
		return most;
	return (unsigned)min_u64(c->options->connections_max, most);
}

static void wire_set_up(struct worker *w)
{
	const struct options *o = w->config->options;
	struct wire_host *wire = &w->respond.wire;
	unsigned conns = connections_max(w->config) + CONNECTIONS_SPARE;

	wire_room_init(wire, o, conns);
	w->conns = (struct conn_host){
		.loop = w->loop,
		.wire = wire,
		.send_ms = o->send_ms,
		.on_leave = conn_left,
		.on_close = conn_closed,
	};
	list_init(&w->conns.open);
	publish_init(&w->publisher, w->config->page, w->loop, &w->conns);
	pool_init(&w->conns.conns, sizeof(struct conn), conns);
	w->connections_max = conns - CONNECTIONS_SPARE;
}

static int files_set_up(struct worker *w)
{
	const struct files_limits limits = {
		.bytes_max = (size_t)w->config->options->cache_max,
		.descriptors_max = w->config->descriptors / DESCRIPTORS_CACHED,
		.watches_max = WATCHES_MAX,
		.may_squeeze = !w->config->options->no_compress,
	};

	w->respond.files = files_new(w->fs, &limits, process_random());
	return w->respond.files == NULL ? -ENOMEM : 0;
}

static int walls_set_up(struct worker *w, struct sandbox_state *state)
{
	int dirs[KERNEL_FS_READABLE_MAX];
	struct sandbox_rules rules = { .read_dirs = dirs,
		.count = kernel_fs_readable(w->fs, dirs),
		.ring = w->loop->ring,
		.kills = getenv("HSTATIC_SANDBOX_KILLS") != NULL };

	return sandbox_enter(&rules, w->config->options->sandbox, state);
}

static void ops_set_up(struct worker *w)
{
	respond_refresh(&w->respond);
	w->loop->on_batch = batch_begins;
	w->loop->owner = w;
	timer_init(&w->drain_timer, drain_timer_fired);
	timer_init(&w->orphan_timer, orphan_timer_fired);
	op_init(&w->channel_op, channel_readable);
	op_init(&w->watch_op, files_changed);
	w->loop->ops->poll(w->loop, &w->channel_op, w->channel);
	if (files_watch_fd(w->respond.files) >= 0)
		w->loop->ops->poll(w->loop, &w->watch_op,
			files_watch_fd(w->respond.files));
	acceptor_init(&w->acceptor, w->loop, w->config->listeners,
		w->config->listener_count);
	w->acceptor.on_conn = conn_came_in;
	w->acceptor.on_end = accepting_ended;
	acceptor_resume(&w->acceptor);
}

static const char using_ring[] = "use io_uring (--loop=uring)";

/* 0, or -errno with what was being done in *doing. */
static int worker_set_up(
	struct worker *w, struct message *ready, const char **doing)
{
	*doing = "open the root";
	int res = kernel_fs_open(w->config->root, true, &w->fs);
	if (res < 0)
		return res;
	enum loop_kind kind = w->config->options->loop;
	*doing = kind == LOOP_URING ? using_ring : "make the event loop";
	res = loop_kind_open(
		kind, w->config->options->workers, &w->loop, &ready->loop);
	if (res < 0)
		return res;
	*doing = "make the cache";
	res = files_set_up(w);
	if (res == 0)
		res = respond_init(&w->respond, process_random());
	if (res < 0)
		return res;
	squeezing_init(&w->squeezing, w->loop, w->respond.files);
	w->respond.squeeze = &w->squeezing.squeeze;
	w->respond.policy = options_policy(w->config->options);
	w->respond.loop = w->loop;
	site_init(&w->respond.site, w->config->root, w->config->number == 0);
	wire_set_up(w);
	*doing = "put up the walls of --sandbox=require";
	return walls_set_up(w, &ready->sandbox);
}

static void worker_fail(struct worker *w, int error, const char *doing)
{
	struct message m = { .kind = MESSAGE_FAILED,
		.error = -error,
		.is_about_ring = doing == using_ring };

	snprintf(m.doing, sizeof m.doing, "%s", doing);
	if (message_send(w->channel, &m, -1) < 0)
		log_error("cannot %s: %s", doing, strerror(-error));
}

static void worker_tear_down(struct worker *w)
{
	w->loop->ops->cancel(w->loop, &w->channel_op);
	w->loop->ops->cancel(w->loop, &w->watch_op);
	respond_done(&w->respond);
	squeezing_done(&w->squeezing);
	files_free(w->respond.files);
	kernel_fs_close(w->fs);
	wire_room_done(&w->respond.wire);
	pool_done(&w->conns.conns);
	w->loop->ops->free(w->loop);
}

/* After worker_set_up has failed: what there is by then. */
static void worker_give_up(struct worker *w)
{
	if (w->respond.files != NULL) {
		worker_tear_down(w);
		return;
	}
	if (w->loop != NULL)
		w->loop->ops->free(w->loop);
	if (w->fs != NULL)
		kernel_fs_close(w->fs);
}

int worker_run(const struct worker_config *config, int channel)
{
	struct worker *w = calloc(1, sizeof *w);
	struct message ready = { .kind = MESSAGE_READY };
	const char *doing = "begin";

	if (w == NULL)
		return EXIT_FAILURE;
	w->config = config;
	w->channel = channel;
	process_signals_release();
	int res = worker_set_up(w, &ready, &doing);
	if (res < 0) {
		worker_fail(w, res, doing);
		worker_give_up(w);
		free(w);
		return EXIT_FAILURE;
	}
	ops_set_up(w);
	master_tell(w, &ready);
	res = w->loop->ops->run(w->loop);
	if (res < 0)
		log_error("the event loop failed: %s", strerror(-res));
	worker_tear_down(w);
	free(w);
	return res < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
