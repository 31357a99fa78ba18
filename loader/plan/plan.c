// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Make a plan: compare every chain of the manifest with the running chains, fuse and verify the
 * chains that differ, and apply the changes if that is requested: all of them or none. The order
 * ensures that: all steps that can fail (compiling, the verifier, limits, pins) come before the
 * first change of a link, and after a failed change of a link, the earlier changes are undone.
 * Chains that an earlier manifest declared, and this manifest does not, are detached last.
 */
#include <net/if.h>

#include "fuse/once.h"
#include "kernel/bpffs.h"
#include "plan/plan.h"

static const char *const action_names[] = {
	[EL_ACTION_NOTHING] = "nothing", [EL_ACTION_ATTACH] = "attach", [EL_ACTION_SWAP] = "swap",
	[EL_ACTION_DETACH] = "detach",	 [EL_ACTION_LEAVE] = "leave",	[EL_ACTION_WAIT] = "wait",
};

const char *el_action_name(enum el_action action)
{
	return action_names[action];
}

const struct el_plan_info *el_plan_info(const struct el_plan *plan)
{
	return &plan->info;
}

void el_plan_free(struct el_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];

		el_differences_free(step->changes);
		el_report_free(&step->report);
		el_change_close(&step->change);
		free(step->instances);
		free(step->maps);
		free(step->entries);
		free(step->device);
		free(step->why);
	}
	if (plan->lock >= 0) {
		/* Fails, as intended, while the folder is not empty. */
		el_bpffs_rmdir(plan->context->bpffs, plan->context->root);
		close(plan->lock);
	}
	free(plan->info.chains);
	el_shared_free(plan->shared);
	free(plan->steps);
	free(plan);
}

static int add_step(struct el_plan *plan, const struct el_manifest_chain *wanted,
		    const struct el_site *site, enum el_action action)
{
	struct step *steps = reallocarray(plan->steps, plan->count + 1, sizeof(*steps));
	char *copy = site->device ? strdup(site->device) : el_manifest_chain_text(wanted);

	if (steps)
		plan->steps = steps;
	if (!steps || !copy) {
		free(copy);
		return el_fail_memory(plan->context);
	}
	steps[plan->count++] = (struct step){.wanted = wanted,
					     .device = copy,
					     .site = {.device = copy, .hook = site->hook},
					     .action = action,
					     .change = EL_CHANGE_OF(plan->context)};
	return 0;
}

/* ---------------------------------------------------------------- chains of the plan */

static bool has_step(const struct el_plan *plan, const struct el_site *site)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->steps[i].device, site->device) &&
		    plan->steps[i].site.hook == site->hook)
			return true;
	return false;
}

static bool is_read_here(const struct el_chain_report *chain)
{
	return chain->state != EL_STATE_UNREADABLE && chain->state != EL_STATE_MOVED &&
	       chain->state != EL_STATE_ELSEWHERE;
}

/* A damaged chain does not stop the plan, since the damage lasts until the chain is detached. A
 * failed system call does: the chain may be intact, and the manifest may require its detach. */
static int check_other(struct el_context *context, const struct el_chain_report *chain)
{
	if (chain->state != EL_STATE_UNREADABLE ||
	    (chain->problem != EL_FAILED && chain->problem != EL_PRIVILEGE))
		return 0;
	return el_fail(context, chain->problem, EBUSY, *chain->hint ? chain->hint : "try again",
		       "can't tell whether the chain on %s %s is of an earlier manifest: %s",
		       chain->device, el_hook_name(chain->hook), chain->why);
}

/* Add a running chain that is not in the manifest: it is detached if an earlier manifest declared
 * it. A chain that is damaged, or on no device of this network namespace, is left alone, and does
 * not stop the plan. */
static int add_other(struct el_plan *plan, const struct el_chain_report *chain)
{
	bool here = is_read_here(chain);
	int error = check_other(plan->context, chain);
	struct step *step;

	if (error)
		return error;
	error = add_step(plan, NULL, &EL_SITE(chain->device, chain->hook),
			 here && chain->declared ? EL_ACTION_DETACH : EL_ACTION_LEAVE);
	if (error || here)
		return error;
	step = &plan->steps[plan->count - 1];
	step->why = strdup(chain->why);
	if (!step->why)
		return el_fail_memory(plan->context);
	if (chain->state == EL_STATE_UNREADABLE)
		el_warn(plan->context, "%s; the chain is left alone", chain->why);
	return 0;
}

