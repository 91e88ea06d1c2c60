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

static int squeezer_work(struct helper *h, int channel)
{
	struct squeezer_child *s = container_of(
		h, struct squeezer_child, helper);
	const struct options *o = s->options;
	const struct sandbox_rules rules = { .role = SECCOMP_SQUEEZER,
		.ring = -1,
		.kills = getenv("HSTATIC_SANDBOX_KILLS") != NULL,
		.memory_max = MEMORY_MAX };
	struct sandbox_state state;

	s->on_fork(s);
	process_signals_release();
	process_helper_begin(PROCESS_NAME);
	process_yield();
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

	if (s->helper.pid == 0 || process_channel(ends) < 0)
		return;
	/* Half an introduction is an end that the other side sees close. */
	if (process_send(s->helper.channel, "", 1, ends[0]) == 0 &&
		message_send(worker->channel, &m, ends[1]) < 0)
		log_debug("worker %d has no helper", (int)worker->pid);
	process_close(ends[0]);
	process_close(ends[1]);
}

static void introduce_all(struct helper *h)
{
	struct squeezer_child *s = container_of(
		h, struct squeezer_child, helper);

	for_each_child (s->workers, i) {
		if (child_of(i)->is_ready && !child_of(i)->has_ended)
			squeezer_introduce(s, child_of(i));
	}
}

void squeezer_init(struct squeezer_child *s, const struct options *options,
	struct loop *loop, struct children *workers)
{
	*s = (struct squeezer_child){ .options = options, .workers = workers };
	helper_init(&s->helper, "the helper that compresses", loop);
	s->helper.run = squeezer_work;
	s->helper.on_start = introduce_all;
}

void squeezer_start(struct squeezer_child *s)
{
	if (!s->options->no_compress)
		helper_start(&s->helper);
}
