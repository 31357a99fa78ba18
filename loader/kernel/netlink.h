/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETLINK_H
#define EL_NETLINK_H
#include <libmnl/libmnl.h>

#include "base/base.h"

/**
 * el_netlink_dump() - ask rtnetlink for all objects of a kind
 * @request: its type and payload; the rest of the header is set here
 * @note: called with each part, and @data; MNL_CB_ERROR becomes -ENOMEM
 *
 * Return: 0, or -errno without noting an error; -EINTR: the objects changed during the dump, and
 * the noted objects may be wrong.
 */
int el_netlink_dump(struct nlmsghdr *request, mnl_cb_t note, void *data);
/* Like el_netlink_dump(), for another protocol (NETLINK_*). The flags of @request are NLM_F_DUMP, or
 * 0 for one answer. */
int el_netlink_ask(int protocol, struct nlmsghdr *request, mnl_cb_t note, void *data);

/**
 * el_netlink_request() - have rtnetlink make a change
 * @words: becomes the kernel's message about a refusal (NETLINK_EXT_ACK, kernel 4.12); "" if there
 * is none
 *
 * Return: 0, or -errno without noting an error.
 */
int el_netlink_request(struct nlmsghdr *request, char *words, size_t size);

/* The value of an attribute: "" if a text has no NUL, 0 if a number has another size. */
const char *el_netlink_text(const struct nlattr *attribute);
uint32_t el_netlink_u32(const struct nlattr *attribute);

#endif
