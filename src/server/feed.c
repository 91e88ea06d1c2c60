/*
 * Pictures, and streams of them (feed.h).
 */
#include "server/feed.h"

#include <errno.h>
#include <stdlib.h>

/* Who asks again so soon gets the same picture. */
#define FRESH_MS 500

/* From one event of a stream to its next. */
#define PERIOD_MS 1000

#define EVENT_HEAD "data: "
#define EVENT_END  "\n\n"

struct stream {
	struct producer producer;
	struct feed *feed;
	struct frame *frame; /* being sent, or NULL */
	size_t sent;         /* of it */
	uint64_t next_ms;    /* when there is another */
};

static struct frame *frame_make(struct span text)
{
	struct frame *f = malloc(sizeof *f + text.len);

	if (f == NULL)
		return NULL;
	*f = (struct frame){ .refs = 1, .len = text.len };
	memcpy(f->at, text.at, text.len);
	return f;
}

void frame_put(struct frame *f)
{
	if (--f->refs == 0)
		free(f);
}

struct span frame_json(const struct frame *f)
{
	struct span all = { f->at, f->len - strlen(EVENT_END) };

	return span_skip(all, f->json_at);
}

int feed_init(struct feed *f, const struct loop *loop)
{
	*f = (struct feed){ .loop = loop, .storage = malloc(FEED_PICTURE_MAX) };
	return f->storage == NULL ? -ENOMEM : 0;
}

/* JSON may have white space where an event must not have the end of a line. */
static void lines_join(char *at, const char *end)
{
	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL)
		*at++ = ' ';
}

static struct frame *event_draw(struct feed *f)
{
	struct text out = text_in(f->storage, FEED_PICTURE_MAX);

	f->lead(f, &out);
	text_add_literal(&out, EVENT_HEAD);
	size_t json_at = out.len;
	if (f->draw(f, &out) < 0)
		return NULL;
	lines_join(out.at + json_at, out.at + out.len);
	text_add_literal(&out, EVENT_END);
	if (out.is_full)
		return NULL;
	struct frame *frame = frame_make(text_span(&out));
	if (frame != NULL)
		frame->json_at = json_at;
	return frame;
}

struct frame *feed_event(struct feed *f)
{
	uint64_t now = f->loop->now_ms;

	if (f->latest == NULL || now - f->drawn_ms >= FRESH_MS) {
		struct frame *fresh = event_draw(f);
		if (fresh == NULL)
			return NULL;
		if (f->latest != NULL)
			frame_put(f->latest);
		f->latest = fresh;
		f->drawn_ms = now;
	}
	f->latest->refs++;
	return f->latest;
}

static enum production stream_produce(struct producer *p, struct text *out)
{
	struct stream *s = container_of(p, struct stream, producer);
	uint64_t now = s->feed->loop->now_ms;

	if (s->frame == NULL) {
		if (now < s->next_ms) {
			p->due = s->next_ms;
			return PRODUCTION_LATER;
		}
		s->frame = feed_event(s->feed);
		if (s->frame == NULL)
			return PRODUCTION_BROKEN;
		s->sent = 0;
		s->next_ms = now + PERIOD_MS;
	}
	struct span rest = { s->frame->at + s->sent, s->frame->len - s->sent };
	rest = span_first(rest, out->size);
	text_add(out, rest);
	s->sent += rest.len;
	if (s->sent == s->frame->len) {
		frame_put(s->frame);
		s->frame = NULL;
	}
	return PRODUCTION_PIECE;
}

static void stream_done(struct producer *p)
{
	struct stream *s = container_of(p, struct stream, producer);

	if (s->frame != NULL)
		frame_put(s->frame);
	s->feed->streams--;
	free(s);
}

struct producer *feed_stream(struct feed *f, struct span greeting)
{
	if (f->streams == FEED_STREAMS_MAX)
		return NULL;
	struct stream *s = malloc(sizeof *s);
	struct frame *first = frame_make(greeting);

	if (s == NULL || first == NULL) {
		free(s);
		free(first);
		return NULL;
	}
	*s = (struct stream){ .feed = f, .frame = first };
	s->producer = (struct producer){ .produce = stream_produce,
		.done = stream_done };
	f->streams++;
	return &s->producer;
}
