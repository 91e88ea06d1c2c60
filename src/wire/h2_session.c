/*
 * Faults of the connection, and the small frames that go before all data
 * (h2_session.h; RFC 9113 5.4, 6.4, 6.8, 6.9).
 */
#include "wire/h2_session.h"

void h2_fail(struct h2_session *s, enum h2_error error, struct span words)
{
	if (s->state == H2_ENDING || s->state == H2_OVER)
		return;
	s->state = H2_ENDING;
	s->error = error;
	s->words = words;
	s->wire->lingers = true;
}

void h2_meter(struct h2_session *s, enum h2_meter_id id, uint64_t now)
{
	if (!h2_meter_add(s->meters, id, now))
		h2_fail(s, H2_ENHANCE_YOUR_CALM, h2_meter_words(id));
}

void h2_control_add(struct h2_session *s, enum h2_type type, uint8_t flags,
	uint32_t stream, struct span payload)
{
	size_t size = H2_FRAME_HEAD + payload.len;
	const struct h2_frame f = { (uint8_t)type, flags, stream, payload };

	if (s->control_len + size > H2_CONTROL_SIZE) {
		h2_fail(s, H2_ENHANCE_YOUR_CALM, SPAN("too much to answer"));
		return;
	}
	char *at = s->control + s->control_len;
	h2_frame_write(at, &f);
	memcpy(at + H2_FRAME_HEAD, payload.at, payload.len);
	s->control_len += (uint16_t)size;
}

static void number_add(
	struct h2_session *s, enum h2_type type, uint32_t stream, uint32_t n)
{
	char bytes[4];

	h2_u32_write(bytes, n);
	h2_control_add(s, type, 0, stream, (struct span){ bytes, 4 });
}

void h2_control_reset(
	struct h2_session *s, uint32_t stream, enum h2_error error)
{
	number_add(s, H2_RST_STREAM, stream, error);
}

void h2_control_window(struct h2_session *s, uint32_t stream, uint32_t count)
{
	number_add(s, H2_WINDOW_UPDATE, stream, count);
}

#define WORDS_MAX 64

void h2_control_goaway(struct h2_session *s, uint32_t last, enum h2_error error,
	struct span words)
{
	char bytes[8 + WORDS_MAX];
	struct span said = span_first(words, WORDS_MAX);

	h2_u32_write(bytes, last);
	h2_u32_write(bytes + 4, error);
	memcpy(bytes + 8, said.at, said.len);
	h2_control_add(
		s, H2_GOAWAY, 0, 0, (struct span){ bytes, 8 + said.len });
}
