// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Rollback to a kept generation: a change like any other (change.h), except that the next chain is
 * in the kernel already. Its maps get back the entries that later generations took over, its pins
 * get the running links, and its counters continue from the counters of the running chain.
 */
#include "chain/change.h"
#include "state/inherit.h"

static int no_generation(struct el_context *context, const struct el_generation *current,
			 uint32_t generation)
{
	_cleanup_free_ char *hint =
		el_format("'edge-load history %s --hook %s' lists the kept generations",
			  current->at.site.device, el_hook_name(current->at.site.hook));

	if (generation)
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
			       "the chain on %s %s no longer has generation %u",
			       current->at.site.device, el_hook_name(current->at.site.hook),
			       generation);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
		       "the chain on %s %s has no generation before %u", current->at.site.device,
		       el_hook_name(current->at.site.hook), current->metadata->generation);
}

/* The latest generation before the running generation, or 0. */
static int generation_before(struct el_context *context, const struct el_generation *current,
			     uint32_t *generation)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, &current->at.site, &numbers, &count);

	*generation = 0;
	for (size_t i = 0; !error && i < count; i++)
		if (numbers[i] < current->metadata->generation)
			*generation = numbers[i];
	return error;
}

static int check_runs(struct el_context *context, const struct el_generation *current)
{
	if (current->state == EL_STATE_RUNS)
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "attach the chain again, or detach it to remove its pins",
		       "the chain on %s %s was %s outside edge-load", current->at.site.device,
		       el_hook_name(current->at.site.hook), el_state_name(current->state));
}

static int check_mode(struct el_context *context, const struct el_generation *target,
		      const struct el_generation *current)
{
	if (target->at.site.mode == current->at.site.mode)
		return 0;
	return el_fail(context, EL_CONFLICT, EEXIST, "detach the chain, then attach it again",
		       "generation %u ran in mode %s, but the chain on %s %s runs in mode %s",
		       target->metadata->generation, el_mode_name(target->at.site.mode),
		       current->at.site.device, el_hook_name(current->at.site.hook),
		       el_mode_name(current->at.site.mode));
}

/* Close the links that reading the kept chain has opened: a swap uses the links of the running
 * chain. */
static void close_links(struct el_generation *chain)
{
	if (chain->at.link_fd >= 0)
		close(chain->at.link_fd);
	chain->at.link_fd = -1;
	for (size_t i = 1; i < chain->at.programs_count; i++) {
		if (chain->at.programs[i].link_fd >= 0)
			close(chain->at.programs[i].link_fd);
		chain->at.programs[i].link_fd = -1;
	}
}

int el_change_return(struct el_change *change, uint32_t number)
{
	const struct el_site *site = &change->previous->at.site;
	_cleanup_generation_ struct el_generation *kept = NULL;
	int error = el_chain_look_at(change->context, site, number, &kept);

	if (!error)
		error = check_mode(change->context, kept, change->previous);
	if (error)
		return error;
	close_links(kept);
	change->returns = true;
	change->next = TAKE_PTR(kept);
	return 0;
}

/* Lock the entries of both generations until the change is done. */
static int lock_both(struct el_change *change, struct el_which which)
{
	const struct el_site *site = &change->next->at.site;
	int error = el_change_lock_entries(change);

	return error ? error
		     : el_pin_lock_entries(change->context, site, which, &change->entries_locks[1]);
}

int el_change_load_kept(struct el_change *change)
{
	const struct el_making making = el_change_making(change);
	int error = lock_both(change, EL_GENERATION(change->next->metadata->generation));

	return error ? error : el_inherit_return(&making);
}

int el_change_stage_kept(struct el_change *change)
{
	struct el_context *context = change->context;
	int error =
		el_pin_relink(context, change->next,
			      EL_GENERATION(change->next->metadata->generation), change->previous);

	if (!error)
		error = el_counters_reset(context, change->next);
	return error ? error : el_counters_carry(context, change->next, change->previous);
}

int el_chain_rollback(struct el_context *context, const struct el_chain_generation *to,
		      struct el_chain **out)
{
	const struct el_site site = EL_SITE(to->device, to->hook);
	_cleanup_change_ struct el_change change = EL_CHANGE_OF(context);
	uint32_t number = to->generation;
	int error = el_change_open_existing(&change, &site);

	if (!error)
		error = check_runs(context, change.previous);
	if (!error && !number)
		error = generation_before(context, change.previous, &number);
	if (error)
		return error;
	if (number == change.previous->metadata->generation)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "generation %u already runs on %s %s", number, to->device,
			       el_hook_name(to->hook));
	error = number ? el_change_return(&change, number) : -ENOENT;
	if (error == -ENOENT)
		return no_generation(context, change.previous, to->generation);
	if (!error)
		error = el_change_run(&change);
	return error ? error : el_change_tell(&change, out);
}