static int add_others(struct el_plan *plan)
{
	_cleanup_chains_ struct el_chains chains = {0};
	int error = el_chains_open(plan->context, plan->options.device, &chains);

	if (error)
		return error;
	for (size_t i = 0; !error && i < chains.count; i++)
		if (!has_step(plan, &chains.list[i]->generation->at.site))
			error = add_other(plan, el_chain_report(chains.list[i]));
	return error;
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	int order = strcmp(x->device, y->device);

	return order ? order : (int)x->site.hook - (int)y->site.hook;
}

/* All plans sort their steps in one order, so that two plans never wait for each other's locks. */
static int list_steps(struct el_plan *plan)
{
	_cleanup_match_ struct el_manifest_match *match = NULL;
	const char *only = plan->options.device;
	int error = el_manifest_match(plan->context, plan->manifest, &match);

	for (size_t i = 0; !error && i < match->targets_count; i++)
		if (!only || !strcmp(match->targets[i].device, only))
			error = add_step(
				plan, match->targets[i].chain,
				&EL_SITE(match->targets[i].device, match->targets[i].chain->hook),
				EL_ACTION_NOTHING);
	if (!error)
		error = add_others(plan);
	for (size_t i = 0; !error && !only && i < match->absent_count; i++)
		error = add_step(plan, match->absent[i], &EL_SITE(NULL, match->absent[i]->hook),
				 EL_ACTION_WAIT);
	if (!error && plan->count)
		qsort(plan->steps, plan->count, sizeof(*plan->steps), compare_steps);
	return error;
}

/* ---------------------------------------------------------------- differences */

/* Read the running chain of a step, under its lock if the plan is applied. */
static int look(const struct el_plan *plan, struct step *step)
{
	int error;

	if (step->action == EL_ACTION_WAIT || step->action == EL_ACTION_LEAVE)
		return 0;
	if (plan->options.apply)
		error = el_change_open(&step->change, &step->site);
	else
		error = el_chain_look(plan->context, &step->site, &step->change.previous);
	if (error == -ENOENT)
		error = 0;
	if (!error && step->change.previous && step->change.previous->state == EL_STATE_RUNS)
		step->generation = step->change.previous->metadata->generation;
	return error;
}

/* The generation that @step must run as. Return: whether the options give a generation. */
static bool wanted_generation(const struct el_plan *plan, const struct step *step, uint32_t *out)
{
	const struct el_plan_options *options = &plan->options;

	for (size_t i = 0; i < options->generations_count; i++) {
		const struct el_chain_generation *one = &options->generations[i];

		*out = one->generation;
		if (one->hook == step->site.hook && !strcmp(one->device, step->device))
			return true;
	}
	*out = options->generation;
	return options->check_generation;
}

static int check_generation(const struct el_plan *plan, const struct step *step)
{
	uint32_t wanted;

	if (!step->wanted || step->action == EL_ACTION_WAIT ||
	    !wanted_generation(plan, step, &wanted) || step->generation == wanted)
		return 0;
	if (!step->generation)
		return el_fail(plan->context, EL_CONFLICT, EBUSY, "make a new plan",
			       "no chain runs on %s %s, expected generation %u", step->device,
			       el_hook_name(step->site.hook), wanted);
	return el_fail(plan->context, EL_CONFLICT, EBUSY, "make a new plan",
		       "the chain on %s %s is at generation %u, expected %u: it changed since the "
		       "plan was made",
		       step->device, el_hook_name(step->site.hook), step->generation, wanted);
}

/* A misspelt device must not read as "the chain did not change". */
static int check_mentioned(const struct el_plan *plan)
{
	for (size_t i = 0; i < plan->options.generations_count; i++) {
		const struct el_chain_generation *one = &plan->options.generations[i];
		bool found = false;

		for (size_t j = 0; j < plan->count; j++)
			found |= plan->steps[j].wanted && plan->steps[j].site.hook == one->hook &&
				 !strcmp(plan->steps[j].device, one->device);
		if (!found)
			return el_fail(plan->context, EL_USAGE, EINVAL, NULL,
				       "the manifest has no chain for %s %s", one->device,
				       el_hook_name(one->hook));
	}
	return 0;
}

