/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETLINK_H
#define EL_NETLINK_H
#include <libmnl/libmnl.h>

#include "base/base.h"

/**
 * el_netlink_dump() - ask rtnetlink for all of something
 * @request: its type and what follows; the rest of the header is set here
 * @note: is called with each part, and @data; MNL_CB_ERROR is -ENOMEM
 *
 * Return: 0, or -errno without noting an error; -EINTR: something changed meanwhile, and what was
 * noted may be wrong.
 */
int el_netlink_dump(struct nlmsghdr *request, mnl_cb_t note, void *data);
/* The same of another protocol (NETLINK_*); @flags: NLM_F_DUMP, or 0 for one answer. */
int el_netlink_ask(int protocol, uint16_t flags, struct nlmsghdr *request, mnl_cb_t note,
		   void *data);

/**
 * el_netlink_request() - have rtnetlink change something
 * @words: what the kernel says of a refusal (NETLINK_EXT_ACK, kernel 4.12); "" where it says
 * nothing
 *
 * Return: 0, or -errno without noting an error.
 */
int el_netlink_request(struct nlmsghdr *request, char *words, size_t size);

/* What an attribute holds; "" and 0 where its text has no end, or the number another size. */
const char *el_netlink_text(const struct nlattr *attribute);
uint32_t el_netlink_u32(const struct nlattr *attribute);

#endif
