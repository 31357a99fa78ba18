// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kept generations of a chain, read from their pins.
 */
#include "chain/chain.h"

/* One generation, or its stand-in if it can't be read. -ENOENT: it is gone. */
static int read_generation(struct el_context *context, const struct el_site *site, uint32_t number,
			   struct el_chain **out)
{
	int error = el_chain_look_at(context, site, number, out);

	return !error || error == -ENOENT || error == -ENOMEM
		       ? error
		       : el_chain_stand_in(context, site, number, out);
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

int el_chain_history(struct el_context *context, const char *device, enum edge_hook hook,
		     struct el_chain ***out, size_t *count)
{
	const struct el_site site = EL_SITE(device, hook);
	_cleanup_chain_ struct el_chain *current = NULL;
	_cleanup_free_ uint32_t *numbers = NULL;
	struct el_chain **chains;
	size_t all = 0, found = 0;
	uint32_t running;
	int error = read_current(context, &site, &current);

	if (!error)
		error = el_pin_generations(context, &site, &numbers, &all);
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
		error = read_generation(context, &site, numbers[i], &chains[found]);
		found += !error;
		if (error == -ENOENT) /* pruned since the scan */
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
