// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pin a new generation completely, beside the running generation, with its links last.
 */
#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "map/types.h"

/* The folder of pins of one generation. */
struct folder {
	struct el_context *context;
	const struct el_site *site;
	struct el_which which;
};

static struct folder new_folder(struct el_context *context, const struct el_generation *chain)
{
	return (struct folder){context, &chain->at.site, EL_WHICH(NEW)};
}

/* The path of a pin; malloc'ed. */
static char *path_of(const struct folder *folder, const char *name)
{
	return el_pin_path(folder->context, folder->site, folder->which, name);
}

static int pin(const struct folder *folder, const char *name, int fd)
{
	_cleanup_free_ char *path = path_of(folder, name);

	if (!path)
		return el_fail_memory(folder->context);
	return el_bpffs_pin(folder->context->bpffs, fd, path) ? el_pin_cannot(folder->context, path)
							      : 0;
}

static int pin_numbered(const struct folder *folder, const char *name, size_t number, int fd)
{
	_cleanup_free_ char *numbered = el_pin_numbered(name, number);

	return numbered ? pin(folder, numbered, fd) : el_fail_memory(folder->context);
}

static int stage_map(const struct folder *folder, const char *instance,
		     const struct el_chain_map *map)
{
	_cleanup_free_ char *path = path_of(folder, instance);
	_cleanup_free_ char *name = el_format("%s/%s", instance, map->name);
	int error;

	if (!path || !name)
		return el_fail_memory(folder->context);
	error = el_pin_make_folder(folder->context, path);
	return error ? error : pin(folder, name, map->fd);
}

/* Like pin(), but replaces a present pin: the object is pinned beside the generations first, where
 * el_pin_clear_half() finds it. */
static int repin(const struct folder *folder, const char *name, int fd)
{
	const struct folder link = {folder->context, folder->site, EL_WHICH(LINK)};
	_cleanup_free_ char *path = path_of(folder, name);
	_cleanup_free_ char *staged = path_of(&link, NULL);

	return path && staged ? el_pin_over(folder->context, fd, staged, path)
			      : el_fail_memory(folder->context);
}

int el_pin_relink(struct el_context *context, const struct el_generation *chain,
		  struct el_which which, const struct el_generation *previous)
{
	const struct folder folder = {context, &chain->at.site, which};
	size_t mine = chain->at.programs_count, theirs = previous->at.programs_count;
	int error = 0;

	while (!error && (mine = el_program_linked_before(&chain->at, mine)) &&
	       (theirs = el_program_linked_before(&previous->at, theirs))) {
		_cleanup_free_ char *name = el_pin_numbered("link", mine);

		error = name ? repin(&folder, name, previous->at.programs[theirs].link_fd)
			     : el_fail_memory(context);
	}
	if (!error && previous->at.link_fd >= 0)
		error = repin(&folder, "link", previous->at.link_fd);
	return error;
}

static int pin_types(const struct folder *folder, struct el_generation *chain)
{
	struct el_context *context = folder->context;
	_cleanup_free_ char *path = path_of(folder, "types");
	int error = 0;

	for (size_t i = 0; !error && i < chain->maps_count; i++) {
		const struct el_chain_map *map = &chain->maps[i];
		const struct el_map_name name = {chain->instances[map->instance].name, map->name};

		error = el_types_note_origin(context, &chain->types, &name, map->origin);
	}
	if (error)
		return error;
	return path ? el_types_pin(context, chain->types, path) : el_fail_memory(context);
}

int el_pin_stage(struct el_context *context, struct el_generation *chain,
		 const struct el_generation *previous)
{
	const struct folder folder = new_folder(context, chain);
	_cleanup_free_ char *path = path_of(&folder, NULL);
	int error = path ? el_pin_make_folder(context, path) : el_fail_memory(context);

	for (size_t i = 0; !error && i < chain->at.programs_count; i++)
		error = pin_numbered(&folder, "prog", i, chain->at.programs[i].fd);
	if (!error)
		error = pin(&folder, "metadata", chain->metadata_fd);
	if (!error)
		error = pin(&folder, "counters", chain->counters_fd);
	if (!error)
		error = pin(&folder, "carried", chain->carried_fd);
	if (!error && chain->at.tail_fd >= 0)
		error = pin(&folder, "tail", chain->at.tail_fd);
	if (!error)
		error = pin_types(&folder, chain);
	for (size_t i = 0; !error && i < chain->maps_count; i++)
		error = stage_map(&folder, chain->instances[chain->maps[i].instance].name,
				  &chain->maps[i]);
	return error || !previous ? error : el_pin_relink(context, chain, EL_WHICH(NEW), previous);
}

int el_pin_link(struct el_context *context, const struct el_generation *chain)
{
	const struct folder folder = new_folder(context, chain);
	int error = 0;

	for (size_t i = 1; !error && i < chain->at.programs_count; i++)
		if (chain->at.programs[i].linked)
			error = pin_numbered(&folder, "link", i, chain->at.programs[i].link_fd);
	return error || chain->at.link_fd < 0 ? error : pin(&folder, "link", chain->at.link_fd);
}
