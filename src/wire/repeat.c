/*
 * Kept answers (repeat.h). A body that is small is kept with its head, and goes
 * out as one piece of memory; of a larger one only the segment is, and the file
 * it is of, which is there for as long as the stamp is unchanged. Must not know
 * what an answer is made of, nor what makes it untrue.
 */
#include "wire/repeat.h"

#include "wire/hpack.h"
#include "wire/render.h"

/* Two to the power of this many buckets: 128 KiB of them. */
#define REPEATS_BITS 14

/* Bytes of a block, and how many there are at most: 10 MiB and 8 MiB. */
#define SMALL_SIZE 640
#define SMALL_MAX  16384
#define LARGE_SIZE 2560
#define LARGE_MAX  3276

struct repeat {
	struct map_node node;
	struct list recent;
	const uint64_t *stamp;
	uint64_t stamped; /* *stamp when this was made */
	void *held;       /* what it was made of */
	struct segment body;
	uint16_t status, text_len, date_at;
	/* Where the body begins that is kept with its head, if it travels in
	 * frames of its own; else 0. */
	uint16_t split;
	bool is_small, is_last, is_head;
	char bytes[]; /* the key; then the head, and a small body */
};

int repeats_init(struct repeats *r, uint64_t seed)
{
	list_init(&r->recent);
	pool_init(&r->small, SMALL_SIZE, SMALL_MAX);
	pool_init(&r->large, LARGE_SIZE, LARGE_MAX);
	r->dated = INT64_MIN;
	return map_init(&r->kept, REPEATS_BITS, seed);
}

static struct repeat *repeat_of(struct list *node)
{
	return container_of(node, struct repeat, recent);
}

static void repeat_drop(struct repeats *r, struct repeat *one)
{
	map_remove(&r->kept, &one->node);
	list_remove(&one->recent);
	pool_put(one->is_small ? &r->small : &r->large, one);
}

void repeats_clear(struct repeats *r)
{
	while (!list_is_empty(&r->recent))
		repeat_drop(r, repeat_of(r->recent.next));
}

void repeats_done(struct repeats *r)
{
	repeats_clear(r);
	map_done(&r->kept);
	pool_done(&r->small);
	pool_done(&r->large);
}

static struct span key_of(const struct repeats *r)
{
	return (struct span){ r->key, r->key_len };
}

static const char *date_at(struct repeats *r, int64_t now)
{
	if (r->dated != now)
		date_format(now, r->date);
	r->dated = now;
	return r->date;
}

/* What the rest of the wire reads of a plan that has been rendered. */
static void plan_restore(struct plan *p, const struct repeat *one)
{
	p->status = one->status;
	p->is_head = one->is_head;
	p->is_last = one->is_last;
}

static void repeat_give(
	struct repeats *r, const struct repeat *one, struct exchange *ex)
{
	memcpy(ex->text, one->bytes + one->node.key.len, one->text_len);
	memcpy(ex->text + one->date_at, date_at(r, ex->plan.date), DATE_LENGTH);
	plan_restore(&ex->plan, one);
	ex->segments[0] = (struct segment){
		.at = ex->text, .fd = -1, .len = one->text_len
	};
	ex->segments[1] = one->body;
	if (one->split > 0) {
		ex->segments[0].len = one->split;
		ex->segments[1].at = ex->text + one->split;
	}
	ex->segment_count = one->body.len > 0 ? 2 : 1;
}

/* The answer to the request whose key is at hand, if there is one that still
 * holds. */
static bool repeat_find(struct wire_host *host, struct exchange *ex)
{
	struct repeats *r = host->repeats;
	struct map_node *node = map_find(&r->kept, key_of(r));

	if (node == NULL)
		return false;
	struct repeat *one = container_of(node, struct repeat, node);
	if (*one->stamp != one->stamped ||
		!host->on_repeat(host, ex, one->held)) {
		repeat_drop(r, one);
		return false;
	}
	repeat_give(r, one, ex);
	return true;
}

