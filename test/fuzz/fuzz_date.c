/*
 * HTTP dates (RFC 9110 5.6.7): what is read lies within the format, is
 * written as an IMF-fixdate that reads as itself, and an IMF-fixdate is
 * written as it was read, but for a wrong day name and a leap second.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "http/date.h"

#define NOW       INT64_C(1700000000)
#define YEAR_ZERO (-INT64_C(62167219200))

static void check_round(int64_t seconds)
{
	char out[DATE_LENGTH];
	int64_t again;

	date_format(seconds, out);
	assert(date_parse((struct span){ out, sizeof out }, NOW, &again));
	int64_t want = seconds < YEAR_ZERO  ? YEAR_ZERO
		       : seconds > DATE_MAX ? DATE_MAX
					    : seconds;
	assert(again == want);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": the same from the day of month on. */
static void check_fixdate(struct span s, int64_t seconds)
{
	char out[DATE_LENGTH];

	if (s.len != DATE_LENGTH || s.at[3] != ',' || s.at[7] != ' ')
		return;
	bool is_leap_second = s.at[23] == '6';
	date_format(seconds, out);
	for (size_t i = 5; i < sizeof out; i++) {
		if (!is_leap_second || (i != 23 && i != 24))
			assert(out[i] == s.at[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span s = fuzz_span(bytes, size);
	int64_t seconds = INT64_MIN, other = INT64_MIN;

	if (size >= sizeof seconds) {
		memcpy(&seconds, bytes, sizeof seconds);
		check_round(seconds);
		seconds = INT64_MIN;
	}
	bool is_date = date_parse(s, NOW, &seconds);
	if (!is_date) {
		assert(seconds == INT64_MIN);
		return 0;
	}
	assert(seconds >= YEAR_ZERO && seconds <= DATE_MAX);
	check_round(seconds);
	check_fixdate(s, seconds);
	/* Validity is a matter of form: no other now makes it invalid. */
	assert(date_parse(s, 0, &other));
	/* Nothing may stand before or after it. */
	char *longer = malloc(size + 1);
	assert(longer != NULL);
	memcpy(longer, bytes, size);
	longer[size] = ' ';
	assert(!date_parse((struct span){ longer, size + 1 }, NOW, &other));
	assert(!date_parse(span_first(s, size - 1), NOW, &other));
	free(longer);
	return 0;
}
