// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pin a new generation completely, beside the running generation, with its links last.
 */
#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "map/types.h"

static int pin(struct el_context *context, const struct el_chain *chain, const char *name, int fd)
{
	_cleanup_free_ char *path = el_pin_path(context, &chain->at.site, EL_WHICH(NEW), name);

	if (!path)
		return el_fail_memory(context);
	return el_bpffs_pin(context->bpffs, fd, path) ? el_pin_cannot(context, path) : 0;
}

static int pin_numbered(struct el_context *context, const struct el_chain *chain, const char *name,
			size_t number, int fd)
{
	_cleanup_free_ char *numbered = el_pin_numbered(name, number);

	return numbered ? pin(context, chain, numbered, fd) : el_fail_memory(context);
}

static int stage_map(struct el_context *context, const struct el_chain *chain,
		     const struct el_chain_map *map)
{
	const char *instance = chain->instances[map->instance].name;
	_cleanup_free_ char *folder =
		el_pin_path(context, &chain->at.site, EL_WHICH(NEW), instance);
	_cleanup_free_ char *name = el_format("%s/%s", instance, map->name);
	int error;

	if (!folder || !name)
		return el_fail_memory(context);
	error = el_pin_make_folder(context, folder);
	return error ? error : pin(context, chain, name, map->fd);
}

/* Like pin(), but in generation @which, and replaces a present pin: the object is pinned beside the
 * generations first, where el_pin_clear_half() finds it. */
static int repin(struct el_context *context, const struct el_chain *chain, struct el_which which,
		 const char *name, int fd)
{
	_cleanup_free_ char *path = el_pin_path(context, &chain->at.site, which, name);
	_cleanup_free_ char *staged = el_pin_path(context, &chain->at.site, EL_WHICH(LINK), NULL);

	return path && staged ? el_pin_over(context, fd, staged, path) : el_fail_memory(context);
}

int el_pin_relink(struct el_context *context, const struct el_chain *chain, struct el_which which,
		  const struct el_chain *previous)
{
	size_t mine = chain->at.programs_count, theirs = previous->at.programs_count;
	int error = 0;

	while (!error && (mine = el_program_linked_before(&chain->at, mine)) &&
	       (theirs = el_program_linked_before(&previous->at, theirs))) {
		_cleanup_free_ char *name = el_pin_numbered("link", mine);

		error = name ? repin(context, chain, which, name,
				     previous->at.programs[theirs].link_fd)
			     : el_fail_memory(context);
	}
	if (!error && previous->at.link_fd >= 0)
		error = repin(context, chain, which, "link", previous->at.link_fd);
	return error;
}

static int pin_types(struct el_context *context, struct el_chain *chain)
{
	int error = 0;
	_cleanup_free_ char *path = el_pin_path(context, &chain->at.site, EL_WHICH(NEW), "types");

	for (size_t i = 0; !error && i < chain->maps_count; i++) {
		const struct el_chain_map *map = &chain->maps[i];

		error = el_types_note_origin(context, &chain->types,
					     chain->instances[map->instance].name, map->name,
					     map->origin);
	}
	if (error)
		return error;
	return path ? el_types_pin(context, chain->types, path) : el_fail_memory(context);
}

int el_pin_stage(struct el_context *context, struct el_chain *chain,
		 const struct el_chain *previous)
{
	_cleanup_free_ char *folder = el_pin_path(context, &chain->at.site, EL_WHICH(NEW), NULL);
	int error = folder ? el_pin_make_folder(context, folder) : el_fail_memory(context);

	for (size_t i = 0; !error && i < chain->at.programs_count; i++)
		error = pin_numbered(context, chain, "prog", i, chain->at.programs[i].fd);
	if (!error)
		error = pin(context, chain, "metadata", chain->metadata_fd);
	if (!error)
		error = pin(context, chain, "counters", chain->counters_fd);
	if (!error)
		error = pin(context, chain, "carried", chain->carried_fd);
	if (!error && chain->at.tail_fd >= 0)
		error = pin(context, chain, "tail", chain->at.tail_fd);
	if (!error)
		error = pin_types(context, chain);
	for (size_t i = 0; !error && i < chain->maps_count; i++)
		error = stage_map(context, chain, &chain->maps[i]);
	return error || !previous ? error : el_pin_relink(context, chain, EL_WHICH(NEW), previous);
}

int el_pin_link(struct el_context *context, const struct el_chain *chain)
{
	int error = 0;

	for (size_t i = 1; !error && i < chain->at.programs_count; i++)
		if (chain->at.programs[i].linked)
			error = pin_numbered(context, chain, "link", i,
					     chain->at.programs[i].link_fd);
	return error || chain->at.link_fd < 0 ? error
					      : pin(context, chain, "link", chain->at.link_fd);
}
