/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DESCRIPTOR_H
#define EL_DESCRIPTOR_H
/*
 * The kernel's information about a descriptor of a program, a map or a link.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* The kind of object that a descriptor of bpf() refers to. */
enum el_descriptor_kind {
	EL_DESCRIPTOR_UNKNOWN, /* /proc is not mounted, or the object is of another kind */
	EL_DESCRIPTOR_PROGRAM,
	EL_DESCRIPTOR_MAP,
	EL_DESCRIPTOR_LINK,
};

/* Read the kind from the name that the kernel gives the descriptor's file, because BPF_OBJ_GET
 * opens pins of any kind. */
static inline enum el_descriptor_kind el_descriptor_kind(int fd)
{
	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return EL_DESCRIPTOR_UNKNOWN;
	if (!strcmp(target, "anon_inode:bpf-prog"))
		return EL_DESCRIPTOR_PROGRAM;
	if (!strcmp(target, "anon_inode:bpf-map"))
		return EL_DESCRIPTOR_MAP;
	/* bpf-link since kernel 6.16, bpf_link before. */
	if (!strcmp(target, "anon_inode:bpf-link") || !strcmp(target, "anon_inode:bpf_link"))
		return EL_DESCRIPTOR_LINK;
	return EL_DESCRIPTOR_UNKNOWN;
}

/* Return: the object's number; 0: it has none, or @fd is not a descriptor. */
static inline uint32_t el_descriptor_id(int fd)
{
	/* struct bpf_prog_info, bpf_map_info and bpf_link_info begin with these fields
	 * (linux/bpf.h). */
	struct {
		uint32_t type, id;
	} info = {0};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/*
 * el_descriptor_check_map() - check an array's shape before reading it
 *
 * Another user may have pinned another map in a map's place. The kernel copies as many bytes into a
 * buffer as that map's value size, and for per-CPU kinds that size for each CPU. So this check
 * comes before every read.
 *
 * Return: 0 the map has this type, keys of 4 bytes, values of @value_size bytes, and at least
 * @entries entries; -EMEDIUMTYPE the map differs; or another -errno.
 */
static inline int el_descriptor_check_map(int fd, uint32_t type, uint32_t value_size,
					  uint32_t entries)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	return info.type == type && info.key_size == 4 && info.value_size == value_size &&
			       info.max_entries >= entries
		       ? 0
		       : -EMEDIUMTYPE;
}

/* Like el_descriptor_check_map(), for an array with one entry whose value has at most @max bytes.
 * @value_size becomes the size of the value. */
static inline int el_descriptor_check_one(int fd, uint32_t max, uint32_t *value_size)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	*value_size = 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	*value_size = info.value_size;
	return info.type == BPF_MAP_TYPE_ARRAY && info.key_size == 4 && info.max_entries == 1 &&
			       info.value_size <= max
		       ? 0
		       : -EMEDIUMTYPE;
}

/* Whether a link is still attached. A link whose device is gone, or that was detached, no longer
 * has the device's number. In a TCX link (kernel 6.6) the number is at the same offset as in an XDP
 * link. If the kernel gives no information now, the link counts as attached, because a dead link is
 * removed. */
static inline bool el_descriptor_link_lives(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	return fd >= 0 && (bpf_obj_get_info_by_fd(fd, &info, &size) || info.xdp.ifindex);
}

#endif
