// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The properties of devices as targets of XDP redirects, and the tables in which programs look them
 * up.
 *
 * - The device accepts XDP frames that programs of other devices redirect to it. Kernels since 6.3
 *   report this (Documentation/netlink/specs/netdev.yaml); on older kernels the driver's name
 *   decides. Unknown devices count as not accepting: edge_route() leaves their packets to the
 *   kernel's stack.
 * - The device finishes partial checksums. Generic XDP sends the kernel's packets without a check
 *   of the device's features (generic_xdp_tx(), net/core/dev.c). Three kinds of device finish the
 *   checksums: a device with tx-checksumming on, such as a tap of a virtual machine; a device that
 *   hands packets to another device by the kernel's usual way; and a veth, whose peer receives the
 *   packet marked as having a partial checksum, and finishes it when it sends the packet on.
 * - The device sends Ethernet frames. Generic XDP sends whole frames, and a tun, PPP or WireGuard
 *   device would take the Ethernet header for the start of the packet.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "kernel/device.h"
#include "kernel/netdev.h"
#include "chain/redirect.h"
#include "base/reason.h"

struct targets {
	uint32_t *ifindex;
	uint32_t *flags; /* EDGE_TARGET_*, never 0 */
	size_t count;
};

static void targets_free(struct targets *targets)
{
	free(targets->ifindex);
	free(targets->flags);
}

static int add(struct targets *targets, uint32_t ifindex, uint32_t flags)
{
	uint32_t *numbers, *all;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets->ifindex[i] == ifindex) {
			targets->flags[i] |= flags;
			return 0;
		}
	}
	numbers = reallocarray(targets->ifindex, targets->count + 1, sizeof(*targets->ifindex));

	if (!numbers)
		return -ENOMEM;
	targets->ifindex = numbers;
	all = reallocarray(targets->flags, targets->count + 1, sizeof(*targets->flags));
	if (!all)
		return -ENOMEM;
	targets->flags = all;
	targets->ifindex[targets->count] = ifindex;
	targets->flags[targets->count++] = flags;
	return 0;
}

/* ---------------------------------------------------------------- by the kernel's report */

static int note_features(void *data, uint32_t ifindex, uint64_t features)
{
	if (!(features & NETDEV_XDP_NDO_XMIT))
		return 0;
	return add(data, ifindex,
		   EDGE_TARGET_FRAMES |
			   (features & NETDEV_XDP_NDO_XMIT_SG ? EDGE_TARGET_FRAGMENTS : 0));
}

/* ---------------------------------------------------------------- by the driver's name */

static bool is_one_of(const char *driver, const char *const *drivers)
{
	while (*drivers && strcmp(driver, *drivers))
		drivers++;
	return *drivers;
}

/* Drivers with ndo_xdp_xmit in kernel 6.1. */
static bool driver_takes(const char *driver)
{
	static const char *const drivers[] = {
		"bnxt_en",	"dpaa2-eth", "dpaa_eth",   "ena",	   "fsl_enetc",
		"fsl_enetc_vf", "hv_netvsc", "i40e",	   "ice",	   "igb",
		"igc",		"ixgbe",     "mlx5_core",  "mtk_soc_eth",  "mvneta",
		"mvpp2",	"netsec",    "qede",	   "sfc",	   "st_gmac",
		"tun",		"veth",	     "virtio_net", "xen_netfront", NULL};

	return is_one_of(driver, drivers);
}

static int ask_drivers(struct el_context *context, struct targets *targets)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct el_device *devices = NULL;
	size_t count = 0;
	int error = fd < 0 ? -errno : el_devices_read(context, &devices, &count);

	for (size_t i = 0; !error && i < count; i++) {
		struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
		struct ifreq request = {.ifr_data = (void *)&info};

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", devices[i].name);
		/* Of the devices of the tun driver, only taps accept frames. */
		if (devices[i].type == ARPHRD_ETHER && !ioctl(fd, SIOCETHTOOL, &request) &&
		    driver_takes(info.driver))
			error = add(targets, (uint32_t)devices[i].ifindex, EDGE_TARGET_FRAMES);
	}
	el_devices_free(devices, count);
	return error;
}

/* ---------------------------------------------------------------- generic XDP */

static bool finishes_checksums(int fd, const char *device)
{
	static const char *const hands_on[] = {
		"bridge", "macvlan", "802.1Q VLAN Support", "bonding", "team", "veth", NULL};
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_value value = {.cmd = ETHTOOL_GTXCSUM};
	struct ifreq request = {.ifr_data = (void *)&info};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (!ioctl(fd, SIOCETHTOOL, &request) && is_one_of(info.driver, hands_on))
		return true;
	request.ifr_data = (void *)&value;
	return !ioctl(fd, SIOCETHTOOL, &request) && value.data;
}

static int read_generic(struct el_context *context, struct targets *targets)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct el_device *devices = NULL;
	size_t count = 0;
	int error = fd < 0 ? -errno : el_devices_read(context, &devices, &count);

	for (size_t i = 0; !error && i < count; i++) {
		uint32_t flags = devices[i].type == ARPHRD_ETHER ? EDGE_TARGET_ETHERNET : 0;

		if (finishes_checksums(fd, devices[i].name))
			flags |= EDGE_TARGET_CHECKSUMS;
		if (flags)
			error = add(targets, (uint32_t)devices[i].ifindex, flags);
	}
	el_devices_free(devices, count);
	return error;
}

