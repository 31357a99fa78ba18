// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * libxdp's dispatchers, read from its pins: BPFFS/xdp/dispatch-IFINDEX-PROGRAM/progN-prog is an
 * entry. The device tells which dispatcher is in use. Only libxdp changes dispatchers, with one
 * exception: a dispatcher that was left behind when libxdp was killed in a call of ours. It is on
 * no device, and holds an entry of ours or fewer entries than it was made for.
 * (libxdp_clean_references() would also remove a dispatcher of another network namespace whose
 * device has the same number.)
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/prog_dispatcher.h>

#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "kernel/device.h"
#include "hook/dispatcher.h"
#include "base/rights.h"

/* Read as libxdp reads it: secure_getenv() ignores it in a program with file capabilities. */
static const char *state_bpffs(void)
{
	const char *bpffs = secure_getenv("LIBXDP_BPFFS");

	return bpffs ? bpffs : "/sys/fs/bpf";
}

static char *state_path(void)
{
	return el_format("%s/xdp", state_bpffs());
}

int el_dispatcher_check(struct el_context *context)
{
	_cleanup_free_ char *state = state_path();

	return state ? el_folder_check_owner(context, state, state_bpffs())
		     : el_fail_memory(context);
}

int el_dispatcher_check_object(struct el_context *context)
{
	const char *folder = secure_getenv("LIBXDP_OBJECT_PATH");
	_cleanup_free_ char *path = folder ? el_format("%s/xdp-dispatcher.o", folder) : NULL;

	if (!folder)
		return 0;
	return path ? el_path_check_owner(context, path) : el_fail_memory(context);
}

static bool uses_map(int program, uint32_t id)
{
	uint32_t ids[4] = {0};
	struct bpf_prog_info info = {.nr_map_ids = 4, .map_ids = (uintptr_t)ids};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	for (size_t i = 0; i < 4 && i < info.nr_map_ids; i++)
		if (ids[i] == id)
			return true;
	return false;
}

uint32_t el_dispatcher_on(int ifindex, bool *generic)
{
	struct el_device device;

	if (el_device_xdp(ifindex, &device))
		device.xdp_native = device.xdp_generic = 0;
	if (generic)
		*generic = !device.xdp_native && device.xdp_generic;
	return device.xdp_native ?: device.xdp_generic;
}

/* @path becomes the entry's pin; it may be NULL. */
static int entry_in(const char *folder, uint32_t id, char **path)
{
	for (int slot = 0; folder && id && slot < EL_DISPATCHER_SLOTS; slot++) {
		_cleanup_free_ char *pin = el_format("%s/prog%d-prog", folder, slot);
		_cleanup_fd_ int fd = pin ? el_bpffs_get(state_bpffs(), pin) : -1;

		if (fd < 0 || !uses_map(fd, id))
			continue;
		if (path)
			*path = TAKE_PTR(pin);
		return TAKE_FD(fd);
	}
	return -1;
}

int el_dispatcher_entry(int ifindex, int array)
{
	_cleanup_free_ char *state = state_path();
	uint32_t id = el_descriptor_id(array), dispatcher;
	int fd = -1;

	/* An attach or detach of another program replaces the dispatcher; then look again. */
	do {
		_cleanup_free_ char *folder = NULL;

		dispatcher = el_dispatcher_on(ifindex, NULL);
		if (state && dispatcher)
			folder = el_format("%s/dispatch-%d-%u", state, ifindex, dispatcher);
		fd = entry_in(folder, id, NULL);
	} while (fd < 0 && dispatcher && el_dispatcher_on(ifindex, NULL) != dispatcher);
	return fd;
}

size_t el_dispatcher_entries(int ifindex, uint32_t ids[EL_DISPATCHER_SLOTS])
{
	_cleanup_free_ char *state = state_path();
	uint32_t dispatcher;
	size_t count;

	/* Look again if the dispatcher was replaced. */
	do {
		dispatcher = el_dispatcher_on(ifindex, NULL);
		count = 0;
		for (int slot = 0; state && dispatcher && slot < EL_DISPATCHER_SLOTS; slot++) {
			_cleanup_free_ char *pin = el_format("%s/dispatch-%d-%u/prog%d-prog", state,
							     ifindex, dispatcher, slot);
			_cleanup_fd_ int fd = pin ? el_bpffs_get(state_bpffs(), pin) : -1;

			ids[count] = el_descriptor_id(fd);
			count += ids[count] != 0;
		}
	} while (el_dispatcher_on(ifindex, NULL) != dispatcher);
	return count;
}

