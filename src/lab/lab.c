/*
 * Claims, facts and verdicts of a chapter (lab.h), and where they are written.
 */
#include "lab/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

void lab_flush(struct lab *l)
{
	struct text *out = &l->teller.out;
	size_t done = 0;

	while (done < out->len) {
		ssize_t n = write(
			STDOUT_FILENO, out->at + done, out->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			_exit(EXIT_FAILURE); /* nobody reads any more */
		done += (size_t)n;
	}
	out->len = 0;
}

/* A key, or the end of the input. */
static void key_wait(void)
{
	struct termios before, raw;
	bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	char key;

	if (is_terminal) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	while (read(STDIN_FILENO, &key, 1) < 0 && errno == EINTR)
		;
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void claim_end(struct lab *l)
{
	if (l->claims == 0)
		return;
	tell_verdict(&l->teller, l->claim_holds);
	l->holds &= l->claim_holds;
	lab_flush(l);
	if (l->is_stepping) {
		fputs("   (any key goes on) ", stderr);
		key_wait();
		fputs("\r                     \r", stderr);
	}
}

void lab_claim(struct lab *l, const char *words)
{
	claim_end(l);
	l->claims++;
	l->claim_holds = true;
	tell_claim(&l->teller, l->claims, words);
	lab_flush(l);
}

void lab_end(struct lab *l)
{
	claim_end(l);
	tell_end(&l->teller, l->holds);
	lab_flush(l);
}

void lab_as(struct lab *l, const char *who)
{
	l->who = who;
}

void lab_show(struct lab *l, const char *source, const char *format, ...)
{
	char words[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	tell_evidence(&l->teller, source, words);
	lab_flush(l);
}

/* Is this the one that is to be claimed wrongly? */
static bool is_broken(struct lab *l)
{
	return ++l->facts == l->broken;
}

static void fact(struct lab *l, const struct told_fact *f)
{
	l->claim_holds &= f->held;
	tell_fact(&l->teller, f);
	lab_flush(l);
}

void lab_expect(struct lab *l, const char *what, int64_t seen, int64_t claimed)
{
	char words[2][24];

	claimed += is_broken(l);
	snprintf(words[0], sizeof words[0], "%" PRId64, seen);
	snprintf(words[1], sizeof words[1], "%" PRId64, claimed);
	fact(l, &(struct told_fact){
			what, words[0], words[1], seen == claimed });
}

void lab_expect_is(struct lab *l, const char *what, bool seen, bool claimed)
{
	if (is_broken(l))
		claimed = !seen;
	fact(l, &(struct told_fact){ what, seen ? "yes" : "no",
			claimed ? "yes" : "no", seen == claimed });
}

void lab_expect_within(struct lab *l, const char *what, int64_t seen,
	int64_t least, int64_t most)
{
	char words[2][64];

	if (is_broken(l))
		least = most = seen + 1;
	snprintf(words[0], sizeof words[0], "%" PRId64, seen);
	snprintf(words[1], sizeof words[1], "%" PRId64 " to %" PRId64, least,
		most);
	fact(l, &(struct told_fact){ what, words[0], words[1],
			seen >= least && seen <= most });
}

void lab_expect_text(
	struct lab *l, const char *what, const char *seen, const char *claimed)
{
	if (is_broken(l))
		claimed = "something else";
	fact(l, &(struct told_fact){
			what, seen, claimed, strcmp(seen, claimed) == 0 });
}

static const char *error_name(int error)
{
	const char *name = error == 0 ? "no error" : strerrorname_np(error);

	return name == NULL ? "an unknown error" : name;
}

void lab_expect_error(
	struct lab *l, const char *what, int64_t result, int claimed)
{
	lab_expect_text(l, what, error_name(result < 0 ? (int)-result : 0),
		error_name(claimed));
}

void lab_fail(struct lab *l, const char *what, int error)
{
	lab_flush(l);
	fprintf(stderr, "hstatic lab: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}
