// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Recovery finishes or undoes the work of a killed edge-load, under the chain's lock, before any
 * other work. The kernel knows the running program; the pins (pin/pin.c) show the intended program.
 *
 *   HOOK:new holds the running program     the swap was done: give HOOK:new its number
 *   HOOK:new holds another program         the swap was not done: remove HOOK:new
 *   HOOK:gone                              a detach was begun: finish it
 *   only some links are detached           by a detach, or outside edge-load: detach the others
 *   HOOK points elsewhere                  a rollback was done: point to the running generation
 *   an older generation has a link         the chain was moved to another place: detach that link
 *   too many generations                   a swap was done: remove the oldest generations
 *   no program of the chain runs           if another device has the name now, remove all pins; if
 *                                          the chain was detached outside edge-load, keep the pins,
 *                                          so that an attach finds the maps
 */
#include <fcntl.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "hook/xdp_shared.h"
#include "kernel/netns.h"

struct place {
	struct el_context *context;
	const struct el_site *site;
};

static int cannot_open(const struct place *place, struct el_which which, const char *name,
		       int error)
{
	_cleanup_free_ char *path = el_pin_path(place->context, place->site, which, name);

	return path ? el_pin_cannot_open(place->context, path, -error)
		    : el_fail_memory(place->context);
}

/* The program of that generation; 0: it has none. A pin that can't be opened is an error, not a
 * missing pin: recovery must not remove the pins of a running chain. */
static int program_of(const struct place *place, struct el_which which, uint32_t *id)
{
	_cleanup_fd_ int fd = el_pin_get(place->context, place->site, which, "prog");

	*id = el_descriptor_id(fd);
	if (*id || fd == -ENOENT)
		return 0;
	return cannot_open(place, which, "prog", fd < 0 ? fd : -errno);
}

static int metadata_of(const struct place *place, struct el_which which, struct edge_metadata *out)
{
	_cleanup_fd_ int fd = el_pin_get(place->context, place->site, which, "metadata");

	return fd < 0 ? fd : el_metadata_peek(fd, out);
}

/* The running program of the chain, or 0. */
static int running(const struct place *place, uint32_t *id)
{
	struct el_attachment probe = {.site = *place->site};
	int error;

	probe.link_fd = el_pin_any_link(place->context, place->site);
	if (probe.link_fd < 0 && probe.link_fd != -ENOENT)
		return cannot_open(place, EL_WHICH(RUNNING), "link", probe.link_fd);
	error = el_hook_ops(place->site->hook)->query(place->context, &probe, id);
	if (probe.link_fd >= 0)
		close(probe.link_fd);
	return error;
}

/*
 * A swap or a rollback of several links changes the first link last, so the first link tells the
 * running generation. The other links may be ahead of it: update each link with the program that is
 * pinned for it in the running generation.
 */
static int restore_links(const struct place *place)
{
	for (size_t number = 1; number < EDGE_INSTANCES_MAX; number++) {
		_cleanup_free_ char *link = el_pin_numbered("link", number);
		_cleanup_free_ char *prog = el_pin_numbered("prog", number);
		_cleanup_fd_ int link_fd = -1, prog_fd = -1;

		if (!link || !prog)
			return el_fail_memory(place->context);
		link_fd = el_pin_get(place->context, place->site, EL_WHICH(RUNNING), link);
		if (link_fd == -ENOENT)
			continue;
		prog_fd = el_pin_get(place->context, place->site, EL_WHICH(RUNNING), prog);
		if (link_fd < 0 || prog_fd < 0)
			return cannot_open(place, EL_WHICH(RUNNING), link_fd < 0 ? link : prog,
					   link_fd < 0 ? link_fd : prog_fd);
		if (bpf_link_update(link_fd, prog_fd, NULL))
			return cannot_open(place, EL_WHICH(RUNNING), link, -errno);
	}
	return 0;
}

/* Make HOOK point to the running generation. */
static int point_to_running(const struct place *place, uint32_t id)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	uint32_t of = 0;
	size_t count = 0;
	int error = program_of(place, EL_WHICH(RUNNING), &of);

	if (error || !id || id == of)
		return error;
	error = el_pin_generations(place->context, place->site, &numbers, &count);
	while (!error && count--) {
		error = program_of(place, EL_GENERATION(numbers[count]), &of);
		if (!error && of == id)
			return el_pin_point(place->context, place->site, numbers[count]);
	}
	return error;
}

struct links {
	int fds[EDGE_INSTANCES_MAX];
	uint32_t ids[EDGE_INSTANCES_MAX];
	size_t count;
	bool lost; /* at least one pinned link is detached */
};

