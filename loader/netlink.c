// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Questions to netlink, of this network namespace. Only asks, and changes nothing.
 */
#include "netlink.h"

#define DUMP_SIZE 32768 /* what the kernel fills at most (net/netlink/af_netlink.c) */

static int ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t note, void *data)
{
	_cleanup_free_ char *buffer = malloc(DUMP_SIZE);
	unsigned int port = mnl_socket_get_portid(socket);
	int more = MNL_CB_OK;

	if (!buffer)
		return -ENOMEM;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(socket, buffer, DUMP_SIZE);

		if (got < 0)
			return -errno;
		errno = ENOMEM; /* what note() fails for */
		more = mnl_cb_run(buffer, (size_t)got, request->nlmsg_seq, port, note, data);
	}
	return more < 0 ? -errno : 0;
}

int el_netlink_ask(int protocol, uint16_t flags, struct nlmsghdr *request, mnl_cb_t note,
		   void *data)
{
	struct mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	int error;

	if (!socket)
		return -errno;
	/* Of one answer an acknowledgement tells the end, of a dump its last part. */
	request->nlmsg_flags = NLM_F_REQUEST | (flags ? flags : NLM_F_ACK);
	request->nlmsg_seq = 1;
	error = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0
			? -errno
			: ask(socket, request, note, data);
	mnl_socket_close(socket);
	return error;
}

int el_netlink_dump(struct nlmsghdr *request, mnl_cb_t note, void *data)
{
	return el_netlink_ask(NETLINK_ROUTE, NLM_F_DUMP, request, note, data);
}
