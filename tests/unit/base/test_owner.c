// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Accepted files: files of root and of the caller that no other user can write.
 */
#include <fcntl.h>

#include "lib/scratch.h"

#include "base/base.h"

#define STRANGER 12345

static gid_t group = (gid_t)-1; /* group of the file; -1: the default */

static int check(uid_t owner, mode_t mode)
{
	_cleanup_fd_ int fd = -1;

	write_text("file", "");
	assert_int_equal(chmod(at("file"), mode), 0);
	if (owner != geteuid() || group != (gid_t)-1)
		assert_int_equal(chown(at("file"), owner, group), 0);
	fd = open(at("file"), O_RDONLY);
	assert_true(fd >= 0);
	unlink(at("file"));
	return el_file_check_owner(context, "some/file", fd);
}

static void refused(uid_t owner, mode_t mode, const char *what, const char *hint)
{
	assert_int_equal(check(owner, mode), -EPERM);
	assert_int_equal(last_error()->kind, EL_PRIVILEGE);
	assert_string_equal(last_error()->what, what);
	assert_contains(last_error()->hint, hint);
}

static void test_own(void **state)
{
	(void)state;
	assert_int_equal(check(geteuid(), 0644), 0);
	assert_int_equal(check(geteuid(), 0400), 0);
	assert_int_equal(check(geteuid(), 0755), 0);
}

static void test_writable(void **state)
{
	(void)state;
	refused(geteuid(), 0606, "users other than its owner can write some/file (mode 0606)",
		"chmod go-w 'some/file'");
	refused(geteuid(), 0602, "users other than its owner can write some/file (mode 0602)",
		"chmod go-w 'some/file'");
}

/* Group 1 is daemon's on every Linux (LSB); group 54321 has no members. */
static void test_group(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	group = 54321;
	assert_int_equal(check(0, 0664), 0);
	group = 1;
	assert_int_equal(check(0, 0644), 0);
	refused(0, 0664, "users other than its owner can write some/file (mode 0664)",
		"chmod go-w");
	group = (gid_t)-1;
}

/* A user who can write the folder can replace the file. */
static void test_folder(void **state)
{
	_cleanup_fd_ int fd = -1;

	(void)state;
	assert_int_equal(mkdir(at("open"), 0755), 0);
	write_text("open/file", "");
	fd = open(at("open/file"), O_RDONLY);
	assert_int_equal(el_file_check_owner(context, at("open/file"), fd), 0);
	assert_int_equal(chmod(at("open"), 0777), 0);
	assert_int_equal(el_file_check_owner(context, at("open/file"), fd), -EPERM);
	assert_contains(last_error()->what, "can replace");
	assert_contains(last_error()->what, "mode 0777");
	assert_int_equal(chmod(at("open"), 01777), 0);
	assert_int_equal(el_file_check_owner(context, at("open/file"), fd), 0);
}

static void test_stranger(void **state)
{
	const char *what = "some/file belongs to user 12345, who is neither root nor you";

	(void)state;
	if (geteuid())
		skip();
	refused(STRANGER, 0644, what, "chown root 'some/file'");
	setenv("SUDO_UID", "54321", 1);
	refused(STRANGER, 0644, what, "chown root");
	setenv("SUDO_UID", "12345x", 1);
	refused(STRANGER, 0644, what, "chown root");
	setenv("SUDO_UID", "", 1);
	refused(STRANGER, 0644, what, "chown root");
	unsetenv("SUDO_UID");
}

static void test_sudo(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	setenv("SUDO_UID", "12345", 1);
	assert_int_equal(check(STRANGER, 0644), 0);
	refused(STRANGER, 0666, "users other than its owner can write some/file (mode 0666)",
		"go-w");
	unsetenv("SUDO_UID");
}

/* A process without root rights cannot claim that sudo started it. */
static void test_sudo_without_root(void **state)
{
	_cleanup_fd_ int fd = -1;
	int result;

	(void)state;
	if (geteuid())
		skip();
	write_text("file", "");
	assert_int_equal(chown(at("file"), STRANGER, (gid_t)-1), 0);
	fd = open(at("file"), O_RDONLY);
	assert_int_equal(setresuid(54321, 54321, 0), 0);
	setenv("SUDO_UID", "12345", 1);
	result = el_file_check_owner(context, "file", fd);
	unsetenv("SUDO_UID");
	assert_int_equal(setresuid(0, 0, 0), 0);
	assert_int_equal(result, -EPERM);
}

