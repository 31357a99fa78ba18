// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Common code of the hooks: the device, errors, and waiting for a grace period.
 */
#include <linux/membarrier.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "hook/hook.h"
#include "base/reason.h"

const struct el_hook_ops *el_hook_ops(enum edge_hook hook)
{
	return hook == EDGE_HOOK_XDP ? &el_hook_xdp : &el_hook_tc;
}

/* Functions see Ethernet frames; a tun or WireGuard device, for example, has none. Notes
 * the device's MAC address. */
static int check_ethernet(struct el_context *context, int fd, struct el_attachment *chain)
{
	struct ifreq request = {0};
	const char *device = chain->site.device;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		return 0;
	if (request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		memcpy(chain->site.mac, request.ifr_hwaddr.sa_data, 6);
	if (request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	    request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK)
		return 0;
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP,
		       "attach to the Ethernet device below it",
		       "%s carries no Ethernet frames (link type %u)", device,
		       request.ifr_hwaddr.sa_family);
}

static int no_device(struct el_context *context, const char *device)
{
	struct if_nameindex *all = if_nameindex();
	_cleanup_free_ char *hint = NULL;
	const char *names[256], *nearest;
	size_t count = 0;

	while (all && all[count].if_name && count < 256) {
		names[count] = all[count].if_name;
		count++;
	}
	nearest = el_nearest(device, names, count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("'ip link' lists the devices of this network namespace");
	if (all)
		if_freenameindex(all);
	return el_fail(context, EL_NOT_FOUND, ENODEV, hint, "there is no device %s", device);
}

/* The kernel also accepts an altname, and cuts a name at a colon; pins use the primary name
 * only. */
static int check_name(struct el_context *context, const struct el_attachment *chain)
{
	char name[IF_NAMESIZE];
	_cleanup_free_ char *hint = NULL;

	if (!if_indextoname((unsigned int)chain->site.ifindex, name) ||
	    !strcmp(name, chain->site.device))
		return 0;
	hint = el_format("use %s", name);
	return el_fail(context, EL_NOT_FOUND, ENODEV, hint,
		       "%s is an alternative name of the device %s; chains use its primary name",
		       chain->site.device, name);
}

int el_hook_device(struct el_context *context, struct el_attachment *chain)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	chain->site.ifindex = (int)if_nametoindex(chain->site.device);
	if (!chain->site.ifindex)
		return no_device(context, chain->site.device);
	error = check_name(context, chain);
	if (error)
		return error;
	return fd < 0 ? 0 : check_ethernet(context, fd, chain);
}

int el_hook_gone(struct el_context *context, const struct el_attachment *chain)
{
	return el_fail(context, EL_NOT_FOUND, ENODEV,
		       "try again if a device of this name exists now",
		       "the device %s, number %d, disappeared while the chain was being attached",
		       chain->site.device, chain->site.ifindex);
}

int el_hook_check_name(struct el_context *context, const struct el_attachment *chain)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname((unsigned int)chain->site.ifindex, name))
		return el_hook_gone(context, chain);
	if (!strcmp(name, chain->site.device))
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY, "try again with the name of the right device",
		       "the device %s, number %d, was renamed to %s while the chain was being "
		       "attached",
		       chain->site.device, chain->site.ifindex, name);
}

int el_hook_misplaced(struct el_context *context, const struct el_attachment *chain)
{
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "'edge-load status' shows the attached programs; try again when no other "
		       "process changes them",
		       "the kernel does not run the chain on %s %s in mode %s, although it was "
		       "attached there",
		       chain->site.device, el_hook_name(chain->site.hook),
		       el_mode_name(chain->site.mode));
}

int el_hook_refused(struct el_context *context, const struct el_attachment *chain, int error)
{
	return el_hook_refused_for(context, chain, error, "");
}

int el_hook_refused_for(struct el_context *context, const struct el_attachment *chain, int error,
			const char *words)
{
	if (error == ENODEV)
		return el_hook_gone(context, chain);
	if (error == EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, "run as root, or with CAP_NET_ADMIN",
			       "the kernel refuses to attach to %s: not enough privilege",
			       chain->site.device);
	return el_fail(context, error == EBUSY || error == EEXIST ? EL_CONFLICT : EL_FAILED, error,
		       NULL, "can't attach to %s %s: %s", chain->site.device,
		       el_hook_name(chain->site.hook),
		       *words		 ? words
		       : error == ERANGE ? "the hook has no room for another program"
					 : el_reason(EL_OP_ATTACH, error));
}

int el_hook_unknown(struct el_context *context, const struct el_attachment *chain, int error)
{
	return el_fail(context, EL_FAILED, error, NULL, "can't query the programs on %s %s: %s",
		       chain->site.device, el_hook_name(chain->site.hook),
		       el_reason(EL_OP_INFO, error));
}

int el_hook_query_link(struct el_context *context, const struct el_attachment *chain, uint32_t *id)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	*id = 0;
	if (bpf_obj_get_info_by_fd(chain->link_fd, &info, &size))
		return el_hook_unknown(context, chain, errno);
	/* info.tcx.ifindex (kernel 6.6) has the offset of info.xdp.ifindex. */
	if (info.xdp.ifindex)
		*id = info.prog_id;
	return 0;
}

void el_hook_settle(void)
{
	/* MEMBARRIER_CMD_GLOBAL is a synchronize_rcu() (kernel/sched/membarrier.c); programs run
	 * inside RCU's reader side. If nohz_full forbids it, wait for a time far longer than any
	 * program runs. */
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(50000);
}
