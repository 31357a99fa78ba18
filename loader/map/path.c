// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Paths of maps: DEVICE/HOOK/INSTANCE/MAP is BPFFS/edge/DEVICE/HOOK/INSTANCE/MAP, and shared/MAP is
 * BPFFS/edge/shared/MAP. If a path does not exist, the error names the missing part and suggests
 * similar names. HOOK is a symbolic link; names with a colon beside it belong to other generations
 * (pin/pin.c).
 */
#include <dirent.h>
#include <net/if.h>

#include "kernel/bpffs.h"
#include "pin/pin.h"
#include "map/map.h"
#include "base/reason.h"
#include "base/rights.h"
#include "map/types.h"

enum { DEVICE, HOOK, INSTANCE, MAP, PARTS };

struct names {
	char **list;
	size_t count;
};

static void cleanup_names(struct names *names)
{
	el_texts_free(names->list);
}

static int names_add(struct names *names, char *name)
{
	char **list = reallocarray(names->list, names->count + 2, sizeof(*list));

	if (list)
		names->list = list;
	if (!list || !name) {
		if (list)
			list[names->count] = NULL;
		free(name);
		return -ENOMEM;
	}
	list[names->count++] = name;
	list[names->count] = NULL;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether an entry of a folder is a name at @level. */
static bool is_name(const struct dirent *entry, int level)
{
	if (entry->d_name[0] == '.' || (level != DEVICE && strchr(entry->d_name, ':')) ||
	    (level == DEVICE && !strcmp(entry->d_name, EL_PIN_SHARED)))
		return false;
	if (level == HOOK)
		return entry->d_type == DT_LNK;
	return (entry->d_type == DT_DIR) == (level < MAP);
}

/* Read the names in @folder for part @level of a path, sorted. Return: 0 or -errno, not noted. */
static int names_read(const struct el_context *context, const char *folder, int level,
		      struct names *names)
{
	_cleanup_dir_ DIR *dir = el_bpffs_read(context->bpffs, folder);
	struct dirent *entry;
	int err = dir ? 0 : -errno;

	while (!err && (entry = readdir(dir))) {
		char *name;

		if (!is_name(entry, level))
			continue;
		name = level == DEVICE ? el_pin_to_device(entry->d_name) : strdup(entry->d_name);
		err = names_add(names, name);
	}
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
	return err;
}

/* Write "a, b, c", with "…" behind the last name that fits; nothing if there are no names. */
static void list_names(const struct names *names, char *out, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (length + strlen(names->list[i]) + 8 > size) {
			snprintf(out + length, size - length, ", …");
			return;
		}
		length += (size_t)snprintf(out + length, size - length, "%s%s", i ? ", " : "",
					   names->list[i]);
	}
}

static int fail_missing(struct el_context *context, const char *const *parts, int level,
			const char *hint)
{
	switch (level) {
	case DEVICE:
		if (!if_nametoindex(parts[DEVICE]))
			return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "there is no device %s",
				       parts[DEVICE]);
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "no chain runs on device %s",
			       parts[DEVICE]);
	case HOOK:
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
			       "no chain runs on device %s at the hook %s", parts[DEVICE],
			       parts[HOOK]);
	case INSTANCE:
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
			       "the chain at %s/%s has no instance %s", parts[DEVICE], parts[HOOK],
			       parts[INSTANCE]);
	default:
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
			       "instance %s/%s/%s has no map %s", parts[DEVICE], parts[HOOK],
			       parts[INSTANCE], parts[MAP]);
	}
}

/* Part @level was not found in @folder. */
static int not_found(struct el_context *context, const char *folder, const char *const *parts,
		     int level)
{
	static const char *const plurals[] = {[DEVICE] = "chains run on",
					      [HOOK] = "chains run at",
					      [INSTANCE] = "its instances are",
					      [MAP] = "its maps are"};
	_cleanup_(cleanup_names) struct names names = {0};
	const char *nearest;
	char list[300], hint[400];

	names_read(context, folder, level, &names);
	if (!names.count)
		return fail_missing(context, parts, level,
				    level == MAP ? "the instance has no maps"
						 : "list the attached chains: edge-load status");
	nearest = el_nearest(parts[level], (const char *const *)names.list, names.count);
	list_names(&names, list, sizeof(list));
	snprintf(hint, sizeof(hint), "%s%s%s%s: %s", nearest ? "did you mean " : "",
		 nearest ? nearest : "", nearest ? "? " : "", plurals[level], list);
	return fail_missing(context, parts, level, hint);
}

