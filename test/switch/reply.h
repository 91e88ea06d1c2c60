/*
 * The head of an answer, read strictly: what is not exactly HTTP/1.1 as
 * RFC 9112 has it, or says one of these fields twice, is no answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
	const char *at;
	size_t len;
};

struct reply {
	unsigned status;
	bool is_last;  /* Connection: close */
	bool has_body; /* `length` bytes follow the head */
	size_t length;
	struct piece etag, modified, coding;
	const unsigned char *body;
};

/* The length of the head at `at`; 0 when more has to come, -1 when it is
 * none. */
long reply_read(const char *at, size_t len, struct reply *out);

bool piece_is(struct piece piece, const char *text);
