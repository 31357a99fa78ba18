// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shared maps: the maps of their names, and changes of them (shared_map.h). The users of a shared
 * map are found among the pins of chains, and stored nowhere else.
 */
#include <dirent.h>
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "map/shape.h"
#include "pin/pin.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "base/reason.h"
#include "state/shared_map.h"

/* ---------------------------------------------------------------- the set */

static char *folder_of(const struct el_context *context)
{
	return el_format("%s/" EL_PIN_SHARED, context->root);
}

char *el_shared_pin(const struct el_context *context, const char *name, const char *which)
{
	return el_format("%s/" EL_PIN_SHARED "/%s%s", context->root, name, which);
}

struct el_shared_map *el_shared_get(struct el_shared *shared, const char *name)
{
	struct el_shared_map *maps, *map;

	for (size_t i = 0; i < shared->count; i++)
		if (!strcmp(shared->maps[i].name, name))
			return &shared->maps[i];
	maps = reallocarray(shared->maps, shared->count + 1, sizeof(*maps));
	if (!maps)
		return NULL;
	shared->maps = maps;
	map = &maps[shared->count];
	*map = (struct el_shared_map){.name = strdup(name), .now.fd = -1, .next.fd = -1};
	if (!map->name)
		return NULL;
	shared->count++;
	return map;
}

struct el_shared_map *el_shared_find(const struct el_shared *shared, uint32_t id)
{
	for (size_t i = 0; i < shared->count; i++)
		if (shared->maps[i].now.fd >= 0 && shared->maps[i].now.id == id)
			return &shared->maps[i];
	return NULL;
}

static int open_one(struct el_context *context, struct el_shared *shared, const char *name)
{
	_cleanup_free_ char *pin = el_shared_pin(context, name, "");
	struct el_shared_map *map = pin ? el_shared_get(shared, name) : NULL;
	struct el_typed_map open = {0};
	int err;

	if (!map)
		return el_fail_memory(context);
	map->now.fd = el_bpffs_get(context->bpffs, pin);
	if (map->now.fd < 0)
		return map->now.fd == -ENOENT ? 0 : el_pin_cannot_open(context, pin, -map->now.fd);
	map->now.id = el_descriptor_id(map->now.fd);
	if (!map->now.id)
		return el_pin_cannot_open(context, pin, errno);
	open.fd = map->now.fd;
	err = el_types_open_pin(context, pin, &open);
	map->now.types = open.types;
	if (err == -EPERM)
		err = 0;
	if (!err)
		err = el_types_origin_pin(context, pin, &map->now.origin);
	if (err)
		return el_pin_cannot_open(context, pin, -err);
	if (!map->now.origin)
		map->now.origin = map->now.id;
	return 0;
}

static int open_all(struct el_context *context, struct el_shared *shared)
{
	_cleanup_free_ char *folder = folder_of(context);
	_cleanup_dir_ DIR *dir = folder ? el_bpffs_read(context->bpffs, folder) : NULL;
	struct dirent *entry;
	int err = 0;

	if (!folder)
		return el_fail_memory(context);
	if (!dir && errno != ENOENT)
		return el_pin_cannot_open(context, folder, errno);
	while (!err && dir && (entry = readdir(dir)))
		if (!strpbrk(entry->d_name, ".:"))
			err = open_one(context, shared, entry->d_name);
	return err;
}

int el_shared_open(struct el_context *context, struct el_shared **out)
{
	struct el_shared *shared = calloc(1, sizeof(*shared));
	int err = shared ? 0 : el_fail_memory(context);

	if (err)
		return err;
	shared->lock = -1;
	err = open_all(context, shared);
	if (err)
		el_shared_free(shared);
	else
		*out = shared;
	return err;
}

static void free_version(struct el_shared_version *version)
{
	btf__free(version->types.btf);
	if (version->fd >= 0)
		close(version->fd);
}

