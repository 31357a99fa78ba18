// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Find out why the kernel refuses an XDP program. The running programs stay unchanged, except for
 * the moment in which the kernel accepts a test program (xdp_why.h).
 */
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "kernel/device.h"
#include "kernel/netdev.h"
#include "kernel/netlink.h"
#include "base/reason.h"
#include "hook/xdp_why.h"

static uint32_t mode_flag(const struct el_attachment *chain)
{
	return chain->site.mode == EL_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

/* A request to set the device's program. */
struct setting {
	int fd; /* -1: no program */
	uint32_t flags;
	int expected; /* with XDP_FLAGS_REPLACE: only this program is replaced */
};

static int set(const struct el_attachment *chain, const struct setting *setting, char *words,
	       size_t size)
{
	char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *message;
	struct nlattr *nest;

	header->nlmsg_type = RTM_SETLINK;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifi_family = AF_UNSPEC;
	message->ifi_index = chain->site.ifindex;
	nest = mnl_attr_nest_start(header, IFLA_XDP);
	mnl_attr_put_u32(header, IFLA_XDP_FD, (uint32_t)setting->fd);
	mnl_attr_put_u32(header, IFLA_XDP_FLAGS, setting->flags | mode_flag(chain));
	if (setting->flags & XDP_FLAGS_REPLACE)
		mnl_attr_put_u32(header, IFLA_XDP_EXPECTED_FD, (uint32_t)setting->expected);
	mnl_attr_nest_end(header, nest);
	return el_netlink_request(header, words, size);
}

bool el_xdp_ask(const struct el_attachment *chain, char *words, size_t size)
{
	const int program = chain->programs[0].fd;
	const struct setting try = {.fd = program, .flags = XDP_FLAGS_UPDATE_IF_NOEXIST};
	const struct setting undo = {.fd = -1, .flags = XDP_FLAGS_REPLACE, .expected = program};
	int error;

	if (set(chain, &try, words, size))
		return false;
	error = set(chain, &undo, words, size);
	if (error && !*words)
		snprintf(words, size, "the test program that found the reason can't be removed: %s",
			 el_reason(EL_OP_SYSTEM, -error));
	return !error;
}

static uint32_t program_of(const struct el_device *device)
{
	return device->xdp_native    ? device->xdp_native
	       : device->xdp_generic ? device->xdp_generic
				     : device->xdp_offload;
}

static const struct el_device *find(const struct el_device *devices, size_t count, int ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (devices[i].ifindex == ifindex)
			return &devices[i];
	return NULL;
}

/* The place of @other relative to @mine, or NULL. Two veth peers name each other as
 * "lower"; neither is above or below. */
static const char *relation(const struct el_device *other, const struct el_device *mine)
{
	bool peers = other->lower == mine->ifindex && mine->lower == other->ifindex;

	if (mine->master == other->ifindex || (other->lower == mine->ifindex && !peers))
		return "above";
	if (other->master == mine->ifindex || (mine->lower == other->ifindex && !peers))
		return "below";
	return NULL;
}

bool el_xdp_neighbour(struct el_context *context, const struct el_attachment *chain,
		      struct el_xdp_neighbour *out)
{
	struct el_device *devices;
	const struct el_device *mine;
	size_t count;
	bool found = false;

	if (el_devices_read(context, &devices, &count))
		return false;
	mine = find(devices, count, chain->site.ifindex);
	for (size_t i = 0; mine && !found && i < count; i++) {
		const char *is = relation(&devices[i], mine);

		found = is && program_of(&devices[i]);
		if (!found)
			continue;
		*out = (struct el_xdp_neighbour){.is = is, .id = program_of(&devices[i])};
		snprintf(out->name, sizeof(out->name), "%s", devices[i].name);
	}
	el_devices_free(devices, count);
	return found;
}

/* ---------------------------------------------------------------- predicting a refusal */

/* Support of native XDP by a device and by a bond's ports. */
struct native {
	int ifindex;
	const struct el_device *devices;
	size_t count;
	bool lacks;	 /* the device has no native XDP */
	size_t ports;	 /* number of ports, if it is a bond or bridge */
	bool port_lacks; /* a port has no native XDP */
};

static int note_native(void *data, uint32_t ifindex, uint64_t features)
{
	struct native *native = data;
	const struct el_device *device = find(native->devices, native->count, (int)ifindex);
	bool lacks = !(features & NETDEV_XDP_BASIC);

	if ((int)ifindex == native->ifindex)
		native->lacks = lacks;
	if (!device || device->master != native->ifindex)
		return 0;
	native->ports++;
	native->port_lacks |= lacks;
	return 0;
}

static bool has_driver(const char *device, const char *driver)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return fd >= 0 && !ioctl(fd, SIOCETHTOOL, &request) && !strcmp(info.driver, driver);
}

/*
 * The drivers of veths and bonds have native XDP, but report none while they would refuse a program
 * (veth_set_xdp_features() in drivers/net/veth.c, bond_xdp_set_features() in
 * drivers/net/bonding/bond_main.c). A bond without ports also reports none, but accepts a program
 * unless its mode does not support XDP.
 */
static int refusal_of(const struct el_attachment *chain, const struct native *native, char *words,
		      size_t size)
{
	bool bond = has_driver(chain->site.device, "bonding");

	if (bond && !native->ports)
		return 0;
	if (bond) {
		snprintf(words, size, "%s",
			 native->port_lacks ? "Slave device does not support XDP"
					    : "No native XDP support for the current bonding mode");
		return EOPNOTSUPP;
	}
	if (has_driver(chain->site.device, "veth")) {
		snprintf(words, size,
			 "veth: XDP expects number of rx queues not less than peer tx queues");
		return ENOSPC;
	}
	snprintf(words, size, "Underlying driver does not support XDP in native mode");
	return EOPNOTSUPP;
}

int el_xdp_foresee(struct el_context *context, const struct el_attachment *chain, char *words,
		   size_t size)
{
	struct native native = {.ifindex = chain->site.ifindex};
	struct el_device *devices;
	int error = 0;

	if (el_devices_read(context, &devices, &native.count))
		return 0;
	native.devices = devices;
	if (!el_netdev_read(note_native, &native) && native.lacks)
		error = refusal_of(chain, &native, words, size);
	el_devices_free(devices, native.count);
	return error;
}