/* Where the date of the answer stands in its head; 0 when it says another. */
static size_t date_find(
	struct repeats *r, const struct exchange *ex, bool is_stream)
{
	const struct span name = is_stream ? SPAN(HPACK_DATE)
					   : SPAN("\r\nDate: ");
	const struct segment *head = &ex->segments[0];
	const char *found = memmem(head->at, head->len, name.at, name.len);

	if (found == NULL)
		return 0;
	size_t at = (size_t)(found - head->at) + name.len;
	bool is_ours = at + DATE_LENGTH <= head->len &&
		       memcmp(head->at + at, date_at(r, ex->plan.date),
			       DATE_LENGTH) == 0;
	return is_ours ? at : 0;
}

/* A block for so many bytes: a new one, or the oldest of its size. */
static struct repeat *repeat_take(struct repeats *r, size_t len)
{
	bool is_small = sizeof(struct repeat) + len <= SMALL_SIZE;
	struct pool *pool = is_small ? &r->small : &r->large;
	struct list *node = r->recent.prev;

	if (sizeof(struct repeat) + len > pool->size)
		return NULL;
	struct repeat *one = pool_take(pool);
	while (one == NULL && node != &r->recent) {
		struct repeat *old = repeat_of(node);
		node = node->prev;
		if (old->is_small == is_small) {
			repeat_drop(r, old);
			one = pool_take(pool);
		}
	}
	if (one != NULL)
		one->is_small = is_small;
	return one;
}

/* Can it be given again? Its head, and at most one piece behind that. */
static bool is_plain(const struct exchange *ex)
{
	return ex->stamp != NULL && ex->producer == NULL && ex->extra == NULL &&
	       ex->segment_count <= 2;
}

/* Keeps the answer that has just been rendered, if it may be given again. */
static void repeat_keep(
	struct repeats *r, const struct exchange *ex, bool is_stream)
{
	const struct segment *head = &ex->segments[0];
	struct segment body = { .fd = -1 };

	if (!is_plain(ex))
		return;
	if (ex->segment_count == 2)
		body = ex->segments[1];
	bool is_one = body.at != NULL &&
		      head->len + body.len <= EXCHANGE_TEXT_SIZE;
	size_t text_len = head->len + (is_one ? body.len : 0);
	size_t at = date_find(r, ex, is_stream);
	struct repeat *one = at > 0 ? repeat_take(r, r->key_len + text_len)
				    : NULL;
	if (one == NULL)
		return;
	one->stamp = ex->stamp;
	one->stamped = *ex->stamp;
	one->held = ex->held;
	one->status = (uint16_t)ex->plan.status;
	one->is_head = ex->plan.is_head;
	one->is_last = ex->plan.is_last;
	one->text_len = (uint16_t)text_len;
	one->date_at = (uint16_t)at;
	one->body = is_one ? (struct segment){ .fd = -1 } : body;
	one->split = 0;
	if (is_one && is_stream && body.len > 0) {
		one->split = (uint16_t)head->len;
		one->body.len = body.len;
	}
	memcpy(one->bytes, r->key, r->key_len);
	memcpy(one->bytes + r->key_len, head->at, head->len);
	if (is_one)
		memcpy(one->bytes + r->key_len + head->len, body.at, body.len);
	one->node.key = (struct span){ one->bytes, r->key_len };
	map_add(&r->kept, &one->node);
	list_add_first(&r->recent, &one->recent);
}

static bool answer_make(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	host->on_exchange(host, ex, q);
	return render_answer(host, ex, q);
}

bool repeat_answer(
	struct wire_host *host, struct exchange *ex, const struct request *q)
{
	struct repeats *r = host->repeats;

	if (r == NULL)
		return answer_make(host, ex, q);
	struct text key = text_in(r->key, sizeof r->key);
	if (!request_key(q, &key))
		return answer_make(host, ex, q);
	r->key_len = key.len;
	if (repeat_find(host, ex))
		return true;
	if (!answer_make(host, ex, q))
		return false;
	repeat_keep(r, ex, q->is_stream);
	return true;
}
