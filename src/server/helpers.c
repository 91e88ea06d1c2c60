/*
 * Both helpers (helpers.h), and what a new process of the master's lets go of.
 */
#include "server/helpers.h"

static void squeezer_forget(struct squeezer_child *s)
{
	process_close(s->helper.channel);
	s->helper.channel = -1;
}

static void squeezer_forked(struct squeezer_child *s)
{
	struct helpers *h = container_of(s, struct helpers, squeezer);

	listeners_forget(h->site);
	admin_forget(&h->admin);
	h->on_fork(h);
}

static void admin_forked(struct admin_child *a)
{
	struct helpers *h = container_of(a, struct helpers, admin);

	listeners_forget(h->site);
	squeezer_forget(&h->squeezer);
	h->on_fork(h);
}

void helpers_init(struct helpers *h, const struct helpers_scope *s)
{
	h->site = s->site;
	squeezer_init(&h->squeezer, s->options, s->loop, s->workers);
	h->squeezer.on_fork = squeezer_forked;
	admin_init(&h->admin, s->options, s->loop, s->doorman);
	h->admin.on_fork = admin_forked;
}

void helpers_tell(struct helpers *h, bool has_started, bool is_draining)
{
	/* Compared byte by byte. */
	struct roster roster;

	memset(&roster, 0, sizeof roster);
	roster.has_started = has_started;
	roster.is_draining = is_draining;
	children_roster(h->squeezer.workers, &roster);
	admin_tell(&h->admin, &roster);
}

bool helpers_ended(struct helpers *h, pid_t pid, int status)
{
	return helper_ended(&h->squeezer.helper, pid, status) ||
	       helper_ended(&h->admin.helper, pid, status);
}

void helpers_forget(struct helpers *h)
{
	squeezer_forget(&h->squeezer);
	admin_forget(&h->admin);
}
