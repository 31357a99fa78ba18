// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pins: what makes a chain outlive the command that made it.
 *
 *   BPFFS/edge/DEVICE/HOOK/link            the attachment (none with clsact)
 *                          prog            the program attached
 *                          metadata        its .rodata
 *                          counters        of this generation; carried: of those before
 *                          tail            the program array of a chain that was cut
 *                          types           of the maps
 *                          INSTANCE/MAP    each instance's maps
 *
 * A new generation's pins stand beside the old one's as NAME:new until the attachment has changed,
 * and then take their places by rename, the program's last. So whoever is killed in between leaves
 * enough behind to finish or to undo it: if the program that runs is `prog:new`, finish; if not,
 * undo. Of an attachment with several links, `link` is pinned last: where it is, all are. bpffs
 * takes no dots in names; a device's become colons, which no device's name can have.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>

#include "netns.h"
#include "rights.h"
#include "types.h"

#define BPFFS_MAGIC 0xcafe4a11 /* linux/magic.h: BPF_FS_MAGIC */
#define STAGED	    ":new"

#define _cleanup_dir_ _cleanup_(cleanup_dir)
static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

char *el_pin_device(const char *device)
{
	char *name = strdup(device);

	for (char *c = name; c && *c; c++)
		if (*c == '.')
			*c = ':';
	return name;
}

char *el_pin_path(const struct el_context *context, const char *device, enum edge_hook hook,
		  const char *name)
{
	_cleanup_free_ char *file = el_pin_device(device);

	if (!file)
		return NULL;
	return el_format("%s/%s/%s%s%s", context->root, file, el_hook_name(hook), name ? "/" : "",
			 name ? name : "");
}

char *el_pin_numbered(const char *name, size_t number)
{
	return number ? el_format("%s%zu", name, number) : strdup(name);
}

int el_pin_get(const struct el_context *context, const char *device, enum edge_hook hook,
	       const char *name)
{
	_cleanup_free_ char *path = el_pin_path(context, device, hook, name);
	int fd = path ? bpf_obj_get(path) : -1;

	return path ? (fd < 0 ? -errno : fd) : -ENOMEM;
}

int el_pin_check_bpffs(struct el_context *context)
{
	_cleanup_free_ char *hint = NULL, *netns = NULL;
	struct statfs stat;
	int error = el_rights_need(context, EL_NEED_LOOK);

	if (error)
		return error;
	if (!statfs(context->bpffs, &stat) && (unsigned long)stat.f_type == BPFFS_MAGIC)
		return el_folder_check_owner(context, context->root, context->bpffs);
	netns = el_netns_exec_name();
	if (netns)
		hint = el_format("'ip netns exec' hides the one of outside: leave it out, and say "
				 "'edge-load --netns %s ...'",
				 netns);
	else
		hint = el_format("mount -t bpf bpf %s", context->bpffs);
	return el_fail(context, EL_UNSUPPORTED, ENODEV, hint, "no bpffs is mounted at %s",
		       context->bpffs);
}

int el_pin_exists(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);

	if (!path)
		return el_fail_memory(context);
	if (!access(path, F_OK))
		return 0;
	if (errno == ENOENT)
		return -ENOENT;
	return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
		       errno == EACCES ? "run as root" : NULL, "can't look into %s: %s", path,
		       strerror(errno));
}

/* ---------------------------------------------------------------- folders */

static int make_folder(struct el_context *context, const char *path)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	return el_fail(context, errno == EACCES || errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno,
		       errno == EACCES || errno == EPERM ? "run as root" : NULL,
		       "can't make the folder %s: %s", path, strerror(errno));
}

static int make_folders(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_free_ char *file = el_pin_device(device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);
	int error;

	if (!above || !path)
		return el_fail_memory(context);
	error = make_folder(context, context->root);
	if (!error)
		error = make_folder(context, above);
	return error ? error : make_folder(context, path);
}

static void remove_folders(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_free_ char *file = el_pin_device(device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);

	/* Each fails while something is in it, and that is right. One that is gone already was
	 * removed by somebody who did not come to the end. */
	if (path && above && (!rmdir(path) || errno == ENOENT) &&
	    (!rmdir(above) || errno == ENOENT))
		rmdir(context->root);
}

/*
 * The lock is the chain's own folder: flock() works on it, ends with the process, and needs no file
 * of ours. It may be removed by a detach while we wait for it, hence the second look.
 */
int el_pin_lock(struct el_context *context, const char *device, enum edge_hook hook, int *lock_fd)
{
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);
	int error = el_pin_check_bpffs(context);

	if (!path)
		return el_fail_memory(context);
	for (int tries = 0; !error && tries < 100; tries++) {
		_cleanup_fd_ int fd = -1;
		struct stat mine, there;

		error = make_folders(context, device, hook);
		/* A detach at the device's other hook may remove the folder above this one. */
		if (error == -ENOENT) {
			error = 0;
			continue;
		}
		if (error)
			break;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB))
			return el_fail(context, EL_CONFLICT, EBUSY, "wait for it, and try again",
				       "another edge-load is changing %s %s", device,
				       el_hook_name(hook));
		if (!fstat(fd, &mine) && !stat(path, &there) && mine.st_ino == there.st_ino) {
			*lock_fd = TAKE_FD(fd);
			return 0;
		}
	}
	return error ? error
		     : el_fail(context, EL_CONFLICT, EBUSY, "try again",
			       "%s comes and goes under our hands", path);
}

