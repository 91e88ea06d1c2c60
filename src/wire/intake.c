/*
 * Request bodies (intake.h): by length, or chunked with every byte checked
 * (RFC 9112 7.1). The strictness is the point: a byte that another parser
 * could read otherwise is how requests are smuggled.
 */
#include "wire/intake.h"

/* Extensions and trailers of all chunks together: nobody needs any of them
 * on a server that throws bodies away (RFC 9112 7.1.1). */
#define INTAKE_EXTRA_MAX 8192

/* Of a chunk-size, zeros in front included: what 64 bits hold, so that no
 * size overflows, and no row of zeros is endless (RFC 9112 7.1). */
#define SIZE_DIGITS_MAX 16

void intake_start(struct intake *in, const struct request *q)
{
	*in = (struct intake){
		.is_chunked = q->framing == FRAMING_CHUNKED,
		.state = q->framing == FRAMING_CHUNKED ? INTAKE_SIZE_FIRST
						       : INTAKE_DATA,
		.left = q->content_length,
	};
}

static bool size_add(struct intake *in, char c)
{
	int digit = ascii_hex(c);

	if (digit < 0 || in->digits == SIZE_DIGITS_MAX)
		return false;
	in->digits++;
	in->left = in->left << 4 | (uint64_t)digit;
	return true;
}

/* After the digits of a chunk-size. */
static bool size_step(struct intake *in, char c)
{
	if (c == '\r')
		in->state = INTAKE_SIZE_LF;
	else if (c == ';')
		in->state = INTAKE_EXT_NAME_FIRST;
	else
		return size_add(in, c);
	return true;
}

static bool is_text(char c)
{
	return ((uint8_t)c >= ' ' && c != 0x7f) || c == '\t';
}

/* Where an extension may end: the line does too, or the next begins. */
static bool extension_end(struct intake *in, char c)
{
	in->state = c == ';' ? INTAKE_EXT_NAME_FIRST : INTAKE_SIZE_LF;
	return c == ';' || c == '\r';
}

/*
 * chunk-ext = *( ";" name [ "=" ( token / quoted-string ) ] ), without the
 * white space that the grammar calls bad: no client needs it, and it is where
 * parsers differ (RFC 9112 7.1.1).
 */
static bool extension_step(struct intake *in, char c)
{
	switch (in->state) {
	case INTAKE_EXT_NAME_FIRST:
		in->state = INTAKE_EXT_NAME;
		return field_is_tchar(c);
	case INTAKE_EXT_NAME:
		if (c == '=') {
			in->state = INTAKE_EXT_VALUE_FIRST;
			return true;
		}
		return field_is_tchar(c) || extension_end(in, c);
	case INTAKE_EXT_VALUE_FIRST:
		in->state = c == '"' ? INTAKE_EXT_QUOTED : INTAKE_EXT_VALUE;
		return c == '"' || field_is_tchar(c);
	case INTAKE_EXT_VALUE:
		return field_is_tchar(c) || extension_end(in, c);
	case INTAKE_EXT_QUOTED:
		if (c == '"')
			in->state = INTAKE_EXT_END;
		else if (c == '\\')
			in->state = INTAKE_EXT_ESCAPED;
		return is_text(c);
	case INTAKE_EXT_ESCAPED:
		in->state = INTAKE_EXT_QUOTED;
		return is_text(c);
	default:
		return extension_end(in, c);
	}
}

static bool trailer_step(struct intake *in, char c)
{
	switch (in->state) {
	case INTAKE_TRAILER_FIRST:
		if (c == '\r') {
			in->state = INTAKE_LAST_LF;
			return true;
		}
		in->state = INTAKE_TRAILER_NAME;
		return field_is_tchar(c);
	case INTAKE_TRAILER_NAME:
		if (c == ':')
			in->state = INTAKE_TRAILER_VALUE;
		return c == ':' || field_is_tchar(c);
	case INTAKE_TRAILER_VALUE:
		if (c == '\r')
			in->state = INTAKE_TRAILER_LF;
		return c == '\r' || is_text(c);
	default:
		in->state = INTAKE_TRAILER_FIRST;
		return c == '\n';
	}
}

/* The LF of a size line begins the data, or the trailers (7.1: last-chunk). */
static bool size_end(struct intake *in, char c)
{
	in->state = in->left == 0 ? INTAKE_TRAILER_FIRST : INTAKE_DATA;
	return c == '\n';
}

/* One byte that is not data. False when it cannot stand there. */
static bool chunked_step(struct intake *in, char c)
{
	switch (in->state) {
	case INTAKE_SIZE_FIRST:
		in->left = 0;
		in->digits = 0;
		in->state = INTAKE_SIZE;
		return size_add(in, c);
	case INTAKE_SIZE:
		return size_step(in, c);
	case INTAKE_EXT_NAME_FIRST:
	case INTAKE_EXT_NAME:
	case INTAKE_EXT_VALUE_FIRST:
	case INTAKE_EXT_VALUE:
	case INTAKE_EXT_QUOTED:
	case INTAKE_EXT_ESCAPED:
	case INTAKE_EXT_END:
		in->extra++;
		return extension_step(in, c);
	case INTAKE_SIZE_LF:
		return size_end(in, c);
	case INTAKE_DATA_CR:
		in->state = INTAKE_DATA_LF;
		return c == '\r';
	case INTAKE_DATA_LF:
		in->state = INTAKE_SIZE_FIRST;
		return c == '\n';
	case INTAKE_TRAILER_FIRST:
	case INTAKE_TRAILER_NAME:
	case INTAKE_TRAILER_VALUE:
	case INTAKE_TRAILER_LF:
		in->extra++;
		return trailer_step(in, c);
	case INTAKE_LAST_LF:
		return c == '\n';
	case INTAKE_DATA:
		break;
	}
	return false;
}

static size_t data_take(struct intake *in, size_t available)
{
	size_t count = (size_t)min_u64(in->left, available);

	in->left -= count;
	in->total += count;
	if (in->left == 0 && in->is_chunked)
		in->state = INTAKE_DATA_CR;
	return count;
}

static enum intake_verdict length_take(
	struct intake *in, size_t available, size_t *taken)
{
	*taken = data_take(in, available);
	return in->left == 0 ? INTAKE_WHOLE : INTAKE_MORE;
}

enum intake_verdict intake_take(
	struct intake *in, struct span bytes, uint64_t max, size_t *taken)
{
	size_t i = 0;

	if (!in->is_chunked)
		return length_take(in, bytes.len, taken);
	while (i < bytes.len) {
		if (in->state == INTAKE_DATA) {
			i += data_take(in, bytes.len - i);
			continue;
		}
		bool is_end = in->state == INTAKE_LAST_LF;
		if (!chunked_step(in, bytes.at[i++]) ||
			in->extra > INTAKE_EXTRA_MAX)
			return INTAKE_REFUSED;
		/* `left` is this chunk's size as far as it has been read. */
		if (in->left > max || in->total > max - in->left)
			return INTAKE_OVERLONG;
		if (is_end) {
			*taken = i;
			return INTAKE_WHOLE;
		}
	}
	*taken = i;
	return INTAKE_MORE;
}
