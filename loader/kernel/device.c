// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The devices of this network namespace, from one dump of rtnetlink. If devices change during a
 * dump, the dump is repeated, so the result shows all devices at one moment.
 */
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/device.h"
#include "kernel/netlink.h"
#include "base/reason.h"

#define DUMP_TRIES 10

/* From linux/if_link.h: Debian 12's headers have it, older headers do not. */
#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

struct dump {
	struct el_device *devices;
	size_t count;
};

/* The attributes of a device that edge-load reads. */
struct attributes {
	const struct nlattr *name, *alias, *address, *burnt, *link, *link_netns, *master, *xdp;
};

static int note_attribute(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		attributes->name = attribute;
		break;
	case IFLA_IFALIAS:
		attributes->alias = attribute;
		break;
	case IFLA_ADDRESS:
		attributes->address = attribute;
		break;
	case IFLA_PERM_ADDRESS:
		attributes->burnt = attribute;
		break;
	case IFLA_LINK:
		attributes->link = attribute;
		break;
	case IFLA_LINK_NETNSID:
		attributes->link_netns = attribute;
		break;
	case IFLA_MASTER:
		attributes->master = attribute;
		break;
	case IFLA_XDP:
		attributes->xdp = attribute;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static void write_mac(const struct nlattr *attribute, char out[18])
{
	const uint8_t *mac = attribute ? mnl_attr_get_payload(attribute) : NULL;

	if (mac && mnl_attr_get_payload_len(attribute) == 6)
		snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			 mac[4], mac[5]);
}

static void write_xdp(const struct nlattr *nest, struct el_device *device)
{
	const struct nlattr *attribute;

	if (!nest)
		return;
	mnl_attr_for_each_nested(attribute, nest)
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_XDP_DRV_PROG_ID:
			device->xdp_native = el_netlink_u32(attribute);
			break;
		case IFLA_XDP_SKB_PROG_ID:
			device->xdp_generic = el_netlink_u32(attribute);
			break;
		case IFLA_XDP_HW_PROG_ID:
			device->xdp_offload = el_netlink_u32(attribute);
			break;
		default:
			break;
		}
	}
}

static int note_device(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct attributes attributes = {0};
	struct dump *dump = data;
	struct el_device *devices, *device;

	mnl_attr_parse(header, sizeof(*message), note_attribute, &attributes);
	devices = reallocarray(dump->devices, dump->count + 1, sizeof(*devices));
	if (!devices)
		return MNL_CB_ERROR;
	dump->devices = devices;
	device = &devices[dump->count++];
	*device = (struct el_device){.ifindex = message->ifi_index, .type = message->ifi_type};
	if (attributes.name)
		snprintf(device->name, sizeof(device->name), "%s",
			 el_netlink_text(attributes.name));
	if (attributes.link && !attributes.link_netns)
		device->lower = (int)el_netlink_u32(attributes.link);
	if (attributes.master)
		device->master = (int)el_netlink_u32(attributes.master);
	write_mac(attributes.address, device->mac);
	write_mac(attributes.burnt, device->burnt);
	write_xdp(attributes.xdp, device);
	if (!attributes.alias)
		return MNL_CB_OK;
	device->alias = strdup(el_netlink_text(attributes.alias));
	return device->alias ? MNL_CB_OK : MNL_CB_ERROR;
}

/* Fill @buffer with the question for one device, or with @ifindex 0 for all. */
static struct nlmsghdr *question(char *buffer, int ifindex)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *message;

	header->nlmsg_type = RTM_GETLINK;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifi_family = AF_UNSPEC;
	message->ifi_index = ifindex;
	mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return header;
}

/* Return: 0, or -errno; -EINTR: the devices changed during the dump. */
static int dump_once(struct dump *dump)
{
	char buffer[128];

	return el_netlink_dump(question(buffer, 0), note_device, dump);
}

static int dump_devices(struct dump *dump)
{
	int err = -EINTR;

	for (int i = 0; err == -EINTR && i < DUMP_TRIES; i++) {
		el_devices_free(dump->devices, dump->count);
		*dump = (struct dump){0};
		err = dump_once(dump);
	}
	return err;
}

static int compare_devices(const void *a, const void *b)
{
	const struct el_device *left = a, *right = b;

	return (left->ifindex > right->ifindex) - (left->ifindex < right->ifindex);
}

int el_devices_read(struct el_context *context, struct el_device **out, size_t *count)
{
	struct dump dump = {0};
	int err = dump_devices(&dump);

	if (err) {
		el_devices_free(dump.devices, dump.count);
		return el_fail(context, EL_FAILED, -err, NULL, "can't list the network devices: %s",
			       el_reason(EL_OP_SYSTEM, -err));
	}
	if (dump.count)
		qsort(dump.devices, dump.count, sizeof(*dump.devices), compare_devices);
	*out = dump.devices;
	*count = dump.count;
	return 0;
}

int el_device_xdp(int ifindex, struct el_device *out)
{
	struct dump dump = {0};
	char buffer[128];
	int error = el_netlink_ask(NETLINK_ROUTE, question(buffer, ifindex), note_device, &dump);

	if (!error && !dump.count)
		error = -ENODEV;
	if (!error) {
		*out = dump.devices[0];
		out->alias = NULL;
	}
	el_devices_free(dump.devices, dump.count);
	return error;
}

void el_devices_free(struct el_device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(devices[i].alias);
	free(devices);
}
