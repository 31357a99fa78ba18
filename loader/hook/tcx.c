// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * TCX and its order. The kernel places a link when the link is created, before or after another
 * link, and never moves it, so a chain that needs another place gets new links. The kernel is given
 * the numbers of other programs, which needs no extra capability; their descriptors would need
 * CAP_SYS_ADMIN, and so would their names. Foreign programs and links are never changed.
 */
#include <ctype.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "kernel/descriptor.h"
#include "base/reason.h"
#include "base/rights.h"
#include "hook/tcx.h"

/* From linux/bpf.h of kernel 6.6; the headers of Debian 12 are from 6.1. */
enum {
	TCX_INGRESS = 46,
	TCX_EGRESS = 47,
	TCX_BEFORE = 1 << 3,
	TCX_AFTER = 1 << 4,
	TCX_ID = 1 << 5,
	TCX_LINK = 1 << 13,
};

/* The beginning of union bpf_attr. */
struct query_attr {
	__u32 ifindex, type, query_flags, attach_flags;
	__aligned_u64 programs;
	__u32 count, unused;
	__aligned_u64 program_flags, links, link_flags, revision;
};

struct link_attr {
	__u32 program, ifindex, type, flags, relative, unused;
	__aligned_u64 revision;
};

/* The place of a link, in the kernel's form. */
struct link_place {
	__u32 flags, relative;
};

static __u32 type_of(enum edge_hook hook)
{
	return hook == EDGE_HOOK_TC_EGRESS ? TCX_EGRESS : TCX_INGRESS;
}

