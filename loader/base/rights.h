/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RIGHTS_H
#define EL_RIGHTS_H
/*
 * Capabilities: what is there, what is missing, and the one that root keeps at the back of its
 * hand.
 */
#include "base/base.h"

struct btf;

enum el_need {
	EL_NEED_LOOK, /* CAP_BPF, CAP_NET_ADMIN: to open pins, and to ask what runs on a device */
	EL_NEED_LOAD, /* CAP_PERFMON too, without which the verifier refuses what compilers make */
};

/* Return: 0; -EPERM, the error naming what is missing. */
int el_rights_need(struct el_context *context, enum el_need need);
/* The names of those of the three that are missing, "A, B and C"; "" where none is. malloc'ed. */
char *el_rights_missing(enum el_need need);
/* What to do where the pins, or the kernel, refuse: by what this process has. */
const char *el_rights_hint(void);
/* Whether this process may do to the kernel what its caller perhaps may not. */
bool el_rights_any(void);
/* Whether root's own right to read every file is needed to read @path. */
bool el_rights_private(const char *path);
/* What a program that is run from here may do. All zero: nothing that takes a capability. */
struct el_rights_child {
	bool reads_private; /* root's own right to read every file */
	bool changes_user;  /* it becomes another user itself (fuse/child.c) */
	bool is_owner;	    /* it runs as this user, with the user's groups: */
	uid_t uid;
};
/* Whether a file of @owner is read with the owner's rights alone: this process is root, the owner
 * is not. */
bool el_rights_is_lesser(uid_t owner);

/* The user's groups, before the fork: they may be asked of another machine. */
struct el_rights_groups {
	gid_t gid[64]; /* the first one is the main one */
	int count;
};
void el_rights_groups(uid_t uid, struct el_rights_groups *groups);
/* In a child, before it becomes another program: give up all but @rights. Return: 0, or -errno. */
int el_rights_child(const struct el_rights_child *rights, const struct el_rights_groups *groups);
/* From here on do with files what this user may; see el_rights_as_owner(). Return: whether that
 * could be had. */
bool el_rights_take(struct el_context *context, uid_t user, gid_t group);
/* What el_rights_as_owner() did, undone for a file of the caller's own, and done again. */
void el_rights_files(const struct el_context *context, bool pins);

/*
 * CAP_SYS_ADMIN, where el_rights_drop() kept it: effective between the two alone. A program or a
 * BTF by its number needs it, and so do what libxdp does and libbpf's search in the BTF of modules.
 * Return: whether there is something to lower.
 */
bool el_rights_raise(void);
void el_rights_lower(bool raised);
/* With it raised: bpf_prog_get_fd_by_id(), bpf_map_get_fd_by_id(), btf__load_from_kernel_by_id().
 */
int el_rights_program(uint32_t id);
int el_rights_map(uint32_t id);
struct btf *el_rights_btf(uint32_t id);

#endif