/* ---------------------------------------------------------------- walking */

static bool is_staged(const char *name)
{
	size_t length = strlen(name), tail = strlen(STAGED);

	return length > tail && !strcmp(name + length - tail, STAGED);
}

static void commit_file(const char *path)
{
	_cleanup_free_ char *place = strdup(path);

	if (!is_staged(path) || !place)
		return;
	place[strlen(path) - strlen(STAGED)] = '\0';
	rename(path, place);
}

static void unstage_file(const char *path)
{
	if (is_staged(path))
		unlink(path);
}

static void remove_file(const char *path)
{
	unlink(path);
}

/* Call @visit with each file below @path but @except, and remove the folders that are empty then.
 */
static void walk(const char *path, const char *except, void (*visit)(const char *path))
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *child = el_format("%s/%s", path, entry->d_name);

		if (!child || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (entry->d_type == DT_DIR) {
			walk(child, except, visit);
			rmdir(child);
		} else if (!except || strcmp(child, except)) {
			visit(child);
		}
	}
}

static void walk_hook(struct el_context *context, const char *device, enum edge_hook hook,
		      void (*visit)(const char *path))
{
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);

	if (path)
		walk(path, NULL, visit);
}

/* ---------------------------------------------------------------- staging */

static int pin(struct el_context *context, const struct el_chain *chain, const char *name, int fd)
{
	_cleanup_free_ char *path = el_pin_path(context, chain->device, chain->hook, name);

	if (!path)
		return el_fail_memory(context);
	if (bpf_obj_pin(fd, path))
		return el_fail(context,
			       errno == EPERM || errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
			       NULL, "can't pin %s: %s", path, strerror(errno));
	return 0;
}

static int stage_map(struct el_context *context, const struct el_chain *chain,
		     const struct el_chain_map *map)
{
	const char *instance = chain->instances[map->instance].name;
	_cleanup_free_ char *folder = el_pin_path(context, chain->device, chain->hook, instance);
	_cleanup_free_ char *name = el_format("%s/%s" STAGED, instance, map->name);
	_cleanup_free_ char *place = folder ? el_format("%s/%s", folder, map->name) : NULL;
	int error;

	if (!folder || !name || !place)
		return el_fail_memory(context);
	if (map->kept && !access(place, F_OK))
		return 0;
	error = make_folder(context, folder);
	return error ? error : pin(context, chain, name, map->fd);
}

/* The programs that have a link of their own. */
static int stage_programs(struct el_context *context, const struct el_chain *chain)
{
	int error = pin(context, chain, "prog" STAGED, chain->programs[0].fd);
	size_t number = 0;

	for (size_t i = 1; !error && i < chain->programs_count; i++) {
		_cleanup_free_ char *name = NULL;

		if (!el_program_linked(&chain->programs[i]))
			continue;
		name = el_format("prog%zu" STAGED, ++number);
		error = name ? pin(context, chain, name, chain->programs[i].fd)
			     : el_fail_memory(context);
	}
	return error;
}

static int pin_types(struct el_context *context, const struct el_chain *chain)
{
	_cleanup_free_ char *path =
		el_pin_path(context, chain->device, chain->hook, "types" STAGED);

	return path ? el_types_pin(context, chain, path) : el_fail_memory(context);
}

int el_pin_stage(struct el_context *context, const struct el_chain *chain)
{
	int error = stage_programs(context, chain);

	if (!error)
		error = pin(context, chain, "metadata" STAGED, chain->metadata_fd);
	if (!error)
		error = pin(context, chain, "counters" STAGED, chain->counters_fd);
	if (!error)
		error = pin(context, chain, "carried" STAGED, chain->carried_fd);
	if (!error && chain->tail_fd >= 0)
		error = pin(context, chain, "tail" STAGED, chain->tail_fd);
	if (!error)
		error = pin_types(context, chain);
	for (size_t i = 0; !error && i < chain->maps_count; i++)
		error = stage_map(context, chain, &chain->maps[i]);
	return error;
}

int el_pin_link(struct el_context *context, const struct el_chain *chain)
{
	size_t number = 0;
	int error = 0;

	for (size_t i = 1; !error && i < chain->programs_count; i++) {
		_cleanup_free_ char *name = NULL;

		if (!el_program_linked(&chain->programs[i]))
			continue;
		name = el_pin_numbered("link", ++number);
		error = name ? pin(context, chain, name, chain->programs[i].link_fd)
			     : el_fail_memory(context);
	}
	return error || chain->link_fd < 0 ? error : pin(context, chain, "link", chain->link_fd);
}