/* The owner of a folder can replace its files, even if the folder is sticky. */
static void test_folder_of_a_stranger(void **state)
{
	_cleanup_fd_ int fd = -1;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(mkdir(at("his"), 0755), 0);
	write_text("his/file", "");
	fd = open(at("his/file"), O_RDONLY);
	assert_int_equal(symlink(at("his/file"), at("link")), 0);
	assert_int_equal(el_file_check_owner(context, at("link"), fd), 0);
	assert_int_equal(chown(at("his"), STRANGER, (gid_t)-1), 0);
	for (int sticky = 0; sticky < 2; sticky++) {
		assert_int_equal(el_file_check_owner(context, at("his/file"), fd), -EPERM);
		assert_contains(last_error()->what, "user 12345 can replace");
		assert_contains(last_error()->hint, "chown root '");
		/* The file is also refused through a link in the caller's own folder. */
		assert_int_equal(el_file_check_owner(context, at("link"), fd), -EPERM);
		assert_int_equal(chmod(at("his"), 01755), 0);
	}
	setenv("SUDO_UID", "12345", 1);
	assert_int_equal(el_file_check_owner(context, at("his/file"), fd), 0);
	unsetenv("SUDO_UID");
	assert_int_equal(unlink(at("link")), 0);
}

/* The writers of a FIFO are unknown, and opening a FIFO would block. */
static void test_others(void **state)
{
	static const char *const devices[] = {"/dev/null", "/dev/zero"};
	int fd = -1, pipe_fds[2];
	_cleanup_fd_ int folder = -1;

	(void)state;
	alarm(10);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(el_file_check_owner(context, "pipe", pipe_fds[0]), -EINVAL);
	assert_string_equal(last_error()->what, "pipe is not a regular file");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(el_file_check_owner(context, "closed", pipe_fds[0]), -EBADF);
	assert_int_equal(mkfifo(at("fifo"), 0644), 0);
	assert_int_equal(el_file_open_owned(context, at("fifo"), &fd), -EINVAL);
	assert_int_equal(last_error()->kind, EL_USAGE);
	assert_contains(last_error()->what, "fifo is not a regular file");
	assert_contains(last_error()->hint, "standard input");
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		assert_int_equal(el_file_open_owned(context, devices[i], &fd), -EINVAL);
	assert_int_equal(fd, -1);
	assert_int_equal(mkdir(at("folder"), 0755), 0);
	assert_int_equal(chmod(at("folder"), 0777), 0);
	folder = open(at("folder"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(el_file_check_owner(context, "folder", folder), -EPERM);
	alarm(0);
}

/* A header is checked after it was read, so the check includes every folder above it. */
static void test_header(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(mkdir(at("a"), 0755), 0);
	assert_int_equal(mkdir(at("a/b"), 0755), 0);
	write_text("a/b/x.h", "");
	assert_int_equal(el_path_check_owner(context, at("a/b/x.h")), 0);
	assert_int_equal(chown(at("a"), STRANGER, (gid_t)-1), 0);
	assert_int_equal(el_path_check_owner(context, at("a/b/x.h")), -EPERM);
	assert_contains(last_error()->what, "can replace");
	assert_int_equal(chown(at("a"), 0, (gid_t)-1), 0);
	assert_int_equal(chmod(at("a"), 0777), 0);
	assert_int_equal(el_path_check_owner(context, at("a/b/x.h")), -EPERM);
	assert_int_equal(chmod(at("a"), 01777), 0);
	assert_int_equal(el_path_check_owner(context, at("a/b/x.h")), 0);
	assert_int_equal(chown(at("a/b/x.h"), STRANGER, (gid_t)-1), 0);
	assert_int_equal(el_path_check_owner(context, at("a/b/x.h")), -EPERM);
	assert_contains(last_error()->what, "a/b/x.h belongs to user 12345");
	assert_int_equal(el_path_check_owner(context, at("a/b/none.h")), -ENOENT);
}

/* Tests that do not depend on the path use a relative file name. */
static int setup(void **state)
{
	return scratch_setup(state) || chdir(scratch) || mkdir("some", 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_writable),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_sudo),
		cmocka_unit_test(test_sudo_without_root),
		cmocka_unit_test(test_folder_of_a_stranger),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_header),
	};

	unsetenv("SUDO_UID");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, scratch_teardown);
}
