/*
 * The admin process's birth and what it is told (admin.h). What it does is
 * admin_run.c's.
 */
#include "server/admin.h"

#include <stdlib.h>

#include "base/log.h"
#include "server/admin_run.h"

static struct admin_child *admin_of(struct helper *h)
{
	return container_of(h, struct admin_child, helper);
}

static int admin_work(struct helper *h, int channel)
{
	struct admin_child *a = admin_of(h);
	struct admin_config config = { .options = a->options,
		.listeners = a->listeners,
		.roster = a->roster,
		.visit = { .words = a->doorman->words,
			.page = a->doorman->page },
		.master = a->master,
		.channel = channel,
		.bell = a->bell[1] };

	a->on_fork(a);
	process_close(a->bell[0]);
	process_signals_release();
	return admin_run(&config);
}

/* What does not get through now is said again with the next news. */
static void roster_send(struct helper *h)
{
	struct admin_child *a = admin_of(h);
	int fd = h->channel;

	if (fd < 0 || process_send(fd, &a->roster, sizeof a->roster, -1) < 0)
		return;
}

void admin_init(struct admin_child *a, const struct options *options,
	struct loop *loop, struct doorman *doorman)
{
	*a = (struct admin_child){ .options = options,
		.doorman = doorman,
		.listeners = { .words = &listen_admin },
		.master = process_id(),
		.bell = { -1, -1 } };
	helper_init(&a->helper, "the admin process", loop);
	a->helper.run = admin_work;
	/* It was forked with the latest. */
	a->helper.on_start = roster_send;
}

static void bell_rung(struct op *op, int res, struct span data)
{
	struct admin_child *a = container_of(op, struct admin_child, bell_op);
	char byte;
	int fd;

	(void)data;
	if (res < 0)
		return;
	while (process_receive(a->bell[0], &byte, 1, &fd) > 0)
		process_close(fd);
	doorman_watched(a->doorman);
	a->helper.loop->ops->poll(a->helper.loop, op, a->bell[0]);
}

/* Without a bell it shows what the kernel tells. */
static void bell_hang(struct admin_child *a)
{
	int res = process_channel(a->bell);

	if (res < 0) {
		log_debug("the admin process has no bell: %s", strerror(-res));
		return;
	}
	op_init(&a->bell_op, bell_rung);
	a->helper.loop->ops->poll(a->helper.loop, &a->bell_op, a->bell[0]);
}

int admin_open(struct admin_child *a, const struct net_addresses *addresses)
{
	if (addresses->count == 0)
		return EXIT_SUCCESS;
	int status = listeners_open(&a->listeners, addresses);
	if (status != EXIT_SUCCESS)
		return status;
	bell_hang(a);
	helper_start(&a->helper);
	return status;
}

void admin_tell(struct admin_child *a, const struct roster *roster)
{
	if (memcmp(&a->roster, roster, sizeof *roster) == 0)
		return;
	a->roster = *roster;
	roster_send(&a->helper);
}

void admin_forget(struct admin_child *a)
{
	process_close(a->helper.channel);
	a->helper.channel = -1;
	process_close(a->bell[0]);
	process_close(a->bell[1]);
	listeners_forget(&a->listeners);
}

void admin_close(struct admin_child *a)
{
	helper_stop(&a->helper);
	listeners_close(&a->listeners);
}
