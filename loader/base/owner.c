// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Refuses files that untrusted users could have written. The files that edge-load reads decide
 * which programs run in the kernel, so only root and the caller may have written them. The check
 * uses the open file, never its name, and edge-load then reads from that descriptor. The rule is
 * stricter than sudo's, which checks the file alone, and laxer than sshd's, which checks every
 * folder above it: edge-load checks the file and its folder. The owner of a folder further up can
 * put another of root's files in its place, but no file of his own.
 *
 * The compiler opens a header by its name, before the check, and libxdp does so with a dispatcher:
 * for these files, every folder above is checked, too.
 */
#include <ctype.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/base.h"
#include "base/rights.h"
#include "base/reason.h"

/* The user who called sudo(8), according to SUDO_UID, which is believed only if this process is
 * root. -1: no such user. */
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

/* A user who can replace edge-load, or the functions that ship with it, gains nothing from another
 * file. */
static bool owns_home(const struct el_context *context, uid_t owner)
{
	char path[PATH_MAX];
	struct stat stat_part;

	if (!realpath(context->libdir, path))
		return false;
	for (char *end = path + strlen(path); end; end = strrchr(path, '/')) {
		*end = '\0';
		if (!stat(*path ? path : "/", &stat_part) && stat_part.st_uid == owner)
			return true;
	}
	return false;
}

bool el_owner_is_trusted(const struct el_context *context, uid_t owner)
{
	return !owner || owner == geteuid() || owner == getuid() || owner == sudo_user() ||
	       owns_home(context, owner);
}

/* Debian gives each user a group of the same name, with that user as its only member. */
static bool ask_private(gid_t gid, uid_t owner)
{
	const struct group *group = getgrgid(gid);
	const struct passwd *user;
	bool found = false;

	for (char **member = group ? group->gr_mem : NULL; member && *member; member++) {
		user = getpwnam(*member);
		if (!user || (user->pw_uid && user->pw_uid != owner))
			return false;
	}
	setpwent();
	while (!found && (user = getpwent()))
		found = user->pw_gid == gid && user->pw_uid && user->pw_uid != owner;
	endpwent();
	return !found;
}

/* Usually all headers of a tree have one group, and ask_private() reads the whole user database. */
static bool is_private(gid_t gid, uid_t owner)
{
	static struct {
		bool known, private;
		gid_t gid;
		uid_t owner;
	} last;

	if (!last.known || last.gid != gid || last.owner != owner) {
		last.private = ask_private(gid, owner);
		last.gid = gid;
		last.owner = owner;
		last.known = true;
	}
	return last.private;
}

/* An access control list gives rights to more users than the group; the group bits of the mode are
 * then the upper limit of the rights that the list can give. */
static bool has_list(const char *path, int fd)
{
	static const char list[] = "system.posix_acl_access";

	return (fd < 0 ? getxattr(path, list, NULL, 0) : fgetxattr(fd, list, NULL, 0)) > 0;
}

/* @stat describes @fd, or @path if @fd is -1. */
static bool others_write(const char *path, int fd, const struct stat *stat)
{
	return stat->st_mode & S_IWOTH ||
	       (stat->st_mode & S_IWGRP &&
		(has_list(path, fd) || !is_private(stat->st_gid, stat->st_uid)));
}

static int refuse_owner(struct el_context *context, const char *path, const struct stat *stat)
{
	_cleanup_free_ char *hint = el_format("if you trust its contents: chown root '%s'", path);

	return el_fail(context, EL_PRIVILEGE, EPERM, hint,
		       "%s belongs to user %u, who is neither root nor you", path, stat->st_uid);
}

static int refuse_mode(struct el_context *context, const char *path, const struct stat *stat)
{
	_cleanup_free_ char *hint = el_format("check its contents, then: chmod go-w '%s'", path);

	return el_fail(context, EL_PRIVILEGE, EPERM, hint,
		       "users other than its owner can write %s (mode %04o)", path,
		       stat->st_mode & 07777);
}

/* The writer of a FIFO or a device is unknown, and reading it may block or have side effects. */
static int refuse_kind(struct el_context *context, const char *path)
{
	return el_fail(context, EL_USAGE, EINVAL,
		       "give a regular file; a manifest can also come on standard input, as \"-\"",
		       "%s is not a regular file", path);
}

/* A user who owns a folder, or can write to it, can replace the files in it. In a sticky folder
 * such as /tmp, only the owners of the folder and of the file can. */
