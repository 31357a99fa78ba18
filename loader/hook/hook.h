/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOOK_H
#define EL_HOOK_H
/*
 * The contract of attaching, with a file for each kind of hook (xdp.c, tc.c). @chain is the part of
 * a chain that its hook needs.
 */
#include <bpf/libbpf.h>
#include "fuse/fuse.h"

enum el_program_kind {
	EL_PROGRAM_FUSED,
	EL_PROGRAM_EDGE,  /* an edge object, used unmodified */
	EL_PROGRAM_PLAIN, /* a plain program, used unmodified */
	EL_PROGRAM_KINDS,
};

/* One loaded program of a chain. */
struct el_program {
	int fd;
	size_t first, count; /* the instances that it runs */
	enum el_program_kind kind;
	enum el_form form;
	bool linked; /* attached by a link of its own, after the first program (TCX only) */
	int link_fd; /* the link, or -1 */
	/* As the kernel describes it; 0 or "" if it is not loaded. */
	uint32_t id, instructions;
	char tag[17];
	/* As its load described it; 0: not known. */
	uint32_t verified, stack;
};

/* The part of a chain that its hook needs. */
struct el_attachment {
	struct el_site site;
	bool frags;		     /* every function supports XDP fragments */
	struct el_program *programs; /* [0] is attached */
	size_t programs_count;
	int tail_fd; /* the program array of a chain that was cut, else -1 */
	int link_fd; /* of the first program, or -1 */
	uint32_t link_id;
};

/* The place among foreign programs that is asked for. */
struct el_place {
	enum el_order order;
	const char *beside; /* the caller owns it */
	/* The running chain if it is in another place: its links are replaced by new links. */
	const struct el_attachment *leaves;
};

/* The next program with a link of its own before @number, or 0. */
static inline size_t el_program_linked_before(const struct el_attachment *chain, size_t number)
{
	while (number-- > 1)
		if (chain->programs[number].linked)
			return number;
	return 0;
}

struct el_hook_ops {
	/* Attach @chain anew; sets link_fd and mode. @place: at TC only. */
	int (*attach)(struct el_context *context, struct el_attachment *chain,
		      const struct el_place *place);
	/* Check whether the device accepts the chain, as far as that is known without attaching. A
	 * refusal is noted as by attach(). NULL: nothing is known. */
	int (*check)(struct el_context *context, const struct el_attachment *chain);
	/* Whether a foreign program or qdisc prevents a new attach of @chain. An error is noted. */
	int (*blocked)(struct el_context *context, const struct el_attachment *chain);
	/* Replace @previous's programs by @chain's, if they still run, and take
	 * over the links of @previous. */
	int (*swap)(struct el_context *context, struct el_attachment *chain,
		    struct el_attachment *previous);
	int (*detach)(struct el_context *context, const struct el_attachment *chain);
	/* The number of the chain's running program, or 0. */
	int (*query)(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
	/* Whether program @id runs on the device of this number in our network namespace: a pinned
	 * link does not name the namespace of its device. Return: 1, 0, or -errno if the kernel
	 * cannot tell now. */
	int (*here)(const struct el_attachment *chain, uint32_t id);
	/* After an attach or a swap: check that the kernel runs @chain's programs at the requested
	 * device and hook, in the requested mode. */
	int (*verify)(struct el_context *context, const struct el_attachment *chain);
};
extern const struct el_hook_ops el_hook_xdp, el_hook_tc;
const struct el_hook_ops *el_hook_ops(enum edge_hook hook);
/* Whether VLAN tags are removed from the frames before XDP programs see them, in generic or native
 * mode (hook/tags.c). @how becomes the command that prevents it. */
enum { EL_HOOK_HOW = 160 };
bool el_hook_hides_tags(struct el_context *context, const char *device, bool generic,
			char how[EL_HOOK_HOW]);
/* Look up the device: its number and MAC address, and whether a chain can run on it. */
int el_hook_device(struct el_context *context, struct el_attachment *chain);
/* Whether frames of the chain's device and mode may have a partial checksum. */
bool el_hook_partial_checksums(const struct el_attachment *chain);
/* Whether the chain runs at XDP on the kernel's own packets: in generic mode, or in a
 * dispatcher in generic mode. */
bool el_hook_is_generic(const struct el_attachment *chain);
/* Note why the kernel refused to attach, for the errno @error. Return: -@error. */
int el_hook_refused(struct el_context *context, const struct el_attachment *chain, int error);
/* Like el_hook_refused(), with the kernel's message in @words, or "". */
int el_hook_refused_for(struct el_context *context, const struct el_attachment *chain, int error,
			const char *words);
/* The device disappeared while the chain was being attached. */
int el_hook_gone(struct el_context *context, const struct el_attachment *chain);
/* Check that the device with the chain's device number still has its name. */
int el_hook_check_name(struct el_context *context, const struct el_attachment *chain);
/* The kernel does not run the program that was attached. */
int el_hook_misplaced(struct el_context *context, const struct el_attachment *chain);
/* The id of the program in the chain's first link; 0: the link is detached. */
int el_hook_query_link(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
/* The query of the attached programs failed; this does not mean that no program is attached. */
int el_hook_unknown(struct el_context *context, const struct el_attachment *chain, int error);
/* A filter at edge-load's handle of clsact has no pins: they were removed. An error is noted. */
int el_hook_unpinned(struct el_context *context, const struct el_attachment *chain);
/* Wait until no CPU runs a program that was replaced before this call. */
void el_hook_settle(void);
/* Whether attaching @chain makes a filter on clsact: on request, or because the kernel has no
 * TCX. */
bool el_hook_takes_clsact(const struct el_attachment *chain);

/* The attach type and the flags for loading an XDP program of @chain. */
void el_hook_xdp_type(const struct el_attachment *chain, enum bpf_attach_type *type,
		      uint32_t *flags);

#endif
