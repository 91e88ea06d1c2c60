/*
 * Writing the worker's part of the page (publish.h).
 */
#include "server/publish.h"

#include "io/sock_diag.h"

#define PERIOD_MS 500

/* Who watches asks again each second; one who has gone does not. */
#define WATCH_MS 3000

static void part_add(struct publisher *p, const struct conn *c)
{
	struct page_worker *w = &p->part->worker;
	struct page_slot *slot = &p->part->slots[w->count++];

	*slot = (struct page_slot){ .cookie = sock_cookie(c->fd) };
	conn_describe(c, slot);
}

static void part_write(struct publisher *p)
{
	struct page_worker *w = &p->part->worker;
	const struct list *open = &p->conns->open;

	page_write_begin(p->part);
	w->count = 0;
	w->connections = p->conns->count;
	for (unsigned idle = 0; idle < 2; idle++) {
		for (struct list *i = open->next;
			i != open && w->count < PAGE_SLOTS; i = i->next) {
			struct conn *c = container_of(i, struct conn, node);
			if (conn_is_idle(c) == (bool)idle)
				part_add(p, c);
		}
	}
	page_write_end(p->part, p->loop->now_ms);
}

static void publish_again(struct timer *t)
{
	struct publisher *p = container_of(t, struct publisher, timer);

	part_write(p);
	if (p->loop->now_ms < p->until_ms)
		wheel_set(&p->loop->timers, t, p->loop->now_ms + PERIOD_MS);
}

void publish_init(struct publisher *p, struct page_part *part,
	struct loop *loop, const struct conn_host *conns)
{
	*p = (struct publisher){ .part = part, .loop = loop, .conns = conns };
	timer_init(&p->timer, publish_again);
}

void publish_begin(struct publisher *p)
{
	if (p->part == NULL)
		return;
	p->until_ms = p->loop->now_ms + WATCH_MS;
	publish_again(&p->timer);
}
