// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain's map that other instances share by the name that a manifest gives it: the current map of
 * the name is used if its shape fits, otherwise the next map of the name is made
 * (state/shared_map.h).
 */
#include <bpf/bpf.h>

#include "base/reason.h"
#include "kernel/descriptor.h"
#include "load/maps.h"
#include "state/shared_map.h"

static int cannot_share(struct el_context *context, const struct el_shared_user *user)
{
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP, "give each instance its own map",
		       "map %s has a kind that can't be shared", user->path);
}

/* "as NAME", and a remark if entries are lost by sharing. */
static char *shared_why(const struct el_shared_map *shared, const struct el_shared_user *user)
{
	bool own = user->old && user->old->id != shared->now.id &&
		   !(shared->convert && shared->now.fd < 0 && shared->next_by == user->chain);

	return el_format("as %s%s", shared->name,
			 own ? "; the entries of its own map are lost" : "");
}

/* Set the initial values of variables; libbpf does that only in a map that it makes. */
static int start_variables(struct el_context *context, const struct bpf_map *map, int fd)
{
	size_t size = 0;
	const void *values =
		bpf_map__is_internal(map)
			? bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size)
			: NULL;
	uint32_t zero = 0;

	if (!values || size != bpf_map__value_size(map) ||
	    !bpf_map_update_elem(fd, &zero, values, 0))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't set the variables in map %s: %s",
		       bpf_map__name(map), el_reason(EL_OP_MAP_UPDATE, errno));
}

static int take_or_make(const struct el_loading *loading, const struct el_definition *definition,
			const struct el_shared_user *user, struct el_shared_map *shared)
{
	struct el_context *context = loading->making->context;
	struct bpf_map *map = definition->map;
	int fd = el_maps_makes_itself(map) ? el_shared_take(context, shared, user)
					   : cannot_share(context, user);
	_cleanup_fd_ int made = -1;
	int error = fd;

	if (fd == -ENOENT) {
		made = fd = el_maps_make(loading, map, definition->name, 0);
		error = made < 0 ? made : start_variables(context, map, made);
		if (!error)
			error = el_shared_made(context, shared, user, made);
	}
	if (error >= 0)
		error = el_maps_use(context, map, fd);
	if (!error)
		error = el_maps_add(loading->making, definition, fd,
				    user->old && user->old->id == el_descriptor_id(fd));
	return error;
}

int el_maps_share(const struct el_loading *loading, const struct el_definition *definition,
		  const char *name)
{
	const struct el_making *making = loading->making;
	struct el_generation *chain = making->chain;
	struct el_shared_map *shared = el_shared_get(making->asked.shared, name);
	_cleanup_free_ char *path =
		el_format("%s/%s", chain->instances[definition->instance].name, definition->name);
	const struct el_shared_user user = {
		.definition = definition,
		.path = path,
		.chain = making->previous,
		.old = el_inherit_old(making, definition->instance, definition->name)};
	struct el_chain_map *mine;
	int error = shared && path ? take_or_make(loading, definition, &user, shared)
				   : el_fail_memory(making->context);

	if (error)
		return error;
	mine = &chain->maps[chain->maps_count - 1];
	mine->origin = mine->id == shared->now.id ? shared->now.origin : shared->next.origin;
	mine->change = EL_MAP_SHARED;
	mine->why = shared_why(shared, &user);
	return mine->why ? 0 : el_fail_memory(making->context);
}
