// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain: lock and open it, attach and detach it. After the lock is
 * taken, recovery comes first (recover.c), then the running chain is read. change.c has the steps
 * of a change.
 */
#include "state/inherit.h"
#include "chain/change.h"
#include "chain/redirect.h"
#include "map/types.h"

/* ---------------------------------------------------------------- opened, under its lock */

int el_change_open(struct el_change *change, const struct el_site *site)
{
	struct el_context *context = change->context;
	int error = el_pin_lock(context, site, &change->lock);

	if (error)
		return error;
	error = el_recover(context, site);
	if (!error)
		error = el_chain_look(context, site, &change->previous);
	if (!error || error == -ENOENT)
		return 0;
	el_pin_unstage(context, site);
	return error;
}

int el_chain_attach(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain **out)
{
	_cleanup_change_ struct el_change change = EL_CHANGE_OF(context);
	const struct el_site site = EL_SITE(spec->device, spec->hook);
	struct el_attachment probe = {.site = site};
	int error = el_hook_device(context, &probe);

	if (!error)
		error = el_change_open(&change, &site);
	if (error)
		return error;
	error = el_change_make(&change, spec);
	if (!error)
		error = el_change_run(&change);
	if (error)
		el_pin_unstage(context, &site);
	else
		error = el_change_tell(&change, out);
	return error;
}

/* The error for a missing chain, or for a missing device. */
static int no_chain(struct el_context *context, const struct el_site *site)
{
	struct el_attachment probe = {.site = *site};
	int error = el_hook_device(context, &probe);

	return error ? error
		     : el_fail(context, EL_NOT_FOUND, ENOENT, "'edge-load status' lists the chains",
			       "no edge-load chain is attached to %s %s", site->device,
			       el_hook_name(site->hook));
}

int el_chain_find(struct el_context *context, const struct el_site *site,
		  struct el_generation **out)
{
	int error = el_pin_check_bpffs(context);

	if (!error)
		error = el_pin_exists(context, site);
	if (!error)
		error = el_chain_look(context, site, out);
	return error == -ENOENT ? no_chain(context, site) : error;
}

int el_chain_open(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out)
{
	_cleanup_generation_ struct el_generation *generation = NULL;
	int error = el_chain_find(context, &EL_SITE(device, hook), &generation);

	return error ? error : el_chain_tell(context, &generation, out);
}

/* Lock an existing chain. Never creates the folder of pins. */
static int lock_pinned(struct el_context *context, const struct el_site *site, int *lock_fd)
{
	int error = el_pin_check_bpffs(context);

	if (!error)
		error = el_pin_exists(context, site);
	if (error == -ENOENT) {
		el_pin_tidy(context, site->device);
		return no_chain(context, site);
	}
	return error ? error : el_pin_lock(context, site, lock_fd);
}

int el_change_open_existing(struct el_change *change, const struct el_site *site)
{
	struct el_context *context = change->context;
	int error = lock_pinned(context, site, &change->lock);

	if (error) /* no unstage: without the lock, staged pins are another edge-load's */
		return error;
	error = el_recover(context, site);
	if (!error)
		error = el_chain_find(context, site, &change->previous);
	if (error)
		el_pin_unstage(context, site);
	return error;
}

static int detach(struct el_context *context, const struct el_generation *chain)
{
	int error = chain->state == EL_STATE_DETACHED
			    ? 0
			    : el_hook_ops(chain->at.site.hook)->detach(context, &chain->at);

	/* Packets inside the chain still use its program array. */
	if (!error && chain->at.tail_fd >= 0)
		el_hook_settle();
	return error;
}

int el_chain_finish_detach(struct el_context *context, const struct el_site *site)
{
	_cleanup_generation_ struct el_generation *chain = NULL;
	int error = el_chain_look(context, site, &chain);

	if (!error)
		error = detach(context, chain);
	if (!error || error == -ENOENT)
		el_pin_clear(context, site);
	return error == -ENOENT ? 0 : error;
}

int el_chain_detach_locked(struct el_context *context, const struct el_generation *chain)
{
	int error = el_pin_retire(context, &chain->at.site);

	if (error)
		return error;
	error = detach(context, chain);
	if (error)
		el_pin_unretire(context, &chain->at.site);
	else
		el_pin_remove(context, &chain->at.site);
	return error;
}

static bool has_link(struct el_context *context, const struct el_site *site)
{
	_cleanup_fd_ int fd = el_pin_any_link(context, site);

	return fd >= 0;
}

/* Whether el_chain_look() failed on a chain that still has pins, so that the pins can be removed.
 * False if memory is short, if links must not be opened, or if the chain belongs to another network
 * namespace. */
static bool may_be_taken_off(struct el_context *context, const struct el_site *site, int error)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	bool denied = error != -ENOENT && context->error.kind == EL_PRIVILEGE;
	size_t count = 0;

	if (error == -ENOMEM || (denied && !has_link(context, site)) ||
	    el_chain_is_of_another_netns(context, site))
		return false;
	return error != -ENOENT || (!el_pin_generations(context, site, &numbers, &count) && count);
}

/* Whether a clsact filter at edge-load's handle has lost the pins of its chain. */
static bool is_unpinned(struct el_context *context, const struct el_site *site)
{
	struct el_attachment probe = {.site = *site, .link_fd = -1};
	uint32_t id = 0;

	return site->hook != EDGE_HOOK_XDP &&
	       !el_hook_ops(site->hook)->query(context, &probe, &id) && id;
}

int el_chain_detach(struct el_context *context, const char *device, enum edge_hook hook)
{
	const struct el_site site = EL_SITE(device, hook);
	_cleanup_generation_ struct el_generation *chain = NULL;
	_cleanup_fd_ int lock = -1;
	int error = lock_pinned(context, &site, &lock);

	if (error == -ENOENT && is_unpinned(context, &site))
		error = el_pin_lock(context, &site, &lock);
	if (error)
		return error;
	error = el_recover(context, &site);
	if (!error)
		error = el_chain_look(context, &site, &chain);
	if (!error) {
		error = el_chain_detach_locked(context, chain);
		el_redirect_refresh(context);
		return error;
	}
	if (may_be_taken_off(context, &site, error))
		return el_chain_take_off(context, &site);
	el_pin_unstage(context, &site);
	return error == -ENOENT ? no_chain(context, &site) : error;
}