static void forget(struct el_shared *shared)
{
	for (size_t i = 0; i < shared->count; i++) {
		struct el_shared_map *map = &shared->maps[i];

		el_convert_free(map->convert);
		el_map_free(map->filled);
		free_version(&map->now);
		free_version(&map->next);
		free(map->name);
	}
	free(shared->maps);
	shared->maps = NULL;
	shared->count = 0;
}

int el_shared_reopen(struct el_context *context, struct el_shared *shared)
{
	forget(shared);
	return open_all(context, shared);
}

void el_shared_free(struct el_shared *shared)
{
	if (!shared)
		return;
	forget(shared);
	if (shared->lock >= 0)
		close(shared->lock);
	free(shared);
}

int el_shared_is(struct el_context *context, uint32_t id)
{
	struct el_shared *shared;
	int err = el_shared_open(context, &shared);

	if (err)
		return err;
	err = el_shared_find(shared, id) != NULL;
	el_shared_free(shared);
	return err;
}

/* ---------------------------------------------------------------- the lock */

int el_shared_lock(struct el_context *context, struct el_shared *shared)
{
	_cleanup_free_ char *folder = folder_of(context);

	return folder ? el_pin_lock_shared(context, folder, &shared->lock)
		      : el_fail_memory(context);
}

/* ---------------------------------------------------------------- while chains are made */

static bool same_shape(struct el_context *context, const struct el_shared_user *user,
		       const struct el_shared_version *version)
{
	const struct el_definition *mine = user->definition;

	return el_shape_same(context, &(struct el_shape){mine->object, mine->map, mine->entries},
			     &(struct el_typed_map){version->fd, version->types});
}

static int two_shapes(struct el_context *context, const struct el_shared_map *map,
		      const struct el_shared_user *user)
{
	return el_fail(context, EL_CONFLICT, EEXIST,
		       "all instances that share a map need the same kind, types and size",
		       "map %s can't be the shared map %s: its definition differs from that of the "
		       "other instances that share the map",
		       user->path, map->name);
}

int el_shared_take(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user)
{
	if (map->next.fd >= 0)
		return same_shape(context, user, &map->next) ? map->next.fd
							     : two_shapes(context, map, user);
	if (map->now.fd < 0 || map->renew)
		return -ENOENT;
	if (same_shape(context, user, &map->now)) {
		map->taken = true;
		return map->now.fd;
	}
	return map->taken ? two_shapes(context, map, user) : -ENOENT;
}

/* Convert the entries of the current shared map, or of the own map of the
 * first instance that shares it. */
static int open_convert(struct el_context *context, struct el_shared_map *map,
			const struct el_shared_user *user)
{
	struct el_convert_maps maps = {
		.path = user->path,
		.from.fd = map->now.fd >= 0 ? map->now.fd : user->old->fd,
		.to = {map->next.fd, map->next.types},
	};
	struct el_types *from = &maps.from.types;
	char why[EL_CONVERT_WHY] = "";
	int err = 0;

	if (map->now.fd >= 0)
		err = el_types_copy(context, &map->now.types, from);
	else
		err = el_inherit_types(context, user->chain, user->old, from);
	if (err)
		return err;
	err = el_convert_open(context, &maps, &map->convert, why);
	if (err)
		btf__free(from->btf);
	if (err != -EINVAL)
		return err;
	return el_fail(
		context, EL_CONFLICT, EEXIST,
		"nothing was changed; share the map by another name, which starts empty",
		"the definition of shared map %s has changed, and its entries would be lost: %s",
		map->name, why);
}

/* Whether there are entries to take over. */
static bool has_past(const struct el_shared_map *map, const struct el_shared_user *user)
{
	int fd = map->now.fd >= 0 ? map->now.fd : user->old ? user->old->fd : -1;

	return fd >= 0 && !el_inherit_holds_nothing(fd);
}