static void close_links(struct links *links)
{
	while (links->count--)
		close(links->fds[links->count]);
}

/* Open the links that are pinned in a generation and attached. */
static int open_links(const struct place *place, struct el_which which, struct links *links)
{
	_cleanup_free_ char *path = el_pin_path(place->context, place->site, which, NULL);
	_cleanup_dir_ DIR *dir = path ? el_bpffs_read(place->context->bpffs, path) : NULL;
	struct dirent *entry;

	if (!path)
		return el_fail_memory(place->context);
	if (!dir)
		return errno == ENOENT ? 0 : cannot_open(place, which, NULL, -errno);
	while ((entry = readdir(dir)) && links->count < EDGE_INSTANCES_MAX) {
		int fd;

		if (!el_pin_is_own(entry->d_name) || strncmp(entry->d_name, "link", 4))
			continue;
		fd = el_pin_get(place->context, place->site, which, entry->d_name);
		if (fd < 0)
			return cannot_open(place, which, entry->d_name, fd);
		if (!el_descriptor_link_lives(fd)) {
			links->lost = true;
			close(fd);
			continue;
		}
		links->fds[links->count] = fd;
		links->ids[links->count] = el_descriptor_id(fd);
		if (!links->ids[links->count++])
			return cannot_open(place, which, entry->d_name, -errno);
	}
	return 0;
}

static bool has_link(const struct links *links, uint32_t id)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->ids[i] == id)
			return true;
	return false;
}

/* Detach the links of an unfinished new chain. Removing their pins is not enough: the kernel frees
 * a link some time after its last pin (bpf_free_inode()), and until then packets pass the link. The
 * links of the running chain, which a swap pins there too, stay attached. */
static int drop_new_links(const struct place *place)
{
	_cleanup_(close_links) struct links links = {0}, staged = {0};
	int error = open_links(place, EL_WHICH(RUNNING), &links);

	if (!error)
		error = open_links(place, EL_WHICH(NEW), &staged);
	for (size_t i = 0; !error && i < staged.count; i++)
		if (!has_link(&links, staged.ids[i]))
			bpf_link_detach(staged.fds[i]);
	return error;
}

static int finish_or_undo_new(const struct place *place, const char *staged, uint32_t id)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	uint32_t new_id = 0;
	int error = metadata ? program_of(place, EL_WHICH(NEW), &new_id)
			     : el_fail_memory(place->context);

	if (error)
		return error;
	if (id && id == new_id) {
		error = metadata_of(place, EL_WHICH(NEW), metadata);
		return error ? cannot_open(place, EL_WHICH(NEW), "metadata", error)
			     : el_pin_commit(place->context, place->site, metadata->generation);
	}
	error = drop_new_links(place);
	if (!error)
		el_bpffs_remove_tree(place->context->bpffs, staged);
	return error;
}

/* Moving a chain gives it new links. A command that was killed before el_change_settle() has left
 * the old links attached. */
static int drop_old_links(const struct place *place)
{
	uint32_t current = el_pin_current(place->context, place->site);
	_cleanup_(close_links) struct links links = {0};
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(place->context, place->site, &numbers, &count);

	if (!error)
		error = open_links(place, EL_WHICH(RUNNING), &links);
	for (size_t i = 0; current && !error && i < count; i++) {
		_cleanup_(close_links) struct links old = {0};

		if (numbers[i] != current)
			error = open_links(place, EL_GENERATION(numbers[i]), &old);
		for (size_t j = 0; !error && j < old.count; j++)
			if (!has_link(&links, old.ids[j]))
				bpf_link_detach(old.fds[j]);
	}
	return error;
}

/* If some links of a chain are detached, the chain does not work: detach all its links. */
static int drop_rest(const struct place *place)
{
	_cleanup_(close_links) struct links links = {0};
	int error = open_links(place, EL_WHICH(RUNNING), &links);

	for (size_t i = 0; !error && links.lost && i < links.count; i++)
		bpf_link_detach(links.fds[i]);
	return error;
}

/* Remove surplus generations, as an unfinished swap would have done. */
static void prune(const struct place *place)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;

	if (!metadata || metadata_of(place, EL_WHICH(RUNNING), metadata) ||
	    el_pin_generations(place->context, place->site, &numbers, &count) || !metadata->keep ||
	    count <= metadata->keep)
		return;
	el_hook_settle();
	el_pin_prune(place->context, place->site, metadata->keep);
}

/* Whether the pins belong to a device that is gone, and another device has its name. */
static bool device_is_another(const struct place *place)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	int error = metadata ? metadata_of(place, EL_WHICH(RUNNING), metadata) : -ENOMEM;
	uint64_t cookie = 0;

	if (error || el_netns_cookie(&cookie))
		return error == -ENOENT;
	return metadata->ifindex != if_nametoindex(place->site->device) ||
	       metadata->netns != cookie;
}