int el_tcx_query(int ifindex, enum edge_hook hook, struct el_tcx *out)
{
	struct query_attr attr = {
		.ifindex = (__u32)ifindex,
		.type = type_of(hook),
		.programs = (uintptr_t)out->programs,
		.count = EL_TCX_MAX,
		.links = (uintptr_t)out->links,
	};

	memset(out, 0, sizeof(*out));
	if (syscall(__NR_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return -errno;
	out->count = attr.count;
	return 0;
}

size_t el_tcx_links(const struct el_attachment *chain, uint32_t ids[EL_TCX_MAX])
{
	size_t count = 0;

	/* The first link is known even if the chain's programs are not. */
	for (size_t i = 0; (!i || i < chain->programs_count) && count < EL_TCX_MAX; i++) {
		uint32_t id = el_descriptor_id(i ? chain->programs[i].link_fd : chain->link_fd);

		if (id)
			ids[count++] = id;
	}
	return count;
}

/* ---------------------------------------------------------------- the neighbour */

/* The search for a place at a hook. */
struct search {
	struct el_context *context;
	const struct el_attachment *chain;
	const struct el_place *place;
	struct el_tcx tcx;
	bool own[EL_TCX_MAX]; /* the entry belongs to the chain */
};

/* The neighbour that place->beside names: a program or a link, by name or number. */
struct meant {
	const char *name;
	uint32_t program, link;
};

/* Find the entries that belong to @chain, which may be NULL. */
static void find_own(struct search *search, const struct el_attachment *chain)
{
	uint32_t ids[EL_TCX_MAX];
	size_t count = chain ? el_tcx_links(chain, ids) : 0;

	for (size_t i = 0; i < search->tcx.count; i++)
		for (size_t j = 0; j < count; j++)
			search->own[i] |= search->tcx.links[i] == ids[j];
}

/* Return: 0; -EINVAL the pin is neither a link nor a program; -errno. No error is noted. */
static int read_pin(const char *path, struct meant *meant)
{
	_cleanup_fd_ int fd = bpf_obj_get(path);
	enum el_descriptor_kind kind;

	if (fd < 0)
		return -errno;
	kind = el_descriptor_kind(fd);
	if (kind == EL_DESCRIPTOR_LINK)
		meant->link = el_descriptor_id(fd);
	else if (kind == EL_DESCRIPTOR_PROGRAM)
		meant->program = el_descriptor_id(fd);
	return meant->link || meant->program ? 0 : -EINVAL;
}

static bool read_number(const char *text, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*out = (uint32_t)number;
	return isdigit((unsigned char)*text) && !*end && number && number <= UINT32_MAX;
}

static int read_meant(const struct search *search, struct meant *meant)
{
	struct el_context *context = search->context;
	const char *text = search->place->beside;
	int error;

	*meant = (struct meant){0};
	if (!strncmp(text, "link:", 5) && read_number(text + 5, &meant->link))
		return 0;
	if (read_number(text, &meant->program))
		return 0;
	if (!strchr(text, '/')) {
		meant->name = text;
		return 0;
	}
	error = read_pin(text, meant);
	if (!error)
		return 0;
	if (error == -EINVAL)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "%s is the pin of neither a program nor a link", text);
	return el_fail(context, error == -ENOENT ? EL_NOT_FOUND : EL_PRIVILEGE, -error, NULL,
		       "can't open the pin %s: %s", text, el_reason(EL_OP_GET, -error));
}

/* ---------------------------------------------------------------- names */

struct names {
	char text[EL_TCX_MAX][BPF_OBJ_NAME_LEN];
	bool hidden; /* the names of some programs cannot be read */
};

static void read_names(const struct search *search, struct names *names)
{
	memset(names, 0, sizeof(*names));
	for (size_t i = 0; i < search->tcx.count; i++) {
		_cleanup_fd_ int fd =
			search->own[i] ? -1 : el_rights_program(search->tcx.programs[i]);
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			memcpy(names->text[i], info.name, sizeof(info.name));
		else if (fd < 0)
			names->hidden |= !search->own[i];
	}
}

/* @names: for a similar name; or NULL. */
static int not_there(const struct search *search, const struct names *names)
{
	const struct el_site *site = &search->chain->site;
	const char *words[EL_TCX_MAX], *nearest, *beside = search->place->beside;
	_cleanup_free_ char *hint = NULL;
	size_t count = 0;

	for (size_t i = 0; names && i < search->tcx.count; i++)
		if (*names->text[i])
			words[count++] = names->text[i];
	nearest = el_nearest(beside, words, count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("'edge-load status %s' lists the attached programs",
				   site->device);
	return el_fail(
		search->context, EL_NOT_FOUND, ENOENT, hint,
		"the chain on %s %s can't be attached %s %s: no such TCX program is attached",
		site->device, el_hook_name(site->hook), el_order_name(search->place->order),
		beside);
}

/* Two programs have the name. */
static int ambiguous(const struct search *search, size_t one, size_t other)
{
	const struct el_site *site = &search->chain->site;

	return el_fail(search->context, EL_USAGE, EINVAL, "give the number of the program",
		       "more than one program at %s %s has the name %s: %u and %u", site->device,
		       el_hook_name(site->hook), search->place->beside, search->tcx.programs[one],
		       search->tcx.programs[other]);
}

static int find_by_name(const struct search *search, size_t *at)
{
	const struct el_site *site = &search->chain->site;
	const char *beside = search->place->beside;
	struct names names;
	size_t found = EL_TCX_MAX;

	read_names(search, &names);
	for (size_t i = 0; i < search->tcx.count; i++) {
		/* The kernel keeps 15 characters of a name. */
		if (!*names.text[i] || strncmp(names.text[i], beside, BPF_OBJ_NAME_LEN - 1))
			continue;
		if (found < EL_TCX_MAX)
			return ambiguous(search, found, i);
		found = i;
	}
	*at = found;
	if (found < EL_TCX_MAX)
		return 0;
	if (names.hidden)
		return el_fail(search->context, EL_PRIVILEGE, EPERM,
			       "give the number of the program ('edge-load status') or the path of "
			       "its pin",
			       "can't find the program at %s %s with the name %s: reading program "
			       "names needs CAP_SYS_ADMIN",
			       site->device, el_hook_name(site->hook), beside);
	return not_there(search, &names);
}

/* Find the position of the program that place->beside names. */
static int find(const struct search *search, size_t *at)
{
	const struct el_site *site = &search->chain->site;
	const struct el_tcx *tcx = &search->tcx;
	struct meant meant;
	int error = read_meant(search, &meant);
	size_t i = 0;

	if (error)
		return error;
	if (meant.name)
		return find_by_name(search, at);
	while (i < tcx->count &&
	       (meant.link ? tcx->links[i] != meant.link : tcx->programs[i] != meant.program))
		i++;
	if (i == tcx->count)
		return not_there(search, NULL);
	*at = i;
	return search->own[i] ? el_fail(search->context, EL_USAGE, EINVAL, NULL,
					"%s is the chain on %s %s itself", search->place->beside,
					site->device, el_hook_name(site->hook))
			      : 0;
}

/* ---------------------------------------------------------------- the place of a chain */

static bool beside_all(const struct el_place *place)
{
	return !strcmp(place->beside, "all");
}

/* Whether every link of the chain is on the right side of the entry at @at, or of all others. */
static bool stands(const struct search *search, size_t at)
{
	bool all = beside_all(search->place), before = search->place->order == EL_ORDER_BEFORE;

	for (size_t i = 0; i < search->tcx.count; i++)
		for (size_t j = 0; j < search->tcx.count; j++)
			if (search->own[i] && !search->own[j] && (all || j == at) &&
			    before != (i < j))
				return false;
	return true;
}

static int no_tcx(struct el_context *context, const struct el_place *place)
{
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP, NULL,
		       "%s needs TCX, which needs Linux 6.6", el_order_name(place->order));
}

static int query(struct search *search)
{
	const struct el_site *site = &search->chain->site;
	int error = el_tcx_query(site->ifindex, site->hook, &search->tcx);

	if (error == -EINVAL)
		return no_tcx(search->context, search->place);
	return error ? el_fail(search->context, error == -EPERM ? EL_PRIVILEGE : EL_FAILED, -error,
			       NULL, "can't query the programs on %s %s: %s", site->device,
			       el_hook_name(site->hook), el_reason(EL_OP_INFO, -error))
		     : 0;
}

int el_tcx_check(struct el_context *context, const struct el_attachment *chain,
		 const struct el_attachment *running, struct el_place *place)
{
	struct search search = {.context = context, .chain = chain, .place = place};
	size_t at = EL_TCX_MAX;
	int error;

	if (chain->site.mode == EL_MODE_CLSACT)
		return el_fail(context, EL_CONFLICT, EEXIST, "detach the chain first",
			       "the chain on %s %s runs in mode clsact, which does not support %s",
			       chain->site.device, el_hook_name(chain->site.hook),
			       el_order_name(place->order));
	error = query(&search);
	if (error)
		return error;
	find_own(&search, running);
	if (!beside_all(place))
		error = find(&search, &at);
	if (!error && running && !stands(&search, at))
		place->leaves = running;
	return error;
}

/* ---------------------------------------------------------------- links */

static int create(const struct el_attachment *chain, size_t number, struct link_place place)
{
	struct link_attr attr = {
		.program = (__u32)chain->programs[number].fd,
		.ifindex = (__u32)chain->site.ifindex,
		.type = type_of(chain->site.hook),
		.flags = place.flags,
		.relative = place.relative,
	};
	int fd = (int)syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static int find_place(struct el_context *context, const struct el_attachment *chain,
		      const struct el_place *place, struct link_place *out)
{
	struct search search = {.context = context, .chain = chain, .place = place};
	const struct el_tcx *tcx = &search.tcx;
	size_t at = 0;
	int error;

	*out = (struct link_place){0};
	if (place->order == EL_ORDER_ANY)
		return 0;
	out->flags = place->order == EL_ORDER_BEFORE ? TCX_BEFORE : TCX_AFTER;
	if (beside_all(place))
		return 0;
	error = query(&search);
	if (error)
		return error;
	find_own(&search, place->leaves);
	error = find(&search, &at);
	if (error)
		return error;
	/* Prefer the link, because its program may be replaced meanwhile. */
	out->flags |= TCX_ID | (tcx->links[at] ? TCX_LINK : 0);
	out->relative = tcx->links[at] ? tcx->links[at] : tcx->programs[at];
	return 0;
}

/* If the neighbour disappears between the query and the attach (-ENOENT), query again. */
static int attach_first(struct el_context *context, struct el_attachment *chain,
			const struct el_place *place)
{
	int fd = -ENOENT;

	for (int tries = 0; fd == -ENOENT && tries < 10; tries++) {
		struct link_place found;
		int error = find_place(context, chain, place, &found);

		if (error)
			return error;
		fd = create(chain, 0, found);
	}
	if (fd == -EINVAL && place->order == EL_ORDER_ANY)
		return -ENOSYS;
	if (fd == -EINVAL)
		return no_tcx(context, place);
	if (fd < 0)
		return el_hook_refused(context, chain, -fd);
	chain->link_fd = fd;
	return 0;
}

int el_tcx_attach(struct el_context *context, struct el_attachment *chain,
		  const struct el_place *place)
{
	int error = attach_first(context, chain, place), last = chain->link_fd;

	for (size_t i = 1; !error && i < chain->programs_count; i++) {
		if (!chain->programs[i].linked)
			continue;
		last = create(chain, i, (struct link_place){TCX_AFTER | TCX_LINK, (__u32)last});
		chain->programs[i].link_fd = last < 0 ? -1 : last;
		error = last < 0 ? el_hook_refused(context, chain, -last) : 0;
	}
	return error; /* links without a pin end with their descriptors */
}