static int prepare(const struct el_plan *plan, struct step *step)
{
	int error = step->action == EL_ACTION_ATTACH
			    ? el_hook_ops(step->site.hook)
				      ->blocked(plan->context, &step->change.next->at)
			    : 0;

	if (!error)
		error = el_change_load(&step->change);
	return error ? el_manifest_blame(plan->context, plan->manifest, step->wanted->at, error)
		     : el_plan_limits(plan, step);
}

/* ---------------------------------------------------------------- the whole plan */

static int make_info(struct el_plan *plan)
{
	struct el_plan_chain *chains = calloc(plan->count + 1, sizeof(*chains));

	if (!chains)
		return el_fail_memory(plan->context);
	plan->info.chains = chains;
	plan->info.count = plan->count;
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		int error = el_step_acts(step) ? el_change_report(&step->change, &step->report) : 0;

		if (error)
			return error;
		chains[i] = (struct el_plan_chain){
			.device = step->device,
			.hook = step->site.hook,
			.action = step->action,
			.generation = step->generation,
			.why = step->why,
			.changes = step->changes,
			.report = el_step_acts(step) ? &step->report : NULL,
		};
		plan->info.different |= el_step_acts(step) || step->action == EL_ACTION_DETACH;
	}
	return 0;
}

static void decide(struct step *step)
{
	if (!step->change.previous || step->change.previous->state != EL_STATE_RUNS)
		step->action = EL_ACTION_ATTACH;
	else if (step->changes->count)
		step->action = EL_ACTION_SWAP;
}

/* Find the difference of each chain. */
static int compare_all(const struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++) {
		struct step *step = &plan->steps[i];

		error = look(plan, step);
		if (!error)
			error = check_generation(plan, step);
		if (error || !step->wanted || step->action == EL_ACTION_WAIT)
			continue;
		error = el_plan_compare(plan, step);
		if (error)
			el_manifest_blame(plan->context, plan->manifest, step->wanted->at, error);
	}
	return error;
}

/* Fuse and load the chains that differ. */
static int prepare_all(const struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++) {
		struct step *step = &plan->steps[i];

		if (step->change.next) {
			step->change.asked.shared = plan->shared;
			step->change.dry = !plan->options.apply;
			decide(step);
		}
		if (el_step_acts(step))
			error = prepare(plan, step);
	}
	return error;
}

static int make_steps(struct el_plan *plan)
{
	int error = plan->options.apply
			    ? el_pin_lock_all(plan->context, !plan->options.device, &plan->lock)
			    : 0;

	if (!error)
		error = el_plan_shared_open(plan);
	if (!error)
		error = list_steps(plan);
	if (!error)
		error = check_mentioned(plan);
	if (!error)
		error = compare_all(plan);
	if (!error)
		error = el_plan_shared_mark(plan);
	if (!error)
		error = prepare_all(plan);
	return error ? error : el_plan_shared_check(plan);
}

/* Chains with the same functions share what is opened and fused for them. */
static int make_steps_once(struct el_plan *plan)
{
	int error = el_objects_begin(plan->context);

	if (!error)
		error = el_fusings_begin(plan->context);
	if (!error)
		error = make_steps(plan);
	el_fusings_end(plan->context);
	el_objects_end(plan->context);
	return error;
}

int el_plan_make(struct el_context *context, const struct el_manifest *manifest,
		 const struct el_plan_options *options, struct el_plan **out)
{
	_cleanup_plan_ struct el_plan *plan = calloc(1, sizeof(*plan));
	int error;

	if (!plan)
		return el_fail_memory(context);
	plan->lock = -1;
	plan->context = context;
	error = el_pin_check_bpffs(context);
	if (error)
		return error;
	plan->manifest = manifest;
	plan->options = *options;
	error = make_steps_once(plan);
	if (error)
		el_plan_take_back(plan);
	else if (options->apply)
		error = el_plan_apply(plan);
	if (plan->shared && plan->shared->lock >= 0)
		el_shared_sweep(context, true);
	if (!error)
		error = make_info(plan);
	if (!error)
		*out = TAKE_PTR(plan);
	return error;
}
