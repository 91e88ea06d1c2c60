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
#include "io/kernel_fs.h"
#include "io/process.h"
#include "server/help.h"
#include "server/master.h"
#include "server/option.h"

static void root_say(const char *root, int error)
{
	switch (error) {
	case ENOENT:
		log_error("%s: there is no such directory; name the one that "
			  "holds your site",
			root);
		break;
	case ENOTDIR:
		log_error("%s: is not a directory; name the one that it is in",
			root);
		break;
	case EACCES:
		log_error("%s: %s; the server must be able to read and search "
			  "the directory",
			root, strerror(error));
		break;
	default:
		log_error("%s: %s", root, strerror(error));
		break;
	}
}

/* The workers will open it themselves; a mistake is better told now. */
static bool root_check(const char *root)
{
	struct fs *fs;
	struct facts facts;
	int res = kernel_fs_open(root, &fs);

	if (res < 0) {
		root_say(root, -res);
		return false;
	}
	res = fs->ops->open(fs, ".", 0, &facts);
	if (res >= 0)
		fs->ops->close(fs, res);
	kernel_fs_close(fs);
	if (res < 0)
		root_say(root, -res);
	return res >= 0;
}

static int help_print(void)
{
	char storage[16384];
	struct text help = text_in(storage, sizeof storage);

	options_help(&help);
	fwrite(storage, 1, help.len, stdout);
	return EXIT_DONE;
}

static int version_print(void)
{
	printf("hstatic %s\n"
	       "event loops: epoll; walls: landlock, seccomp\n",
		HSTATIC_VERSION);
	return EXIT_DONE;
}

int cmd_serve(int argc, char **argv)
{
	char storage[512];
	struct text error = text_in(storage, sizeof storage);
	struct options options;

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
	if (!root_check(options.root))
		return EXIT_FAILED;
	return master_run(&options);
}
