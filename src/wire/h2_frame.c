/*
 * Reading and writing the heads of frames (h2_frame.h).
 */
#include "wire/h2_frame.h"

void h2_frame_write(char at[H2_FRAME_HEAD], const struct h2_frame *f)
{
	h2_u32_write(at, (uint32_t)f->payload.len << 8 | f->type);
	at[4] = (char)f->flags;
	h2_u32_write(at + 5, f->stream);
}

size_t h2_frame_read(struct span bytes, struct h2_frame *f)
{
	if (bytes.len < H2_FRAME_HEAD)
		return 0;
	size_t len = h2_frame_length(bytes.at);
	if (bytes.len - H2_FRAME_HEAD < len)
		return 0;
	f->type = (uint8_t)bytes.at[3];
	f->flags = (uint8_t)bytes.at[4];
	f->stream = h2_u32(bytes.at + 5) & H2_ID_MAX; /* one bit is reserved */
	f->payload = (struct span){ bytes.at + H2_FRAME_HEAD, len };
	return H2_FRAME_HEAD + len;
}

bool h2_frame_unpad(struct h2_frame *f)
{
	if ((f->flags & H2_PADDED) == 0)
		return true;
	if (f->payload.len == 0)
		return false;
	size_t padding = (uint8_t)f->payload.at[0];
	f->payload = span_skip(f->payload, 1);
	if (padding > f->payload.len)
		return false;
	f->payload.len -= padding;
	return true;
}
