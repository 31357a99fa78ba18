// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Files that edge-load writes for its caller. edge-load writes a new file in the folder of the
 * destination, without a name or under an unpredictable name, and moves it to the destination when
 * it is complete. Until then, the old file stays. The new file never reuses a file that another
 * user has put there. The path is resolved part by part with descriptors, and symbolic links of
 * untrusted users are not followed.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/replace.h"
#include "base/rights.h"
#include "base/reason.h"

static int cannot(struct el_context *context, const char *path, int error)
{
	return el_fail(context, error == EACCES || error == EPERM ? EL_PRIVILEGE : EL_FAILED, error,
		       NULL, "can't write %s: %s", path, el_reason(EL_OP_SYSTEM, error));
}

static int fail_not_regular(struct el_context *context, const char *path)
{
	return el_fail(context, EL_USAGE, EINVAL, "give the name of a file to write",
		       "%s: not a regular file", path);
}

/* Another user may put a link or a pipe at the caller's destination. */
static int check_owner(struct el_context *context, const char *path, const char *kind, uid_t owner)
{
	if (el_owner_is_trusted(context, owner))
		return 0;
	return el_fail(context, EL_PRIVILEGE, EPERM,
		       "give another name, or remove the file after a check of its owner",
		       "can't write %s: it is a %s of user %u, who is neither root nor you", path,
		       kind, owner);
}

static bool is_named_pipe(int fd, const struct stat *stat)
{
	struct statfs statfs_pipe;

	return S_ISFIFO(stat->st_mode) &&
	       (fstatfs(fd, &statfs_pipe) || statfs_pipe.f_type != PIPEFS_MAGIC);
}

/* ---------------------------------------------------------------- the place */

/* The limit of the kernel's own path resolution (fs/namei.c). */
enum { LINKS_MAX = 40 };

/* The rest of a path, and the state of its resolution. */
struct walk {
	struct el_context *context;
	const char *path; /* the whole path, as the caller gave it */
	char *left;
	unsigned int links;
	bool of_proc; /* a link of /proc leads to a file that has no path */
};

/* Continue at the target of a link, if a trusted user owns the link. */
static int follow(struct walk *walk, int link, const char *after, struct el_replacement *file)
{
	char target[PATH_MAX], *left;
	struct stat stat;
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	int error;

	if (length < 0 || fstat(link, &stat))
		return cannot(walk->context, walk->path, errno);
	target[length] = '\0';
	error = check_owner(walk->context, walk->path, "symbolic link", stat.st_uid);
	if (error)
		return error;
	if (++walk->links > LINKS_MAX)
		return cannot(walk->context, walk->path, ELOOP);
	walk->of_proc = strstr(target, ":["); /* pipe:[1234] */
	if (walk->of_proc)
		return 0;
	left = el_format("%s%s%s", target, *after ? "/" : "", after);
	if (!left)
		return el_fail_memory(walk->context);
	free(walk->left);
	walk->left = left;
	if (*left != '/')
		return 0;
	close(file->folder);
	file->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return file->folder < 0 ? cannot(walk->context, walk->path, errno) : 0;
}

/* Resolve the next part of the path. Return: 0; 1 it was the last part; -errno, noted. */
static int step(struct walk *walk, struct el_replacement *file)
{
	char *part = walk->left + strspn(walk->left, "/"), *after = part + strcspn(part, "/");
	_cleanup_fd_ int fd = -1;
	struct stat stat;
	int error;

	free(file->name);
	file->name = strndup(part, (size_t)(after - part));
	if (!file->name)
		return el_fail_memory(walk->context);
	if (!*file->name)
		return cannot(walk->context, walk->path, EISDIR);
	fd = openat(file->folder, file->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !*after)
		return 1;
	if (fd < 0 || fstat(fd, &stat))
		return cannot(walk->context, walk->path, errno);
	if (S_ISLNK(stat.st_mode)) {
		error = follow(walk, fd, after, file);
		return error || !walk->of_proc ? error : 1;
	}
	if (!*after)
		return 1;
	memmove(walk->left, after, strlen(after) + 1);
	close(file->folder);
	file->folder = TAKE_FD(fd);
	return 0;
}

