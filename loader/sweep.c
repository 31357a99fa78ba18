// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pins of devices that are gone. A device takes its chains along; their pins, and with them the
 * memory of all generations, stay until somebody removes them: each command does, at its start, and
 * `edge-load sweep`, when udev says that a device went. A device goes by its number in its network
 * namespace, which no other one gets there: so a new one of the same name is never taken for the
 * old one, and one that was renamed is known again, and keeps its chains.
 *
 * So does what a killed swap left half done (recover.c).
 *
 * What is a device's of another network namespace is not this file's to judge while that namespace
 * is there.
 */
#include <net/if.h>

#include <bpf/bpf.h>

#include "hook_shared.h"
#include "descriptor.h"
#include "netns.h"
#include "shared_map.h"

enum fate {
	STAYS,
	GONE,
	RENAMED,
	LITTER, /* a lock of nobody's, and no such device */
};

struct sweep {
	struct el_context *context;
	uint64_t cookie; /* of this network namespace */
	struct el_swept *list;
	size_t count;
};

static bool link_lives(const struct sweep *sweep, const char *device, enum edge_hook hook)
{
	_cleanup_fd_ int fd = el_pin_any_link(sweep->context, device, hook);

	return fd == -ENOENT ? false : fd < 0 || el_descriptor_link_lives(fd);
}

/* @now: what a device that was renamed is called. */
static enum fate fate_of(const struct sweep *sweep, const char *device, enum edge_hook hook,
			 char now[IF_NAMESIZE])
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	int error = metadata ? el_metadata_any(sweep->context, device, hook, metadata) : -ENOMEM;

	/* Nothing is pinned: somebody is about to begin, or did not come far. */
	if (error == -ENOENT)
		return if_nametoindex(device) ? STAYS : LITTER;
	if (error)
		return STAYS;
	if (metadata->netns != sweep->cookie)
		return link_lives(sweep, device, hook) || el_netns_lives(metadata->netns) ? STAYS
											  : GONE;
	if (if_indextoname(metadata->ifindex, now))
		return strcmp(now, device) ? RENAMED : STAYS;
	/* One that lives was moved into another namespace. */
	return link_lives(sweep, device, hook) ? STAYS : GONE;
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

/* Return: whether there were any. */
static bool remove_pins(const struct sweep *sweep, const char *device, enum edge_hook hook)
{
	char now[IF_NAMESIZE];
	_cleanup_fd_ int lock = -1;
	enum fate fate;

	if (el_pin_lock(sweep->context, device, hook, &lock))
		return false;
	/* Somebody may have done it before we had the lock, and begun anew. */
	fate = fate_of(sweep, device, hook, now);
	if (fate == GONE)
		el_shared_tidy(sweep->context, device, hook, 0);
	if (fate == GONE || fate == LITTER)
		el_pin_remove(sweep->context, device, hook);
	return fate == GONE;
}

/* What a killed edge-load left of a chain that nobody may ever change again. */
static void finish(const struct sweep *sweep, const char *device, enum edge_hook hook)
{
	_cleanup_fd_ int lock = -1;

	if (el_pin_lock(sweep->context, device, hook, &lock))
		return;
	if (!el_recover(sweep->context, device, hook))
		el_pin_unstage(sweep->context, device, hook);
}

/* The whole folder at once, while nobody changes anything in it. */
static bool rename_pins(const struct sweep *sweep, const char *device, const char *now)
{
	_cleanup_free_ char *old_name = el_pin_device(device), *new_name = el_pin_device(now);
	_cleanup_free_ char *from =
		old_name ? el_format("%s/%s", sweep->context->root, old_name) : NULL;
	_cleanup_free_ char *to =
		new_name ? el_format("%s/%s", sweep->context->root, new_name) : NULL;
	int locks[EDGE_HOOK_TC_EGRESS + 1] = {-1, -1, -1};
	char name[IF_NAMESIZE];
	bool done = from && to, sure = false;

	for (enum edge_hook hook = EDGE_HOOK_XDP; done && hook <= EDGE_HOOK_TC_EGRESS; hook++) {
		if (el_pin_exists(sweep->context, device, hook))
			continue;
		done = !el_pin_lock(sweep->context, device, hook, &locks[hook]);
		sure |= done && fate_of(sweep, device, hook, name) == RENAMED && !strcmp(name, now);
	}
	if (done && sure)
		done = !rename(from, to);
	for (enum edge_hook hook = EDGE_HOOK_XDP; hook <= EDGE_HOOK_TC_EGRESS; hook++)
		if (locks[hook] >= 0)
			close(locks[hook]);
	return done && sure;
}

static void sweep_device(struct sweep *sweep, const char *device)
{
	bool removed = false;

	for (enum edge_hook hook = EDGE_HOOK_XDP; hook <= EDGE_HOOK_TC_EGRESS; hook++) {
		char now[IF_NAMESIZE];
		enum fate fate = el_pin_exists(sweep->context, device, hook)
					 ? STAYS
					 : fate_of(sweep, device, hook, now);

		if (fate == RENAMED) {
			if (rename_pins(sweep, device, now))
				note(sweep, device, now);
			return;
		}
		if (fate == GONE || fate == LITTER)
			removed |= remove_pins(sweep, device, hook);
		else if (fate == STAYS && el_recover_is_due(sweep->context, device, hook))
			finish(sweep, device, hook);
	}
	if (removed)
		note(sweep, device, "");
}

void el_sweep(struct el_context *context, struct el_swept **out, size_t *count)
{
	struct sweep sweep = {.context = context};
	struct dirent **entries = NULL;
	int found = scandir(context->root, &entries, NULL, alphasort);
	bool sure = !el_netns_cookie(&sweep.cookie);

	for (int i = 0; i < found; i++) {
		_cleanup_free_ char *device = el_pin_to_device(entries[i]->d_name);

		if (device && sure)
			sweep_device(&sweep, device);
		free(entries[i]);
	}
	el_shared_sweep(context, false);
	free(entries);
	if (out) {
		*out = TAKE_PTR(sweep.list);
		*count = sweep.count;
	}
	free(sweep.list);
}
