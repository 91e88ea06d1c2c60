/*
 * `hstatic [options] [DIR]`: reads the options, checks what can be checked
 * before anything is started, and hands over to the master.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/root.h"
#include "io/process.h"
#include "server/help.h"
#include "server/master.h"
#include "server/option.h"

static int help_print(void)
{
	char storage[16384];
	struct text help = text_in(storage, sizeof storage);

	options_help(&help);
	fwrite(storage, 1, help.len, stdout);
	return output_end();
}

/* A warning only: another version may know what this one does not. */
static void strays_say(void)
{
	char storage[512];
	struct text said = text_in(storage, sizeof storage);
	char *const *env = environ;

	while (options_stray(&env, &said))
		log_info("%.*s", (int)said.len, storage);
}

static int version_print(void)
{
	printf("hstatic %s\n"
	       "event loops: epoll, uring; walls: landlock, seccomp\n",
		HSTATIC_VERSION);
	return output_end();
}

int cmd_serve(int argc, char **argv)
{
	char storage[512];
	struct text error = text_in(storage, sizeof storage);
	struct options options;
	struct fs *fs;

	process_streams_open();
	options_init(&options, process_cores());
	if (!options_read(&options, argc, argv, environ, &error)) {
		log_error("%.*s", (int)error.len, storage);
		return EXIT_USAGE;
	}
	if (options.wants_help)
		return help_print();
	if (options.wants_version)
		return version_print();
	log_init(options.is_quiet, options.is_verbose);
	strays_say();
	/* The workers will open it themselves; a mistake is better told now. */
	if (!root_open(options.root, &fs))
		return EXIT_FAILED;
	kernel_fs_close(fs);
	return master_run(&options);
}
