/*
 * The helper's birth, death and acquaintances (squeezer.h). What it does is
 * io/squeezer.c's.
 */
#include "server/squeezer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/process.h"
#include "io/squeezer.h"

/* As ps(1) shows it: at most 15 characters. */
#define PROCESS_NAME "hstatic-squeeze"

/* Several times what the libraries need for CODEC_IN_MAX, with a server's own
 * mappings. */
#define MEMORY_MAX (UINT64_C(512) << 20)

static int helper_run(const struct options *o, int channel)
{
	const struct sandbox_rules rules = { .role = SECCOMP_SQUEEZER,
		.ring = -1,
		.kills = getenv("HSTATIC_SANDBOX_KILLS") != NULL,
		.memory_max = MEMORY_MAX };
	struct sandbox_state state;

	process_signals_release();
	process_helper_begin(PROCESS_NAME);
	int res = sandbox_enter(&rules, o->sandbox, &state);
	if (res < 0) {
		log_error("cannot put up the walls of --sandbox=require around "
			  "the helper that compresses: %s",
			strerror(-res));
		return EXIT_FAILURE;
	}
	return squeezer_run(channel) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

void squeezer_introduce(struct squeezer_child *s, struct child *worker)
{
	const struct message m = { .kind = MESSAGE_SQUEEZER };
	int ends[2];

	if (s->pid == 0 || process_channel(ends) < 0)
		return;
	/* Half an introduction is an end that the other side sees close. */
	if (process_send(s->channel, "", 1, ends[0]) == 0 &&
		message_send(worker->channel, &m, ends[1]) < 0)
		log_debug("worker %d has no helper", (int)worker->pid);
	process_close(ends[0]);
	process_close(ends[1]);
}

static void helper_start(struct squeezer_child *s)
{
	s->pid = process_fork(&s->channel);
	if (s->pid == 0) {
		s->on_fork(s);
		exit(helper_run(s->options, s->channel));
	}
	if (s->pid < 0) {
		log_error("cannot start the helper that compresses: %s; "
			  "trying again",
			strerror(-s->pid));
		s->pid = 0;
		s->channel = -1;
		wheel_set(&s->loop->timers, &s->restart,
			s->loop->now_ms + RESTART_MS);
		return;
	}
	s->started_ms = s->loop->now_ms;
	for_each_child (s->workers, i) {
		if (child_of(i)->is_ready && !child_of(i)->has_ended)
			squeezer_introduce(s, child_of(i));
	}
}

static void restart_fired(struct timer *t)
{
	helper_start(container_of(t, struct squeezer_child, restart));
}

void squeezer_init(struct squeezer_child *s, const struct options *options,
	struct loop *loop, struct children *workers)
{
	*s = (struct squeezer_child){ .options = options,
		.loop = loop,
		.workers = workers,
		.channel = -1 };
	timer_init(&s->restart, restart_fired);
}

void squeezer_start(struct squeezer_child *s)
{
	if (!s->options->no_compress)
		helper_start(s);
}

bool squeezer_ended(struct squeezer_child *s, pid_t pid, int status)
{
	if (pid != s->pid)
		return false;
	uint64_t pause_ms = death_pause(
		&s->young_deaths, s->loop->now_ms - s->started_ms);

	log_error("the helper that compresses (%d) %s; starting another",
		(int)pid, process_status_text(status));
	process_close(s->channel);
	s->channel = -1;
	s->pid = 0;
	if (pause_ms == 0)
		helper_start(s);
	else
		wheel_set(&s->loop->timers, &s->restart,
			s->loop->now_ms + pause_ms);
	return true;
}

void squeezer_stop(struct squeezer_child *s)
{
	wheel_clear(&s->loop->timers, &s->restart);
	if (s->pid == 0)
		return;
	process_kill(s->pid);
	process_close(s->channel);
	s->channel = -1;
	s->pid = 0;
}
