// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whether the transport checksum of a frame may be partial at XDP: left to the device by a local
 * socket or by the socket of a virtual machine. This file alone decides it, for every device and
 * mode; bpf/edge/internal/transport_csum.h describes the SDK's part.
 *
 * In generic mode, the kernel runs the program on its own packets, whose checksums may be partial
 * on any device: packets from a veth, a tap or the loopback, through bridges, bonds and VLANs.
 *
 * In native mode, a hardware device gets its frames complete from a wire. virtio_net is not
 * hardware, but while an XDP program is attached, it tells its host to complete the checksums, or
 * drops frames with partial checksums (drivers/net/virtio_net.c, since kernel 6.10). The network
 * devices of Xen and Hyper-V get frames with partial checksums from the neighbouring machine. A
 * device without hardware (veth, tap, bond) gets them from a local sender.
 *
 * In shared mode, the mode of the dispatcher on the device counts.
 *
 * A device has hardware if it has a parent device; rtnetlink names the parent's bus since kernel
 * 5.14.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "hook/hook.h"
#include "hook/dispatcher.h"
#include "kernel/netlink.h"

/* Missing in the headers of kernels before 5.14. */
enum { PARENT_DEVICE_BUS = 57 /* IFLA_PARENT_DEV_BUS_NAME */ };

static int note_bus(const struct nlmsghdr *header, void *data)
{
	char *bus = data;
	struct nlattr *attribute;

	mnl_attr_for_each(
		attribute, header,
		sizeof(struct ifinfomsg)) if (mnl_attr_get_type(attribute) == PARENT_DEVICE_BUS &&
					      !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING))
		snprintf(bus, 32, "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

/* If the bus cannot be read, the device counts as no hardware: treating a complete checksum as
 * possibly partial does next to no harm. */
static bool comes_from_a_wire(int ifindex)
{
	char buffer[128] = {0}, bus[32] = "";
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *message;

	header->nlmsg_type = RTM_GETLINK;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifi_family = AF_UNSPEC;
	message->ifi_index = ifindex;
	if (el_netlink_ask(NETLINK_ROUTE, header, note_bus, bus))
		return false;
	return *bus && strcmp(bus, "xen") && strcmp(bus, "vmbus");
}

bool el_hook_is_generic(const struct el_attachment *chain)
{
	bool generic = chain->site.mode == EL_MODE_GENERIC;

	if (chain->site.hook != EDGE_HOOK_XDP)
		return false;
	if (chain->site.mode == EL_MODE_SHARED)
		el_dispatcher_on(chain->site.ifindex, &generic);
	return generic;
}

bool el_hook_partial_checksums(const struct el_attachment *chain)
{
	return chain->site.hook == EDGE_HOOK_XDP &&
	       (el_hook_is_generic(chain) || !comes_from_a_wire(chain->site.ifindex));
}