void el_pin_unstage(struct el_context *context, const char *device, enum edge_hook hook)
{
	walk_hook(context, device, hook, unstage_file);
	remove_folders(context, device, hook);
}

/* ---------------------------------------------------------------- committing */

static const char *const own_names[] = {"link",	   "prog", "metadata", "counters",
					"carried", "tail", "types"};

static bool chain_has_map(const struct el_chain *chain, const char *instance, const char *map)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (!strcmp(chain->instances[chain->maps[i].instance].name, instance) &&
		    !strcmp(chain->maps[i].name, map))
			return true;
	return false;
}

bool el_pin_is_own(const char *name)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(*own_names); i++)
		if (!strcmp(name, own_names[i]))
			return true;
	/* prog1, link1 …: see el_pin_numbered() */
	return (!strncmp(name, "prog", 4) || !strncmp(name, "link", 4)) &&
	       strspn(name + 4, "0123456789") == strlen(name + 4);
}

static void prune_instance(const struct el_chain *chain, const char *path, const char *instance)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *file = el_format("%s/%s", path, entry->d_name);

		if (file && entry->d_type != DT_DIR &&
		    !chain_has_map(chain, instance, entry->d_name))
			unlink(file);
	}
	rmdir(path);
}

/* What the running generation does not have goes: instances, maps, the program array. */
static void prune(struct el_context *context, const struct el_chain *chain)
{
	_cleanup_free_ char *path = el_pin_path(context, chain->device, chain->hook, NULL);
	_cleanup_dir_ DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *child = el_format("%s/%s", path, entry->d_name);

		if (!child || entry->d_name[0] == '.')
			continue;
		if (entry->d_type == DT_DIR)
			prune_instance(chain, child, entry->d_name);
		else if (!el_pin_is_own(entry->d_name) ||
			 (!strcmp(entry->d_name, "tail") && chain->tail_fd < 0))
			unlink(child);
	}
}

static void commit(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_free_ char *path = el_pin_path(context, device, hook, NULL);
	_cleanup_free_ char *program = el_pin_path(context, device, hook, "prog" STAGED);

	/* A program array is emptied when its last pin goes: nobody may run on the old one any
	 * more. */
	el_hook_settle();
	if (!path || !program)
		return;
	walk(path, program, commit_file);
	commit_file(program);
}

int el_pin_commit(struct el_context *context, const struct el_chain *chain)
{
	commit(context, chain->device, chain->hook);
	prune(context, chain);
	return 0;
}

int el_pin_remove(struct el_context *context, const char *device, enum edge_hook hook)
{
	walk_hook(context, device, hook, remove_file);
	remove_folders(context, device, hook);
	return 0;
}

/* ---------------------------------------------------------------- recovery */

/*
 * A swap of several links changes the first one last. So if that has changed all have, and else the
 * others may have: each goes back to the program that is pinned for it.
 */
static void restore_links(struct el_context *context, const char *device, enum edge_hook hook)
{
	for (size_t number = 1; number < EDGE_INSTANCES_MAX; number++) {
		_cleanup_free_ char *link = el_pin_numbered("link", number);
		_cleanup_free_ char *prog = el_pin_numbered("prog", number);
		_cleanup_fd_ int link_fd = link ? el_pin_get(context, device, hook, link) : -1;
		_cleanup_fd_ int prog_fd = prog ? el_pin_get(context, device, hook, prog) : -1;

		if (link_fd < 0 || prog_fd < 0)
			break;
		bpf_link_update(link_fd, prog_fd, NULL);
	}
}

static bool any_staged;

static void look_for_staged(const char *path)
{
	any_staged |= is_staged(path);
}

static uint32_t program_id(const struct el_context *context, const char *device,
			   enum edge_hook hook, const char *name)
{
	_cleanup_fd_ int fd = el_pin_get(context, device, hook, name);
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

int el_pin_recover(struct el_context *context, const char *device, enum edge_hook hook)
{
	struct el_chain probe = {.device = (char *)device, .hook = hook, .link_fd = -1};
	uint32_t running = 0;
	int error;

	any_staged = false;
	walk_hook(context, device, hook, look_for_staged);
	probe.link_fd = el_pin_get(context, device, hook, "link");
	error = el_hook_ops(hook)->query(context, &probe, &running);
	if (probe.link_fd >= 0)
		close(probe.link_fd);
	if (error)
		return error;
	if (running && running == program_id(context, device, hook, "prog" STAGED)) {
		commit(context, device, hook);
	} else if (any_staged) {
		restore_links(context, device, hook);
		walk_hook(context, device, hook, unstage_file);
	}
	if (running && running == program_id(context, device, hook, "prog"))
		return 0;
	/* Nothing of ours runs: what is pinned is a left-over, or its device is gone. */
	walk_hook(context, device, hook, remove_file);
	return 0;
}
