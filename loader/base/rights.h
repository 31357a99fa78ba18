/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RIGHTS_H
#define EL_RIGHTS_H
/*
 * Capabilities: those that this process has and lacks, and CAP_SYS_ADMIN, which root's edge-load
 * keeps in reserve.
 */
#include "base/base.h"

struct btf;

enum el_need {
	EL_NEED_LOOK, /* CAP_BPF, CAP_NET_ADMIN: to open pins, and list a device's programs */
	EL_NEED_LOAD, /* CAP_PERFMON too: without it, the verifier refuses compiled C code */
};

/* Return: 0; -EPERM, the error names the missing capabilities. */
int el_rights_need(struct el_context *context, enum el_need need);
/* The names of the missing capabilities among these three, as "A, B and C"; "" if none is missing.
 * malloc'ed. */
char *el_rights_missing(enum el_need need);
/* The hint for an error in which access to pins or the kernel refuses this process. It depends on
 * the capabilities of this process. */
const char *el_rights_hint(void);
/* Whether this process has rights over the kernel that its caller may lack. */
bool el_rights_any(void);
/* Whether reading @path takes root's right to read every file. */
bool el_rights_private(const char *path);
/* The rights of a program that edge-load runs. All zero: it has no capability. */
struct el_rights_child {
	bool reads_private; /* keep root's right to read every file */
	bool changes_user;  /* it changes its user itself (fuse/child.c) */
	bool is_owner;	    /* it runs as the user @uid, with that user's groups */
	uid_t uid;
};
/* Whether a file of @owner is read with the owner's rights alone: if this process is root, and the
 * owner is not. */
bool el_rights_is_lesser(uid_t owner);

/* The groups of a user. They are read before the fork: the lookup may ask another machine. */
struct el_rights_groups {
	gid_t gid[64]; /* the first group is the primary group */
	int count;
};
void el_rights_groups(uid_t uid, struct el_rights_groups *groups);
/* Called in a child before execve(): give up all rights but @rights. Return: 0, or -errno. */
int el_rights_child(const struct el_rights_child *rights, const struct el_rights_groups *groups);
/* Access files with the rights of this user from now on; see el_rights_as_owner(). Return: whether
 * this succeeded. */
bool el_rights_take(struct el_context *context, uid_t user, gid_t group);
/* @pins false: return to the caller's own rights for file access, after el_rights_as_owner(); true:
 * take the rights of the pins' owner again. */
void el_rights_files(const struct el_context *context, bool pins);

/*
 * CAP_SYS_ADMIN, if el_rights_drop() kept it: it is effective only between these two calls. Opening
 * a program or a BTF by its number needs it, and so do libxdp and libbpf's search in the BTF of
 * modules. Return: whether el_rights_lower() has to lower it again.
 */
bool el_rights_raise(void);
void el_rights_lower(bool raised);
/* bpf_prog_get_fd_by_id(), bpf_map_get_fd_by_id() and btf__load_from_kernel_by_id() with
 * CAP_SYS_ADMIN raised. */
int el_rights_program(uint32_t id);
int el_rights_map(uint32_t id);
struct btf *el_rights_btf(uint32_t id);

#endif
