// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * All chains of the machine, unreadable chains included. A chain is unreadable if a pin was removed
 * or replaced, or must not be opened. It does not affect the list of the other chains: a stand-in
 * holds the known facts about it, and a detach needs only its links.
 */
#include <net/if.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "base/rights.h"
#include "base/reason.h"

void el_chains_free(struct el_chains *chains)
{
	for (size_t i = 0; i < chains->count; i++)
		el_chain_free(chains->list[i]);
	free(chains->list);
	*chains = (struct el_chains){0};
}

/* ---------------------------------------------------------------- unreadable chains */

static uint32_t ifindex_of_link(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	/* info.tcx (kernel 6.6) has the ifindex at the offset of info.xdp. */
	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.xdp.ifindex;
}

/* Fill in the facts from the pins that can be read. @number: as for el_chain_stand_in(). */
static int fill(struct el_context *context, struct el_generation *chain, uint32_t number)
{
	const struct el_site *site = &chain->at.site;

	chain->state = EL_STATE_UNREADABLE;
	chain->metadata = calloc(1, sizeof(*chain->metadata));
	if (!chain->metadata)
		return el_fail_memory(context);
	if (!number) {
		chain->at.link_fd = el_pin_any_link(context, site);
		chain->at.link_id = el_descriptor_id(chain->at.link_fd);
		number = el_pin_current(context, site);
		if (el_hook_ops(site->hook)->query(context, &chain->at, &chain->running))
			chain->running = 0;
	}
	if (el_metadata_any(context, site, chain->metadata))
		memset(chain->metadata, 0, sizeof(*chain->metadata));
	chain->metadata->generation = number;
	chain->at.site.mode = chain->metadata->mode;
	chain->keep = chain->metadata->keep;
	chain->declared = chain->metadata->declared;
	chain->at.site.ifindex = (int)if_nametoindex(site->device);
	return 0;
}

/* Set the reason and the remedy of the report. Takes over the texts. */
static int set_why(struct el_context *context, struct el_chain *chain, char *why, char *hint)
{
	chain->why = why;
	chain->hint = hint;
	if (!why || !hint)
		return el_fail_memory(context);
	chain->report.why = why;
	chain->report.hint = hint;
	return 0;
}

int el_chain_stand_in(struct el_context *context, const struct el_site *site, uint32_t generation,
		      struct el_chain **out)
{
	_cleanup_free_ char *why = strdup(context->error.what), *hint = strdup(context->error.hint);
	_cleanup_generation_ struct el_generation *facts = NULL;
	_cleanup_chain_ struct el_chain *chain = NULL;
	enum el_kind problem = context->error.kind;
	int error = el_generation_new_at(context, site, &facts);

	if (!error)
		error = fill(context, facts, generation);
	if (!error)
		error = el_chain_tell(context, &facts, &chain);
	if (!error)
		error = set_why(context, chain, TAKE_PTR(why), TAKE_PTR(hint));
	if (error)
		return error;
	chain->report.problem = problem;
	*out = TAKE_PTR(chain);
	return 0;
}

/* ---------------------------------------------------------------- all chains */

/* Takes over @chain. */
static int add(struct el_context *context, struct el_chains *chains, struct el_chain *chain)
{
	struct el_chain **list = reallocarray(chains->list, chains->count + 1, sizeof(*list));

	if (!list) {
		el_chain_free(chain);
		return el_fail_memory(context);
	}
	chains->list = list;
	list[chains->count++] = chain;
	return 0;
}

static int say_where(struct el_context *context, struct el_chain *chain)
{
	enum el_state state = chain->generation->state;

	if (state == EL_STATE_MOVED)
		return set_why(context, chain,
			       strdup("its device was moved into another network namespace"),
			       strdup(""));
	if (state == EL_STATE_ELSEWHERE)
		return set_why(context, chain, strdup("its device is in another network namespace"),
			       strdup(""));
	return 0;
}

