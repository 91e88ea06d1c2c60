/*
 * Both sides of the door (door.h).
 */
#include "server/door.h"

#include <errno.h>

#include "base/log.h"
#include "io/net.h"
#include "io/process.h"
#include "io/sock_diag.h"

/* Those that make way have a part, too, until they have gone. */
#define PARTS_SPARE 8

/* Workers are told again no more often than that. */
#define TELL_MS 500

void doorman_watched(struct doorman *d)
{
	if (d->loop->now_ms - d->told_ms < TELL_MS)
		return;
	d->told_ms = d->loop->now_ms;
	for_each_child (d->children, i)
		child_tell(child_of(i), MESSAGE_WATCH);
}

static void visitor_came(struct doorman *d, int visitor, const struct peer *who)
{
	bool is_family = peer_is_family(who);

	if (is_family)
		doorman_watched(d);
	/* Who does not take it has not asked. */
	int res = process_send(visitor, &d->words, sizeof d->words,
		is_family ? d->page.fd : -1);
	if (res < 0)
		log_debug("xray: process %d takes no answer", (int)who->pid);
	process_close(visitor);
}

static void door_heard(struct op *op, int res, struct span data)
{
	struct doorman *d = container_of(op, struct doorman, op);
	struct peer who;
	int visitor;

	(void)data;
	if (res < 0)
		return;
	while ((visitor = door_answer(d->door, &who)) >= 0)
		visitor_came(d, visitor, &who);
	d->loop->ops->poll(d->loop, &d->op, d->door);
}

void doorman_open(struct doorman *d, struct loop *loop,
	struct children *children, const struct worker_config *config)
{
	uint32_t workers = (uint32_t)config->options->workers;
	uint32_t parts = 2 * workers + PARTS_SPARE;

	*d = (struct doorman){ .loop = loop,
		.children = children,
		.door = -1,
		.words = { .version = DOOR_VERSION,
			.workers = workers,
			.backlog = NET_BACKLOG,
			.listener_count = config->listener_count } };
	for (unsigned i = 0; i < config->listener_count; i++)
		d->words.listeners[i] = sock_cookie(config->listeners[i]);
	int res = share_make(&d->page, page_size(parts));
	if (res == 0) {
		page_init(d->page.at, parts);
		d->door = door_open(process_id());
		res = d->door < 0 ? d->door : 0;
	}
	if (res < 0) {
		log_debug(
			"xray will see sockets only: no page: errno %d", -res);
		return;
	}
	op_init(&d->op, door_heard);
	loop->ops->poll(loop, &d->op, d->door);
}

void doorman_forget(struct doorman *d)
{
	process_close(d->door);
	d->door = -1;
}

struct page_part *doorman_part(const struct doorman *d, unsigned number)
{
	if (d->page.at == NULL)
		return NULL;
	return page_claim(d->page.at, (uint32_t)process_id(), number);
}

void doorman_release(const struct doorman *d, pid_t worker)
{
	if (d->page.at != NULL)
		page_release(d->page.at, (uint32_t)worker);
}

static int page_take(struct visit *v, int fd)
{
	int res = share_view(&v->page, fd);

	if (res == 0 && !page_is_valid(v->page.at, v->page.size))
		res = -EPROTO;
	if (res < 0)
		share_drop(&v->page);
	return res;
}

int door_visit(pid_t pid, struct visit *v)
{
	int fd, page;

	visit_end(v);
	fd = door_knock(pid);
	if (fd < 0)
		return fd;
	ssize_t n = process_receive(fd, &v->words, sizeof v->words, &page);
	process_close(fd);
	bool is_whole = n == sizeof v->words &&
			v->words.version == DOOR_VERSION &&
			v->words.listener_count <= LISTENERS_MAX;
	if (is_whole)
		return page < 0 ? 0 : page_take(v, page);
	if (page >= 0)
		process_close(page);
	return n < 0 ? (int)n : -EPROTO;
}

void visit_end(struct visit *v)
{
	if (v->page.at != NULL)
		share_drop(&v->page);
	v->page = (struct share){ .fd = -1 };
}
