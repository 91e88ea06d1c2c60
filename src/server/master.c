/*
 * The master (master.h): an event loop over signals, the workers' channels and
 * a few timers.
 */
#include "server/master.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/epoll.h"
#include "io/process.h"
#include "server/announce.h"
#include "server/children.h"
#include "server/door.h"
#include "server/handover.h"
#include "server/helpers.h"
#include "server/listen.h"
#include "server/message.h"
#include "server/worker.h"

/* When a worker's channel is full of connections, it is tried again after so
 * long. */
#define PASS_RETRY_MS 10

struct master {
	const struct options *options;
	struct worker_config config;
	struct listeners listeners;
	struct loop *loop;
	struct op signal_op;
	struct timer restart, grace, pass;
	struct handover handover; /* connections between two workers */
	struct message message;   /* the one at hand */
	struct helpers helpers;
	struct children children;
	struct browser browser;
	struct doorman doorman;
	int signals;
	unsigned young_deaths;
	unsigned stops;    /* how often we were told to */
	uint64_t ready;    /* how many workers ever were */
	bool has_terminal; /* SIGHUP is then its end, not a wish to reload */
	int status;
};

static unsigned children_wanted(const struct master *m)
{
	return m->stops > 0 ? 0 : (unsigned)m->options->workers;
}

static void child_free(struct child *c)
{
	struct master *m = c->owner;

	list_remove(&c->node);
	m->loop->ops->close(m->loop, c->channel);
	free(c);
	if (m->stops > 0 && list_is_empty(&m->children.list))
		loop_stop(m->loop);
}

/* The fork's side: everything of the master's but the listeners goes. Others'
 * channels above all: an open end of one would hide the master's death. */
static void fork_begin(struct master *m)
{
	children_close(&m->children);
	process_close(m->signals);
	doorman_forget(&m->doorman);
	handover_clear(&m->handover);
	m->loop->ops->free(m->loop);
}

static _Noreturn void child_run(struct master *m, int channel, unsigned number)
{
	struct worker_config config = m->config;

	config.number = number;
	config.page = doorman_part(&m->doorman, number);
	helpers_forget(&m->helpers);
	fork_begin(m);
	exit(worker_run(&config, channel));
}

static void helper_forked(struct helpers *h)
{
	fork_begin(container_of(h, struct master, helpers));
}

/* Whoever watches is to know who serves. */
static void roster_tell(struct master *m)
{
	helpers_tell(
		&m->helpers, m->ready >= m->options->workers, m->stops > 0);
}

static void child_heard(struct op *op, int res, struct span data);

static void child_start(struct master *m)
{
	struct child *c = calloc(1, sizeof *c);
	int channel;

	if (c == NULL) {
		log_error("cannot start a worker: %s", strerror(ENOMEM));
		return;
	}
	unsigned number = children_number(&m->children);
	pid_t pid = process_fork(&channel);
	if (pid == 0) {
		free(c);
		child_run(m, channel, number);
	}
	if (pid < 0) {
		log_error("cannot start a worker: %s; trying again",
			strerror(-pid));
		free(c);
		wheel_set(&m->loop->timers, &m->restart,
			m->loop->now_ms + RESTART_MS);
		return;
	}
	*c = (struct child){ .owner = m,
		.pid = pid,
		.channel = channel,
		.number = number,
		.started_ms = m->loop->now_ms };
	op_init(&c->op, child_heard);
	list_add_last(&m->children.list, &c->node);
	m->loop->ops->poll(m->loop, &c->op, channel);
	roster_tell(m);
}

static void children_fill(struct master *m)
{
	for (unsigned i = children_serving(&m->children, false);
		i < children_wanted(m); i++)
		child_start(m);
}

/* Passes connections on, as far as somebody can take them; the others wait:
 * without a worker that is ready, READY will bring us back. */
static void conns_pass(struct master *m)
{
	if (children_serving(&m->children, true) < children_wanted(m))
		return;
	if (handover_pass(&m->handover, &m->children) < 0)
		wheel_set(&m->loop->timers, &m->pass,
			m->loop->now_ms + PASS_RETRY_MS);
}

static void pass_fired(struct timer *t)
{
	conns_pass(container_of(t, struct master, pass));
}

