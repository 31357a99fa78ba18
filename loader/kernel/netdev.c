// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the XDP features of devices from the kernel's netlink family "netdev", since kernel 6.3
 * (Documentation/netlink/specs/netdev.yaml).
 */
#include <linux/genetlink.h>

#include "kernel/netdev.h"
#include "kernel/netlink.h"

#define NETDEV_FAMILY	      "netdev"
#define NETDEV_DEV_GET	      1
#define NETDEV_A_IFINDEX      1
#define NETDEV_A_XDP_FEATURES 3

struct reader {
	int (*note)(void *data, uint32_t ifindex, uint64_t features);
	void *data;
};

static int note_family(const struct nlmsghdr *header, void *data)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attribute, MNL_TYPE_U16) == 0)
			*(uint16_t *)data = mnl_attr_get_u16(attribute);
	}
	return MNL_CB_OK;
}

static int note_features(const struct nlmsghdr *header, void *data)
{
	const struct reader *reader = data;
	const struct nlattr *attribute;
	uint64_t features = 0;
	uint32_t ifindex = 0;

	mnl_attr_for_each(attribute, header, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attribute) == NETDEV_A_IFINDEX)
			ifindex = el_netlink_u32(attribute);
		else if (mnl_attr_get_type(attribute) == NETDEV_A_XDP_FEATURES &&
			 mnl_attr_validate(attribute, MNL_TYPE_U64) == 0)
			features = mnl_attr_get_u64(attribute);
	}
	return reader->note(reader->data, ifindex, features) ? MNL_CB_ERROR : MNL_CB_OK;
}

static struct nlmsghdr *generic(char *buffer, uint16_t family, uint8_t command)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *message;

	header->nlmsg_type = family;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->cmd = command;
	message->version = 1;
	return header;
}

int el_netdev_read(int (*note)(void *data, uint32_t ifindex, uint64_t features), void *data)
{
	char buffer[256];
	struct nlmsghdr *header = generic(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	struct reader reader = {.note = note, .data = data};
	uint16_t family = 0;
	int error;

	mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	error = el_netlink_ask(NETLINK_GENERIC, header, note_family, &family);
	if (error || !family)
		return error && error != -ENOENT ? error : -EOPNOTSUPP;
	header = generic(buffer, family, NETDEV_DEV_GET);
	header->nlmsg_flags = NLM_F_DUMP;
	return el_netlink_ask(NETLINK_GENERIC, header, note_features, &reader);
}