/* The chain of @site, or its stand-in if it can't be read. -ENOENT: there is no chain. */
static int read_chain(struct el_context *context, const struct el_site *site, struct el_chain **out)
{
	_cleanup_generation_ struct el_generation *generation = NULL;
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = el_pin_exists(context, site);

	if (!error)
		error = el_chain_look_anywhere(context, site, &generation);
	if (error && error != -ENOENT && error != -ENOMEM)
		return el_chain_stand_in(context, site, 0, out);
	if (!error)
		error = el_chain_tell(context, &generation, &chain);
	if (!error)
		error = say_where(context, chain);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

static int gather_device(struct el_context *context, const char *device, struct el_chains *chains)
{
	for (struct el_site site = {.device = device}; site.hook <= EDGE_HOOK_TC_EGRESS;
	     site.hook++) {
		struct el_chain *chain;
		int error = read_chain(context, &site, &chain);

		if (error == -ENOENT)
			continue;
		if (!error)
			error = add(context, chains, chain);
		if (error)
			return error;
	}
	return 0;
}

static int gather_all(struct el_context *context, struct el_chains *chains)
{
	struct dirent **entries;
	int count = el_bpffs_scan(context->bpffs, context->root, &entries), error = 0;

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
			       errno == EACCES ? el_rights_hint() : NULL, "can't read %s: %s",
			       context->root, el_reason(EL_OP_SYSTEM, errno));
	for (int i = 0; i < count; i++) {
		/* Other programs may have pins of their own in this folder. */
		_cleanup_free_ char *device =
			entries[i]->d_type == DT_DIR ? el_pin_to_device(entries[i]->d_name) : NULL;

		if (!error && device)
			error = gather_device(context, device, chains);
		free(entries[i]);
	}
	free(entries);
	return error;
}

int el_chains_open(struct el_context *context, const char *device, struct el_chains *out)
{
	_cleanup_chains_ struct el_chains chains = {0};
	int error = el_pin_check_bpffs(context);

	if (error)
		return error;
	error = device ? gather_device(context, device, &chains) : gather_all(context, &chains);
	if (!error && device && !chains.count && !if_nametoindex(device)) {
		struct el_attachment probe = {.site.device = device};

		error = el_hook_device(context, &probe);
	}
	if (error)
		return error;
	*out = chains;
	chains = (struct el_chains){0};
	return 0;
}

/* ---------------------------------------------------------------- detaching unreadable chains */

/* Whether the pinned link is attached to a device of this network namespace. */
static bool is_link_here(struct el_context *context, const struct el_site *site)
{
	_cleanup_fd_ int fd = el_pin_any_link(context, site);
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	struct el_attachment probe = {.site.hook = site->hook, .link_fd = fd};

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) || !info.xdp.ifindex)
		return false;
	probe.site.ifindex = (int)info.xdp.ifindex;
	return el_hook_ops(site->hook)->here(&probe, info.prog_id) > 0;
}

bool el_chain_is_of_another_netns(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	uint64_t cookie = 0;

	return metadata && !el_metadata_any(context, site, metadata) && !el_netns_cookie(&cookie) &&
	       metadata->netns != cookie && !is_link_here(context, site);
}

bool el_chain_is_here(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	_cleanup_fd_ int link = el_pin_any_link(context, site);
	char name[IF_NAMESIZE];
	uint64_t cookie = 0;

	if (link >= 0)
		return is_link_here(context, site);
	return metadata && !el_metadata_any(context, site, metadata) && !el_netns_cookie(&cookie) &&
	       metadata->netns == cookie && if_indextoname(metadata->ifindex, name);
}

/* The known facts about an unreadable chain. */
struct remains {
	struct el_context *context;
	const struct el_site *site;
	uint32_t made_for; /* the ifindex from the metadata; 0: unknown */
	bool any_link;	   /* at least one link was attached */
};

/* The pin may have been replaced by a pin of another device's link, which must stay attached. */
static bool is_own_link(const struct remains *remains, int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	struct el_attachment probe = {.site.hook = remains->site->hook, .link_fd = fd};

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	probe.site.ifindex = (int)info.xdp.ifindex;
	if (el_hook_ops(remains->site->hook)->here(&probe, info.prog_id) <= 0)
		return true;
	return info.xdp.ifindex == if_nametoindex(remains->site->device) ||
	       info.xdp.ifindex == remains->made_for;
}