int el_shared_made(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user, int fd)
{
	const struct el_types types = el_definition_types(user->definition);
	struct el_typed_map copy = {.fd = fd};
	int err = el_types_copy(context, &types, &map->next.types);

	if (err)
		return err;
	map->next.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (map->next.fd < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "shared map %s: %s", map->name,
			       el_reason(EL_OP_SYSTEM, errno));
	map->next.id = el_descriptor_id(map->next.fd);
	if (!map->next.id)
		return el_fail(context, EL_FAILED, errno, NULL, "shared map %s: %s", map->name,
			       el_reason(EL_OP_INFO, errno));
	map->next.origin = map->now.fd >= 0 ? map->now.origin : map->next.id;
	map->next_by = user->chain;
	if (!map->content.name)
		return has_past(map, user) ? open_convert(context, map, user) : 0;
	map->next.origin = map->next.id;
	err = el_types_copy(context, &types, &copy.types);
	if (!err)
		err = el_map_of_fd(context, &copy, user->path, &map->filled);
	if (err)
		btf__free(copy.types.btf);
	return err;
}

/* ---------------------------------------------------------------- when all chains are made */

int el_shared_fill(struct el_context *context, struct el_shared *shared)
{
	int err = 0;

	for (size_t i = 0; !err && i < shared->count; i++) {
		struct el_shared_map *map = &shared->maps[i];

		if (map->convert)
			err = el_convert_fill(context, map->convert);
		else if (map->filled)
			err = el_inherit_fill_content(context, &map->content, map->filled);
	}
	return err;
}

/* Give the name to @version. */
static int give_name(struct el_context *context, const struct el_shared_map *map,
		     const struct el_shared_version *version)
{
	_cleanup_free_ char *pin = el_shared_pin(context, map->name, "");
	_cleanup_free_ char *types_pin = el_shared_pin(context, map->name, ":types");
	_cleanup_free_ char *staged = el_shared_pin(context, map->name, ":new");
	int err = pin && types_pin && staged ? 0 : el_fail_memory(context);

	/* Types first: types that do not fit the pinned map are detected and ignored. */
	if (!err && el_bpffs_unlink(context->bpffs, types_pin) && errno != ENOENT)
		err = el_fail(context, EL_FAILED, errno, NULL, "can't remove %s: %s", types_pin,
			      el_reason(EL_OP_SYSTEM, errno));
	if (!err)
		err = el_types_pin_one(context, pin, &version->types, version->origin);
	return err ? err : el_pin_over(context, version->fd, staged, pin);
}

int el_shared_over(struct el_context *context, struct el_shared *shared)
{
	int err = 0;

	for (size_t i = 0; !err && i < shared->count; i++) {
		struct el_shared_map *map = &shared->maps[i];

		if (map->next.fd < 0)
			continue;
		map->over = true;
		err = give_name(context, map, &map->next);
	}
	return err;
}

void el_shared_back(struct el_context *context, struct el_shared *shared)
{
	struct el_error error = context->error;

	/* Keep the caller's error: errors of the undo must not replace it. */
	context->error.detail = NULL;
	for (size_t i = 0; i < shared->count; i++) {
		struct el_shared_map *map = &shared->maps[i];
		_cleanup_free_ char *pin = el_shared_pin(context, map->name, "");
		_cleanup_free_ char *types_pin = el_shared_pin(context, map->name, ":types");

		if (!map->over)
			continue;
		map->over = false;
		if (map->convert)
			el_convert_undo(context, map->convert);
		if (map->now.fd >= 0) {
			give_name(context, map, &map->now);
		} else if (pin && types_pin) {
			el_bpffs_unlink(context->bpffs, pin);
			el_bpffs_unlink(context->bpffs, types_pin);
		}
	}
	free(context->error.detail);
	context->error = error;
}

void el_shared_settle(struct el_context *context, struct el_shared *shared)
{
	for (size_t i = 0; i < shared->count; i++)
		if (shared->maps[i].convert)
			el_convert_merge(context, shared->maps[i].convert);
}
