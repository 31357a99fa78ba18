// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Open one generation of a chain from its pins: programs, maps and metadata. A pin that is missing,
 * or that holds another object, is reported with its path; nothing is guessed in its place.
 */
#include <dirent.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "base/rights.h"
#include "base/reason.h"
#include "map/types.h"

enum { MAPS_MAX = 1024 };

/* Add a map of @instance. Takes over @fd. */
static int add_map(const struct el_opening *opening, size_t instance, const char *name, int fd)
{
	struct el_generation *chain = opening->chain;
	struct el_chain_map *maps = realloc(chain->maps, (chain->maps_count + 1) * sizeof(*maps));
	char *copy = strdup(name);

	if (maps)
		chain->maps = maps;
	if (!maps || !copy) {
		close(fd);
		free(copy);
		return el_fail_memory(opening->context);
	}
	maps[chain->maps_count++] = (struct el_chain_map){
		.instance = instance, .name = copy, .fd = fd, .id = el_descriptor_id(fd)};
	return 0;
}

int el_chain_lost(struct el_opening *opening, const char *name, int error)
{
	_cleanup_free_ char *path =
		el_pin_path(opening->context, &opening->chain->at.site, opening->which, name);

	free(opening->lost);
	opening->problem = EL_CONFLICT;
	if (!path)
		opening->lost = NULL;
	else if (error == -ENOENT)
		opening->lost = el_format("its pin %s is missing", path);
	else if (error == -EL_PIN_REPLACED)
		opening->lost = el_format(
			"its pin %s holds another object, which was pinned outside edge-load",
			path);
	else
		opening->lost = el_format("its pin %s can't be opened: %s", path,
					  el_reason(EL_OP_GET, -error));
	if (error != -ENOENT && error != -EL_PIN_REPLACED)
		opening->problem = error == -EPERM || error == -EACCES ? EL_PRIVILEGE : EL_FAILED;
	return -ESTALE;
}

static int get(const struct el_opening *opening, const char *name)
{
	return el_pin_get(opening->context, &opening->chain->at.site, opening->which, name);
}

static int open_pins(struct el_opening *opening)
{
	struct el_generation *chain = opening->chain;
	const struct {
		const char *name;
		int *fd;
		bool optional;
	} pins[] = {{"metadata", &chain->metadata_fd, false},
		    {"counters", &chain->counters_fd, false},
		    {"carried", &chain->carried_fd, false},
		    {"tail", &chain->at.tail_fd, true}};

	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++) {
		int fd = get(opening, pins[i].name);

		*pins[i].fd = fd;
		if (fd == -EACCES || fd == -EPERM)
			return fd;
		if (fd < 0 && !(pins[i].optional && fd == -ENOENT))
			return el_chain_lost(opening, pins[i].name, fd);
	}
	return 0;
}

/* Both counter maps have one struct edge_counters for each instance, and a last slot for packets
 * that passed all instances. Return: 0; -ESTALE. */
static int check_counters(struct el_opening *opening)
{
	const struct el_generation *chain = opening->chain;
	uint32_t size = sizeof(struct edge_counters), slots = (uint32_t)chain->instances_count + 1;
	int error =
		el_descriptor_check_map(chain->counters_fd, BPF_MAP_TYPE_PERCPU_ARRAY, size, slots);

	if (error)
		return el_chain_lost(opening, "counters", error);
	error = el_descriptor_check_map(chain->carried_fd, BPF_MAP_TYPE_ARRAY, size, slots);
	return error ? el_chain_lost(opening, "carried", error) : 0;
}

/* A pin that can't be opened is an error, not a missing pin: a swap would make an overlooked map
 * again, without its entries. Return: 0; -ESTALE a pin was removed during the read. */