static int check_folder(struct el_context *context, const char *path, const char *folder)
{
	_cleanup_free_ char *hint = NULL;
	struct stat stat_folder;

	if (stat(folder, &stat_folder))
		return el_fail(context, EL_FAILED, errno, NULL,
			       "can't read owner and mode of the folder %s: %s", folder,
			       el_reason(EL_OP_SYSTEM, errno));
	if (!el_owner_is_trusted(context, stat_folder.st_uid)) {
		hint = el_format("check its contents, then: chown root '%s'", folder);
		return el_fail(context, EL_PRIVILEGE, EPERM, hint,
			       "user %u can replace %s, because the folder %s belongs to that user",
			       stat_folder.st_uid, path, folder);
	}
	if (stat_folder.st_mode & S_ISVTX || !others_write(folder, -1, &stat_folder))
		return 0;
	hint = el_format("check its contents, then: chmod go-w '%s'", folder);
	return el_fail(context, EL_PRIVILEGE, EPERM, hint,
		       "users other than its owner can replace %s: its folder has mode %04o", path,
		       stat_folder.st_mode & 07777);
}

/* The folder of @path, malloc'ed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int check_folder_of(struct el_context *context, const char *path)
{
	_cleanup_free_ char *folder = folder_of(path);

	return folder ? check_folder(context, path, folder) : el_fail_memory(context);
}

static int check_stat(struct el_context *context, const char *path, int fd, const struct stat *stat)
{
	if (!el_owner_is_trusted(context, stat->st_uid))
		return refuse_owner(context, path, stat);
	return others_write(path, fd, stat) ? refuse_mode(context, path, stat) : 0;
}

int el_file_check_owner(struct el_context *context, const char *path, int fd)
{
	_cleanup_free_ char *real = NULL;
	struct stat stat;
	int error;

	if (fstat(fd, &stat))
		return el_fail(context, EL_FAILED, errno, NULL,
			       "can't read owner and mode of %s: %s", path,
			       el_reason(EL_OP_SYSTEM, errno));
	if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode))
		return refuse_kind(context, path);
	error = check_stat(context, path, fd, &stat);
	if (error || S_ISDIR(stat.st_mode))
		return error;
	error = check_folder_of(context, path);
	/* Of a symbolic link, check both folders: the link's and the target's. */
	real = error ? NULL : realpath(path, NULL);
	return real && strcmp(real, path) ? check_folder_of(context, real) : error;
}

int el_file_check_kind(struct el_context *context, const char *path)
{
	struct stat found;

	if (stat(path, &found) || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))
		return 0;
	return refuse_kind(context, path);
}

int el_file_open_owned(struct el_context *context, const char *path, int *out)
{
	_cleanup_fd_ int fd = -1;
	struct stat found;
	/* Opening a device can have side effects, so the kind is checked first. */
	int error = el_file_check_kind(context, path);

	if (error)
		return error;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &found))
		return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_NOT_FOUND, errno, NULL,
			       "%s: %s", path, el_reason(EL_OP_SYSTEM, errno));
	if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
		return refuse_kind(context, path);
	if (el_rights_any())
		error = el_file_check_owner(context, path, fd);
	if (!error)
		*out = TAKE_FD(fd);
	return error;
}

int el_path_check_owner(struct el_context *context, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL), *folder = NULL;
	struct stat found;
	char *slash;
	int error;

	if (!real || stat(real, &found))
		return el_fail(context, EL_FAILED, errno, NULL,
			       "can't read owner and mode of %s: %s", path,
			       el_reason(EL_OP_SYSTEM, errno));
	error = check_stat(context, real, -1, &found);
	folder = strdup(real);
	if (!folder)
		return el_fail_memory(context);
	while (!error && (slash = strrchr(folder, '/'))) {
		slash[slash == folder] = '\0';
		error = check_folder(context, real, folder);
		if (slash == folder)
			break;
	}
	return error;
}

/* Whether an untrusted user made the folder where users other than the owner of @above may write.
 */
static bool is_planted(const struct el_context *context, const struct stat *folder,
		       const struct stat *above)
{
	return !el_owner_is_trusted(context, folder->st_uid) &&
	       above->st_mode & (S_IWGRP | S_IWOTH);
}

bool el_folder_is_planted(const struct el_context *context, const char *path, const char *above)
{
	struct stat folder, parent;

	return !lstat(path, &folder) && !stat(above, &parent) &&
	       (!S_ISDIR(folder.st_mode) || is_planted(context, &folder, &parent));
}

int el_folder_check_owner(struct el_context *context, const char *path, const char *above)
{
	_cleanup_free_ char *hint = el_format("check its owner, then: rm '%s'", path);
	struct stat folder, parent;

	if (lstat(path, &folder) || stat(above, &parent))
		return 0;
	if (!S_ISDIR(folder.st_mode))
		return el_fail(context, EL_PRIVILEGE, EPERM, hint, "%s is not a folder", path);
	if (is_planted(context, &folder, &parent))
		return refuse_owner(context, path, &folder);
	return folder.st_mode & (S_IWGRP | S_IWOTH) ? refuse_mode(context, path, &folder) : 0;
}
