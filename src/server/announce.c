/*
 * The start message (announce.h). Says plainly when a wall is missing.
 */
#include "server/announce.h"

#include "base/log.h"
#include "io/process.h"

#define STDERR 2

static void walls_add(const struct sandbox_state *s, struct text *out)
{
	if (s->has_landlock)
		text_add_literal(out, "landlock");
	if (s->has_landlock && s->has_seccomp)
		text_add_literal(out, " + ");
	if (s->has_seccomp)
		text_add_literal(out, "seccomp");
	if (!s->has_landlock && !s->has_seccomp)
		text_add_literal(out, "off");
}

static void missing_say(const struct options *o, const struct sandbox_state *s)
{
	if (o->sandbox == SANDBOX_OFF)
		return;
	if (!s->has_landlock)
		log_error("this kernel has no Landlock (%s): a worker that is "
			  "taken over could read files outside the root",
			strerror(s->landlock_error));
	if (!s->has_seccomp && !s->is_sanitized)
		log_error("this kernel has no seccomp (%s): a worker that is "
			  "taken over could make any system call",
			strerror(s->seccomp_error));
}

void announce(const struct options *o, const struct listeners *l,
	const struct sandbox_state *s)
{
	char storage[1024], walls_storage[64];
	struct text urls = text_in(storage, sizeof storage);
	struct text walls = text_in(walls_storage, sizeof walls_storage);
	bool is_terminal = process_is_terminal(STDERR);

	missing_say(o, s);
	walls_add(s, &walls);
	listeners_urls(
		l, is_terminal ? SPAN("\n              ") : SPAN(" "), &urls);
	if (is_terminal)
		log_info("serving %s\n  at          %.*s\n"
			 "  workers     %llu\n  sandbox     %.*s\n"
			 "  Ctrl-C to stop",
			o->root, (int)urls.len, storage,
			(unsigned long long)o->workers, (int)walls.len,
			walls_storage);
	else
		log_info("serving %s at %.*s (%llu workers, sandbox: %.*s)",
			o->root, (int)urls.len, storage,
			(unsigned long long)o->workers, (int)walls.len,
			walls_storage);
}