/* Devices may be renamed at any time: a renamed device keeps its pins. */
static int check_renamed(const struct place *place)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	char now[IF_NAMESIZE];

	if (!metadata || metadata_of(place, EL_WHICH(RUNNING), metadata) ||
	    !if_indextoname(metadata->ifindex, now) || !strcmp(now, place->site->device))
		return 0;
	return el_fail(place->context, EL_CONFLICT, EBUSY, "try again",
		       "the pins of %s %s belong to a device that is now called %s",
		       place->site->device, el_hook_name(place->site->hook), now);
}

/* A chain without a link is visible only in its own network namespace. In other namespaces it looks
 * as if it were gone, and its pins must not be removed there. */
static int check_namespace(const struct place *place)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	_cleanup_fd_ int link = el_pin_get(place->context, place->site, EL_WHICH(RUNNING), "link");
	_cleanup_free_ char *path =
		el_pin_path(place->context, place->site, EL_WHICH(RUNNING), NULL);
	_cleanup_free_ char *hint = NULL;
	uint64_t cookie = 0;

	if (!metadata || !path)
		return el_fail_memory(place->context);
	if (link >= 0 || metadata_of(place, EL_WHICH(RUNNING), metadata) ||
	    el_netns_cookie(&cookie) || metadata->netns == cookie)
		return 0;
	hint = el_format("use --netns NAME, which gives the namespace pins of its own; if the "
			 "namespace is gone, run 'edge-load sweep' as root, or rm -r %s*",
			 path);
	return el_fail(place->context, EL_CONFLICT, EEXIST, hint,
		       "the pins of %s %s belong to a device of that name in another network "
		       "namespace",
		       place->site->device, el_hook_name(place->site->hook));
}

/* Clean up after a killed libxdp call, only for a chain of this namespace and this device: in other
 * namespaces even a running chain looks like a leftover. */
static void sweep_shared(const struct place *place)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	_cleanup_free_ char *shared =
		el_pin_path(place->context, place->site, EL_WHICH(SHARED), NULL);
	unsigned int ifindex = if_nametoindex(place->site->device);
	uint64_t cookie = 0;

	if (!metadata || !shared || !ifindex || access(shared, F_OK) ||
	    el_metadata_any(place->context, place->site, metadata) || el_netns_cookie(&cookie))
		return;
	if (metadata->netns == cookie && metadata->ifindex == ifindex)
		el_shared_tidy(place->context, place->site, (int)ifindex);
}

bool el_recover_is_due(struct el_context *context, const struct el_site *site)
{
	struct place place = {context, site};
	_cleanup_free_ char *gone = el_pin_path(context, site, EL_WHICH(GONE), NULL);
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	uint64_t cookie = 0;
	uint32_t id = 0;

	if (el_pin_is_half(context, site))
		return true;
	if (!gone || !metadata || el_bpffs_find(context->bpffs, gone) || el_netns_cookie(&cookie))
		return false;
	if (!metadata_of(&place, EL_WHICH(GONE), metadata) && metadata->netns != cookie)
		return false;
	return !running(&place, &id) && !id;
}

int el_recover(struct el_context *context, const struct el_site *site)
{
	struct place place = {context, site};
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(NEW), NULL);
	_cleanup_free_ char *gone = el_pin_path(context, site, EL_WHICH(GONE), NULL);
	bool half = el_pin_is_half(context, site);
	uint32_t id = 0;
	int error = 0;

	if (!staged || !gone)
		return el_fail_memory(context);
	if (site->hook != EDGE_HOOK_XDP)
		error = drop_rest(&place);
	if (!error)
		error = running(&place, &id);
	sweep_shared(&place);
	if (!error && !el_is_absent(staged))
		error = finish_or_undo_new(&place, staged, id);
	if (error)
		return error;
	if (!el_bpffs_find(context->bpffs, gone))
		return el_chain_finish_detach(context, site);
	error = point_to_running(&place, id);
	if (!error && half && id && site->hook != EDGE_HOOK_XDP)
		error = restore_links(&place);
	if (!error) /* not earlier: the mark shows that recovery is unfinished */
		el_pin_clear_half(context, site);
	if (!error && id && site->hook != EDGE_HOOK_XDP)
		error = drop_old_links(&place);
	if (!error && id)
		prune(&place);
	if (!error && !id)
		error = check_namespace(&place);
	if (!error && !id)
		error = check_renamed(&place);
	if (!error && !id && device_is_another(&place))
		el_pin_clear(context, site);
	return error;
}
