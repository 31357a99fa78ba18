// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The shared maps of a manifest: find the chains that do not share a map as declared, and the
 * chains that must be swapped because a map that they share is replaced.
 */
#include "plan/plan.h"

/* Of the instances that share a map, only some need to declare its size. */
uint32_t el_plan_shared_size(const struct el_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->manifest->chains_count; i++) {
		const struct el_manifest_chain *chain = &plan->manifest->chains[i];

		for (size_t j = 0; j < chain->instances_count; j++) {
			const struct el_manifest_instance *instance = &chain->instances[j];

			for (size_t k = 0; k < instance->maps_count; k++)
				if (instance->maps[k].shared && instance->maps[k].size &&
				    !strcmp(instance->maps[k].shared, name))
					return instance->maps[k].size;
		}
	}
	return 0;
}

static bool is_mentioned(const struct el_manifest *manifest)
{
	for (size_t i = 0; i < manifest->chains_count; i++) {
		const struct el_manifest_chain *chain = &manifest->chains[i];

		for (size_t j = 0; j < chain->instances_count; j++)
			for (size_t k = 0; k < chain->instances[j].maps_count; k++)
				if (chain->instances[j].maps[k].shared)
					return true;
	}
	return false;
}

int el_plan_shared_open(struct el_plan *plan)
{
	int error = el_shared_open(plan->context, &plan->shared);

	if (error || !plan->options.apply ||
	    (!plan->shared->count && !is_mentioned(plan->manifest)))
		return error;
	error = el_shared_lock(plan->context, plan->shared);
	if (error)
		return error;
	/* They may have changed before the lock was taken. */
	return el_shared_reopen(plan->context, plan->shared);
}

/* ---------------------------------------------------------------- differences */

/* Add a difference in the sharing of a map. @was: the shared map before; NULL: a map of its own. */
static int add_change(const struct el_plan_map *map, const struct el_shared_map *was,
		      const char *to)
{
	struct el_context *context = map->plan->context;
	_cleanup_free_ char *from = was ? el_format("%s: shared as %s", map->name, was->name)
					: el_format("%s: its own", map->name);

	if (!from)
		return el_fail_memory(context);
	return el_differences_add(
		context, map->step->changes,
		(struct el_difference_words){EL_DIFFERENCE_MAP, map->instance, from, to});
}

/* Add a difference if the running map is shared under another name, or not shared. */
static int compare_name(const struct el_plan_map *map)
{
	const struct el_plan *plan = map->plan;
	const struct el_chain_map *old = map->running;
	const struct el_shared_map *was = old ? el_shared_find(plan->shared, old->id) : NULL;
	_cleanup_free_ char *to = el_format("shared as %s", map->spec->shared);

	if (!to)
		return el_fail_memory(plan->context);
	if (!old || (was && !strcmp(was->name, map->spec->shared)))
		return 0;
	return add_change(map, was, to);
}

int el_plan_shared_map(const struct el_plan_map *map)
{
	const struct el_plan *plan = map->plan;
	struct el_map_spec *spec = map->spec;
	struct el_shared_map *shared = el_shared_get(plan->shared, spec->shared);
	int error = shared ? compare_name(map) : el_fail_memory(plan->context);
	bool differs = false;

	/* A plan for one device can't change the content of an existing map that is shared. */
	if (shared && shared->now.fd >= 0 && plan->options.device)
		shared->compared = true;
	if (!error && shared->now.fd >= 0 && !shared->compared)
		error = el_plan_content(map, shared, &differs);
	if (error)
		return error;
	if (differs)
		shared->renew = true;
	/* The content is declared once, but an alias or a glob may lead here more than once. */
	if (spec->replace && !shared->compared && (differs || shared->now.fd < 0)) {
		shared->content = *spec;
		shared->renew = true;
	}
	shared->compared |= spec->replace;
	spec->replace = false;
	spec->file = NULL;
	spec->entries_count = 0;
	return 0;
}

static const struct el_map_spec *find_spec(const struct step *step, const char *instance,
					   const char *name)
{
	for (size_t i = 0; i < step->instances_count; i++) {
		if (strcmp(step->change.next->instances[i].name, instance))
			continue;
		for (size_t j = 0; j < step->instances[i].maps_count; j++)
			if (!strcmp(step->instances[i].maps[j].name, name))
				return &step->instances[i].maps[j];
	}
	return NULL;
}

