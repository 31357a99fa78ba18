// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Targets of tail calls. The targets of an unmodified object are loaded with it (program.c); the
 * targets of a fused instance are loaded here, from its own object, with the instance's maps.
 */
#include <bpf/bpf.h>

#include "kernel/descriptor.h"
#include "state/inherit.h"
#include "base/rights.h"
#include "load/targets.h"
#include "base/reason.h"
#include "load/refusal.h"

/* Whether the source fills this slot. */
static bool is_filled(const struct el_object *object, const char *map, uint32_t index)
{
	for (size_t i = 0; i < object->slots_count; i++)
		if (object->slots[i].index == index && !strcmp(object->slots[i].map, map))
			return true;
	return false;
}

/* Keep the old program, if this process may open it by its number. The kernel rejects a program
 * whose xdp.frags differs from that of the array's programs (state/holder.h). */
static void keep_slot(const struct el_making *making, const struct el_chain_map *map,
		      uint32_t index, uint32_t id)
{
	_cleanup_fd_ int fd = el_rights_program(id);

	if (fd >= 0 && !bpf_map_update_elem(map->fd, &index, &fd, 0))
		return;
	el_warn(making->context,
		"entry %u of the program array %s/%s, which was set by hand, is now empty: %s",
		index, making->chain->instances[map->instance].name, map->name,
		fd >= 0 && errno == EINVAL ? "its program was loaded for a chain that differs in "
					     "xdp.frags; set the entry again"
					   : el_reason(EL_OP_MAP_UPDATE, errno));
}

static void keep_slots(const struct el_making *making, const struct el_chain_map *map)
{
	const struct el_instance *instance = &making->chain->instances[map->instance];
	const struct el_chain_map *old = el_inherit_old(making, map->instance, map->name);
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info), id;

	if (!old || !el_object_fills(instance->object, map->name) ||
	    el_descriptor_check_map(old->fd, BPF_MAP_TYPE_PROG_ARRAY, sizeof(id), 0) ||
	    bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return;
	for (uint32_t i = 0; i < info.max_entries; i++)
		if (!is_filled(instance->object, map->name, i) &&
		    !bpf_map_lookup_elem(old->fd, &i, &id))
			keep_slot(making, map, i, id);
}

static int refused(struct el_context *context, const struct el_instance *instance,
		   struct el_load *load)
{
	_cleanup_free_ char *words = el_refusal_words(load);

	el_fail(context, EL_VERIFIER, EACCES, "the verifier's log follows",
		"the verifier refuses a program that instance %s reaches by a tail call: %s",
		instance->name, words ? words : "");
	el_error_detail(context,
			load->log && *load->log ? TAKE_PTR(load->log) : TAKE_PTR(load->words));
	return -EACCES;
}

static int load_targets(const struct el_making *making, size_t number)
{
	const struct el_instance *instance = &making->chain->instances[number];
	const struct el_placement placement = el_placement_alone(making->chain, number);
	_cleanup_load_ struct el_load load = el_load_of(making->chain, number);
	int error = el_program_load(making, &placement, &load, NULL);

	if (load.error)
		return refused(making->context, instance, &load);
	return error;
}

int el_targets_load(const struct el_making *making)
{
	struct el_generation *chain = making->chain;
	int error = 0;

	for (size_t i = 0; !error && i < chain->instances_count; i++)
		if (chain->instances[i].fusable && chain->instances[i].object->slots_count)
			error = load_targets(making, i);
	for (size_t i = 0; !error && making->previous && i < chain->maps_count; i++)
		keep_slots(making, &chain->maps[i]);
	return error;
}
