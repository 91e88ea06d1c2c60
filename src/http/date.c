/*
 * HTTP dates, written as IMF-fixdate and read in all three formats (RFC 9110
 * 5.6.7); and those of RFC 3339, written for listings. Reading is strict, as
 * dates are case-sensitive and of fixed form: a valid day name (which need not
 * be the right one for the date), a day that its month has, "GMT", and nothing
 * before or after. The leap second :60 is read as :59, so that it never claims
 * to be later than it is. Days count from 1 January of year 0. Must not know
 * the time. Pure.
 */
#include "http/date.h"

#include <assert.h>

/* The first second of year 0. */
#define DATE_MIN (-INT64_C(62167219200))

#define DAY_SECONDS   INT64_C(86400)
#define EPOCH_DAYS    INT64_C(719528) /* 1 January 1970 */
#define FIRST_WEEKDAY 6               /* 1 January of year 0 is a Saturday */

/* The Gregorian calendar repeats itself after this many years and days. */
#define CYCLE_YEARS 400
#define CYCLE_DAYS  146097

/* RFC 9110 5.6.7: an rfc850-date further ahead than this is in the past. */
#define CENTURY_AHEAD_YEARS 50

#define SHORT_NAME 3

struct civil {
	unsigned year, month, day; /* month 0 to 11, day 1 to 31 */
	unsigned hour, minute, second;
};

static const struct span day_names[] = {
	{ "Sunday", 6 },
	{ "Monday", 6 },
	{ "Tuesday", 7 },
	{ "Wednesday", 9 },
	{ "Thursday", 8 },
	{ "Friday", 6 },
	{ "Saturday", 8 },
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static const unsigned month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	30, 31 };

static bool year_is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned month_length(unsigned year, unsigned month)
{
	return month_days[month] + (month == 1 && year_is_leap(year) ? 1 : 0);
}

/* Days from the start of year 0 to the start of `year`. */
static int64_t year_start(unsigned year)
{
	int64_t y = year;

	return y * 365 + (y + 3) / 4 - (y + 99) / 100 + (y + 399) / 400;
}

/* Seconds since 1970; a day that its month has not runs into the next. */
static int64_t civil_seconds(const struct civil *c)
{
	int64_t days = year_start(c->year) + c->day - 1 - EPOCH_DAYS;

	for (unsigned month = 0; month < c->month; month++)
		days += month_length(c->year, month);
	return days * DAY_SECONDS + c->hour * 3600 + c->minute * 60 + c->second;
}

/* `seconds` from DATE_MIN to DATE_MAX. */
static struct civil civil_of(int64_t seconds)
{
	unsigned days = (unsigned)((seconds - DATE_MIN) / DAY_SECONDS);
	unsigned rest = (unsigned)((seconds - DATE_MIN) % DAY_SECONDS);
	struct civil c = {
		.year = (unsigned)((uint64_t)days * CYCLE_YEARS / CYCLE_DAYS),
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
	};

	/* By the average length of a year, the guess is off by one at most. */
	if (year_start(c.year) > days)
		c.year--;
	else if (year_start(c.year + 1) <= days)
		c.year++;
	days -= (unsigned)year_start(c.year);
	while (days >= month_length(c.year, c.month))
		days -= month_length(c.year, c.month++);
	c.day = days + 1;
	return c;
}

static int64_t date_clamp(int64_t seconds)
{
	if (seconds < DATE_MIN)
		return DATE_MIN;
	return seconds > DATE_MAX ? DATE_MAX : seconds;
}

static struct span weekday_name(int64_t seconds)
{
	int64_t days = (seconds - DATE_MIN) / DAY_SECONDS;

	return span_first(day_names[(days + FIRST_WEEKDAY) % 7], SHORT_NAME);
}

static struct span month_name(unsigned month)
{
	return (struct span){ month_names + month * SHORT_NAME, SHORT_NAME };
}

void date_format(int64_t seconds, char out[DATE_LENGTH])
{
	int64_t clamped = date_clamp(seconds);
	struct civil c = civil_of(clamped);
	struct text t = text_in(out, DATE_LENGTH);

	text_add(&t, weekday_name(clamped));
	text_add_literal(&t, ", ");
	text_add_padded(&t, c.day, 2);
	text_add_char(&t, ' ');
	text_add(&t, month_name(c.month));
	text_add_char(&t, ' ');
	text_add_padded(&t, c.year, 4);
	text_add_char(&t, ' ');
	text_add_padded(&t, c.hour, 2);
	text_add_char(&t, ':');
	text_add_padded(&t, c.minute, 2);
	text_add_char(&t, ':');
	text_add_padded(&t, c.second, 2);
	text_add_literal(&t, " GMT");
	assert(t.len == DATE_LENGTH && !t.is_full);
}