/* Whether the chain in @hook_folder was pinned with this map. The caller found its pin missing. */
static bool is_lost(const struct el_context *context, const char *hook_folder,
		    const char *const *parts)
{
	uint32_t origin = 0;

	const struct el_map_name name = {parts[INSTANCE], parts[MAP]};

	return !el_types_origin(context, hook_folder, &name, &origin) && origin;
}

static int fail_lost(struct el_context *context, const char *const *parts)
{
	_cleanup_free_ char *hint = el_format("'edge-load detach %s --hook %s' detaches the chain",
					      parts[DEVICE], parts[HOOK]);

	return el_fail(context, EL_CONFLICT, ENOENT, hint,
		       "the pin of map %s/%s/%s/%s is missing: it was removed outside edge-load",
		       parts[DEVICE], parts[HOOK], parts[INSTANCE], parts[MAP]);
}

static int fail_access(struct el_context *context, const char *folder, int error)
{
	if (error == EACCES || error == EPERM)
		return el_fail(context, EL_PRIVILEGE, EACCES, el_rights_hint(),
			       "no permission to read the folder %s", folder);
	return el_fail(context, EL_FAILED, error, NULL, "can't read the folder %s: %s", folder,
		       el_reason(EL_OP_SYSTEM, error));
}

static bool stands_in(const char *folder, const char *name)
{
	_cleanup_free_ char *path = el_format("%s/%s", folder, name);

	return path && !access(path, F_OK);
}

/*
 * The pin of a map, by its name in the source or in bpftool. No pin has a dot in its name
 * (kernel/bpf/inode.c), so the variables of the section .data.hot are pinned as data_hot or, in a
 * fused program, together with all of .data. malloc'ed, or NULL.
 */
static char *pin_name(const char *folder, const char *name)
{
	char *made = strdup(*name == '.' ? name + 1 : name);

	for (char *c = made; c && *c; c++)
		if (*c == '.')
			*c = '_';
	if (made && !stands_in(folder, made) &&
	    (!strncmp(made, "data_", 5) || !strncmp(made, "bss_", 4)))
		*strchr(made, '_') = '\0';
	return made;
}

/* Resolve the first @count of @parts; @out is the folder or the pin. */
static int descend(struct el_context *context, const char *const *parts, int count, char **out)
{
	_cleanup_free_ char *folder = strdup(context->root), *hook_folder = NULL;
	int err = folder ? el_pin_check_bpffs(context) : el_fail_memory(context);

	for (int level = 0; !err && level < count; level++) {
		_cleanup_free_ char *part = level == DEVICE ? el_pin_device(parts[level])
					    : level == MAP && folder && strchr(parts[level], '.')
						    ? pin_name(folder, parts[level])
						    : strdup(parts[level]);
		_cleanup_free_ char *child = NULL;

		child = folder && part ? el_format("%s/%s", folder, part) : NULL;
		if (!child)
			return el_fail_memory(context);
		if (level == INSTANCE)
			hook_folder = strdup(folder);
		if (access(child, F_OK) && errno == ENOENT && hook_folder && count == PARTS &&
		    is_lost(context, hook_folder, parts))
			return fail_lost(context, parts);
		if (access(child, F_OK))
			return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ||
					       strchr(part, '.') /* which no pin has: EPERM */
				       ? not_found(context, folder, parts, level)
				       : fail_access(context, folder, errno);
		free(folder);
		folder = TAKE_PTR(child);
	}
	if (!err)
		*out = TAKE_PTR(folder);
	return err;
}

/* Cut @path at its slashes, in place. Return: the number of parts, or -1. */
static int split(char *path, const char **parts)
{
	int count = 0;

	for (char *at = path; at;) {
		char *part = strsep(&at, "/");

		if (count == PARTS || !*part || !strcmp(part, ".") || !strcmp(part, ".."))
			return -1;
		parts[count++] = part;
	}
	return count;
}

