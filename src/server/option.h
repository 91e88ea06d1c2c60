/*
 * What the user asked for: flags above HSTATIC_* above PORT and HOST above
 * defaults, all from one table (options.def). Prints nothing: a mistake comes
 * back as one line for people.
 */
#pragma once

#include "base/text.h"
#include "server/options.h"

/*
 * Reads the environment `env` (as environ), then the flags and the one DIR of
 * argv[1...]. False: `error` has what is wrong and what to do, without a
 * newline.
 */
must_check bool options_read(struct options *o, int argc, char **argv,
	char *const *env, struct text *error);

/*
 * Looks in the environment, from *env on, for a variable that begins with
 * HSTATIC_ and that nothing reads: a slip of the finger, as a rule. True:
 * `said` has it and what it may have meant, and *env stands behind it.
 */
must_check bool options_stray(char *const **env, struct text *said);
