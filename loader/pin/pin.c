// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pins keep a chain alive after the command that made it ends.
 *
 *   BPFFS/edge/DEVICE/HOOK -> HOOK:7     the running generation
 *                     HOOK:7/link        the attachment (none with clsact)
 *                            link2       the attachment of a program that has its own
 *                            prog        the attached program
 *                            prog1       further programs of the chain
 *                            metadata    its .rodata
 *                            counters    of this generation; carried: of earlier generations
 *                            tail        the program array of a chain that was cut
 *                            types       of the maps
 *                            INSTANCE/MAP   each instance's maps
 *                     HOOK:6/            earlier generations, for a rollback
 *                     HOOK:new/          a generation that is being made
 *                     HOOK:gone          the name of HOOK during a detach
 *                     HOOK:point         the next HOOK, before its rename
 *                     HOOK:link          a link, before its rename into a generation
 *                     HOOK:old           a generation that is being removed
 *                     HOOK:shared        the program array that calls a chain in mode shared
 *                     HOOK:lock/         locked by a command that changes the chain (lock.c)
 *               shared/NAME              shared maps (state/shared_map.h)
 *
 * A new generation is complete in HOOK:new before the attachment changes; then it gets its number,
 * and one rename() of a symbolic link makes it the visible generation. chain/recover.c finishes or
 * undoes the work of a killed edge-load. bpffs does not allow dots in names; dots of a device's
 * name become colons, which no device's name can contain.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "pin/pin.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "base/reason.h"
#include "base/rights.h"

/* A device may have the name of the folder of shared maps; but no device has a name of 16
 * characters. */
#define DEVICE_SHARED "a-device-" EL_PIN_SHARED "::"

char *el_pin_device(const char *device)
{
	char *name = strdup(strcmp(device, EL_PIN_SHARED) ? device : DEVICE_SHARED);

	for (char *c = name; c && *c; c++)
		if (*c == '.')
			*c = ':';
	return name;
}

char *el_pin_to_device(const char *file)
{
	char *name;

	if (*file == '.' || !strcmp(file, EL_PIN_SHARED))
		return NULL;
	name = strdup(strcmp(file, DEVICE_SHARED) ? file : EL_PIN_SHARED);
	for (char *c = name; c && *c; c++)
		if (*c == ':')
			*c = '.';
	return name;
}

char *el_pin_path(const struct el_context *context, const struct el_site *site,
		  struct el_which which, const char *name)
{
	static const char *const words[] = {
		[EL_WHICH_NEW] = ":new",   [EL_WHICH_GONE] = ":gone", [EL_WHICH_POINT] = ":point",
		[EL_WHICH_LINK] = ":link", [EL_WHICH_OLD] = ":old",   [EL_WHICH_SHARED] = ":shared",
		[EL_WHICH_LOCK] = ":lock",
	};
	_cleanup_free_ char *file = el_pin_device(site->device);
	char number[16] = "";

	if (!file)
		return NULL;
	if (which.kind == EL_WHICH_GENERATION)
		snprintf(number, sizeof(number), ":%u", which.generation);
	return el_format("%s/%s/%s%s%s%s", context->root, file, el_hook_name(site->hook),
			 words[which.kind] ? words[which.kind] : number, name ? "/" : "",
			 name ? name : "");
}

char *el_pin_numbered(const char *name, size_t number)
{
	return number ? el_format("%s%zu", name, number) : strdup(name);
}

/* Whether @fd is an object of the kind that the chain pins as @name. */
static bool is_kind_of(int fd, const char *name)
{
	enum el_descriptor_kind kind = el_descriptor_kind(fd), wanted = EL_DESCRIPTOR_MAP;

	if (!strncmp(name, "link", 4))
		wanted = EL_DESCRIPTOR_LINK;
	else if (!strncmp(name, "prog", 4))
		wanted = EL_DESCRIPTOR_PROGRAM;
	return kind == wanted || kind == EL_DESCRIPTOR_UNKNOWN;
}

int el_pin_get(const struct el_context *context, const struct el_site *site, struct el_which which,
	       const char *name)
{
	_cleanup_free_ char *path = el_pin_path(context, site, which, name);
	int fd = path ? el_bpffs_get(context->bpffs, path) : -ENOMEM;

	if (fd < 0)
		return fd;
	if (is_kind_of(fd, name))
		return fd;
	close(fd);
	return -EL_PIN_REPLACED;
}

int el_pin_cannot_open(struct el_context *context, const char *path, int error)
{
	if (error == EL_PIN_REPLACED)
		return el_fail(
			context, EL_CONFLICT, error,
			"'edge-load detach' detaches the chain that the pin belongs to",
			"the pin %s holds another object, which was pinned outside edge-load",
			path);
	return el_fail(context, error == EPERM || error == EACCES ? EL_PRIVILEGE : EL_FAILED, error,
		       NULL, "can't open %s: %s", path, el_reason(EL_OP_GET, error));
}

uint32_t el_pin_program(const struct el_context *context, const struct el_site *site,
			struct el_which which)
{
	_cleanup_fd_ int fd = el_pin_get(context, site, which, "prog");

	return el_descriptor_id(fd);
}

/* Open the link of a generation that has its number, but to which HOOK does not point yet. A link
 * that is no longer attached belongs to an earlier generation and was detached: this generation may
 * have no link. */
