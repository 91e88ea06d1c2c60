/*
 * Reads the head of an answer: the status, and the fields that say how long
 * it is. The names of all others are skipped. A chunked answer is refused: no
 * server has a reason to chunk a file, and its cost would not compare.
 */
#include "load_answer.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static bool status_read(struct answer *answer, const char *at, size_t len)
{
	if (len < 12 || memcmp(at, "HTTP/1.", 7) != 0 || at[8] != ' ' ||
		!is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11]))
		return false;
	answer->status = (unsigned)((at[9] - '0') * 100 + (at[10] - '0') * 10 +
				    (at[11] - '0'));
	return true;
}

static bool length_read(struct answer *answer, const char *at, const char *end)
{
	uint64_t value = 0;

	if (at == end || end - at > 15 || answer->has_length)
		return false;
	for (; at < end; at++) {
		if (!is_digit(*at))
			return false;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	answer->has_length = true;
	answer->body_len = value;
	return true;
}

static bool is_named(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

/* One line without its end; false: it makes the answer a bad one. */
static bool field_read(struct answer *answer, const char *line, const char *end)
{
	/* The first letters decide for nearly all. */
	if ((line[0] | 32) != 'c' && (line[0] | 32) != 't')
		return true;
	const char *colon = memchr(line, ':', (size_t)(end - line));
	if (!colon)
		return false;
	size_t len = (size_t)(colon - line);
	const char *value = colon + 1;
	while (value < end && *value == ' ')
		value++;
	if (is_named(line, len, "content-length"))
		return length_read(answer, value, end);
	if (is_named(line, len, "transfer-encoding"))
		return false;
	if (is_named(line, len, "connection") && end - value == 5)
		answer->ends_conn = strncasecmp(value, "close", 5) == 0;
	return true;
}

static bool has_body(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

int answer_read(struct answer *answer, const char *bytes, size_t len)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4);

	if (!end)
		return len < ANSWER_HEAD_MAX ? 0 : -1;
	if (end - bytes > ANSWER_HEAD_MAX)
		return -1;
	*answer = (struct answer){ 0 };
	if (!status_read(answer, bytes, (size_t)(end - bytes)))
		return -1;
	const char *line = memchr(bytes, '\r', (size_t)(end + 1 - bytes));
	while (line < end) {
		line += 2;
		const char *next = memchr(line, '\r', (size_t)(end + 1 - line));
		if (!next || !field_read(answer, line, next))
			return -1;
		line = next;
	}
	if (!has_body(answer->status))
		answer->body_len = 0;
	else if (!answer->has_length)
		return -1;
	return (int)(end + 4 - bytes);
}