/* Open the folder of @path. Another user may have put a link anywhere on the path; such a link is
 * not followed. */
static int find_place(struct el_context *context, const char *path, struct el_replacement *file,
		      bool *of_proc)
{
	struct walk walk = {.context = context, .path = path, .left = strdup(path)};
	int error = 0;

	file->folder = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!walk.left || file->folder < 0)
		error = cannot(context, path, errno);
	while (!error)
		error = step(&walk, file);
	free(walk.left);
	*of_proc = walk.of_proc;
	return error > 0 ? 0 : error;
}

/* Open a terminal, a pipe or /dev/null itself: a new file would replace it. */
static int open_stream(struct el_context *context, const char *path, bool of_proc,
		       struct el_replacement *file)
{
	int how = O_CLOEXEC | (of_proc ? 0 : O_NOFOLLOW);
	/* Opening a pipe blocks until it has a reader, and a pipe that another user planted may
	 * never have a reader. */
	_cleanup_fd_ int place = openat(file->folder, file->name, O_PATH | how);
	struct stat stat;
	int error;

	if (place < 0 || fstat(place, &stat))
		return cannot(context, path, errno);
	if (!S_ISFIFO(stat.st_mode) && !S_ISCHR(stat.st_mode))
		return fail_not_regular(context, path);
	error = is_named_pipe(place, &stat) ? check_owner(context, path, "pipe", stat.st_uid) : 0;
	if (error)
		return error;
	file->fd = openat(file->folder, file->name, O_WRONLY | O_NOCTTY | how);
	return file->fd < 0 ? cannot(context, path, errno) : 0;
}

/* ---------------------------------------------------------------- beside the place */

/* A file without a name disappears with this process, however the process ends. It gets its name
 * through /proc; not every file system supports such files. */
static int open_unnamed(const struct el_replacement *file)
{
	return access("/proc/self/fd", F_OK)
		       ? -1
		       : openat(file->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
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
	file->fd = open_unnamed(file);
	file->unnamed = file->fd >= 0;
	if (!file->unnamed)
		file->fd = openat(file->folder, file->beside,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return file->fd < 0 ? -errno : 0;
}

/* The mode of a new file, or of the file that it replaces, if that belongs to the caller. */
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

static int open_any(struct el_context *context, const char *path, bool streams,
		    struct el_replacement *file)
{
	struct stat stat;
	bool of_proc;
	int error = find_place(context, path, file, &of_proc);

	if (error)
		return error;
	if (of_proc || (!fstatat(file->folder, file->name, &stat, AT_SYMLINK_NOFOLLOW) &&
			!S_ISREG(stat.st_mode)))
		return streams ? open_stream(context, path, of_proc, file)
			       : fail_not_regular(context, path);
	error = open_beside(file);
	return error ? cannot(context, path, -error) : 0;
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

static int name_it(struct el_replacement *file)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	if (linkat(AT_FDCWD, path, file->folder, file->beside, AT_SYMLINK_FOLLOW))
		return -errno;
	file->unnamed = false;
	return 0;
}

/* A regular file at the destination may have become a device since el_replace_begin(). */
static int take_place(struct el_replacement *file)
{
	struct stat stat;
	int error;

	if (fchmod(file->fd, mode_of(file)) || fsync(file->fd))
		return -errno;
	if (!fstatat(file->folder, file->name, &stat, AT_SYMLINK_NOFOLLOW) &&
	    !S_ISREG(stat.st_mode))
		return -EEXIST;
	error = file->unnamed ? name_it(file) : 0;
	if (error)
		return error;
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
	if (file->beside && file->fd >= 0 && !file->unnamed)
		unlinkat(file->folder, file->beside, 0);
	el_rights_files(context, true);
	el_cleanup_fd(&file->fd);
	el_cleanup_fd(&file->folder);
	free(file->beside);
	free(file->name);
	*file = (struct el_replacement){.fd = -1, .folder = -1};
}