static void master_stop(struct master *m)
{
	bool is_first = m->stops++ == 0;

	children_end(&m->children, !is_first);
	roster_tell(m);
	if (is_first) {
		helper_stop(&m->helpers.squeezer.helper);
		/* The workers still take what is in the queue already. */
		listeners_close(&m->listeners);
		wheel_set(&m->loop->timers, &m->grace,
			m->loop->now_ms + m->options->grace_ms);
	}
	if (list_is_empty(&m->children.list))
		loop_stop(m->loop);
}

static void grace_over(struct timer *t)
{
	struct master *m = container_of(t, struct master, grace);

	log_info("requests were still running after %llu s: cut off",
		(unsigned long long)(m->options->grace_ms / 1000));
	master_stop(m);
}

/* Successors first: the old ones are told once all of those are ready, so that
 * there is always somebody who accepts. */
static void children_roll(struct master *m)
{
	if (m->stops > 0)
		return;
	for_each_child (&m->children, i)
		child_of(i)->is_old = !child_of(i)->has_left;
	children_fill(m);
}

static void child_failed(struct child *c, const struct message *message)
{
	struct master *m = c->owner;

	c->has_left = true;
	/* The others fail alike: said once. */
	if (m->ready == 0 && m->stops > 0)
		return;
	failure_say(message);
	if (m->ready == 0) {
		/* What none has managed yet none of them will. */
		m->status = EXIT_FAILURE;
		master_stop(m);
	} else if (roll_cancel(&m->children)) {
		log_error("the workers that serve go on as they are");
	} else {
		wheel_set(&m->loop->timers, &m->restart,
			m->loop->now_ms + RESTART_MS);
	}
}

static void child_is_ready(struct child *c)
{
	struct master *m = c->owner;

	loop_say((int)c->pid, &m->message.loop);
	c->is_ready = true;
	squeezer_introduce(&m->helpers.squeezer, c);
	if (children_serving(&m->children, true) >= children_wanted(m))
		children_dismiss(&m->children);
	conns_pass(m);
	/* Once, when it is true. The helper must not delay first answers. */
	bool is_first = ++m->ready == m->options->workers && m->stops == 0;
	roster_tell(m);
	if (!is_first)
		return;
	const struct presentation all = { .options = m->options,
		.site = &m->listeners,
		.admin = &m->helpers.admin.listeners,
		.sandbox = &m->message.sandbox };
	announce_site(&all, &m->browser, m->loop->now_ms);
	squeezer_start(&m->helpers.squeezer);
}

/* m->message, with a descriptor or -1. */
static void child_said(struct child *c, int fd)
{
	struct master *m = c->owner;

	switch (m->message.kind) {
	case MESSAGE_READY:
		child_is_ready(c);
		break;
	case MESSAGE_FAILED:
		child_failed(c, &m->message);
		break;
	case MESSAGE_LEFT:
		log_debug("worker %d makes way: the root is elsewhere now",
			(int)c->pid);
		c->has_left = true;
		child_tell(c, MESSAGE_LEAVE);
		children_fill(m);
		break;
	case MESSAGE_CONN:
		handover_hold(&m->handover, &m->message, fd);
		conns_pass(m);
		break;
	case MESSAGE_NONE:
		log_error("a connection between two workers is lost: out of "
			  "descriptors; raise the limit (ulimit -n)");
		break;
	default: /* what the master says */
		break;
	}
}

/* All that it has to say by now. False at the end of the channel. */
static bool child_listen(struct child *c)
{
	struct master *m = c->owner;
	int fd, res;

	while ((res = message_receive(c->channel, &m->message, &fd)) == 1)
		child_said(c, fd);
	return res == -EAGAIN;
}

static void child_heard(struct op *op, int res, struct span data)
{
	struct child *c = container_of(op, struct child, op);
	struct master *m = c->owner;

	(void)data;
	if (c->has_ended) {
		child_free(c);
		return;
	}
	/* At the channel's end SIGCHLD is about to tell the rest. */
	if (res >= 0 && child_listen(c))
		m->loop->ops->poll(m->loop, &c->op, c->channel);
}

static void restart_fired(struct timer *t)
{
	children_fill(container_of(t, struct master, restart));
}

