/*
 * Starting a browser (browser.h): xdg-open where there is a display, then the
 * commands of $BROWSER, which no shell reads.
 */
#include "server/browser.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* xdg-open may become the browser, and live as long: what it ends with later
 * tells nothing about the opening. */
#define FAILS_WITHIN_MS 10000

#define WORDS_MAX 16

static const char *env_get(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static struct span word_take(struct span *rest, char separator)
{
	struct span word = span_first(*rest, span_find(*rest, separator));

	*rest = span_skip(*rest, word.len);
	if (rest->len > 0)
		*rest = span_skip(*rest, 1);
	return word;
}

/* Appends the word and NUL, with the URL in place of "%s": true if it was. */
static bool word_add(struct text *out, struct span word, const char *url)
{
	bool has_url = false;

	while (word.len > 0) {
		bool is_place = span_starts(word, SPAN("%s"));
		if (is_place)
			text_add(out, span_of(url));
		else
			text_add_char(out, word.at[0]);
		has_url |= is_place;
		word = span_skip(word, is_place ? 2 : 1);
	}
	text_add_char(out, '\0');
	return has_url;
}

/* Words are split at spaces; without a "%s" the URL comes last. */
static pid_t command_run(struct span command, const char *url)
{
	char storage[4096];
	const char *argv[WORDS_MAX + 2];
	struct text words = text_in(storage, sizeof storage);
	bool has_url = false;
	size_t count = 0;

	while (command.len > 0 && count < WORDS_MAX) {
		struct span word = word_take(&command, ' ');
		if (word.len == 0)
			continue;
		argv[count++] = words.at + words.len;
		has_url |= word_add(&words, word, url);
	}
	if (count == 0)
		return -ENOENT;
	if (command.len > 0 || words.is_full)
		return -E2BIG;
	if (!has_url)
		argv[count++] = url;
	argv[count] = NULL;
	return process_spawn(argv);
}

/* The commands of $BROWSER stand between colons: the first that there is. */
static pid_t list_run(const char *list, const char *url)
{
	struct span rest = span_of(list);
	pid_t pid = -ENOENT;

	while (pid < 0 && rest.len > 0)
		pid = command_run(word_take(&rest, ':'), url);
	return pid;
}

static pid_t url_open(const char *url, bool has_display, const char *list)
{
	pid_t pid = -ENOENT;

	if (has_display)
		pid = command_run(SPAN("xdg-open"), url);
	if (pid < 0 && list != NULL)
		pid = list_run(list, url);
	return pid;
}

void browser_open(struct browser *b, const struct reach *reach, uint64_t now_ms)
{
	const struct reach_place *first = &reach->at[0];
	const char *list = env_get("BROWSER");
	bool has_display = env_get("WAYLAND_DISPLAY") != NULL ||
			   env_get("DISPLAY") != NULL;

	if (reach->count == 0 || first->kind == REACH_UNIX) {
		log_info("--open: a browser cannot open a Unix socket; add "
			 "-b localhost");
		return;
	}
	if (!has_display && list == NULL) {
		log_info("--open: no browser to open: there is no display, "
			 "and BROWSER is not set; go to %s",
			first->url);
		return;
	}
	pid_t pid = url_open(first->url, has_display, list);
	if (pid < 0) {
		log_info("--open: no browser to open: %s%s: %s; go to %s",
			has_display ? "xdg-open" : "$BROWSER",
			has_display && list != NULL ? ", $BROWSER" : "",
			strerror(-pid), first->url);
		return;
	}
	*b = (struct browser){ .pid = pid, .started_ms = now_ms };
	memcpy(b->url, first->url, sizeof b->url);
}

void browser_ended(
	struct browser *b, pid_t pid, int wait_status, uint64_t now_ms)
{
	if (b->pid == 0 || b->pid != pid)
		return;
	b->pid = 0;
	if (wait_status != 0 && now_ms - b->started_ms < FAILS_WITHIN_MS)
		log_info("--open: the browser %s; go to %s",
			process_status_text(wait_status), b->url);
}