static int open_maps_of(const struct el_opening *opening, size_t instance)
{
	struct el_context *context = opening->context;
	const struct el_generation *chain = opening->chain;
	_cleanup_free_ char *path = el_pin_path(context, &chain->at.site, opening->which,
						chain->instances[instance].name);
	_cleanup_dir_ DIR *dir = path ? el_bpffs_read(context->bpffs, path) : NULL;
	struct dirent *entry;
	int error = 0;

	if (!path)
		return el_fail_memory(context);
	if (!dir)
		return errno == ENOENT ? 0 : el_pin_cannot_open(context, path, errno);
	while (!error && (entry = readdir(dir))) {
		_cleanup_free_ char *file = el_format("%s/%s", path, entry->d_name);
		int fd;

		if (!file)
			return el_fail_memory(context);
		if (entry->d_name[0] == '.')
			continue;
		fd = el_bpffs_get(context->bpffs, file);
		if (fd < 0)
			return fd == -ENOENT ? -ESTALE : el_pin_cannot_open(context, file, -fd);
		if (el_descriptor_kind(fd) == EL_DESCRIPTOR_PROGRAM ||
		    el_descriptor_kind(fd) == EL_DESCRIPTOR_LINK) {
			close(fd);
			return el_pin_cannot_open(context, file, EL_PIN_REPLACED);
		}
		error = add_map(opening, instance, entry->d_name, fd);
		if (!error && !chain->maps[chain->maps_count - 1].id)
			error = el_pin_cannot_open(context, file, errno);
	}
	return error;
}

/* A map whose pin was removed lives on in the program, but a swap would give an empty map to the
 * next generation. Return: 0; -ESTALE a pin is missing. */
static int check_maps(struct el_opening *opening)
{
	struct el_context *context = opening->context;
	_cleanup_free_ char *folder =
		el_pin_path(context, &opening->chain->at.site, opening->which, NULL);
	_cleanup_free_ char *lost = NULL;
	int err = folder ? el_types_lost(context, folder, &lost) : -ENOMEM;

	if (err == -ENOMEM)
		return el_fail_memory(context);
	if (err)
		return el_chain_lost(opening, "types", err);
	return lost ? el_chain_lost(opening, lost, -ENOENT) : 0;
}

/* Return: 0; -ESTALE a pin is missing. */
static int open_programs(struct el_opening *opening)
{
	struct el_attachment *at = &opening->chain->at;

	for (size_t i = 0; i < at->programs_count; i++) {
		struct el_program *program = &at->programs[i];
		_cleanup_free_ char *prog = el_pin_numbered("prog", i);
		_cleanup_free_ char *link = el_pin_numbered("link", i);

		if (!prog || !link)
			return el_fail_memory(opening->context);
		program->fd = get(opening, prog);
		if (i && program->linked)
			program->link_fd = get(opening, link);
		if (program->fd < 0)
			return el_chain_lost(opening, prog, program->fd);
		if (i && program->linked && program->link_fd < 0)
			return el_chain_lost(opening, link, program->link_fd);
		el_program_describe(program);
	}
	return 0;
}

bool el_program_has_map(int program_fd, uint32_t id)
{
	uint32_t ids[MAPS_MAX] = {0};
	struct bpf_prog_info info = {.map_ids = (uintptr_t)ids, .nr_map_ids = MAPS_MAX};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &size) || info.nr_map_ids > MAPS_MAX)
		return true;
	for (uint32_t i = 0; i < info.nr_map_ids; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Whether the metadata belongs to the program, to which bpf_prog_bind_map() binds it in the kernel;
 * if that call failed, whether it belongs to the device. */
static bool is_own_metadata(const struct el_generation *chain)
{
	uint32_t id = el_descriptor_id(chain->metadata_fd);

	return !id || el_program_has_map(chain->at.programs[0].fd, id) ||
	       (int)chain->metadata->ifindex == chain->at.site.ifindex;
}

int el_chain_open_generation(struct el_opening *opening)
{
	struct el_context *context = opening->context;
	struct el_generation *chain = opening->chain;
	int error = open_pins(opening);

	if (error == -EACCES || error == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, el_rights_hint(),
			       "can't open the pins of %s %s: not enough privilege",
			       chain->at.site.device, el_hook_name(chain->at.site.hook));
	if (error)
		return error;
	error = el_metadata_read(context, chain);
	if (!error)
		error = check_counters(opening);
	if (!error)
		error = open_programs(opening);
	if (!error && !is_own_metadata(chain))
		return el_chain_lost(opening, "metadata", -EL_PIN_REPLACED);
	if (chain->at.site.hook != EDGE_HOOK_XDP)
		chain->at.site.mode = chain->at.link_fd < 0 ? EL_MODE_CLSACT : EL_MODE_TCX;
	for (size_t i = 0; !error && i < chain->instances_count; i++)
		error = open_maps_of(opening, i);
	return error ? error : check_maps(opening);
}
