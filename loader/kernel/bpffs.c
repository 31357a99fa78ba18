// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Operations below a bpffs use descriptors. Another user may own a folder there, or make one in a
 * bpffs that all users can write, and put symbolic links into it: a removal by name would follow
 * them to any folder of the machine.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"

/* DEVICE/HOOK:7/INSTANCE/MAP inside a namespace's folder, and one level to spare. */
enum { DEPTH_MAX = 6 };

bool el_bpffs_is(int fd)
{
	struct statfs stat;

	return !fstatfs(fd, &stat) && (unsigned long)stat.f_type == BPF_FS_MAGIC;
}

/* setfsuid() is called last: a unit's SystemCallFilter= may forbid it. */
static bool is_trusted(uid_t owner)
{
	return !owner || owner == geteuid() || owner == (uid_t)setfsuid((uid_t)-1);
}

/* Return: 0; -EMEDIUMTYPE, -EPERM. */
static int check(int fd, bool owner)
{
	struct stat stat;

	if (!el_bpffs_is(fd))
		errno = EMEDIUMTYPE;
	else if (!owner || (!fstat(fd, &stat) && is_trusted(stat.st_uid)))
		return 0;
	else
		errno = EPERM;
	return -errno;
}

static int refuse(int error)
{
	errno = error;
	return -error;
}

/* Open the next part of a path. A symbolic link may only lead to a file in its own folder, as HOOK
 * does to HOOK:7. (The kernel's RESOLVE_BENEATH takes openat2(), which systemd denies a unit with
 * RestrictSUIDSGID=.) Return: a descriptor, or -errno. */
static int step(int above, const char *name)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char target[64];
	ssize_t length;
	int fd;

	if (!strcmp(name, ".."))
		return refuse(EXDEV);
	fd = openat(above, name, flags);
	if (fd >= 0 || (errno != ENOTDIR && errno != ELOOP))
		return fd < 0 ? -errno : fd;
	length = readlinkat(above, name, target, sizeof(target) - 1);
	if (length < 0) /* not a link either */
		return refuse(ENOTDIR);
	target[length] = '\0';
	if (strchr(target, '/') || !strcmp(target, ".."))
		return refuse(EXDEV);
	fd = openat(above, target, flags);
	return fd < 0 ? -errno : fd;
}

int el_bpffs_open(const char *bpffs, const char *path, int flags)
{
	size_t length = strlen(bpffs);
	_cleanup_free_ char *parts = NULL;
	_cleanup_fd_ int fd = -1;
	bool below = false;
	char *rest, *part;
	int next;

	if (strncmp(path, bpffs, length) ||
	    (path[length] && path[length] != '/' && path[length - 1] != '/'))
		return refuse(EXDEV);
	parts = rest = strdup(path + length);
	if (!parts)
		return -ENOMEM;
	fd = open(bpffs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && (part = strsep(&rest, "/"))) {
		if (!*part)
			continue;
		next = step(fd, part);
		close(fd);
		fd = next;
		below = true;
	}
	if (fd < 0 || check(fd, below))
		return -errno;
	if (flags & O_PATH)
		return TAKE_FD(fd);
	next = openat(fd, ".", flags | O_DIRECTORY | O_CLOEXEC);
	return next < 0 ? -errno : next;
}

/* Open the folder of @path. @name becomes the last part of the path. */
static int open_above(const char *bpffs, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *above = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	*name = slash ? slash + 1 : path;
	if (!above)
		return slash ? -ENOMEM : -EINVAL;
	return el_bpffs_open(bpffs, above, O_PATH);
}

/* @done is a system call's return value. Return: 0, or -errno. */
static int outcome(int done)
{
	return done < 0 ? -errno : 0;
}

/* ---------------------------------------------------------------- looking */

DIR *el_bpffs_read(const char *bpffs, const char *path)
{
	_cleanup_fd_ int fd = el_bpffs_open(bpffs, path, O_RDONLY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		fd = -1;
	return dir;
}

int el_bpffs_scan(const char *bpffs, const char *path, struct dirent ***entries)
{
	_cleanup_fd_ int fd = el_bpffs_open(bpffs, path, O_RDONLY);
	int count = fd < 0 ? -1 : scandirat(fd, ".", entries, NULL, alphasort);

	return count < 0 ? -errno : count;
}

int el_bpffs_find(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? above : outcome(faccessat(above, name, F_OK, AT_SYMLINK_NOFOLLOW));
}

int el_bpffs_readlink(const char *bpffs, const char *path, char *target, size_t room)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);
	ssize_t length = above < 0 ? -1 : readlinkat(above, name, target, room - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return 0;
}

/* ---------------------------------------------------------------- pins */

/* bpf() takes only names. A name below /proc/self/fd leads to the open file itself; if no /proc is
 * mounted, the path itself is used. */
static bool has_no_proc(void)
{
	return errno == ENOENT && access("/proc/self/fd", F_OK);
}

int el_bpffs_get(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name), pin = -1;
	char text[32];
	struct stat stat;
	int fd;

	if (above < 0)
		return above;
	pin = openat(above, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (pin < 0 || fstat(pin, &stat))
		return -errno;
	if (S_ISLNK(stat.st_mode))
		return refuse(EMEDIUMTYPE);
	snprintf(text, sizeof(text), "/proc/self/fd/%d", pin);
	fd = bpf_obj_get(text);
	if (fd < 0 && has_no_proc())
		fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int el_bpffs_pin(const char *bpffs, int fd, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);
	_cleanup_free_ char *text = NULL;
	int done;

	if (above < 0)
		return above;
	text = el_format("/proc/self/fd/%d/%s", above, name);
	if (!text)
		return -ENOMEM;
	done = bpf_obj_pin(fd, text);
	return outcome(done && has_no_proc() ? bpf_obj_pin(fd, path) : done);
}

/* ---------------------------------------------------------------- changing */

int el_bpffs_mkdir(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? above : outcome(mkdirat(above, name, 0700));
}

int el_bpffs_rmdir(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? above : outcome(unlinkat(above, name, AT_REMOVEDIR));
}

int el_bpffs_unlink(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? above : outcome(unlinkat(above, name, 0));
}

int el_bpffs_rename(const char *bpffs, const char *from, const char *to, unsigned int flags)
{
	const char *from_name, *to_name;
	_cleanup_fd_ int from_above = open_above(bpffs, from, &from_name), to_above = -1;

	if (from_above < 0)
		return from_above;
	to_above = open_above(bpffs, to, &to_name);
	return to_above < 0 ? to_above
			    : outcome(renameat2(from_above, from_name, to_above, to_name, flags));
}

int el_bpffs_symlink(const char *bpffs, const char *target, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? above : outcome(symlinkat(target, above, name));
}

/* Return: whether the file or folder is gone. */
static bool remove_in(int above, const char *name, int depth)
{
	_cleanup_fd_ int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *entry;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return !unlinkat(above, name, 0) || errno == ENOENT;
	if (fd < 0)
		return errno == ENOENT;
	if (!depth || check(fd, true))
		return false;
	dir = fdopendir(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_in(fd, entry->d_name, depth - 1);
	if (dir)
		fd = -1;
	return !unlinkat(above, name, AT_REMOVEDIR) || errno == ENOENT;
}

bool el_bpffs_remove_tree(const char *bpffs, const char *path)
{
	const char *name;
	_cleanup_fd_ int above = open_above(bpffs, path, &name);

	return above < 0 ? errno == ENOENT : remove_in(above, name, DEPTH_MAX);
}