static int read_targets(struct el_context *context, struct targets *targets)
{
	int error = el_netdev_read(note_features, targets);

	if (error == -EOPNOTSUPP)
		error = ask_drivers(context, targets);
	return error ? error : read_generic(context, targets);
}

/* ---------------------------------------------------------------- the tables */

static bool has(const struct targets *targets, uint32_t ifindex)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets->ifindex[i] == ifindex)
			return true;
	return false;
}

/* Put as many devices as fit. Return: 0; -E2BIG not all devices fit; -errno. */
static int put_devices(const struct targets *targets, int fd)
{
	int error = 0;

	for (size_t i = 0; i < targets->count; i++) {
		if (!bpf_map_update_elem(fd, &targets->ifindex[i], &targets->flags[i], BPF_ANY))
			continue;
		if (errno != E2BIG)
			return -errno;
		error = -E2BIG;
	}
	return error;
}

/*
 * New devices are added before old devices are deleted, so that a packet never misses an existing
 * device. If the table is too full for that, the remaining new devices are added after the
 * deletions. A map with this name but another shape is not such a table. Return: as put_devices().
 */
static int write_table(const struct targets *targets, int fd)
{
	uint32_t key, next;
	int error = el_descriptor_check_map(fd, BPF_MAP_TYPE_HASH, sizeof(*targets->flags), 1);
	int more;

	if (error)
		return error == -EMEDIUMTYPE ? 0 : error;
	error = put_devices(targets, fd);
	if (error && error != -E2BIG)
		return error;
	more = bpf_map_get_next_key(fd, NULL, &next);
	while (!more) {
		key = next;
		more = bpf_map_get_next_key(fd, &key, &next);
		if (!has(targets, key))
			bpf_map_delete_elem(fd, &key);
	}
	return error ? put_devices(targets, fd) : 0;
}

int el_redirect_fill(struct el_context *context, const struct el_generation *chain)
{
	__attribute__((cleanup(targets_free))) struct targets targets = {0};
	bool read = false;
	int error = 0;

	for (size_t i = 0; !error && i < chain->maps_count; i++) {
		if (strcmp(chain->maps[i].name, EDGE_TARGETS))
			continue;
		if (!read)
			error = read_targets(context, &targets);
		read = true;
		if (!error)
			error = write_table(&targets, chain->maps[i].fd);
		if (error == -E2BIG) {
			el_warn(context,
				"%zu devices accept redirected packets, more than the table of "
				"edge_route() has room for: the kernel's stack sends the packets "
				"to the other devices",
				targets.count);
			error = 0;
		}
	}
	return error ? el_fail(context, EL_FAILED, -error, NULL,
			       "can't find out which devices accept packets that are sent at XDP: "
			       "%s",
			       el_reason(EL_OP_MAP_UPDATE, -error))
		     : 0;
}

/* Whether the chain that has the pin @path (ROOT/DEVICE/HOOK[:WHICH]/INSTANCE/NAME) is on a device
 * of this network namespace. */
static bool is_of_this_netns(struct el_context *context, const char *path)
{
	const char *folder = path + strlen(context->root) + 1;
	const char *place = strchr(folder, '/');
	_cleanup_free_ char *file = place ? strndup(folder, (size_t)(place - folder)) : NULL;
	_cleanup_free_ char *name = place ? strndup(place + 1, strcspn(place + 1, ":/")) : NULL;
	_cleanup_free_ char *device = file ? el_pin_to_device(file) : NULL;
	struct el_site site = {.device = device};

	return device && name && !el_hook_parse(name, &site.hook) &&
	       el_chain_is_here(context, &site);
}

struct refresh {
	struct el_context *context;
	struct targets targets;
	bool read;
};

static int refresh_table(struct refresh *refresh, const char *path)
{
	_cleanup_fd_ int fd = -1;
	int error = 0;

	if (is_of_this_netns(refresh->context, path))
		fd = el_bpffs_get(refresh->context->bpffs, path);
	if (fd < 0)
		return 0;
	if (!refresh->read)
		error = read_targets(refresh->context, &refresh->targets);
	refresh->read = true;
	return error ? error : write_table(&refresh->targets, fd);
}

/* Levels of folders below the root of the pins. */
enum { TABLE, INSTANCE, GENERATION, DEVICE };

static int refresh_below(struct refresh *refresh, const char *folder, int level)
{
	_cleanup_dir_ DIR *dir = el_bpffs_read(refresh->context->bpffs, folder);
	struct dirent *entry;
	int error = 0;

	while (!error && dir && (entry = readdir(dir))) {
		_cleanup_free_ char *child = el_format("%s/%s", folder, entry->d_name);

		if (!child)
			return -ENOMEM;
		if (entry->d_name[0] == '.')
			continue;
		if (level == TABLE && !strcmp(entry->d_name, EDGE_TARGETS))
			error = refresh_table(refresh, child);
		else if (level != TABLE && entry->d_type == DT_DIR)
			error = refresh_below(refresh, child, level - 1);
	}
	return error;
}

void el_redirect_refresh(struct el_context *context)
{
	struct refresh refresh = {.context = context};
	int error = refresh_below(&refresh, context->root, DEVICE);

	targets_free(&refresh.targets);
	if (error)
		el_warn(context,
			"can't find out which devices accept packets that are sent at XDP: %s",
			el_reason(EL_OP_MAP_UPDATE, -error));
}
