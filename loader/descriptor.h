/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DESCRIPTOR_H
#define EL_DESCRIPTOR_H
/*
 * What the kernel says of a descriptor: of a program, a map or a link alike.
 */
#include <stdbool.h>

#include <bpf/bpf.h>

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
