// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Files that edge-load writes for its caller. A file is written as a new one beside the place where
 * it is to be, under a name that nobody can foresee, and takes that place when it is complete. So
 * what was there stays until then, and a file or link that another user has put into a folder that
 * all users can write is neither followed nor kept.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "replace.h"
#include "rights.h"

static int cannot(struct el_context *context, const char *path, int error)
{
	return el_fail(context, error == EACCES || error == EPERM ? EL_PRIVILEGE : EL_FAILED, error,
		       NULL, "can't write %s: %s", path, strerror(error));
}

static int fail_not_regular(struct el_context *context, const char *path)
{
	return el_fail(context, EL_USAGE, EINVAL, "give the name of a file to write",
		       "%s: not a regular file", path);
}

/* Another user may put a link, or a pipe, where the caller is to write. */
static int check_owner(struct el_context *context, const char *path, const char *kind, uid_t owner)
{
	if (el_owner_is_trusted(context, owner))
		return 0;
	return el_fail(context, EL_PRIVILEGE, EPERM, "look who made it, and give another name",
		       "can't write %s: it is a %s of the user of number %u, who is neither root "
		       "nor you",
		       path, kind, owner);
}

static bool is_named_pipe(int fd, const struct stat *stat)
{
	struct statfs statfs_pipe;

	return S_ISFIFO(stat->st_mode) &&
	       (fstatfs(fd, &statfs_pipe) || statfs_pipe.f_type != PIPEFS_MAGIC);
}

/* A terminal, a pipe, /dev/null: a file in its place would take it away. */
static int open_stream(struct el_context *context, const char *path, int *out)
{
	/* Nothing but a reader keeps this from being opened, and a planted pipe has none. */
	_cleanup_fd_ int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	struct stat stat;
	int error;

	if (place < 0 || fstat(place, &stat))
		return cannot(context, path, errno);
	if (!S_ISFIFO(stat.st_mode) && !S_ISCHR(stat.st_mode))
		return fail_not_regular(context, path);
	error = is_named_pipe(place, &stat) ? check_owner(context, path, "pipe", stat.st_uid) : 0;
	if (error)
		return error;
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return cannot(context, path, errno);
	*out = TAKE_FD(fd);
	return 0;
}

/* ---------------------------------------------------------------- beside the place */

static bool is_link(const char *path, struct stat *out)
{
	return !lstat(path, out) && S_ISLNK(out->st_mode);
}

/* Where a path leads: a link of a user whom we trust stays one. */
static int find_place(struct el_context *context, const char *path, char **out)
{
	struct stat stat;

	*out = is_link(path, &stat) ? realpath(path, NULL) : strdup(path);
	return *out ? 0 : cannot(context, path, errno);
}

static int open_beside(struct el_replacement *file)
{
	uint32_t random[4];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	file->beside = el_format(".edge-load.%08x%08x%08x%08x", random[0], random[1], random[2],
				 random[3]);
	if (!file->beside)
		return -ENOMEM;
	file->fd = openat(file->folder, file->beside,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return file->fd < 0 ? -errno : 0;
}

/* As a new file's, or as that of the caller's own which it replaces. */
static mode_t mode_of(const struct el_replacement *file)
{
	mode_t mask = umask(0);
	struct stat stat;

	umask(mask);
	if (!fstatat(file->folder, file->name, &stat, AT_SYMLINK_NOFOLLOW) &&
	    stat.st_uid == geteuid())
		return stat.st_mode & 0777;
	return 0666 & ~mask;
}

static int open_place(struct el_context *context, const char *path, struct el_replacement *file)
{
	char *slash = strrchr(file->place, '/');
	int error;

	file->name = slash ? slash + 1 : file->place;
	file->folder = slash ? -1 : open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (slash) {
		_cleanup_free_ char *above =
			strndup(file->place, (size_t)(slash - file->place) + 1);

		file->folder = above ? open(above, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	}
	if (file->folder < 0)
		return cannot(context, path, errno);
	if (!*file->name)
		return cannot(context, path, EISDIR);
	error = open_beside(file);
	return error ? cannot(context, path, -error) : 0;
}

static int open_any(struct el_context *context, const char *path, bool streams,
		    struct el_replacement *file)
{
	struct stat stat_there;
	int error = 0;

	if (is_link(path, &stat_there))
		error = check_owner(context, path, "symbolic link", stat_there.st_uid);
	if (error)
		return error;
	if (!stat(path, &stat_there) && !S_ISREG(stat_there.st_mode))
		return streams ? open_stream(context, path, &file->fd)
			       : fail_not_regular(context, path);
	error = find_place(context, path, &file->place);
	return error ? error : open_place(context, path, file);
}

/* ---------------------------------------------------------------- the contract */

int el_replace_begin(struct el_context *context, const char *path, bool streams,
		     struct el_replacement *file)
{
	int error;

	*file = (struct el_replacement){.fd = -1, .folder = -1};
	el_rights_files(context, false);
	error = open_any(context, path, streams, file);
	el_rights_files(context, true);
	if (error)
		el_replace_give_up(context, file);
	return error;
}

/* What was a file when this began may be a device now. */
static int take_place(const struct el_replacement *file)
{
	struct stat stat;

	if (fchmod(file->fd, mode_of(file)) || fsync(file->fd))
		return -errno;
	if (!fstatat(file->folder, file->name, &stat, AT_SYMLINK_NOFOLLOW) &&
	    !S_ISREG(stat.st_mode))
		return -EEXIST;
	return renameat(file->folder, file->beside, file->folder, file->name) ? -errno : 0;
}

int el_replace_end(struct el_context *context, const char *path, struct el_replacement *file)
{
	int error = 0;

	el_rights_files(context, false);
	if (file->beside)
		error = take_place(file);
	el_rights_files(context, true);
	if (!error)
		free(TAKE_PTR(file->beside));
	el_replace_give_up(context, file);
	return error ? cannot(context, path, -error) : 0;
}

void el_replace_give_up(struct el_context *context, struct el_replacement *file)
{
	el_rights_files(context, false);
	if (file->beside && file->fd >= 0)
		unlinkat(file->folder, file->beside, 0);
	el_rights_files(context, true);
	el_cleanup_fd(&file->fd);
	el_cleanup_fd(&file->folder);
	free(file->beside);
	free(file->place);
	*file = (struct el_replacement){.fd = -1, .folder = -1};
}