/* Replaces a worker that died without being told to. */
static void child_replace(struct master *m, struct child *c, int status)
{
	uint64_t pause_ms = death_pause(
		&m->young_deaths, m->loop->now_ms - c->started_ms);

	log_error("worker %d %s; starting another", (int)c->pid,
		process_status_text(status));
	if (pause_ms == 0)
		children_fill(m);
	else
		wheel_set(&m->loop->timers, &m->restart,
			m->loop->now_ms + pause_ms);
}

static void child_ended(struct master *m, struct child *c, int status)
{
	/* What it said last may still be unread. */
	child_listen(c);
	bool was_serving = !c->has_left;

	c->has_left = true;
	c->has_ended = true;
	if (was_serving && m->stops == 0)
		child_replace(m, c, status);
	roster_tell(m);
	if (op_is_idle(&c->op))
		child_free(c);
	else
		m->loop->ops->cancel(m->loop, &c->op);
}

static void children_reap(struct master *m)
{
	pid_t pid;
	int status;

	while ((pid = process_reap(&status)) > 0) {
		if (helpers_ended(&m->helpers, pid, status))
			continue;
		struct child *c = child_find(&m->children, pid);
		doorman_release(&m->doorman, pid);
		if (c != NULL)
			child_ended(m, c, status);
		else
			browser_ended(
				&m->browser, pid, status, m->loop->now_ms);
	}
}

static void signal_came(struct op *op, int res, struct span data)
{
	struct master *m = container_of(op, struct master, signal_op);
	int number;

	(void)data;
	if (res < 0)
		return;
	while ((number = process_signal_take(m->signals)) != 0) {
		if (number == SIGCHLD)
			children_reap(m);
		else if (number == SIGHUP && !m->has_terminal)
			children_roll(m);
		else
			master_stop(m);
	}
	m->loop->ops->poll(m->loop, &m->signal_op, m->signals);
}

/* 0, or the exit status, having said why. */
static int master_set_up(struct master *m)
{
	struct net_addresses addresses, admin;

	/* Before the signals are ours: Ctrl-C ends a look-up that hangs. */
	int status = listeners_resolve(m->options, &addresses);
	if (status == EXIT_SUCCESS)
		status = listeners_resolve_admin(m->options, &admin);
	if (status != EXIT_SUCCESS)
		return status;
	children_init(&m->children);
	handover_init(&m->handover);
	timer_init(&m->pass, pass_fired);
	timer_init(&m->restart, restart_fired);
	timer_init(&m->grace, grace_over);
	op_init(&m->signal_op, signal_came);
	m->config.options = m->options;
	m->config.root = m->options->root;
	m->config.descriptors = process_descriptors_raise();
	m->has_terminal = process_is_terminal(2);
	m->signals = process_signals_open();
	int res = m->signals < 0 ? m->signals : epoll_loop_open(&m->loop);
	if (res < 0) {
		log_error("cannot begin: %s", strerror(-res));
		return EXIT_FAILURE;
	}
	const struct helpers_scope scope = { .options = m->options,
		.loop = m->loop,
		.site = &m->listeners,
		.workers = &m->children,
		.doorman = &m->doorman };
	helpers_init(&m->helpers, &scope);
	m->helpers.on_fork = helper_forked;
	m->listeners.words = &listen_bind;
	status = listeners_open(&m->listeners, &addresses);
	m->config.listener_count = m->listeners.count;
	memcpy(m->config.listeners, m->listeners.fds,
		sizeof m->config.listeners);
	if (status == EXIT_SUCCESS)
		doorman_open(&m->doorman, m->loop, &m->children, &m->config);
	if (status == EXIT_SUCCESS)
		status = admin_open(&m->helpers.admin, &admin);
	return status;
}

static void master_serve(struct master *m)
{
	m->loop->ops->poll(m->loop, &m->signal_op, m->signals);
	children_fill(m);
	int res = m->loop->ops->run(m->loop);
	if (res < 0) {
		log_error("the event loop failed: %s", strerror(-res));
		m->status = EXIT_FAILURE;
	}
	handover_clear(&m->handover);
}

int master_run(const struct options *options)
{
	struct master m = { .options = options, .signals = -1 };

	m.status = master_set_up(&m);
	if (m.status == EXIT_SUCCESS)
		master_serve(&m);
	listeners_close(&m.listeners);
	if (m.loop != NULL) {
		admin_close(&m.helpers.admin);
		m.loop->ops->free(m.loop);
	}
	process_close(m.signals);
	return m.status;
}
