// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A generation: its instances become programs. Runs of instances that can be fused are made by
 * cut.c, the others are loaded here, unmodified. The programs are loaded from the last to the first,
 * because the first program carries the metadata of all programs.
 */
#include <bpf/bpf.h>

#include "base/reason.h"
#include "base/rights.h"
#include "load/cut.h"
#include "load/refusal.h"
#include "load/tables.h"
#include "load/targets.h"
#include "state/stale.h"

/* ---------------------------------------------------------------- own code */

/* Refuse an unmodified program in the middle, which cannot pass packets on. If the program itself
 * is refused, report that instead. */
static int refuse_place(struct el_cut *cut, const struct el_placement *placement)
{
	const struct el_instance *instance = &cut->making->chain->instances[placement->first];
	_cleanup_load_ struct el_load load = el_load_of(cut->making->chain, placement->first);
	struct el_program program = {.fd = -1};
	int error = 0;

	if (instance->object->info.bitcode)
		error = el_program_load(cut->making, placement, &load, &program);
	if (program.fd >= 0)
		close(program.fd);
	if (load.error)
		return el_refusal(cut->making->context, cut->making->chain, placement, &load);
	if (error)
		return error;
	return el_fail(cut->making->context, EL_COMPILE, EINVAL,
		       instance->object->info.bitcode ? "put the instance last"
						      : "compile it with -fembed-bitcode, give its "
							"source, or put the instance last",
		       "instance %s must be the last of the chain: %s, so its program is used "
		       "unmodified and can't pass packets on",
		       instance->name, instance->unfusable);
}

/* Load the unmodified program of an object that cannot be fused. */
static int make_alone(struct el_cut *cut, size_t number)
{
	struct el_placement placement = el_cut_placement(cut->making->chain, number, 1);
	const struct el_instance *instance = &cut->making->chain->instances[number];
	_cleanup_load_ struct el_load load = el_load_of(cut->making->chain, number);
	bool apart = el_cut_stands_apart(cut->making->chain, number);
	struct el_program program = el_cut_program(
		&placement, instance->plain ? EL_PROGRAM_PLAIN : EL_PROGRAM_EDGE, apart);
	double start = el_now_ms();
	int error;

	if (instance->plain && !apart && !placement.last)
		return refuse_place(cut, &placement);
	el_cut_note(cut->making->chain, "%s", instance->unfusable);
	error = el_program_load(cut->making, &placement, &load, &program);
	cut->making->times->load_ms += el_now_ms() - start;
	if (load.error)
		return el_refusal(cut->making->context, cut->making->chain, &placement, &load);
	if (error)
		return error;
	if (apart)
		el_warn(cut->making->context,
			"instance %s is a TCX link of its own: only packets for which it returns "
			"TC_ACT_UNSPEC reach the instances after it",
			instance->name);
	return el_cut_put_first(cut->making->context, cut->making->chain, &program);
}

/* ---------------------------------------------------------------- the whole */

/* From the end: fuse runs of fusable instances, and load the others singly. A chain needs an
 * entry. */
static int make_all(struct el_cut *cut)
{
	const struct el_generation *chain = cut->making->chain;
	size_t end = chain->instances_count;
	int error = 0;

	while (!error && !cut->again && end) {
		size_t first = end - 1;

		if (!chain->instances[first].fusable) {
			error = make_alone(cut, first);
			/* An empty program before it carries the metadata, or counts for it. */
			if (!error && el_cut_begins_part(chain, first))
				error = el_cut_fuse(cut, first, 0);
		} else {
			while (first && chain->instances[first - 1].fusable)
				first--;
			error = el_cut_fuse(cut, first, end - first);
		}
		end = first;
	}
	return error;
}

static void start_over(struct el_generation *chain)
{
	int *const fds[] = {&chain->metadata_fd, &chain->counters_fd, &chain->carried_fd,
			    &chain->at.tail_fd};

	for (size_t i = 0; i < chain->at.programs_count; i++)
		close(chain->at.programs[i].fd);
	chain->at.programs_count = 0;
	free(chain->cut);
	chain->cut = NULL;
	el_generation_free_maps(chain);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static int fill_tail(struct el_context *context, struct el_generation *chain)
{
	for (size_t i = 1; i < chain->at.programs_count; i++) {
		uint32_t slot = (uint32_t)chain->at.programs[i].first;

		if (chain->at.programs[i].linked)
			continue;
		if (bpf_map_update_elem(chain->at.tail_fd, &slot, &chain->at.programs[i].fd, 0))
			return el_fail(context, EL_UNSUPPORTED, errno,
				       "the instances of a cut chain must all have, or all lack, "
				       "xdp.frags",
				       "program %zu can't be reached by a tail call: %s", i,
				       el_reason(EL_OP_MAP_UPDATE, errno));
	}
	return 0;
}

/*
 * Bind all maps to the entry, so that they are listed with it, including maps that no instruction
 * refers to because a parameter removed the code. Kernels before 5.10 lack BPF_PROG_BIND_MAP and
 * show fewer maps.
 */
static void bind_maps(const struct el_generation *chain)
{
	int entry = chain->at.programs[0].fd;

	bpf_prog_bind_map(entry, chain->counters_fd, NULL);
	bpf_prog_bind_map(entry, chain->carried_fd, NULL);
	for (size_t i = 0; i < chain->maps_count; i++)
		bpf_prog_bind_map(entry, chain->maps[i].fd, NULL);
}

static void place_instances(struct el_generation *chain)
{
	for (size_t i = 0; i < chain->at.programs_count; i++)
		for (size_t j = 0; j < chain->at.programs[i].count; j++)
			chain->instances[chain->at.programs[i].first + j].program = i;
}

int el_generation_make(const struct el_making *making)
{
	struct el_cut cut = {.making = making};
	struct el_context *context = making->context;
	struct el_generation *chain = making->chain;
	int error = el_rights_need(context, EL_NEED_LOAD);

	if (error)
		return error;
	chain->at.frags = !making->asked.unfragmented;
	for (size_t i = 0; i < chain->instances_count; i++)
		chain->at.frags &= chain->instances[i].object->info.frags;
	if (chain->at.frags)
		chain->at.site.flags |= EDGE_CHAIN_FRAGS;
	error = el_tables_choose(making);
	do {
		cut.again = false;
		error = error ? error : make_all(&cut);
		if (cut.again)
			start_over(chain);
	} while (!error && cut.again);
	if (!error)
		error = fill_tail(context, chain);
	if (!error)
		error = el_targets_load(making);
	if (!error)
		error = el_maps_join(making);
	if (!error)
		error = el_stale_check(making);
	if (error)
		return error;
	bind_maps(chain);
	place_instances(chain);
	return 0;
}
