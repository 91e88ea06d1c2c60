/*
 * The door to the kernel's files (io/kernel_fs.h) in a directory of its own
 * below /tmp: nothing leads out of the root, nothing blocks, the root can be
 * switched, and every change of a watched directory is told.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/kernel_fs.h"

static char dir[] = "/tmp/hstatic-fs-XXXXXX";
static struct fs *fs;

static int entry_remove(
	const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

/* /tmp/hstatic-fs-x is the working directory: `root` is served, `out` not. */
static int start(void **state)
{
	(void)state;
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return -1;
	return mkdir("root", 0755) | mkdir("out", 0755) | mkdir("root/d", 0755);
}

static int stop(void **state)
{
	(void)state;
	if (fs != NULL)
		kernel_fs_close(fs);
	fs = NULL;
	return chdir("/") | nftw(dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The first byte of the file, or -errno. */
static int look_with(const char *name, unsigned flags)
{
	struct facts facts;
	char first = 0;
	int fd = fs->ops->open(fs, name, flags, &facts);

	if (fd < 0)
		return fd;
	ssize_t got = fs->ops->read(fs, fd, &first, 1, 0);
	fs->ops->close(fs, fd);
	return got < 0 ? (int)got : first;
}

static int look(const char *name)
{
	return look_with(name, 0);
}

static void facts_are_of_the_file(void **state)
{
	(void)state;
	struct facts facts, again;
	struct stat s;

	file_write("root/a", "hello");
	assert_int_equal(link("root/a", "root/b"), 0);
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	int fd = fs->ops->open(fs, "a", FS_NO_SYMLINKS, &facts);
	assert_true(fd >= 0 && stat("root/a", &s) == 0);
	assert_int_equal(facts.size, 5);
	assert_int_equal(facts.type, S_IFREG);
	assert_int_equal(facts.links, 2);
	assert_int_equal(facts.ino, s.st_ino);
	assert_int_equal(facts.dev, fs->root_dev);
	assert_int_equal(facts.mtime_ns,
		s.st_mtim.tv_sec * INT64_C(1000000000) + s.st_mtim.tv_nsec);
	assert_int_equal(fs->ops->stat(fs, fd, &again), 0);
	assert_memory_equal(&again, &facts, sizeof facts);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	fs->ops->close(fs, fd);
	fd = fs->ops->open(fs, "d", 0, &facts);
	assert_int_equal(facts.type, S_IFDIR);
	fs->ops->close(fs, fd);
	int64_t now = fs->now_ns(fs);
	assert_true(now >= facts.ctime_ns);
}

static const struct {
	const char *target, *link; /* below the working directory */
	const char *name;
	int res, res_strict; /* first byte or -errno; with FS_NO_SYMLINKS */
} links[] = {
	/* inside, and relative: it works */
	{ "a", "root/l", "l", 'i', -ELOOP },
	{ "../a", "root/d/l", "d/l", 'i', -ELOOP },
	{ "d", "root/l", "l/b", 'j', -ELOOP },
	/* out: the kernel refuses */
	{ "../out/secret", "root/l", "l", -EXDEV, -ELOOP },
	{ "../out", "root/l", "l/secret", -EXDEV, -ELOOP },
	{ "d/../../out/secret", "root/l", "l", -EXDEV, -ELOOP },
	/* absolute ones all are, wherever they lead */
	{ "/etc/passwd", "root/l", "l", -EXDEV, -ELOOP },
	{ "/", "root/l", "l/etc/passwd", -EXDEV, -ELOOP },
	/* magic links open what no path leads to */
	{ "/proc/self/root", "root/l", "l/etc/passwd", -EXDEV, -ELOOP },
	{ "/proc/self/fd/0", "root/l", "l", -EXDEV, -ELOOP },
	/* and no link at all */
	{ "nothing", "root/l", "l", -ENOENT, -ELOOP },
	{ "l", "root/l", "l", -ELOOP, -ELOOP },
	{ "x", "root/x", "../out/secret", -EXDEV, -EXDEV },
	{ "x", "root/x", "/etc/passwd", -EXDEV, -EXDEV },
	{ "x", "root/x", "d/../../out/secret", -EXDEV, -EXDEV },
	{ "x", "root/x", "a/b", -ENOTDIR, -ENOTDIR },
	{ "x", "root/x", "nothing", -ENOENT, -ENOENT },
};

static void nothing_leads_out(void **state)
{
	(void)state;

	file_write("root/a", "inside");
	file_write("root/d/b", "j");
	file_write("out/secret", "secret");
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	for (size_t i = 0; i < array_count(links); i++) {
		assert_int_equal(symlink(links[i].target, links[i].link), 0);
		int res = look(links[i].name);
		expect(res == links[i].res, "row %zu: %d", i, res);
		res = look_with(links[i].name, FS_NO_SYMLINKS);
		expect(res == links[i].res_strict, "row %zu: %d, strictly", i,
			res);
		assert_int_equal(unlink(links[i].link), 0);
	}
}

/* A root that is magic itself: its links are still not followed. */
static void magic_links_are_not_followed(void **state)
{
	(void)state;

	assert_int_equal(kernel_fs_open("/proc/self", true, &fs), 0);
	assert_true(look("status") > 0);
	assert_true(look("root/etc/passwd") < 0);
	assert_true(look("cwd/root") < 0);
	assert_true(look("exe") < 0);
	assert_true(look("fd/0") < 0);
}

/* A FIFO without a writer, a socket: nothing to wait for. */
static void special_files_do_not_block(void **state)
{
	(void)state;
	struct facts facts;
	struct sockaddr_un un = { .sun_family = AF_UNIX,
		.sun_path = "root/socket" };

	assert_int_equal(mkfifo("root/fifo", 0644), 0);
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(socket_fd, (struct sockaddr *)&un, sizeof un), 0);
	close(socket_fd);
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	alarm(5);
	int fd = fs->ops->open(fs, "fifo", 0, &facts);
	alarm(0);
	assert_true(fd >= 0);
	assert_int_equal(facts.type, S_IFIFO);
	fs->ops->close(fs, fd);
	assert_int_equal(look("socket"), -ENXIO);
}

static void what_may_not_be_read_says_so(void **state)
{
	(void)state;

	file_write("root/a", "x");
	assert_int_equal(chmod("root/a", 0), 0);
	file_write("root/d/a", "x");
	assert_int_equal(chmod("root/d", 0), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	/* Root may read anything: be somebody else for a while. */
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	int file = look("a"), inside = look("d/a");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("root/d", 0755), 0);
	assert_int_equal(file, -EACCES);
	assert_int_equal(inside, -EACCES);
}

static void the_root_follows_its_link(void **state)
{
	(void)state;
	int fds[KERNEL_FS_READABLE_MAX];

	assert_int_equal(mkdir("1", 0755) | mkdir("2", 0755), 0);
	file_write("1/a", "1");
	file_write("2/a", "2");
	assert_int_equal(symlink("1", "now"), 0);
	assert_int_equal(kernel_fs_open("now/", true, &fs), 0);
	assert_int_equal(kernel_fs_readable(fs, fds), 3);
	assert_int_equal(look("a"), '1');
	assert_int_equal(fs->ops->refresh_root(fs), 0);
	/* Switched as deployments do: atomically, by a rename. */
	assert_int_equal(symlink("2", "next"), 0);
	assert_int_equal(rename("next", "now"), 0);
	assert_int_equal(look("a"), '1');
	assert_int_equal(fs->ops->refresh_root(fs), 1);
	assert_int_equal(look("a"), '2');
	assert_int_equal(fs->ops->refresh_root(fs), 0);
	/* Away for a moment: what was served is served on. */
	assert_int_equal(unlink("now"), 0);
	assert_int_equal(fs->ops->refresh_root(fs), 0);
	assert_int_equal(look("a"), '2');
	assert_int_equal(symlink("1", "now"), 0);
	assert_int_equal(fs->ops->refresh_root(fs), 1);
	assert_int_equal(look("a"), '1');
}

/* The next change that the test asks for, or fails. */
static bool change_comes(bool (*is_it)(const struct change *))
{
	struct change change;

	while (fs->ops->next_change(fs, &change) > 0) {
		if (is_it(&change))
			return true;
	}
	return false;
}

static bool is_root_change(const struct change *c)
{
	return c->is_root;
}

static void the_root_follows_its_name(void **state)
{
	(void)state;
	int fds[KERNEL_FS_READABLE_MAX];

	file_write("root/a", "1");
	file_write("out/a", "2");
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	assert_int_equal(kernel_fs_readable(fs, fds), 1);
	file_write("unrelated", "x");
	assert_false(change_comes(is_root_change));
	assert_int_equal(rename("root", "old"), 0);
	assert_true(change_comes(is_root_change));
	assert_int_equal(fs->ops->refresh_root(fs), 0);
	assert_int_equal(look("a"), '1');
	assert_int_equal(rename("out", "root"), 0);
	assert_true(change_comes(is_root_change));
	assert_int_equal(fs->ops->refresh_root(fs), 1);
	assert_int_equal(look("a"), '2');
}

static int watched;

static bool is_of_a(const struct change *c)
{
	return c->watch == watched && strcmp(c->name, "a") == 0 &&
	       !c->is_tree && !c->is_lost;
}

static bool is_of_tree(const struct change *c)
{
	return c->is_tree;
}

static void all_changes_are_told(void **state)
{
	(void)state;

	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	assert_true(fs->can_watch && fs->watch_fd >= 0);
	assert_int_equal(fs->ops->watch(fs, "nothing"), -ENOENT);
	watched = fs->ops->watch(fs, "d");
	assert_true(watched >= 0);
	assert_int_equal(fs->ops->watch(fs, "d"), watched);
	assert_true(fs->ops->watch(fs, "") != watched);
	assert_false(change_comes(is_of_a));
	file_write("root/d/a", "1");
	assert_true(change_comes(is_of_a));
	file_write("root/d/a", "2"); /* O_TRUNC, then a write */
	assert_true(change_comes(is_of_a));
	assert_int_equal(truncate("root/d/a", 0), 0);
	assert_true(change_comes(is_of_a));
	assert_int_equal(chmod("root/d/a", 0600), 0);
	assert_true(change_comes(is_of_a));
	file_write("root/b", "3");
	assert_int_equal(rename("root/b", "root/d/a"), 0);
	assert_true(change_comes(is_of_a));
	assert_int_equal(rename("root/d/a", "root/c"), 0);
	assert_true(change_comes(is_of_a));
	assert_int_equal(link("root/c", "root/d/a"), 0);
	assert_true(change_comes(is_of_a));
	assert_int_equal(unlink("root/d/a"), 0);
	assert_true(change_comes(is_of_a));
	/* The directory itself: shut, moved, removed. */
	assert_false(change_comes(is_of_tree));
	assert_int_equal(chmod("root/d", 0700), 0);
	assert_true(change_comes(is_of_tree));
	assert_int_equal(rename("root/d", "root/e"), 0);
	assert_true(change_comes(is_of_tree));
	assert_int_equal(rmdir("root/e"), 0);
	assert_true(change_comes(is_of_tree));
	/* A watch through a link would miss the link's own change. */
	assert_int_equal(symlink(".", "root/l"), 0);
	assert_int_equal(fs->ops->watch(fs, "l"), -ELOOP);
}

static void unwatched_is_silent(void **state)
{
	(void)state;

	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	watched = fs->ops->watch(fs, "d");
	fs->ops->unwatch(fs, watched);
	file_write("root/d/a", "1");
	assert_false(change_comes(is_of_a));
}

static void only_a_directory_is_a_root(void **state)
{
	(void)state;
	static char deep[5000];

	file_write("file", "x");
	memset(deep, 'a', sizeof deep - 1);
	assert_int_equal(kernel_fs_open("file", true, &fs), -ENOTDIR);
	assert_int_equal(kernel_fs_open("nothing", true, &fs), -ENOENT);
	assert_int_equal(kernel_fs_open("nothing/..", true, &fs), -ENOENT);
	assert_int_equal(kernel_fs_open(deep, true, &fs), -ENAMETOOLONG);
	assert_null(fs);
	file_write("root/a", "x");
	static const char *const names[] = { "root", "./root//", "root/.",
		"root/d/..", "out/../root" };
	for (size_t i = 0; i < array_count(names); i++) {
		expect(kernel_fs_open(names[i], true, &fs) == 0, "%s",
			names[i]);
		expect(look("a") == 'x', "%s", names[i]);
		expect(fs->ops->refresh_root(fs) == 0, "%s moved", names[i]);
		kernel_fs_close(fs);
		fs = NULL;
	}
	assert_int_equal(kernel_fs_open("/", true, &fs), 0);
	assert_true(look("etc/passwd") > 0);
}

/* A ".." in a link and a rename elsewhere: EAGAIN, which is tried again. */
static void a_rename_elsewhere_is_no_failure(void **state)
{
	(void)state;
	file_write("root/file", "x");
	assert_int_equal(symlink("../file", "root/d/link"), 0);
	assert_int_equal(kernel_fs_open("root", true, &fs), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		mkdir("out/1", 0755);
		while (rename("out/1", "out/2") == 0 &&
			rename("out/2", "out/1") == 0)
			;
		_exit(1);
	}
	int res = 'x';
	for (unsigned i = 0; i < 100000 && res == 'x'; i++)
		res = look("d/link");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(res, 'x');
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(facts_are_of_the_file),
		CASE(nothing_leads_out),
		CASE(magic_links_are_not_followed),
		CASE(special_files_do_not_block),
		CASE(what_may_not_be_read_says_so),
		CASE(a_rename_elsewhere_is_no_failure),
		CASE(the_root_follows_its_link),
		CASE(the_root_follows_its_name),
		CASE(all_changes_are_told),
		CASE(unwatched_is_silent),
		CASE(only_a_directory_is_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