static bool has_instance(const struct step *step, const char *name)
{
	for (size_t i = 0; i < step->change.next->instances_count; i++)
		if (!strcmp(step->change.next->instances[i].name, name))
			return true;
	return false;
}

int el_plan_shared_parted(const struct el_plan *plan, struct step *step)
{
	int error = 0;

	for (size_t i = 0; !error && step->change.previous && i < step->change.previous->maps_count;
	     i++) {
		const struct el_chain_map *old = &step->change.previous->maps[i];
		const char *instance = step->change.previous->instances[old->instance].name;
		const struct el_plan_map map = {
			.plan = plan, .step = step, .instance = instance, .name = old->name};
		const struct el_shared_map *was = el_shared_find(plan->shared, old->id);
		const struct el_map_spec *spec = find_spec(step, instance, old->name);

		if (was && has_instance(step, instance) && !(spec && spec->shared))
			error = add_change(&map, was, "its own");
	}
	return error;
}

/* ---------------------------------------------------------------- chains to be swapped */

static int mark_step(const struct el_plan *plan, struct step *step)
{
	int error = 0;

	for (size_t i = 0; !error && i < step->instances_count; i++)
		for (size_t j = 0; !error && j < step->instances[i].maps_count; j++) {
			const struct el_map_spec *spec = &step->instances[i].maps[j];
			const struct el_plan_map map = {
				.plan = plan,
				.step = step,
				.instance = step->change.next->instances[i].name,
				.name = spec->name};
			const struct el_shared_map *shared =
				spec->shared ? el_shared_get(plan->shared, spec->shared) : NULL;

			if (shared && shared->renew && shared->now.fd >= 0 && !step->changes->count)
				error = add_change(&map, shared, "the same map, created again");
		}
	return error;
}

int el_plan_shared_mark(const struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++)
		if (plan->steps[i].change.next)
			error = mark_step(plan, &plan->steps[i]);
	return error;
}

/* Refuse the plan if a map of @chain, which the plan does not change, would be replaced. */
static int check_stays(const struct el_plan *plan, const struct el_generation *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++) {
		const struct el_shared_map *map = el_shared_find(plan->shared, chain->maps[i].id);

		if (map && map->next.fd >= 0)
			return el_fail(plan->context, EL_CONFLICT, EEXIST,
				       "all instances that share a map need the same kind, types "
				       "and size, and must change together",
				       "shared map %s would change its definition, but %s %s, "
				       "which shares the map, keeps the old definition",
				       map->name, chain->at.site.device,
				       el_hook_name(chain->at.site.hook));
	}
	return 0;
}

static bool is_step(const struct el_plan *plan, const struct el_generation *chain)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].site.hook == chain->at.site.hook &&
		    !strcmp(plan->steps[i].device, chain->at.site.device))
			return true;
	return false;
}

/* Check the chains of other devices, which a plan for one device does not include. */
static int check_elsewhere(const struct el_plan *plan)
{
	_cleanup_chains_ struct el_chains chains = {0};
	int error = el_chains_open(plan->context, NULL, &chains);

	if (error)
		return error;
	for (size_t i = 0; !error && i < chains.count; i++)
		if (!is_step(plan, chains.list[i]->generation))
			error = check_stays(plan, chains.list[i]->generation);
	return error;
}

/* While entries of shared maps are converted, lock the entries of all chains that the plan changes:
 * each chain has a path of its own to a shared map. */
static int lock_entries(const struct el_plan *plan)
{
	bool converts = false;
	int error = 0;

	for (size_t i = 0; i < plan->shared->count; i++)
		converts |= plan->shared->maps[i].convert != NULL;
	for (size_t i = 0; converts && !error && i < plan->count; i++)
		if (el_step_acts(&plan->steps[i]) && plan->steps[i].change.previous)
			error = el_change_lock_entries(&plan->steps[i].change);
	return error;
}

int el_plan_shared_check(const struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (step->action != EL_ACTION_NOTHING || !step->change.previous || !step->wanted)
			continue;
		error = check_stays(plan, step->change.previous);
		if (error)
			el_manifest_blame(plan->context, plan->manifest, step->wanted->at, error);
	}
	if (!error && plan->options.device && plan->shared->count)
		error = check_elsewhere(plan);
	if (!error)
		error = lock_entries(plan);
	return error ? error : el_shared_fill(plan->context, plan->shared);
}
