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

static void report_program(struct el_chain *chain, size_t number)
{
	struct el_program *program = &chain->at.programs[number];
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	program->report.first = program->first;
	program->report.count = program->count;
	program->report.fused = program->kind == EL_PROGRAM_FUSED;
	program->report.form = el_program_form(program);
	program->report.linked = program->linked;
	if (program->fd < 0 || bpf_obj_get_info_by_fd(program->fd, &info, &size))
		return;
	program->report.id = info.id;
	program->report.instructions = info.xlated_prog_len / 8;
	el_hex(program->report.tag, info.tag, sizeof(info.tag));
}

static int add_map(struct el_context *context, struct el_chain *chain, size_t instance,
		   const char *name, int fd)
{
	struct el_chain_map *maps = realloc(chain->maps, (chain->maps_count + 1) * sizeof(*maps));
	char *copy = strdup(name);

	if (maps)
		chain->maps = maps;
	if (!maps || !copy) {
		close(fd);
		free(copy);
		return el_fail_memory(context);
	}
	maps[chain->maps_count++] = (struct el_chain_map){
		.instance = instance, .name = copy, .fd = fd, .id = el_descriptor_id(fd)};
	return 0;
}

int el_chain_lost(const struct el_context *context, struct el_chain *chain, struct el_which which,
		  const char *name, int error)
{
	_cleanup_free_ char *path = el_pin_path(context, &chain->at.site, which, name);

	free(chain->lost);
	chain->problem = EL_CONFLICT;
	if (!path)
		chain->lost = NULL;
	else if (error == -ENOENT)
		chain->lost = el_format("its pin %s is missing", path);
	else if (error == -EL_PIN_REPLACED)
		chain->lost = el_format(
			"its pin %s holds another object, which was pinned outside edge-load",
			path);
	else
		chain->lost = el_format("its pin %s can't be opened: %s", path,
					el_reason(EL_OP_GET, -error));
	if (error != -ENOENT && error != -EL_PIN_REPLACED)
		chain->problem = error == -EPERM || error == -EACCES ? EL_PRIVILEGE : EL_FAILED;
	return -ESTALE;
}

static int open_pins(const struct el_context *context, struct el_chain *chain,
		     struct el_which which)
{
	static const char *const names[] = {"metadata", "counters", "carried", "tail"};
	int *const fds[] = {&chain->metadata_fd, &chain->counters_fd, &chain->carried_fd,
			    &chain->at.tail_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		*fds[i] = el_pin_get(context, &chain->at.site, which, names[i]);
		if (*fds[i] == -EACCES || *fds[i] == -EPERM)
			return *fds[i];
		if (*fds[i] < 0 && (fds[i] != &chain->at.tail_fd || *fds[i] != -ENOENT))
			return el_chain_lost(context, chain, which, names[i], *fds[i]);
	}
	return 0;
}

/* Both counter maps have one struct edge_counters for each instance, and a last slot for packets
 * that passed all instances. Return: 0; -ESTALE. */
static int check_counters(const struct el_context *context, struct el_chain *chain,
			  struct el_which which)
{
	uint32_t size = sizeof(struct edge_counters), slots = (uint32_t)chain->instances_count + 1;
	int error =
		el_descriptor_check_map(chain->counters_fd, BPF_MAP_TYPE_PERCPU_ARRAY, size, slots);

	if (error)
		return el_chain_lost(context, chain, which, "counters", error);
	error = el_descriptor_check_map(chain->carried_fd, BPF_MAP_TYPE_ARRAY, size, slots);
	return error ? el_chain_lost(context, chain, which, "carried", error) : 0;
}

/* A pin that can't be opened is an error, not a missing pin: a swap would make an overlooked map
 * again, without its entries. Return: 0; -ESTALE a pin was removed during the read. */
static int open_maps_of(struct el_context *context, struct el_chain *chain, size_t instance,
			struct el_which which)
{
	_cleanup_free_ char *path =
		el_pin_path(context, &chain->at.site, which, chain->instances[instance].name);
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
		error = add_map(context, chain, instance, entry->d_name, fd);
		if (!error && !chain->maps[chain->maps_count - 1].id)
			error = el_pin_cannot_open(context, file, errno);
	}
	return error;
}

/* A map whose pin was removed lives on in the program, but a swap would give an empty map to the
 * next generation. Return: 0; -ESTALE a pin is missing. */
static int check_maps(struct el_context *context, struct el_chain *chain, struct el_which which)
{
	_cleanup_free_ char *folder = el_pin_path(context, &chain->at.site, which, NULL);
	_cleanup_free_ char *lost = NULL;
	int err = folder ? el_types_lost(context, folder, &lost) : -ENOMEM;

	if (err == -ENOMEM)
		return el_fail_memory(context);
	if (err)
		return el_chain_lost(context, chain, which, "types", err);
	return lost ? el_chain_lost(context, chain, which, lost, -ENOENT) : 0;
}

/* Return: 0; -ESTALE a pin is missing. */
static int open_programs(struct el_context *context, struct el_chain *chain, struct el_which which)
{
	for (size_t i = 0; i < chain->at.programs_count; i++) {
		struct el_program *program = &chain->at.programs[i];
		_cleanup_free_ char *prog = el_pin_numbered("prog", i);
		_cleanup_free_ char *link = el_pin_numbered("link", i);

		if (!prog || !link)
			return el_fail_memory(context);
		program->fd = el_pin_get(context, &chain->at.site, which, prog);
		if (i && program->linked)
			program->link_fd = el_pin_get(context, &chain->at.site, which, link);
		if (program->fd < 0)
			return el_chain_lost(context, chain, which, prog, program->fd);
		if (i && program->linked && program->link_fd < 0)
			return el_chain_lost(context, chain, which, link, program->link_fd);
		report_program(chain, i);
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
static bool is_own_metadata(const struct el_chain *chain)
{
	uint32_t id = el_descriptor_id(chain->metadata_fd);

	return !id || el_program_has_map(chain->at.programs[0].fd, id) ||
	       (int)chain->metadata->ifindex == chain->at.site.ifindex;
}

int el_chain_open_generation(struct el_context *context, struct el_chain *chain,
			     struct el_which which)
{
	int error = open_pins(context, chain, which);

	if (error == -EACCES || error == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, el_rights_hint(),
			       "can't open the pins of %s %s: not enough privilege",
			       chain->at.site.device, el_hook_name(chain->at.site.hook));
	if (error)
		return error;
	error = el_metadata_read(context, chain);
	if (!error)
		error = check_counters(context, chain, which);
	if (!error)
		error = open_programs(context, chain, which);
	if (!error && !is_own_metadata(chain))
		return el_chain_lost(context, chain, which, "metadata", -EL_PIN_REPLACED);
	if (chain->at.site.hook != EDGE_HOOK_XDP)
		chain->at.site.mode = chain->at.link_fd < 0 ? EL_MODE_CLSACT : EL_MODE_TCX;
	for (size_t i = 0; !error && i < chain->instances_count; i++)
		error = open_maps_of(context, chain, i, which);
	return error ? error : check_maps(context, chain, which);
}