static int detach_link(struct remains *remains, struct el_which which, const char *name)
{
	_cleanup_fd_ int fd = el_pin_get(remains->context, remains->site, which, name);

	if (fd == -ENOENT || fd == -EL_PIN_REPLACED)
		return 0;
	if (fd == -EACCES || fd == -EPERM)
		return el_fail(remains->context, EL_PRIVILEGE, -fd, el_rights_hint(),
			       "can't open the links of %s %s: not enough privilege",
			       remains->site->device, el_hook_name(remains->site->hook));
	if (fd < 0)
		return el_fail(remains->context, EL_FAILED, -fd, "try again",
			       "can't open the links of %s %s: %s", remains->site->device,
			       el_hook_name(remains->site->hook), el_reason(EL_OP_GET, -fd));
	if (!ifindex_of_link(fd))
		return 0;
	remains->any_link = true;
	if (!is_own_link(remains, fd) || !bpf_link_detach(fd))
		return 0;
	return el_fail(remains->context, EL_FAILED, errno, NULL, "can't detach from %s %s: %s",
		       remains->site->device, el_hook_name(remains->site->hook),
		       el_reason(EL_OP_DETACH, errno));
}

static int detach_links(struct remains *remains, struct el_which which)
{
	_cleanup_free_ char *path = el_pin_path(remains->context, remains->site, which, NULL);
	_cleanup_dir_ DIR *dir = path ? el_bpffs_read(remains->context->bpffs, path) : NULL;
	struct dirent *entry;
	int error = path ? 0 : el_fail_memory(remains->context);

	while (!error && dir && (entry = readdir(dir)))
		if (el_pin_is_own(entry->d_name) && !strncmp(entry->d_name, "link", 4))
			error = detach_link(remains, which, entry->d_name);
	return error;
}

/* Whether program @id, which is attached at the place of the chain, belongs to the chain: by the
 * pins of its programs, or by its metadata. If neither can be read, it does. */
static bool is_own_program(const struct remains *remains, uint32_t id, int ifindex)
{
	static const struct el_which whiches[] = {
		{EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};
	bool known = false;

	for (size_t i = 0; i < sizeof(whiches) / sizeof(*whiches); i++) {
		uint32_t pinned = el_pin_program(remains->context, remains->site, whiches[i]);

		if (pinned == id)
			return true;
		known |= pinned > 0;
	}
	return remains->made_for ? (int)remains->made_for == ifindex : !known;
}

/* Attachments without a link: a clsact filter at edge-load's handle, or an entry of libxdp's
 * dispatcher. */
static int detach_without_link(const struct remains *remains)
{
	struct el_attachment probe = {
		.site.device = remains->site->device,
		.site.hook = remains->site->hook,
		.site.ifindex = (int)if_nametoindex(remains->site->device),
		.link_fd = -1,
	};
	uint32_t id = 0;
	int error;

	if (!probe.site.ifindex)
		return 0;
	error = el_hook_ops(remains->site->hook)->query(remains->context, &probe, &id);
	if (error || !id || !is_own_program(remains, id, probe.site.ifindex))
		return error;
	return el_hook_ops(remains->site->hook)->detach(remains->context, &probe);
}

static uint32_t made_for(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ struct edge_metadata *metadata = calloc(1, sizeof(*metadata));

	return metadata && !el_metadata_any(context, site, metadata) ? metadata->ifindex : 0;
}

int el_chain_take_off(struct el_context *context, const struct el_site *site)
{
	static const struct el_which others[] = {{EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};
	struct remains remains = {context, site, made_for(context, site), false};
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, site, &numbers, &count);

	for (size_t i = 0; !error && i < count; i++)
		error = detach_links(&remains, EL_GENERATION(numbers[i]));
	for (size_t i = 0; !error && i < sizeof(others) / sizeof(*others); i++)
		error = detach_links(&remains, others[i]);
	if (!error && !remains.any_link)
		error = detach_without_link(&remains);
	if (error)
		return error;
	/* Packets inside the chain still use its program array. */
	el_hook_settle();
	el_pin_remove(context, site);
	return 0;
}
