// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sweep the pins of deleted devices. The chains of a device end with it, but their pins, and so the
 * memory of all generations, stay until they are removed: by every command at its start, and by
 * `edge-load sweep`, which udev runs when a device is deleted. A device is identified by its
 * ifindex, from the chain's link, or from the metadata if the chain has no link. So a new device
 * with an old name gets no old pins, and a renamed device keeps its chains. If devices exchanged
 * their names, their folders are exchanged.
 *
 * The sweep also finishes the unfinished work of killed commands (recover.c).
 *
 * Pins of devices in another network namespace are left alone while that namespace exists.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "chain/chain.h"
#include "kernel/bpffs.h"
#include "hook/xdp_shared.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "state/shared_map.h"

enum fate {
	STAYS, /* the owner is unknown, or its device is in another network namespace */
	HERE,  /* the pins belong to the device of that name */
	GONE,
	RENAMED,
	LITTER, /* only an unused lock, and no such device */
};

struct sweep {
	struct el_context *context;
	uint64_t cookie; /* of this network namespace */
	struct el_swept *list;
	size_t count;
};

/* Whether the link belongs to the chain: the metadata has its ifindex, or the chain has its program
 * pinned. Any other link was pinned in the place of the chain's link. */
static bool is_own(const struct sweep *sweep, const struct el_site *site,
		   const struct bpf_link_info *info)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	static const struct el_which whiches[] = {
		{EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};

	if (metadata && !el_metadata_any(sweep->context, site, metadata) &&
	    metadata->ifindex == info->xdp.ifindex)
		return true;
	for (size_t i = 0; i < sizeof(whiches) / sizeof(*whiches); i++)
		if (el_pin_program(sweep->context, site, whiches[i]) == info->prog_id)
			return true;
	return false;
}

static enum fate fate_by_name(const char *device, const char *now)
{
	return strcmp(now, device) ? RENAMED : HERE;
}

/* The fate of a chain with an attached link: the kernel knows the device. */
static enum fate fate_of_link(const struct sweep *sweep, const struct el_site *site,
			      const struct bpf_link_info *info, char now[IF_NAMESIZE])
{
	struct el_attachment probe = {.site.hook = site->hook,
				      .site.ifindex = (int)info->xdp.ifindex};

	if (el_hook_ops(site->hook)->here(&probe, info->prog_id) <= 0 ||
	    !is_own(sweep, site, info) || !if_indextoname(info->xdp.ifindex, now))
		return STAYS;
	return fate_by_name(site->device, now);
}

/* No generation is pinned, and there is no such device: an attach that failed early. */
static bool is_litter(const struct sweep *sweep, const struct el_site *site)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;

	return !if_nametoindex(site->device) &&
	       !el_pin_generations(sweep->context, site, &numbers, &count) && !count;
}

/* @now: the new name of a renamed device. */
static enum fate fate_of(const struct sweep *sweep, const struct el_site *site,
			 char now[IF_NAMESIZE])
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	_cleanup_fd_ int link = el_pin_any_link(sweep->context, site);
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	int error;

	if (!metadata || (link < 0 && link != -ENOENT) ||
	    (link >= 0 && bpf_obj_get_info_by_fd(link, &info, &size)))
		return STAYS;
	if (info.xdp.ifindex)
		return fate_of_link(sweep, site, &info, now);
	error = el_metadata_any(sweep->context, site, metadata);
	if (error == -ENOENT)
		return is_litter(sweep, site) ? LITTER : STAYS;
	if (error)
		return STAYS;
	if (metadata->netns != sweep->cookie)
		return el_netns_lives(metadata->netns) ? STAYS : GONE;
	return if_indextoname(metadata->ifindex, now) ? fate_by_name(site->device, now) : GONE;
}

static void note(struct sweep *sweep, const char *device, const char *now)
{
	struct el_swept *list = reallocarray(sweep->list, sweep->count + 1, sizeof(*list));

	if (!list)
		return;
	sweep->list = list;
	list += sweep->count++;
	*list = (struct el_swept){0};
	snprintf(list->device, sizeof(list->device), "%s", device);
	snprintf(list->now, sizeof(list->now), "%s", now);
}

/* Return: whether pins were removed. */
static bool remove_pins(const struct sweep *sweep, const struct el_site *site)
{
	char now[IF_NAMESIZE];
	_cleanup_fd_ int lock = -1;
	enum fate fate;

	if (el_pin_lock(sweep->context, site, &lock))
		return false;
	/* Another command may have swept and attached again before the lock was taken. */
	fate = fate_of(sweep, site, now);
	if (fate == GONE)
		el_shared_tidy(sweep->context, site, 0);
	if (fate == GONE || fate == LITTER)
		el_pin_remove(sweep->context, site);
	return fate == GONE;
}

/* Finish the work of a killed edge-load on a chain that may never be changed again. */
static void finish(const struct sweep *sweep, const struct el_site *site)
{
	_cleanup_fd_ int lock = -1;

	if (el_pin_lock(sweep->context, site, &lock))
		return;
	if (!el_recover(sweep->context, site))
		el_pin_unstage(sweep->context, site);
}

/* ---------------------------------------------------------------- names that changed */

/* Whether the device of a folder of pins has another name now, and which. All chains in the folder
 * whose device is known must agree. */
