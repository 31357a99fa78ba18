// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The generations of a chain that are kept: what they were, and the way back to one.
 */
#include "chain/chain.h"
#include "state/inherit.h"
#include "state/stale.h"

/* One generation; where it can't be read, what stands for it. -ENOENT: it is gone. */
static int read_generation(struct el_context *context, const char *device, enum edge_hook hook,
			   uint32_t number, struct el_chain **out)
{
	int error = el_chain_look_at(context, device, hook, number, out);

	return !error || error == -ENOENT || error == -ENOMEM
		       ? error
		       : el_chain_stand_in(context, device, hook, number, out);
}

/* The chain as it runs; where that can't be read, what stands for it. */
static int read_current(struct el_context *context, const char *device, enum edge_hook hook,
			struct el_chain **out)
{
	int error = el_chain_open(context, device, hook, out);

	if (!error || error == -ENOENT || error == -ENOMEM || error == -ENODEV ||
	    el_chain_is_of_another_netns(context, device, hook) ||
	    !el_pin_current(context, device, hook))
		return error;
	return el_chain_stand_in(context, device, hook, 0, out);
}

int el_chain_history(struct el_context *context, const char *device, enum edge_hook hook,
		     struct el_chain ***out, size_t *count)
{
	_cleanup_chain_ struct el_chain *current = NULL;
	_cleanup_free_ uint32_t *numbers = NULL;
	struct el_chain **chains;
	size_t all = 0, found = 0;
	uint32_t running;
	int error = read_current(context, device, hook, &current);

	if (!error)
		error = el_pin_generations(context, device, hook, &numbers, &all);
	if (error)
		return error;
	chains = calloc(all + 1, sizeof(struct el_chain *));
	if (!chains)
		return el_fail_memory(context);
	running = current->metadata->generation;
	for (size_t i = 0; !error && i < all; i++) {
		if (numbers[i] == running) {
			chains[found++] = TAKE_PTR(current);
			continue;
		}
		error = read_generation(context, device, hook, numbers[i], &chains[found]);
		found += !error;
		if (error == -ENOENT) /* pruned while we looked */
			error = 0;
	}
	if (error) {
		el_chains_free(chains, found);
		return error;
	}
	*out = chains;
	*count = found;
	return 0;
}

/* ---------------------------------------------------------------- rollback */

static int no_generation(struct el_context *context, const struct el_chain *current,
			 uint32_t generation)
{
	_cleanup_free_ char *hint =
		el_format("'edge-load history %s --hook %s' lists those kept",
			  current->at.site.device, el_hook_name(current->at.site.hook));

	if (generation)
		return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
			       "the chain on %s %s has no generation %u any more",
			       current->at.site.device, el_hook_name(current->at.site.hook),
			       generation);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint,
		       "the chain on %s %s has no generation before %u", current->at.site.device,
		       el_hook_name(current->at.site.hook), current->metadata->generation);
}

/* The latest before the one that runs, or 0. */
static int generation_before(struct el_context *context, const struct el_chain *current,
			     uint32_t *generation)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, current->at.site.device, current->at.site.hook,
				       &numbers, &count);

	*generation = 0;
	for (size_t i = 0; !error && i < count; i++)
		if (numbers[i] < current->metadata->generation)
			*generation = numbers[i];
	return error;
}

static int check_runs(struct el_context *context, const struct el_chain *current)
{
	if (current->state == EL_STATE_RUNS)
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY, "attach it anew, or detach what is left of it",
		       "the chain on %s %s was %s outside edge-load", current->at.site.device,
		       el_hook_name(current->at.site.hook), el_state_name(current->state));
}

static int check_mode(struct el_context *context, const struct el_chain *target,
		      const struct el_chain *current)
{
	if (target->at.site.mode == current->at.site.mode)
		return 0;
	return el_fail(context, EL_CONFLICT, EEXIST, "detach it, and attach it anew",
		       "generation %u ran in mode %s, and the chain on %s %s runs in %s",
		       target->metadata->generation, el_mode_name(target->at.site.mode),
		       current->at.site.device, el_hook_name(current->at.site.hook),
		       el_mode_name(current->at.site.mode));
}

/* Its pins name the links that run, its counters go on from those of the one that runs. */
static int make_ready(struct el_context *context, const struct el_chain *target,
		      const struct el_chain *current)
{
	_cleanup_free_ char *which = el_format("%u", target->metadata->generation);
	int error =
		which ? el_pin_relink(context, target, which, current) : el_fail_memory(context);

	if (!error)
		error = el_counters_reset(context, target);
	return error ? error : el_counters_carry(context, target, current);
}

/* Nobody changes entries in between, of either generation. */
static int lock_entries(struct el_context *context, struct el_chain *target)
{
	_cleanup_free_ char *which = el_format("%u", target->metadata->generation);
	int error =
		which ? el_pin_lock_entries(context, target->at.site.device, target->at.site.hook,
					    NULL, &target->entries_locks[0])
		      : el_fail_memory(context);

	return error ? error
		     : el_pin_lock_entries(context, target->at.site.device, target->at.site.hook,
					   which, &target->entries_locks[1]);
}

static int roll_back(struct el_context *context, struct el_chain *target, struct el_chain *current)
{
	const struct el_hook_ops *ops = el_hook_ops(target->at.site.hook);
	double start = el_now_ms();
	int error = make_ready(context, target, current);

	if (!error)
		error = lock_entries(context, target);
	if (!error)
		error = el_inherit_return(context, target, current);
	if (!error)
		error = el_pin_aim(context, target->at.site.device, target->at.site.hook,
				   target->metadata->generation);
	if (!error)
		error = ops->swap(context, &target->at, &current->at);
	if (error) {
		el_pin_clear_half(context, target->at.site.device, target->at.site.hook);
		return error;
	}
	error = ops->verify(context, &target->at);
	if (!error)
		error = el_pin_point(context, target->at.site.device, target->at.site.hook,
				     target->metadata->generation);
	if (error) {
		ops->swap(context, &current->at, &target->at);
		el_hook_settle();
		el_inherit_undo(context, target);
		return error;
	}
	/* As el_chain_settle(). */
	el_hook_settle();
	el_inherit_merge(context, target);
	el_chain_unlock_entries(target);
	el_counters_carry(context, target, current);
	target->state = EL_STATE_RUNS;
	target->at.link_id = current->at.link_id;
	target->attach_ms = el_now_ms() - start;
	el_stale_check(context, target, current, false);
	error = el_inherit_report(context, target, current);
	return error ? error : el_chain_report_make(context, target);
}

/* What a chain that was only looked at has open of its own links is not to be swapped. */
static void close_links(struct el_chain *chain)
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

int el_chain_rollback(struct el_context *context, const char *device, enum edge_hook hook,
		      uint32_t generation, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *current = NULL, *target = NULL;
	_cleanup_fd_ int lock = -1;
	uint32_t number = generation;
	int error = el_chain_open_locked(context, device, hook, &current, &lock);

	if (!error)
		error = check_runs(context, current);
	if (!error && !number)
		error = generation_before(context, current, &number);
	if (error)
		return error;
	if (number == current->metadata->generation)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "generation %u is the one that runs on %s %s", number, device,
			       el_hook_name(hook));
	error = number ? el_chain_look_at(context, device, hook, number, &target) : -ENOENT;
	if (error == -ENOENT)
		return no_generation(context, current, generation);
	if (!error)
		error = check_mode(context, target, current);
	if (error)
		return error;
	close_links(target);
	error = roll_back(context, target, current);
	if (!error && out)
		*out = TAKE_PTR(target);
	return error;
}
