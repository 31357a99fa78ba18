// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The owner of the pins, and the rights with which this process opens them.
 */
#include <pwd.h>
#include <sys/stat.h>

#include "base/rights.h"
#include "pin/pin.h"

bool el_pin_is_trusted(struct el_context *context)
{
	return el_pin_is_mounted(context) &&
	       !el_folder_check_owner(context, context->root, context->bpffs);
}

/* Read the owner of the pins, or their future owner. Return: whether that is another user. */
static bool other_owner(const struct el_context *context, struct stat *folder)
{
	if (!lstat(context->root, folder))
		return folder->st_uid != geteuid();
	return !stat(context->bpffs, folder) && folder->st_uid != geteuid() &&
	       !(folder->st_mode & S_IWOTH);
}

static bool is_others(const struct stat *folder)
{
	return folder->st_uid && folder->st_uid != geteuid();
}

/* bpf(2) opens a pin by name. edge-load uses the name of an open file below /proc. The path itself
 * would lead to any file that the owner of a folder on it puts there in the meantime. */
static int check_proc(struct el_context *context)
{
	struct stat folder;

	if ((stat(context->bpffs, &folder) || !is_others(&folder)) &&
	    (lstat(context->root, &folder) || !is_others(&folder)))
		return 0;
	if (!access("/proc/self/fd", F_OK))
		return 0;
	return el_fail(context, EL_UNSUPPORTED, errno, "mount -t proc proc /proc",
		       "the pins in %s belong to user %u, and another user's pins "
		       "can't be opened where no /proc is mounted",
		       context->root, folder.st_uid);
}

int el_rights_as_owner(struct el_context *context)
{
	const struct passwd *user;
	struct stat folder;
	int error = check_proc(context);

	if (error)
		return error;
	if (geteuid() || !el_pin_is_trusted(context) || !other_owner(context, &folder))
		return 0;
	user = getpwuid(folder.st_uid);
	if (el_rights_take(context, folder.st_uid, user ? user->pw_gid : folder.st_gid))
		return 0;
	return el_fail(context, EL_PRIVILEGE, EPERM,
		       "run it as that user, or as root with CAP_SETUID and CAP_SETGID",
		       "the pins in %s belong to user %u, and this process can't become that user",
		       context->root, folder.st_uid);
}
