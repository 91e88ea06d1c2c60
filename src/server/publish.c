/*
 * Writing the worker's part of the page (publish.h).
 */
#include "server/publish.h"

#include "io/sock_diag.h"

#define PERIOD_MS 500

/* Who watches asks again each second; one who has gone does not. */
#define WATCH_MS 3000

static bool conn_is_idle(const struct conn *c)
{
	return c->state == CONN_READING && c->u.wire.ops->is_idle(&c->u.wire);
}

/* When the wire began to wait for the peer, as its deadline tells. */
static uint64_t waiting_since(const struct conn *c, uint64_t timeout_ms)
{
	uint64_t deadline = c->u.wire.deadline;

	return deadline == UINT64_MAX || deadline < timeout_ms
		       ? 0
		       : deadline - timeout_ms;
}

static void answer_describe(const struct exchange *ex, struct page_slot *slot)
{
	struct span name = ex->held == NULL || ex->resource == NULL
				   ? SPAN("")
				   : ex->resource->name;

	for (unsigned i = ex->segment_next; i < ex->segment_count; i++)
		slot->left += ex->segments[i].len;
	if (ex->plan.status == 200 && !ex->plan.is_head)
		slot->total = max_u64(ex->plan.size, slot->left);
	slot->name_len = (uint8_t)min_u64(name.len, PAGE_NAME_MAX);
	memcpy(slot->name, name.at + (name.len - slot->name_len),
		slot->name_len);
}

/* What it is doing: all but slot->cookie. */
static void conn_describe(const struct conn *c, struct page_slot *slot)
{
	const struct wire_timeouts *t = &c->u.wire.host->timeouts;
	const struct exchange *front = c->u.wire.ops->front(&c->u.wire);

	if (c->state == CONN_LINGERING) {
		slot->doing = PAGE_LINGERING;
	} else if (c->state == CONN_SENDING) {
		slot->doing = PAGE_SENDING;
		if (front != NULL)
			answer_describe(front, slot);
	} else if (conn_is_idle(c)) {
		slot->doing = PAGE_IDLE;
		slot->since_ms = waiting_since(c, t->idle_ms);
	} else {
		slot->doing = front == NULL ? PAGE_HEAD : PAGE_BODY;
		slot->since_ms = waiting_since(
			c, front == NULL ? t->head_ms : t->body_ms);
	}
}

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