static int find_shared(struct el_context *context, const char *name, char **pin)
{
	_cleanup_free_ char *folder = el_format("%s/" EL_PIN_SHARED, context->root);
	_cleanup_free_ char *path = folder ? el_format("%s/%s", folder, name) : NULL;
	_cleanup_(cleanup_names) struct names names = {0};
	char list[300], hint[400];
	int err = el_pin_check_bpffs(context);

	if (!path)
		return el_fail_memory(context);
	if (err)
		return err;
	if (!strchr(name, ':') && !access(path, F_OK)) {
		*pin = TAKE_PTR(path);
		return 0;
	}
	if (!strpbrk(name, ":.") && !el_is_absent(path))
		return fail_access(context, folder, errno);
	names_read(context, folder, MAP, &names);
	list_names(&names, list, sizeof(list));
	snprintf(hint, sizeof(hint), names.count ? "the shared maps are: %s" : "no map is shared",
		 list);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "there is no shared map %s", name);
}

int el_map_path_find(struct el_context *context, const char *path, char **pin)
{
	_cleanup_free_ char *copy = strdup(path);
	const char *parts[PARTS];

	int count;

	if (!copy)
		return el_fail_memory(context);
	count = split(copy, parts);
	if (count == 2 && !strcmp(parts[0], EL_PIN_SHARED))
		return find_shared(context, parts[1], pin);
	if (count != PARTS)
		return el_fail(context, EL_USAGE, EINVAL, "list the maps: edge-load map list",
			       "%s is neither DEVICE/HOOK/INSTANCE/MAP nor shared/MAP", path);
	return descend(context, parts, PARTS, pin);
}

/* Warn if a pin was removed, because the list of maps is then incomplete. */
static void warn_lost(struct el_context *context, const char *hook_folder, const char *path)
{
	_cleanup_free_ char *lost = NULL;

	if (!el_types_lost(context, hook_folder, &lost) && lost)
		el_warn(context, "map %s/%s is omitted: its pin was removed outside edge-load",
			path, lost);
}

/* A folder of pins, whose names are part @level of the paths of maps. */
struct branch {
	const char *folder;
	const char *path; /* of the folder, in the list of maps */
	int level;
};

/* Add the paths of all maps below @branch. */
static int list_below(struct el_context *context, const struct branch *branch, struct names *out)
{
	const char *folder = branch->folder, *path = branch->path;
	int level = branch->level;
	_cleanup_(cleanup_names) struct names names = {0};
	int err = names_read(context, folder, level, &names);

	if (err == -ENOENT)
		return 0;
	if (err)
		return fail_access(context, folder, -err);
	if (level == INSTANCE)
		warn_lost(context, folder, path);
	for (size_t i = 0; !err && i < names.count; i++) {
		char *longer = el_format("%s%s%s", path, *path ? "/" : "", names.list[i]);
		_cleanup_free_ char *child = NULL, *part = NULL;

		if (level == MAP) {
			if (names_add(out, longer))
				return el_fail_memory(context);
			continue;
		}
		part = level == DEVICE ? el_pin_device(names.list[i]) : strdup(names.list[i]);
		child = part ? el_format("%s/%s", folder, part) : NULL;
		err = child && longer
			      ? list_below(context, &(struct branch){child, longer, level + 1}, out)
			      : el_fail_memory(context);
		free(longer);
	}
	return err;
}

static int list_shared(struct el_context *context, struct names *out)
{
	_cleanup_free_ char *folder = el_format("%s/" EL_PIN_SHARED, context->root);

	return folder ? list_below(context, &(struct branch){folder, EL_PIN_SHARED, MAP}, out)
		      : el_fail_memory(context);
}

static void take_names(struct names *names, char ***out, size_t *count)
{
	*count = names->count;
	*out = TAKE_PTR(names->list);
	names->count = 0;
}

int el_maps_list(struct el_context *context, const char *under, char ***out, size_t *count)
{
	_cleanup_(cleanup_names) struct names names = {0};
	_cleanup_free_ char *copy = strdup(under ? under : ""), *folder = NULL;
	const char *parts[PARTS] = {NULL};
	int depth = 0, err;

	if (!copy)
		return el_fail_memory(context);
	if (*copy)
		depth = split(copy, parts);
	if (depth == 1 && !strcmp(parts[0], EL_PIN_SHARED)) {
		err = list_shared(context, &names);
		if (!err)
			take_names(&names, out, count);
		return err;
	}
	if (depth < 0 || depth == PARTS)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "%s is not DEVICE, DEVICE/HOOK or DEVICE/HOOK/INSTANCE", under);
	err = descend(context, parts, depth, &folder);
	if (!err)
		err = list_below(context, &(struct branch){folder, under ? under : "", depth},
				 &names);
	if (!err && !depth)
		err = list_shared(context, &names);
	if (!err)
		take_names(&names, out, count);
	return err;
}
