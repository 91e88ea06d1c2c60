/*
 * HTTP dates (RFC 9110 5.6.7), by arithmetic on the proleptic Gregorian
 * calendar: no time zone, no locale, no call to anything. Pure.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "base/text.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define DATE_LENGTH 29

/* Seconds since 1970 of the last second of year 9999: the format's end. */
#define DATE_MAX INT64_C(253402300799)

/*
 * Writes `seconds` since 1970 as an IMF-fixdate of DATE_LENGTH characters,
 * not terminated. Clamped to the years 0000 to 9999.
 */
void date_format(int64_t seconds, char out[DATE_LENGTH]);

void date_add(struct text *out, int64_t seconds);

/* "1994-11-06T08:49:37Z" (RFC 3339), clamped likewise. */
#define DATE_RFC3339_LENGTH 20

void date_add_rfc3339(struct text *out, int64_t seconds);

/*
 * Reads any of the three formats; `now` settles the century of the two-digit
 * year of an rfc850-date (not more than 50 years ahead). False, *out
 * untouched, on anything that is not wholly a valid date.
 */
must_check bool date_parse(struct span s, int64_t now, int64_t *out);
