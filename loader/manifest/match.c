// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Find the devices of a manifest's chains that exist in this network namespace now. Devices come
 * and go, so a chain without a device is not an error: it is listed as absent.
 */
#include <fnmatch.h>
#include <net/if_arp.h>

#include "kernel/device.h"
#include "manifest/manifest.h"

struct devices {
	struct el_device *list;
	size_t count;
};

static void cleanup_devices(struct devices *devices)
{
	el_devices_free(devices->list, devices->count);
}

/* ---------------------------------------------------------------- selectors */

static bool has_ethernet(const struct el_device *device)
{
	return device->type == ARPHRD_ETHER || device->type == ARPHRD_LOOPBACK;
}

/* How well a device matches a MAC: 2 its permanent address, 1 its present address, 0 not at all. */
static int mac_rank(const struct el_device *device, const char *mac)
{
	if (!strcmp(device->burnt, mac))
		return 2;
	return !strcmp(device->mac, mac);
}

/* Whether @device is an upper device of @other, as a VLAN, a bridge or a bond is. The two ends of a
 * veth refer to each other. */
static bool is_above(const struct el_device *device, const struct el_device *other)
{
	if (other->master == device->ifindex)
		return true;
	return device->lower == other->ifindex && other->lower != device->ifindex;
}

/*
 * A bond, a bridge and a VLAN take the address of a lower device, and the ports of a bond take the
 * address of the bond. So the permanent address of a device has priority over its present address,
 * and an upper device of a selected device is not selected.
 */
static bool mac_selects(const struct devices *devices, const struct el_device *device,
			const char *mac)
{
	int rank = mac_rank(device, mac);

	for (size_t i = 0; rank && i < devices->count; i++) {
		const struct el_device *other = &devices->list[i];
		int other_rank = mac_rank(other, mac);

		if (other_rank > rank || (other_rank && is_above(device, other)))
			return false;
	}
	return rank > 0;
}

/* @named: the ifindex of the device with the selector's text as its name or altname. */
static bool selects(const struct el_manifest_chain *chain, const struct devices *devices,
		    const struct el_device *device, int named)
{
	switch (chain->selector) {
	case EL_SELECT_NAME:
		return device->ifindex == named;
	case EL_SELECT_GLOB:
		return has_ethernet(device) && !fnmatch(chain->select, device->name, 0);
	case EL_SELECT_MAC:
		return mac_selects(devices, device, chain->select);
	default:
		return device->alias && !strcmp(device->alias, chain->select);
	}
}

/* ---------------------------------------------------------------- the result */

/* A manifest while it is held against the devices. */
struct matching {
	struct el_context *context;
	const struct el_manifest *manifest;
	const struct devices *devices;
	struct el_manifest_match *match;
};

static int refuse_conflict(const struct matching *matching, const struct el_manifest_target *first,
			   const struct el_manifest_chain *second)
{
	int err =
		el_fail(matching->context, EL_USAGE, EBUSY, "a hook of a device has only one chain",
			"%s at %s has a chain here, and another chain in line %u", first->device,
			el_hook_name(second->hook), first->chain->selector_at.line);

	return el_manifest_blame(matching->context, matching->manifest, second->selector_at, err);
}

static int add_target(struct matching *matching, const struct el_manifest_chain *chain,
		      const struct el_device *device)
{
	struct el_manifest_match *match = matching->match;
	struct el_manifest_target *targets =
		reallocarray(match->targets, match->targets_count + 1, sizeof(*targets));

	if (!targets)
		return el_fail_memory(matching->context);
	match->targets = targets;
	for (size_t i = 0; i < match->targets_count; i++)
		if (targets[i].ifindex == device->ifindex && targets[i].chain->hook == chain->hook)
			return refuse_conflict(matching, &targets[i], chain);
	targets = &targets[match->targets_count++];
	*targets = (struct el_manifest_target){.chain = chain, .ifindex = device->ifindex};
	memcpy(targets->device, device->name, sizeof(targets->device));
	return 0;
}

static int match_chain(struct matching *matching, const struct el_manifest_chain *chain)
{
	const struct devices *devices = matching->devices;
	struct el_manifest_match *match = matching->match;
	int named = (int)if_nametoindex(chain->select), err = 0;
	size_t before = match->targets_count;

	for (size_t i = 0; !err && i < devices->count; i++)
		if (selects(chain, devices, &devices->list[i], named))
			err = add_target(matching, chain, &devices->list[i]);
	if (!err && match->targets_count == before)
		match->absent[match->absent_count++] = chain;
	return err;
}

int el_manifest_match(struct el_context *context, const struct el_manifest *manifest,
		      struct el_manifest_match **out)
{
	_cleanup_match_ struct el_manifest_match *match = calloc(1, sizeof(*match));
	_cleanup_(cleanup_devices) struct devices devices = {0};
	struct matching matching = {context, manifest, &devices, match};
	int err;

	if (!match)
		return el_fail_memory(context);
	match->absent = calloc(manifest->chains_count + 1, sizeof(*match->absent));
	if (!match->absent)
		return el_fail_memory(context);
	err = el_devices_read(context, &devices.list, &devices.count);
	for (size_t i = 0; !err && i < manifest->chains_count; i++)
		err = match_chain(&matching, &manifest->chains[i]);
	if (!err)
		*out = TAKE_PTR(match);
	return err;
}

void el_manifest_match_free(struct el_manifest_match *match)
{
	if (!match)
		return;
	free(match->targets);
	free(match->absent);
	free(match);
}
