// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Find the users of a shared map by the pins of chains, and remove the names of unused maps. If the
 * use of a map cannot be determined, its name stays.
 */
#include <bpf/bpf.h>

#include "pin/pin.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "state/shared_map.h"

/* The depth of a folder below our folder. */
enum { INSTANCE, HOOK, DEVICE, ROOT };

/* A search for the instances that have a map. */
struct search {
	const struct el_context *context;
	uint32_t id;
	bool live; /* only in running generations */
};

/* Return: whether the pinned map is the map, or -errno. */
static int is_map(const struct search *search, const char *pin)
{
	_cleanup_fd_ int fd = el_bpffs_get(search->context->bpffs, pin);
	uint32_t of = el_descriptor_id(fd);

	return of ? of == search->id : errno == ENOENT ? 0 : -errno;
}

/* Whether an instance has the map, in any chain below @folder, which is at @level. Return: 1, 0, or
 * -errno if that is unknown. */
static int is_pinned(const struct search *search, const char *folder, int level)
{
	_cleanup_dir_ DIR *dir = el_bpffs_read(search->context->bpffs, folder);
	struct dirent *entry;
	int found = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!found && (entry = readdir(dir))) {
		_cleanup_free_ char *child = el_format("%s/%s", folder, entry->d_name);
		int kind = level == DEVICE && search->live ? DT_LNK : DT_DIR;

		if (!child)
			return -ENOMEM;
		if (entry->d_name[0] == '.' ||
		    (level == ROOT && !strcmp(entry->d_name, EL_PIN_SHARED)))
			continue;
		if (level == INSTANCE)
			found = is_map(search, child);
		else if (entry->d_type == kind)
			found = is_pinned(search, child, level - 1);
	}
	return found;
}

int el_shared_is_live(struct el_context *context, uint32_t id)
{
	const struct search search = {context, id, true};
	int found = is_pinned(&search, context->root, ROOT);

	return found < 0 ? el_pin_cannot_open(context, context->root, -found) : found;
}

/* Remove the remains of a killed edge-load beside the names. Return: whether @name
 * is or may be such a remain. */
static bool sweep_beside(const struct el_context *context, const char *name)
{
	const char *colon = strchr(name, ':');
	_cleanup_free_ char *of = colon ? strndup(name, (size_t)(colon - name)) : NULL;
	_cleanup_free_ char *pin = el_shared_pin(context, name, "");
	_cleanup_free_ char *pin_of_name = of ? el_shared_pin(context, of, "") : NULL;

	if (!colon || !pin || !pin_of_name)
		return colon;
	if (strcmp(colon, ":types") || el_is_absent(pin_of_name))
		el_bpffs_unlink(context->bpffs, pin);
	return true;
}

void el_shared_sweep(struct el_context *context, bool locked)
{
	_cleanup_free_ char *folder = el_format("%s/" EL_PIN_SHARED, context->root);
	_cleanup_dir_ DIR *dir = folder ? el_bpffs_read(context->bpffs, folder) : NULL;
	_cleanup_fd_ int lock = -1;
	struct search search = {.context = context};
	struct dirent *entry;

	if (!dir || (!locked && el_pin_try_shared(context, folder, &lock)))
		return;
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *pin = el_shared_pin(context, entry->d_name, "");
		_cleanup_free_ char *types = el_shared_pin(context, entry->d_name, ":types");
		_cleanup_fd_ int fd = -1;

		if (!pin || !types || entry->d_name[0] == '.' ||
		    sweep_beside(context, entry->d_name))
			continue;
		fd = el_bpffs_get(context->bpffs, pin);
		search.id = el_descriptor_id(fd);
		if (!search.id || is_pinned(&search, context->root, ROOT))
			continue; /* an instance uses the map, or may use it */
		el_bpffs_unlink(context->bpffs, pin);
		el_bpffs_unlink(context->bpffs, types);
	}
	/* rmdir() fails on purpose while the folder has entries. */
	if (!el_bpffs_rmdir(context->bpffs, folder))
		el_bpffs_rmdir(context->bpffs, context->root);
}
