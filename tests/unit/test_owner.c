// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whose files are taken: those of root and of the caller that nobody else can write.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include "../../loader/internal.h"

#define STRANGER 12345

static gid_t group = (gid_t)-1; /* of the file; -1: as it comes */

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
	refused(geteuid(), 0606, "others than its owner can write some/file (mode 0606)",
		"chmod go-w 'some/file'");
	refused(geteuid(), 0602, "others than its owner can write some/file (mode 0602)",
		"chmod go-w 'some/file'");
}

/* Group 1 is daemon's on every Linux (LSB); group 54321 is nobody's. */
static void test_group(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	group = 54321;
	assert_int_equal(check(0, 0664), 0);
	group = 1;
	assert_int_equal(check(0, 0644), 0);
	refused(0, 0664, "others than its owner can write some/file (mode 0664)", "chmod go-w");
	group = (gid_t)-1;
}

/* Who can write the folder can replace the file. */
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
	const char *what =
		"some/file belongs to the user of number 12345, who is neither root nor you";

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
	refused(STRANGER, 0666, "others than its owner can write some/file (mode 0666)", "go-w");
	unsetenv("SUDO_UID");
}

/* What is no root can't claim to be sudo's. */
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

static void test_others(void **state)
{
	int pipe_fds[2];
	_cleanup_fd_ int folder = -1;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(el_file_check_owner(context, "pipe", pipe_fds[0]), 0);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(el_file_check_owner(context, "closed", pipe_fds[0]), -EBADF);
	assert_int_equal(mkdir(at("folder"), 0755), 0);
	assert_int_equal(chmod(at("folder"), 0777), 0);
	folder = open(at("folder"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(el_file_check_owner(context, "folder", folder), -EPERM);
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
		cmocka_unit_test(test_others),
	};

	unsetenv("SUDO_UID");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