static bool renamed(const struct sweep *sweep, const char *device, char now[IF_NAMESIZE])
{
	bool sure = false;

	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++) {
		char name[IF_NAMESIZE];
		enum fate fate =
			el_pin_exists(sweep->context, &site) ? STAYS : fate_of(sweep, &site, name);

		if (fate == HERE || (fate == RENAMED && sure && strcmp(name, now)))
			return false;
		if (fate == RENAMED)
			memcpy(now, name, IF_NAMESIZE);
		sure |= fate == RENAMED;
	}
	return sure;
}

/* Whether at least one chain in the folder belongs to the device of that name. */
static bool is_of(const struct sweep *sweep, const char *device)
{
	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++) {
		char now[IF_NAMESIZE];

		if (!el_pin_exists(sweep->context, &site) && fate_of(sweep, &site, now) == HERE)
			return true;
	}
	return false;
}

struct locks {
	int fds[2 * (EDGE_HOOK_TC_EGRESS + 1)];
	size_t count;
};

static void unlock(struct locks *locks)
{
	while (locks->count--)
		close(locks->fds[locks->count]);
}

static bool lock_device(const struct sweep *sweep, const char *device, struct locks *locks)
{
	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++) {
		if (el_pin_exists(sweep->context, &site))
			continue;
		if (el_pin_lock(sweep->context, &site, &locks->fds[locks->count]))
			return false;
		locks->count++;
	}
	return true;
}

/* Lock both devices in alphabetical order, so that two sweeps never wait for each other. */
static bool lock_both(const struct sweep *sweep, const char *one, const char *other,
		      struct locks *locks)
{
	bool first = strcmp(one, other) < 0;

	return lock_device(sweep, first ? one : other, locks) &&
	       lock_device(sweep, first ? other : one, locks);
}

static char *folder_of(const struct sweep *sweep, const char *device)
{
	_cleanup_free_ char *name = el_pin_device(device);

	return name ? el_format("%s/%s", sweep->context->root, name) : NULL;
}

/* Rename the whole folder at once, with all its chains locked. A folder that has the new name gets
 * the old name in exchange (bpffs supports RENAME_EXCHANGE since kernel 5.16). */
static bool rename_pins(const struct sweep *sweep, const char *device, const char *now,
			bool *exchanged)
{
	_cleanup_free_ char *from = folder_of(sweep, device), *to = folder_of(sweep, now);
	_cleanup_(unlock) struct locks locks = {0};
	char name[IF_NAMESIZE];

	if (!from || !to || !lock_both(sweep, device, now, &locks) || is_of(sweep, now) ||
	    !renamed(sweep, device, name) || strcmp(name, now))
		return false;
	*exchanged = !el_bpffs_rename(sweep->context->bpffs, from, to, RENAME_EXCHANGE);
	return *exchanged ||
	       (errno == ENOENT && !el_bpffs_rename(sweep->context->bpffs, from, to, 0));
}

/*
 * Rename until the folder @device belongs to the device of that name. Each exchange gives one
 * folder its final name, so a rotation of names among @most devices takes fewer than @most
 * exchanges.
 */
static void follow_names(struct sweep *sweep, const char *device, size_t most)
{
	char was[IF_NAMESIZE], now[IF_NAMESIZE];
	bool exchanged = true;

	snprintf(was, sizeof(was), "%s", device);
	for (size_t i = 0; i < most && exchanged && renamed(sweep, device, now); i++) {
		if (!rename_pins(sweep, device, now, &exchanged))
			return;
		note(sweep, was, now);
		snprintf(was, sizeof(was), "%s", now);
	}
	/* The last folder came here by the earlier exchanges. */
	if (exchanged && strcmp(was, device) && is_of(sweep, device))
		note(sweep, was, device);
}

static void sweep_device(struct sweep *sweep, const char *device)
{
	bool removed = false;

	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++) {
		char now[IF_NAMESIZE];
		enum fate fate =
			el_pin_exists(sweep->context, &site) ? STAYS : fate_of(sweep, &site, now);

		if (fate == GONE || fate == LITTER)
			removed |= remove_pins(sweep, &site);
	}
	if (removed)
		note(sweep, device, "");
}

/* Finish the work of killed commands on the chains of a device. */
static void finish_device(const struct sweep *sweep, const char *device)
{
	char now[IF_NAMESIZE];

	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++)
		if (!el_pin_exists(sweep->context, &site) && fate_of(sweep, &site, now) <= HERE &&
		    el_recover_is_due(sweep->context, &site))
			finish(sweep, &site);
}

void el_sweep(struct el_context *context, struct el_swept **out, size_t *count)
{
	struct sweep sweep = {.context = context};
	struct dirent **entries = NULL;
	int found = el_pin_is_trusted(context)
			    ? el_bpffs_scan(context->bpffs, context->root, &entries)
			    : 0;
	bool sure = !el_netns_cookie(&sweep.cookie);

	/* Deleted devices first: renamed devices may have their names. */
	for (int pass = 0; pass < 3; pass++)
		for (int i = 0; sure && i < found; i++) {
			_cleanup_free_ char *device = el_pin_to_device(entries[i]->d_name);

			if (device && pass == 0)
				sweep_device(&sweep, device);
			else if (device && pass == 1)
				follow_names(&sweep, device, (size_t)found);
			else if (device)
				finish_device(&sweep, device);
		}
	for (int i = 0; i < found; i++)
		free(entries[i]);
	if (found > 0)
		el_shared_sweep(context, false);
	free(entries);
	if (out) {
		*out = TAKE_PTR(sweep.list);
		*count = sweep.count;
	}
	free(sweep.list);
}
