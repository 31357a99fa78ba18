// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kept generations of a chain, read from their pins.
 */
#include "chain/chain.h"

/* One generation, or its stand-in if it can't be read. -ENOENT: it is gone. */
static int read_generation(struct el_context *context, const struct el_site *site, uint32_t number,
			   struct el_chain **out)
{
	_cleanup_generation_ struct el_generation *generation = NULL;
	int error = el_chain_look_at(context, site, number, &generation);

	if (error && error != -ENOENT && error != -ENOMEM)
		return el_chain_stand_in(context, site, number, out);
	return error ? error : el_chain_tell(context, &generation, out);
}

/* The running chain, or its stand-in if it can't be read. */
static int read_current(struct el_context *context, const struct el_site *site,
			struct el_chain **out)
{
	int error = el_chain_open(context, site->device, site->hook, out);

	if (!error || error == -ENOENT || error == -ENOMEM || error == -ENODEV ||
	    el_chain_is_of_another_netns(context, site) || !el_pin_current(context, site))
		return error;
	return el_chain_stand_in(context, site, 0, out);
}

/* Read all generations. @current becomes NULL if it is among them. */
static int read_all(struct el_context *context, const struct el_site *site,
		    struct el_chain **current, struct el_chains *all)
{
	uint32_t running = (*current)->report.generation;
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, site, &numbers, &count);

	if (error)
		return error;
	all->list = calloc(count + 1, sizeof(*all->list));
	if (!all->list)
		return el_fail_memory(context);
	for (size_t i = 0; !error && i < count; i++) {
		if (numbers[i] == running) {
			all->list[all->count++] = TAKE_PTR(*current);
			continue;
		}
		error = read_generation(context, site, numbers[i], &all->list[all->count]);
		all->count += !error;
		if (error == -ENOENT) /* pruned since the scan */
			error = 0;
	}
	return error;
}

int el_chain_history(struct el_context *context, const char *device, enum edge_hook hook,
		     struct el_chains *out)
{
	const struct el_site site = EL_SITE(device, hook);
	_cleanup_chain_ struct el_chain *current = NULL;
	_cleanup_chains_ struct el_chains all = {0};
	int error = read_current(context, &site, &current);

	if (!error)
		error = read_all(context, &site, &current, &all);
	if (error)
		return error;
	*out = all;
	all = (struct el_chains){0};
	return 0;
}
