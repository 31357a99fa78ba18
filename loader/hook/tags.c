// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Whether functions at XDP see the VLAN tag of a frame.
 *
 * A device with rx-vlan-offload passes the tag beside the frame, where XDP does not look. In
 * generic mode, so does the kernel, for each device above the device that received the frame: it
 * has already removed the tag from the frame (skb_vlan_untag() in __netif_receive_skb_core(),
 * net/core/dev.c; seen on 6.18). Only a VLAN device gets the inner tag of two tags in the frame.
 * The native program of a bond runs at each of the bond's ports, and sees the frames as the ports
 * deliver them.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "hook/hook.h"
#include "kernel/device.h"

enum { DRIVER_MAX = 32 }; /* ETHTOOL_BUSINFO_LEN, the length of info.driver */

/* The name of the driver, or "". */
static void read_driver(int fd, const char *device, char name[DRIVER_MAX])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	*name = '\0';
	if (!ioctl(fd, SIOCETHTOOL, &request))
		snprintf(name, DRIVER_MAX, "%s", info.driver);
}

/* Devices that get their frames from other devices (rx_handler), by the names of their drivers. */
static bool is_above_others(const char *driver)
{
	static const char *const drivers[] = {"bridge", "bonding", "team", "macvlan", "ipvlan"};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(drivers[i], driver))
			return true;
	return false;
}

enum { COMMAND_MAX = 128 };

/* Whether the device's rx-vlan-offload hides tags. @command: turns the offload off. */
static bool has_offload(int fd, const char *device, char command[COMMAND_MAX])
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (void *)&flags};
	char driver[DRIVER_MAX];

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(fd, SIOCETHTOOL, &request) || !(flags.data & ETH_FLAG_RXVLAN))
		return false;
	read_driver(fd, device, driver);
	/* The peer of a veth passes the tag beside the frame; the veth cannot change that. */
	if (!strcmp(driver, "veth"))
		snprintf(command, COMMAND_MAX,
			 "ethtool -K PEER txvlan off, at the peer, and ethtool -K %s rxvlan off "
			 "here",
			 device);
	else
		snprintf(command, COMMAND_MAX, "ethtool -K %s rxvlan off", device);
	return true;
}

/* Find the first port of a bond that hides tags. */
static bool part_hides(struct el_context *context, int fd, const char *bond,
		       char command[COMMAND_MAX])
{
	int master = (int)if_nametoindex(bond);
	struct el_device *devices = NULL;
	size_t count = 0;
	bool hides = false;

	if (el_devices_read(context, &devices, &count))
		return false;
	for (size_t i = 0; !hides && i < count; i++)
		hides = devices[i].master == master && has_offload(fd, devices[i].name, command);
	el_devices_free(devices, count);
	return hides;
}

bool el_hook_hides_tags(struct el_context *context, const char *device, bool generic,
			char how[EL_HOOK_HOW])
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char driver[DRIVER_MAX], command[COMMAND_MAX];
	bool hides;

	if (fd < 0)
		return false;
	read_driver(fd, device, driver);
	if (generic && is_above_others(driver)) {
		snprintf(how, EL_HOOK_HOW, "attach at tc-ingress, or to the devices below %s",
			 device);
		return true;
	}
	hides = !strcmp(driver, "bonding") ? part_hides(context, fd, device, command)
					   : has_offload(fd, device, command);
	if (hides)
		snprintf(how, EL_HOOK_HOW, "turn the offload off: %s", command);
	return hides;
}
