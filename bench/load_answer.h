/*
 * Where one answer ends and the next begins (RFC 9112 6): status line,
 * Content-Length, no body after 1xx, 204 and 304. Strict, since a server that
 * is measured must not be let off; it keeps nothing of what it reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A head may come in pieces; more than this is no answer. */
#define ANSWER_HEAD_MAX 8192

struct answer {
	unsigned status;
	bool ends_conn; /* says Connection: close */
	bool has_length;
	uint64_t body_len; /* 0 where the status has none */
};

/*
 * Reads the head at the start of `bytes`. Gives its length, 0 when more bytes
 * are needed, -1 when this is no answer that says its length.
 */
int answer_read(struct answer *answer, const char *bytes, size_t len);
