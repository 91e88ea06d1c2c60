/*
 * Appending to a text (text.h). No allocation, no policy.
 */
#include "base/text.h"

void text_add(struct text *t, struct span s)
{
	if (t->is_full || s.len > t->size - t->len) {
		t->is_full = true;
		return;
	}
	if (s.len > 0)
		memcpy(t->at + t->len, s.at, s.len);
	t->len += s.len;
}

void text_add_char(struct text *t, char c)
{
	text_add(t, (struct span){ &c, 1 });
}

void text_add_padded(struct text *t, uint64_t value, unsigned digits)
{
	char out[20];

	if (digits > sizeof out)
		digits = sizeof out;
	for (unsigned i = digits; i > 0; i--) {
		out[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	text_add(t, (struct span){ out, digits });
}

void text_add_u64(struct text *t, uint64_t value)
{
	unsigned digits = 1;

	for (uint64_t rest = value / 10; rest > 0; rest /= 10)
		digits++;
	text_add_padded(t, value, digits);
}
