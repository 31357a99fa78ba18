/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DESCRIPTOR_H
#define EL_DESCRIPTOR_H
/*
 * What the kernel says of a descriptor: of a program, a map or a link alike.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* What a descriptor of bpf() is of. */
enum el_descriptor_kind {
	EL_DESCRIPTOR_UNKNOWN, /* /proc is not there, or it is of another kind */
	EL_DESCRIPTOR_PROGRAM,
	EL_DESCRIPTOR_MAP,
	EL_DESCRIPTOR_LINK,
};

/* By the name that the kernel gives its file: BPF_OBJ_GET takes a pin of any kind. */
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

/* Its number; 0: it has none, or is no descriptor. */
static inline uint32_t el_descriptor_id(int fd)
{
	/* struct bpf_prog_info, bpf_map_info and bpf_link_info begin alike (linux/bpf.h). */
	struct {
		uint32_t type, id;
	} info = {0};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/*
 * Anybody may have pinned another map in a map's place, and the kernel copies as many bytes as that
 * map says into a buffer, and for per-CPU kinds as many for each CPU. So this comes first.
 *
 * Return: 0 it is a map of that kind, with keys and values of these sizes and at least so many
 * entries; -EMEDIUMTYPE it is another one; else -errno.
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

/* The same of an array of one entry, whose value has at most @max bytes: @value_size. */
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

/* Whether a link is attached still: one whose device has gone, or that somebody detached, has lost
 * the device's number. Of a TCX link (kernel 6.6) it stands where it does of an XDP one. One of
 * which the kernel can't tell now is: what is taken for dead is removed. */
static inline bool el_descriptor_link_lives(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	return fd >= 0 && (bpf_obj_get_info_by_fd(fd, &info, &size) || info.xdp.ifindex);
}

#endif
