// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whose word a file is. What edge-load reads decides what runs in the kernel, so nobody but root
 * and the caller may have written it. Decided from the open file, never from its name.
 */
#include <ctype.h>
#include <sys/stat.h>

#include "internal.h"

/* sudo(8) says who called it; believed only where we are root anyway. -1: nobody. */
static uid_t sudo_user(void)
{
	const char *text = geteuid() ? NULL : getenv("SUDO_UID");
	unsigned long number;
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		return (uid_t)-1;
	errno = 0;
	number = strtoul(text, &end, 10);
	return errno || *end || number >= (uid_t)-1 ? (uid_t)-1 : (uid_t)number;
}

static bool is_trusted(uid_t owner)
{
	return !owner || owner == geteuid() || owner == getuid() || owner == sudo_user();
}

static int refuse_owner(struct el_context *context, const char *path, const struct stat *stat)
{
	_cleanup_free_ char *hint = el_format("if you trust what is in it: chown root '%s'", path);

	return el_fail(context, EL_PRIVILEGE, EPERM, hint,
		       "%s belongs to the user of number %u, who is neither root nor you", path,
		       stat->st_uid);
}

static int refuse_mode(struct el_context *context, const char *path, const struct stat *stat)
{
	_cleanup_free_ char *hint = el_format("look what is in it, then: chmod go-w '%s'", path);

	return el_fail(context, EL_PRIVILEGE, EPERM, hint,
		       "others than its owner can write %s (mode %04o)", path,
		       stat->st_mode & 07777);
}

int el_file_check_owner(struct el_context *context, const char *path, int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return el_fail(context, EL_FAILED, errno, NULL, "can't look at %s: %s", path,
			       strerror(errno));
	if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode))
		return 0;
	if (!is_trusted(stat.st_uid))
		return refuse_owner(context, path, &stat);
	if (stat.st_mode & (S_IWGRP | S_IWOTH))
		return refuse_mode(context, path, &stat);
	return 0;
}