static int numbered_link(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int fd = -ENOENT;

	if (el_pin_generations(context, site, &numbers, &count))
		return -ENOMEM;
	while (fd < 0 && count--) {
		fd = el_pin_get(context, site, EL_GENERATION(numbers[count]), "link");
		if (fd >= 0 && !el_descriptor_link_lives(fd)) {
			close(fd);
			fd = -ENOENT;
		}
	}
	return fd;
}

int el_pin_any_link(struct el_context *context, const struct el_site *site)
{
	static const struct el_which whiches[] = {
		{EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};
	int fd = -ENOENT;

	for (size_t i = 0; i < 3 && fd < 0; i++)
		fd = el_pin_get(context, site, whiches[i], "link");
	return fd == -ENOENT ? numbered_link(context, site) : fd;
}

bool el_pin_is_mounted(const struct el_context *context)
{
	struct statfs stat;

	return !statfs(context->bpffs, &stat) && (unsigned long)stat.f_type == BPF_FS_MAGIC;
}

int el_pin_check_bpffs(struct el_context *context)
{
	_cleanup_free_ char *hint = NULL, *netns = NULL;
	int error = el_rights_need(context, EL_NEED_LOOK);

	if (error)
		return error;
	if (el_pin_is_mounted(context))
		return el_folder_check_owner(context, context->root, context->bpffs);
	netns = el_netns_exec_name();
	if (netns)
		hint = el_format("'ip netns exec' hides the bpffs: use 'edge-load --netns %s ...' "
				 "without it",
				 netns);
	else
		hint = el_format("mount -t bpf bpf %s", context->bpffs);
	return el_fail(context, EL_UNSUPPORTED, ENODEV, hint, "no bpffs is mounted at %s",
		       context->bpffs);
}

bool el_pin_is_of_hook(const char *name, enum edge_hook hook)
{
	const char *own = el_hook_name(hook);
	size_t length = strlen(own);

	return !strncmp(name, own, length) && (!name[length] || name[length] == ':');
}

int el_pin_exists(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *file = el_pin_device(site->device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;
	_cleanup_dir_ DIR *dir = above ? el_bpffs_read(context->bpffs, above) : NULL;
	struct dirent *entry;

	if (!above)
		return el_fail_memory(context);
	if (!dir && errno == ENOENT)
		return -ENOENT;
	if (!dir)
		return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
			       errno == EACCES ? el_rights_hint() : NULL,
			       "can't read the folder %s: %s", above,
			       el_reason(EL_OP_SYSTEM, errno));
	while ((entry = readdir(dir)))
		if (el_pin_is_of_hook(entry->d_name, site->hook))
			return 0;
	return -ENOENT;
}

/* ---------------------------------------------------------------- folders */

int el_pin_make_folder(struct el_context *context, const char *path)
{
	if (!el_bpffs_mkdir(context->bpffs, path) || errno == EEXIST)
		return 0;
	return el_fail(context, errno == EACCES || errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno,
		       errno == EACCES || errno == EPERM ? el_rights_hint() : NULL,
		       "can't make the folder %s: %s", path, el_reason(EL_OP_SYSTEM, errno));
}

int el_pin_make_folders(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *file = el_pin_device(site->device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(LOCK), NULL);
	int error;

	if (!above || !path)
		return el_fail_memory(context);
	error = el_pin_make_folder(context, context->root);
	if (!error)
		error = el_pin_make_folder(context, above);
	return error ? error : el_pin_make_folder(context, path);
}

void el_pin_tidy(struct el_context *context, const char *device)
{
	_cleanup_free_ char *file = el_pin_device(device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;

	/* rmdir() fails while a folder has contents, which is intended. A folder that is already
	 * gone was removed by a process that did not finish. */
	if (above && (!el_bpffs_rmdir(context->bpffs, above) || errno == ENOENT))
		el_bpffs_rmdir(context->bpffs, context->root);
}

void el_pin_remove(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *lock = el_pin_path(context, site, EL_WHICH(LOCK), NULL);

	el_pin_clear(context, site);
	if (lock)
		el_bpffs_rmdir(context->bpffs, lock);
	el_pin_tidy(context, site->device);
}

/* ---------------------------------------------------------------- staging */

int el_pin_cannot(struct el_context *context, const char *path)
{
	return el_fail(context, errno == EPERM || errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
		       NULL, "can't pin %s: %s", path, el_reason(EL_OP_PIN, errno));
}

int el_pin_over(struct el_context *context, int fd, const char *staged, const char *path)
{
	el_bpffs_unlink(context->bpffs, staged);
	return el_bpffs_pin(context->bpffs, fd, staged) ||
			       el_bpffs_rename(context->bpffs, staged, path, 0)
		       ? el_pin_cannot(context, path)
		       : 0;
}

void el_pin_unstage(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *folder = el_pin_path(context, site, EL_WHICH(NEW), NULL);
	uint32_t *numbers = NULL;
	size_t count = 0;

	if (folder)
		el_bpffs_remove_tree(context->bpffs, folder);
	/* If the chain was never attached, remove the lock's folder that was made for it. */
	if (!el_pin_generations(context, site, &numbers, &count) && !count)
		el_pin_remove(context, site);
	free(numbers);
}

bool el_pin_is_own(const char *name)
{
	static const char *const names[] = {"link",    "prog", "metadata", "counters",
					    "carried", "tail", "types"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	/* prog1, link1 …: see el_pin_numbered() */
	return (!strncmp(name, "prog", 4) || !strncmp(name, "link", 4)) &&
	       strspn(name + 4, "0123456789") == strlen(name + 4);
}
