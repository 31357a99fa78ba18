/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOOK_H
#define EL_HOOK_H
/*
 * Attaching: one contract, a file a hook (xdp.c, tc.c). @chain is a chain as far as its hook goes.
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
	int link_fd; /* that link; or -1 */
	struct el_program_report report;
};

/* A chain as far as the kernel's hook is concerned. */
struct el_attachment {
	struct el_site site;
	enum el_order order; /* of the spec, with beside; the caller's, as long as it asks */
	const char *beside;
	const struct el_attachment
		*leaves; /* whose links stand elsewhere, and are given up for new ones */
	bool frags;	 /* every function copes with XDP frames in fragments */
	struct el_program *programs; /* [0] is the one attached */
	size_t programs_count;
	int tail_fd; /* the program array of a chain that was cut; else -1 */
	int link_fd; /* of the first program; -1: it has none */
	uint32_t link_id;
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
	/* Attach @chain's first program anew; fills link_fd, mode. */
	int (*attach)(struct el_context *context, struct el_attachment *chain);
	/* Whether the device takes it, as far as that is known without attaching: else the refusal
	 * is noted, as attach() would. NULL: nothing is known. */
	int (*check)(struct el_context *context, const struct el_attachment *chain);
	/* Whether somebody else's program or qdisc keeps @chain from being attached anew. Noted. */
	int (*blocked)(struct el_context *context, const struct el_attachment *chain);
	/* Put @chain's programs in place of @previous's, if those still run, and take over its
	 * links. */
	int (*swap)(struct el_context *context, struct el_attachment *chain,
		    struct el_attachment *previous);
	int (*detach)(struct el_context *context, const struct el_attachment *chain);
	/* The number of the program that runs for us, or 0. */
	int (*query)(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
	/* Whether program @id runs on the device of this number in our network namespace: a pinned
	 * link does not say in which one its device is. Return: 1, 0, or -errno where the kernel
	 * does not tell now. */
	int (*here)(const struct el_attachment *chain, uint32_t id);
	/* After an attach or a swap: that the kernel has @chain's programs at the device, the hook
	 * and in the mode that were asked for. */
	int (*verify)(struct el_context *context, const struct el_attachment *chain);
};
extern const struct el_hook_ops el_hook_xdp, el_hook_tc;
const struct el_hook_ops *el_hook_ops(enum edge_hook hook);
/*
 * Whether VLAN tags are taken out of the frames before XDP programs see them, in generic mode or in
 * native one (hook/tags.c). @how, of 160 bytes or more, becomes what to do about it.
 */
bool el_hook_hides_tags(struct el_context *context, const char *device, bool generic, char *how,
			size_t size);
/* Number, kind and sanity of the device. */
int el_hook_device(struct el_context *context, struct el_attachment *chain);
/* Whether frames of the chain's device and mode may have a checksum that is only begun. */
bool el_hook_partial_checksums(const struct el_attachment *chain);
/* Whether the chain runs at XDP on the kernel's own packets: in generic mode, or in a dispatcher
 * that does. */
bool el_hook_is_generic(const struct el_attachment *chain);
/* Why the kernel does not attach: @error, an errno. Return: -@error, noted. */
int el_hook_refused(struct el_context *context, const struct el_attachment *chain, int error);
/* The same, with @words of the kernel's beside its error; "" where it said none. */
int el_hook_refused_for(struct el_context *context, const struct el_attachment *chain, int error,
			const char *words);
/* The device went while the chain was being attached; what the kernel has is not what was attached.
 */
int el_hook_gone(struct el_context *context, const struct el_attachment *chain);
/* Whether the device that the chain was attached to, by its number, still has its name. */
int el_hook_check_name(struct el_context *context, const struct el_attachment *chain);
int el_hook_misplaced(struct el_context *context, const struct el_attachment *chain);
/* The kernel does not say what runs: that is not that nothing does. */
int el_hook_unknown(struct el_context *context, const struct el_attachment *chain, int error);
/* A filter of clsact is at our handle, and no pins are there: somebody removed them. Noted. */
int el_hook_unpinned(struct el_context *context, const struct el_attachment *chain);
/* Until no CPU runs a program that was replaced before this call. */
void el_hook_settle(void);
/* Whether an attach makes a filter on clsact of @chain: it is asked for, or the kernel has no TCX.
 */
bool el_hook_takes_clsact(const struct el_attachment *chain);

/* The type and flags with which an XDP program of @chain is loaded. */
void el_hook_xdp_type(const struct el_attachment *chain, enum bpf_attach_type *type,
		      uint32_t *flags);

#endif
