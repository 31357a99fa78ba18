// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Network namespaces: identifies the namespace of this process, and enters another namespace.
 *
 *   BPFFS/edge                   pins of the namespace in which edge-load was started
 *   BPFFS/edge-netns-COOKIE      pins of a namespace that was entered with --netns
 *   BPFFS/edge-netns:NAME        a symbolic link to that folder, for users
 *
 * Each namespace has a folder of the one bpffs, not a bpffs of its own: a mount is visible only in
 * the mount namespace in which it was made and in its children, so a service and a shell would not
 * see each other's chains. The folder's name has the namespace's cookie, not its name: another
 * namespace may have the same name tomorrow, and a namespace may have several names. Once a
 * namespace has a folder, edge-load uses it however the namespace is entered, also by nsenter(1).
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <mntent.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "base/reason.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* asm-generic/socket.h of kernel 5.14 */
#endif

#define NAMES  "/run/netns" /* iproute2's */
#define FOLDER "edge-netns-"
#define LABEL  "edge-netns:"

int el_netns_cookie(uint64_t *cookie)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		return -errno;
	return 0;
}

/* iproute2 mounts its own /sys in the namespace, and names the mount's source NAME
 * (lib/namespace.c). */
char *el_netns_exec_name(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	char *name = NULL;

	while (mounts && (entry = getmntent(mounts))) {
		_cleanup_free_ char *path = NULL;

		if (strcmp(entry->mnt_dir, "/sys") || strcmp(entry->mnt_type, "sysfs"))
			continue;
		path = el_format(NAMES "/%s", entry->mnt_fsname);
		free(name);
		name = path && !access(path, F_OK) ? strdup(entry->mnt_fsname) : NULL;
	}
	if (mounts)
		endmntent(mounts);
	return name;
}

static char *folder_of(const struct el_context *context, uint64_t cookie)
{
	return el_format("%s/" FOLDER "%llu", context->bpffs, (unsigned long long)cookie);
}

char *el_netns_root(const struct el_context *context)
{
	_cleanup_free_ char *folder = NULL;
	uint64_t cookie;

	if (el_netns_cookie(&cookie))
		return NULL;
	folder = folder_of(context, cookie);
	/* All users can learn the cookie. A folder that an untrusted user planted would hide the
	 * chains in edge. */
	if (!folder || el_is_absent(folder) ||
	    el_folder_is_planted(context, folder, context->bpffs))
		return NULL;
	return TAKE_PTR(folder);
}

/* ---------------------------------------------------------------- namespaces that are gone */

static bool link_lives(const struct el_context *context, const char *path)
{
	_cleanup_fd_ int fd = el_bpffs_get(context->bpffs, path);

	return fd < 0 ? fd != -ENOENT : el_descriptor_link_lives(fd);
}

static bool any_link_lives(const struct el_context *context, const char *path)
{
	_cleanup_dir_ DIR *dir = el_bpffs_read(context->bpffs, path);
	struct dirent *entry;
	bool lives = !dir;

	while (!lives && dir && (entry = readdir(dir))) {
		_cleanup_free_ char *child = el_format("%s/%s", path, entry->d_name);

		if (!child || entry->d_name[0] == '.')
			continue;
		if (entry->d_type == DT_DIR)
			lives = any_link_lives(context, child);
		else if (entry->d_type == DT_REG && !strncmp(entry->d_name, "link", 4))
			lives = link_lives(context, child);
	}
	return lives;
}

/* The namespaces whose cookies were already read. */
struct seen {
	ino_t numbers[1024];
	size_t count;
};

/* A namespace's cookie can only be read inside the namespace. */
static bool is_at(const char *path, uint64_t wanted, struct seen *seen)
{
	_cleanup_fd_ int fd = -1;
	uint64_t cookie = 0;
	struct stat stat_ns;

	if (stat(path, &stat_ns))
		return false;
	for (size_t i = 0; i < seen->count; i++)
		if (seen->numbers[i] == stat_ns.st_ino)
			return false;
	if (seen->count < sizeof(seen->numbers) / sizeof(*seen->numbers))
		seen->numbers[seen->count++] = stat_ns.st_ino;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return true; /* the namespace may have this cookie */
	return fd >= 0 && !setns(fd, CLONE_NEWNET) && !el_netns_cookie(&cookie) && cookie == wanted;
}

static bool is_mounted(uint64_t cookie, struct seen *seen)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = !mounts; /* without a list of mounts, assume that the namespace lives */

	while (!found && mounts && (entry = getmntent(mounts)))
		found = !strcmp(entry->mnt_type, "nsfs") && is_at(entry->mnt_dir, cookie, seen);
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool has_process(uint64_t cookie, struct seen *seen)
{
	_cleanup_dir_ DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool found = !dir;

	while (!found && dir && (entry = readdir(dir))) {
		_cleanup_free_ char *path = el_format("/proc/%s/ns/net", entry->d_name);

		found = path && entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			is_at(path, cookie, seen);
	}
	return found;
}

/* A child process enters the namespaces, because it needs no way back. */
bool el_netns_lives(uint64_t cookie)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		_cleanup_fd_ int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		struct seen seen = {0};

		_exit(fd < 0 || setns(fd, CLONE_NEWNET) || is_mounted(cookie, &seen) ||
		      has_process(cookie, &seen));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status);
}