void date_add(struct text *out, int64_t seconds)
{
	char date[DATE_LENGTH];

	date_format(seconds, date);
	text_add(out, (struct span){ date, DATE_LENGTH });
}

void date_add_rfc3339(struct text *out, int64_t seconds)
{
	struct civil c = civil_of(date_clamp(seconds));

	text_add_padded(out, c.year, 4);
	text_add_char(out, '-');
	text_add_padded(out, c.month + 1, 2);
	text_add_char(out, '-');
	text_add_padded(out, c.day, 2);
	text_add_char(out, 'T');
	text_add_padded(out, c.hour, 2);
	text_add_char(out, ':');
	text_add_padded(out, c.minute, 2);
	text_add_char(out, ':');
	text_add_padded(out, c.second, 2);
	text_add_char(out, 'Z');
}

static bool take(struct span *s, struct span expected)
{
	if (!span_starts(*s, expected))
		return false;
	*s = span_skip(*s, expected.len);
	return true;
}

static bool take_number(struct span *s, unsigned digits, unsigned *out)
{
	uint64_t value;

	if (s->len < digits || !span_read_u64(span_first(*s, digits), &value))
		return false;
	*s = span_skip(*s, digits);
	*out = (unsigned)value;
	return true;
}

/* A day name, of which at most `length_max` letters are written. */
static bool take_day_name(struct span *s, size_t length_max)
{
	for (size_t i = 0; i < array_count(day_names); i++) {
		if (take(s, span_first(day_names[i], length_max)))
			return true;
	}
	return false;
}

static bool take_month(struct span *s, unsigned *out)
{
	for (unsigned month = 0; month < 12; month++) {
		if (take(s, month_name(month))) {
			*out = month;
			return true;
		}
	}
	return false;
}

/* asctime-date writes the days 1 to 9 with a space for their first digit. */
static bool take_padded_day(struct span *s, unsigned *out)
{
	if (take(s, SPAN(" ")))
		return take_number(s, 1, out);
	return take_number(s, 2, out);
}

static bool take_time(struct span *s, struct civil *c)
{
	return take_number(s, 2, &c->hour) && take(s, SPAN(":")) &&
	       take_number(s, 2, &c->minute) && take(s, SPAN(":")) &&
	       take_number(s, 2, &c->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_fixdate(struct span s, struct civil *c)
{
	return take_day_name(&s, SHORT_NAME) && take(&s, SPAN(", ")) &&
	       take_number(&s, 2, &c->day) && take(&s, SPAN(" ")) &&
	       take_month(&s, &c->month) && take(&s, SPAN(" ")) &&
	       take_number(&s, 4, &c->year) && take(&s, SPAN(" ")) &&
	       take_time(&s, c) && span_equal(s, SPAN(" GMT"));
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_rfc850(struct span s, struct civil *c)
{
	return take_day_name(&s, SIZE_MAX) && take(&s, SPAN(", ")) &&
	       take_number(&s, 2, &c->day) && take(&s, SPAN("-")) &&
	       take_month(&s, &c->month) && take(&s, SPAN("-")) &&
	       take_number(&s, 2, &c->year) && take(&s, SPAN(" ")) &&
	       take_time(&s, c) && span_equal(s, SPAN(" GMT"));
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime(struct span s, struct civil *c)
{
	return take_day_name(&s, SHORT_NAME) && take(&s, SPAN(" ")) &&
	       take_month(&s, &c->month) && take(&s, SPAN(" ")) &&
	       take_padded_day(&s, &c->day) && take(&s, SPAN(" ")) &&
	       take_time(&s, c) && take(&s, SPAN(" ")) &&
	       take_number(&s, 4, &c->year) && s.len == 0;
}

/*
 * The latest year with the last two digits of c->year that puts the date not
 * more than 50 years after `now`.
 */
static unsigned year_complete(const struct civil *c, int64_t now)
{
	struct civil limit = civil_of(date_clamp(now < 0 ? 0 : now));
	struct civil guess = *c;

	limit.year += CENTURY_AHEAD_YEARS;
	guess.year = limit.year - (limit.year - c->year) % 100;
	if (civil_seconds(&guess) > civil_seconds(&limit))
		guess.year -= 100;
	return guess.year;
}

static bool civil_is_valid(const struct civil *c)
{
	return c->day >= 1 && c->day <= month_length(c->year, c->month) &&
	       c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

bool date_parse(struct span s, int64_t now, int64_t *out)
{
	struct civil c = { 0 };

	if (read_rfc850(s, &c))
		c.year = year_complete(&c, now);
	else if (!read_fixdate(s, &c) && !read_asctime(s, &c))
		return false;
	if (!civil_is_valid(&c))
		return false;
	if (c.second == 60)
		c.second = 59;
	*out = civil_seconds(&c);
	return true;
}
