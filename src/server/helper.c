/*
 * The birth and death of helpers (helper.h).
 */
#include "server/helper.h"

#include <stdlib.h>

#include "base/log.h"
#include "server/children.h"

static void restart_after(struct helper *h, uint64_t pause_ms)
{
	wheel_set(&h->loop->timers, &h->restart, h->loop->now_ms + pause_ms);
}

void helper_start(struct helper *h)
{
	h->pid = process_fork(&h->channel);
	if (h->pid == 0)
		exit(h->run(h, h->channel));
	if (h->pid < 0) {
		log_error("cannot start %s: %s; trying again", h->what,
			strerror(-h->pid));
		h->pid = 0;
		h->channel = -1;
		restart_after(h, RESTART_MS);
		return;
	}
	h->started_ms = h->loop->now_ms;
	h->on_start(h);
}

static void restart_fired(struct timer *t)
{
	helper_start(container_of(t, struct helper, restart));
}

void helper_init(struct helper *h, const char *what, struct loop *loop)
{
	*h = (struct helper){ .what = what, .loop = loop, .channel = -1 };
	timer_init(&h->restart, restart_fired);
}

bool helper_ended(struct helper *h, pid_t pid, int status)
{
	if (pid != h->pid)
		return false;
	uint64_t pause_ms = death_pause(
		&h->young_deaths, h->loop->now_ms - h->started_ms);

	log_error("%s (%d) %s; starting another", h->what, (int)pid,
		process_status_text(status));
	process_close(h->channel);
	h->channel = -1;
	h->pid = 0;
	if (pause_ms == 0)
		helper_start(h);
	else
		restart_after(h, pause_ms);
	return true;
}

void helper_stop(struct helper *h)
{
	wheel_clear(&h->loop->timers, &h->restart);
	if (h->pid == 0)
		return;
	process_end(h->pid);
	process_close(h->channel);
	h->channel = -1;
	h->pid = 0;
}
