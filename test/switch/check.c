/*
 * Judging answers (check.h).
 */
#include "check.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "fault.h"

/* Up to here the ETag is made of the bytes. */
#define HASHED_MAX ((size_t)1 << 20)

/* 120 bits of SHA-256, as base64url. */
static void etag_of_bytes(const unsigned char *at, size_t len, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256(at, len, hash);
	*out++ = '"';
	for (unsigned i = 0; i < 15; i += 3) {
		uint32_t bits = (uint32_t)hash[i] << 16 |
				(uint32_t)hash[i + 1] << 8 | hash[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[bits >> shift & 63];
	}
	*out++ = '"';
	*out = '\0';
}

static void etag_check(
	const struct ask *a, const struct reply *r, uint32_t version)
{
	char want[ETAG_MAX];

	if (r->length <= HASHED_MAX)
		etag_of_bytes(r->body, r->length, want);
	else
		snprintf(want, sizeof want, "\"%zx-%llx\"", r->length,
			(STAMP_BASE + (unsigned long long)version) *
				1000000000);
	if (!piece_is(r->etag, want))
		fault_note(FAULT_ETAG, "%s, version %x: %.*s, wanted %s",
			slots[a->slot].name, version, (int)r->etag.len,
			r->etag.at, want);
}

/* IMF-fixdate; 0 when it is none. */
static time_t date_read(struct piece p)
{
	char text[40];
	struct tm tm = { 0 };

	if (p.len != 29)
		return 0;
	memcpy(text, p.at, p.len);
	text[p.len] = '\0';
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return end != NULL && *end == '\0' ? timegm(&tm) : 0;
}

/* Not time(2), which lags behind the clock that stamps files by a tick. */
static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

/* Last-Modified tells the version of a file that was put; that of the file,
 * if the body is its sidecar's. A file that is overwritten has a real time. */
static void modified_check(const struct ask *a, const struct reply *r,
	unsigned slot, uint32_t version)
{
	time_t t = date_read(r->modified);
	enum how how = slots[a->slot].how;
	uint32_t said = (uint32_t)(t - STAMP_BASE);
	bool is_good;

	if (how == REWRITTEN || how == LINKED)
		/* The clock that stamps files lags behind ours by a tick, which
		 * may be the second before. */
		is_good = t + 1 >= board_second(slot, version) && t <= now();
	else if (slot != a->slot)
		is_good = !board_is_old(&a->before, said) &&
			  !board_is_ahead(a->slot, said);
	else
		is_good = said == version;
	if (!is_good)
		fault_note(FAULT_MODIFIED, "%s, version %x: %.*s",
			slots[a->slot].name, version, (int)r->modified.len,
			r->modified.at);
}

static bool version_check(
	const struct ask *a, unsigned slot, uint32_t version, unsigned status)
{
	const struct before *b = slot == a->slot ? &a->before
						 : &a->sidecar_before;
	bool is_old = board_is_old(b, version);
	bool is_ahead = board_is_ahead(slot, version);

	if (is_old)
		fault_note(FAULT_STALE, "%s, %u: version %x after %x",
			slots[slot].name, status, version, b->least);
	if (is_ahead)
		fault_note(FAULT_AHEAD, "%s, %u: version %x has not begun",
			slots[slot].name, status, version);
	return !is_old && !is_ahead;
}

static bool words_check(
	unsigned slot, const unsigned char *at, size_t len, uint32_t *version)
{
	if (len != 8 * (size_t)slots[slot].words) {
		fault_note(
			FAULT_LENGTH, "%s: %zu bytes", slots[slot].name, len);
		return false;
	}
	*version = word_read(at).version;
	for (uint32_t i = 0; i < slots[slot].words; i++) {
		struct word w = word_read(at + 8 * (size_t)i);
		if (w.slot == slot && w.at == i && w.version == *version)
			continue;
		fault_note(FAULT_TORN,
			"%s, version %x: word %u is %u of slot %u, version %x",
			slots[slot].name, *version, i, w.at, w.slot, w.version);
		return false;
	}
	return true;
}

/* A coded body is decoded; false when it is none. */
static bool gunzip(const struct reply *r, unsigned char *out, size_t *len)
{
	z_stream z = { .next_in = (unsigned char *)r->body,
		.avail_in = (uInt)r->length,
		.next_out = out,
		.avail_out = (uInt)*len };

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return false;
	int res = inflate(&z, Z_FINISH);
	*len = z.total_out;
	inflateEnd(&z);
	return res == Z_STREAM_END && z.avail_in == 0;
}

static bool body_check(unsigned slot, const struct reply *r, uint32_t *version)
{
	unsigned char plain[4096];
	size_t len = sizeof plain;

	if (r->coding.at == NULL)
		return words_check(slot, r->body, r->length, version);
	if (!gunzip(r, plain, &len)) {
		fault_note(FAULT_TORN, "%s: no whole gzip", slots[slot].name);
		return false;
	}
	return words_check(slot, plain, len, version);
}

/* Which file's bytes these are: that which was asked for, or its sidecar. */
static bool coding_check(
	const struct ask *a, const struct reply *r, unsigned *slot)
{
	bool has_sidecar = slots[a->slot].how == CODED;

	*slot = a->slot;
	if (r->coding.at == NULL) {
		if (!has_sidecar || !a->wants_gzip ||
			board_may_be_absent(a->slot + 1, &a->sidecar_before))
			return true;
		fault_note(FAULT_CODING, "%s: identity beside a sidecar",
			slots[a->slot].name);
		return false;
	}
	if (!a->wants_gzip || !piece_is(r->coding, "gzip")) {
		fault_note(FAULT_CODING, "%s: a coding that was not asked for",
			slots[a->slot].name);
		return false;
	}
	*slot += has_sidecar;
	return true;
}

static bool ok_check(
	const struct ask *a, const struct reply *r, struct seen *seen)
{
	if (!coding_check(a, r, &seen->slot) ||
		!body_check(seen->slot, r, &seen->version))
		return false;
	bool is_good = version_check(a, seen->slot, seen->version, 200);
	etag_check(a, r, seen->version);
	modified_check(a, r, seen->slot, seen->version);
	if (r->etag.len >= sizeof seen->etag)
		return false;
	memcpy(seen->etag, r->etag.at, r->etag.len);
	seen->etag[r->etag.len] = '\0';
	return is_good;
}

/* It has no body: its ETag says which version the client may go on with. */
static void not_modified_check(const struct ask *a, const struct reply *r)
{
	if (a->etag[0] == '\0')
		fault_note(FAULT_STATUS, "%s: 304 without a condition",
			slots[a->slot].name);
	else if (!piece_is(r->etag, a->etag))
		fault_note(FAULT_ETAG, "%s: 304 with %.*s for %s",
			slots[a->slot].name, (int)r->etag.len, r->etag.at,
			a->etag);
	else
		version_check(a, a->etag_slot, a->etag_version, 304);
}

bool check_reply(const struct ask *a, const struct reply *r, struct seen *seen)
{
	const char *name = slots[a->slot].name;

	switch (r->status) {
	case 200:
		return ok_check(a, r, seen);
	case 304:
		not_modified_check(a, r);
		return false;
	case 404:
		if (!board_may_be_absent(a->slot, &a->before))
			fault_note(FAULT_ABSENCE, "%s: 404", name);
		return false;
	default:
		fault_note(FAULT_STATUS, "%s: %u", name, r->status);
		return false;
	}
}
