/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REASON_H
#define EL_REASON_H
/*
 * Describes an error number of the kernel or of libbpf. The C library's descriptions do not fit:
 * bpf() gives one number several meanings (E2BIG is a full map, a map that is too large, or a
 * program that is too long), the kernel returns numbers that user space has no name for (524,
 * ENOTSUPP), and libbpf has numbers of its own (from 4000 on).
 */

/* The operation that failed. */
enum el_operation {
	EL_OP_SYSTEM,	  /* other system calls, netlink included */
	EL_OP_OPEN,	  /* libbpf reads an object */
	EL_OP_LOAD,	  /* BPF_PROG_LOAD, and libbpf's steps around it */
	EL_OP_MAP_CREATE, /* BPF_MAP_CREATE */
	EL_OP_MAP_USE,	  /* libbpf is given a map for a definition */
	EL_OP_MAP_READ,	  /* lookup, next key, batch lookup, ring buffer */
	EL_OP_MAP_UPDATE, /* update, batch update, freeze */
	EL_OP_MAP_DELETE, /* delete, batch delete */
	EL_OP_ATTACH,	  /* BPF_LINK_CREATE, BPF_LINK_UPDATE, a clsact filter */
	EL_OP_DETACH,	  /* BPF_LINK_DETACH, a clsact filter */
	EL_OP_PIN,	  /* BPF_OBJ_PIN */
	EL_OP_GET,	  /* BPF_OBJ_GET */
	EL_OP_INFO,	  /* BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_QUERY */
};

/**
 * el_reason() - describe an error number
 * @operation: the operation that returned it
 * @error: the number, positive (errno) or negative (as libbpf returns it)
 *
 * Return: a phrase without a full stop, to stand behind a colon; never NULL. It is valid until the
 * thread's next call.
 * Source: kernel/bpf/{syscall,arraymap,hashtab,lpm_trie,inode,verifier}.c, Linux 6.1 to 6.18;
 * include/linux/errno.h; libbpf.h.
 */
const char *el_reason(enum el_operation operation, int error);

#endif