/* Remove the folder of a namespace that is gone, and a link to a folder that is gone. */
static void sweep_entry(const struct el_context *context, const struct dirent *entry)
{
	_cleanup_free_ char *path = el_format("%s/%s", context->bpffs, entry->d_name);
	const char *name = entry->d_name;

	if (!path)
		return;
	if (entry->d_type == DT_DIR && !strncmp(name, FOLDER, strlen(FOLDER)) &&
	    !any_link_lives(context, path) &&
	    !el_netns_lives(strtoull(name + strlen(FOLDER), NULL, 10)))
		el_bpffs_remove_tree(context->bpffs, path);
	if (entry->d_type == DT_LNK && !strncmp(name, LABEL, strlen(LABEL)) && el_is_absent(path))
		el_bpffs_unlink(context->bpffs, path);
}

/* Sweep in the order of names: a folder comes before the link to it. */
void el_netns_sweep(struct el_context *context)
{
	struct dirent **entries = NULL;
	int count = el_bpffs_scan(context->bpffs, context->bpffs, &entries);

	for (int i = 0; i < count; i++) {
		sweep_entry(context, entries[i]);
		free(entries[i]);
	}
	free(entries);
}

/* bpffs does not allow dots in names. */
static char *label_path(const struct el_context *context)
{
	char *path = el_format("%s/" LABEL "%s", context->bpffs, context->netns);

	for (char *c = path ? path + strlen(context->bpffs) : NULL; c && *c; c++)
		if (*c == '.')
			*c = ':';
	return path;
}

void el_netns_label(const struct el_context *context)
{
	_cleanup_free_ char *path = NULL;
	const char *folder = strrchr(context->root, '/') + 1;
	char target[64] = "";
	bool points_here;

	if (!context->netns || strchr(context->netns, '/'))
		return;
	path = label_path(context);
	if (!path)
		return;
	points_here = !el_bpffs_readlink(context->bpffs, path, target, sizeof(target)) &&
		      !strcmp(target, folder);
	if (points_here == !access(context->root, F_OK))
		return;
	el_bpffs_unlink(context->bpffs, path);
	/* The link is a convenience: no function depends on it. */
	if (!points_here)
		el_bpffs_symlink(context->bpffs, folder, path);
}

/* ---------------------------------------------------------------- entering */

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int el_netns_list(char ***out, size_t *count)
{
	struct dirent **entries = NULL;
	int found = scandir(NAMES, &entries, is_name, alphasort);
	_cleanup_texts_ char **names = NULL;
	bool whole;

	if (found < 0 && errno != ENOENT)
		return -errno;
	names = calloc(found > 0 ? (size_t)found + 1 : 1, sizeof(*names));
	whole = names;
	for (int i = 0; i < found; i++) {
		if (whole)
			whole = (names[i] = strdup(entries[i]->d_name)) != NULL;
		free(entries[i]);
	}
	free(entries);
	if (!whole)
		return -ENOMEM;
	*count = found > 0 ? (size_t)found : 0;
	*out = TAKE_PTR(names);
	return 0;
}

static int fail_missing(struct el_context *context, const char *name)
{
	_cleanup_texts_ char **names = NULL;
	_cleanup_free_ char *hint = NULL;
	const char *nearest;
	size_t count = 0;

	if (el_netns_list(&names, &count) == -ENOMEM)
		return el_fail_memory(context);
	nearest = el_nearest(name, (const char *const *)names, count);
	if (nearest)
		hint = el_format("did you mean %s?", nearest);
	else if (name[strspn(name, "0123456789")])
		hint = strdup("'ip netns list' lists the named network namespaces");
	else
		hint = el_format(
			"for the network namespace of a process, use --netns /proc/%s/ns/net",
			name);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "there is no network namespace %s",
		       name);
}

static int open_namespace(struct el_context *context, const char *name, int *out)
{
	_cleanup_free_ char *path = strchr(name, '/') ? strdup(name) : el_format(NAMES "/%s", name);
	_cleanup_fd_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (!path)
		return el_fail_memory(context);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return el_fail(context, EL_PRIVILEGE, EPERM, "run edge-load as root (sudo)",
			       "can't open the network namespace %s: %s", name,
			       el_reason(EL_OP_SYSTEM, errno));
	if (fd < 0)
		return fail_missing(context, name);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return el_fail(
			context, EL_USAGE, EINVAL,
			"give a name that 'ip netns list' shows, or a path like /proc/PID/ns/net",
			"%s is not a network namespace", path);
	*out = TAKE_FD(fd);
	return 0;
}

static bool is_ours(int fd)
{
	struct stat there, here;

	return !fstat(fd, &there) && !stat("/proc/self/ns/net", &here) &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

int el_netns_enter(struct el_context *context, const char *name)
{
	_cleanup_free_ char *root = NULL;
	_cleanup_fd_ int fd = -1;
	uint64_t cookie;
	int error;

	error = *name ? open_namespace(context, name, &fd)
		      : el_fail(context, EL_USAGE, EINVAL, NULL, "--netns needs a name");
	if (error || is_ours(fd))
		return error;
	if (setns(fd, CLONE_NEWNET))
		return el_fail(context, errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno,
			       "run edge-load as root (sudo), or start it inside the namespace, "
			       "with nsenter(1) or systemd's NetworkNamespacePath=",
			       "can't enter the network namespace %s%s: %s", name,
			       errno == EPERM ? ", which needs CAP_SYS_ADMIN" : "",
			       el_reason(EL_OP_SYSTEM, errno));
	error = el_netns_cookie(&cookie);
	if (error)
		return el_fail(
			context, EL_UNSUPPORTED, -error, "use nsenter(1) and --bpffs",
			"this kernel can't tell network namespaces apart, which needs Linux 5.14");
	root = folder_of(context, cookie);
	context->netns = strdup(name);
	if (!root || !context->netns)
		return el_fail_memory(context);
	free(context->root);
	context->root = TAKE_PTR(root);
	return 0;
}
