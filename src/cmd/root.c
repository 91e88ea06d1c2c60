/*
 * Opening the root, with words for what can be wrong with it (root.h).
 */
#include "cmd/root.h"

#include <errno.h>

#include "base/log.h"

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

bool root_open(const char *root, struct fs **out)
{
	struct facts facts;
	int res = kernel_fs_open(root, false, out);

	if (res < 0) {
		root_say(root, -res);
		return false;
	}
	/* To be found is one thing, to be readable another. */
	res = (*out)->ops->open(*out, ".", 0, &facts);
	if (res >= 0) {
		(*out)->ops->close(*out, res);
		return true;
	}
	root_say(root, -res);
	kernel_fs_close(*out);
	return false;
}