/* The number of entries that a dispatcher was made for, from its only map. 0: unknown. UINT32_MAX:
 * the dispatcher does not exist any more. */
static uint32_t entries_of(uint32_t dispatcher)
{
	uint32_t zero = 0, id = 0;
	struct xdp_dispatcher_config config = {0};
	struct bpf_prog_info info = {.nr_map_ids = 1, .map_ids = (uintptr_t)&id};
	uint32_t size = sizeof(info);
	_cleanup_fd_ int program = el_rights_program(dispatcher), fd = -1;

	if (program < 0)
		return errno == ENOENT ? UINT32_MAX : 0;
	if (bpf_obj_get_info_by_fd(program, &info, &size) || !id)
		return 0;
	fd = el_rights_map(id);
	if (fd < 0 || el_descriptor_check_map(fd, BPF_MAP_TYPE_ARRAY, sizeof(config), 1) ||
	    bpf_map_lookup_elem(fd, &zero, &config) || config.magic != XDP_DISPATCHER_MAGIC)
		return 0;
	return config.num_progs_enabled;
}

/* Whether pins of a dispatcher of the device are missing, or the dispatcher is gone. */
static bool is_part(const char *folder, int ifindex)
{
	const char *number = strrchr(folder, '-');
	_cleanup_free_ char *prefix = el_format("/dispatch-%d-", ifindex);
	uint32_t count;

	if (!ifindex || !prefix || !number || !strstr(folder, prefix))
		return false;
	count = entries_of((uint32_t)strtoul(number + 1, NULL, 10));
	for (uint32_t slot = 0; slot < count && slot <= EL_DISPATCHER_SLOTS; slot++) {
		_cleanup_free_ char *entry = el_format("%s/prog%u-prog", folder, slot);
		_cleanup_free_ char *link = el_format("%s/prog%u-link", folder, slot);

		if (entry && link && (el_is_absent(entry) || el_is_absent(link)))
			return true;
	}
	return false;
}

/* Remove @last at the end, because it identifies the folder as ours. NULL: there is no such pin. */
static void remove_folder(const char *folder, const char *last)
{
	_cleanup_dir_ DIR *dir = el_bpffs_read(state_bpffs(), folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *path = el_format("%s/%s", folder, entry->d_name);

		if (path && entry->d_name[0] != '.' && (!last || strcmp(path, last)))
			el_bpffs_unlink(state_bpffs(), path);
	}
	if (last)
		el_bpffs_unlink(state_bpffs(), last);
	el_bpffs_rmdir(state_bpffs(), folder);
}

void el_dispatcher_sweep(int ifindex, int array)
{
	uint32_t id = el_descriptor_id(array), dispatcher;
	_cleanup_free_ char *state = state_path(), *keep = NULL;
	_cleanup_dir_ DIR *dir = state ? el_bpffs_read(state_bpffs(), state) : NULL;
	struct dirent *entry;

	/* libxdp holds this lock over each change, so no change is in progress now. */
	if (!dir || flock(dirfd(dir), LOCK_EX))
		return;
	dispatcher = ifindex ? el_dispatcher_on(ifindex, NULL) : 0;
	keep = el_format("dispatch-%d-%u", ifindex, dispatcher);
	while (keep && (entry = readdir(dir))) {
		_cleanup_free_ char *folder = el_format("%s/%s", state, entry->d_name);
		_cleanup_free_ char *path = NULL;
		_cleanup_fd_ int fd = -1;

		if (entry->d_type != DT_DIR || strncmp(entry->d_name, "dispatch-", 9) ||
		    !strcmp(entry->d_name, keep))
			continue;
		fd = entry_in(folder, id, &path);
		if (folder && (fd >= 0 || is_part(folder, ifindex)))
			remove_folder(folder, path);
	}
}
