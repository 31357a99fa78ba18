// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Queries and requests to netlink, in this network namespace.
 */
#include <linux/netlink.h>

#include "kernel/netlink.h"

#define DUMP_SIZE 32768 /* the kernel's maximum (net/netlink/af_netlink.c) */

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
		errno = ENOMEM; /* note() fails only for lack of memory */
		more = mnl_cb_run(buffer, (size_t)got, request->nlmsg_seq, port, note, data);
	}
	return more < 0 ? -errno : 0;
}

int el_netlink_ask(int protocol, struct nlmsghdr *request, mnl_cb_t note, void *data)
{
	struct mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	int error;

	if (!socket)
		return -errno;
	/* An acknowledgement ends a single answer; the last part of a dump ends the dump. */
	request->nlmsg_flags |= NLM_F_REQUEST | (request->nlmsg_flags ? 0 : NLM_F_ACK);
	request->nlmsg_seq = 1;
	error = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0
			? -errno
			: ask(socket, request, note, data);
	mnl_socket_close(socket);
	return error;
}

int el_netlink_dump(struct nlmsghdr *request, mnl_cb_t note, void *data)
{
	request->nlmsg_flags = NLM_F_DUMP;
	return el_netlink_ask(NETLINK_ROUTE, request, note, data);
}

const char *el_netlink_text(const struct nlattr *attribute)
{
	return mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0 ? ""
								     : mnl_attr_get_str(attribute);
}

uint32_t el_netlink_u32(const struct nlattr *attribute)
{
	return mnl_attr_validate(attribute, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attribute);
}

/* ---------------------------------------------------------------- one request */

struct answer {
	int error;
	char *words;
	size_t size;
};

static int find_message(const struct nlattr *attribute, void *data)
{
	struct answer *answer = data;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG)
		snprintf(answer->words, answer->size, "%s", el_netlink_text(attribute));
	return MNL_CB_OK;
}

/* Behind the error, the message has the request, or with NLM_F_CAPPED only the request's header. */
static void read_answer(const struct nlmsghdr *header, struct answer *answer)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
	size_t skip = sizeof(*error), length = mnl_nlmsg_get_payload_len(header);

	answer->error = length < skip ? -EPROTO : error->error;
	if (length < skip)
		return;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&error->msg);
	if (skip <= length)
		mnl_attr_parse(header, (unsigned int)skip, find_message, answer);
}

static int request_on(struct mnl_socket *socket, struct nlmsghdr *request, struct answer *answer)
{
	_cleanup_free_ char *buffer = malloc(DUMP_SIZE);
	const struct nlmsghdr *header = (const void *)buffer;
	int on = 1, rest;
	ssize_t got;

	if (!buffer)
		return -ENOMEM;
	/* If this fails, the answer has only the error number. */
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	got = mnl_socket_recvfrom(socket, buffer, DUMP_SIZE);
	if (got < 0)
		return -errno;
	rest = (int)got;
	if (!mnl_nlmsg_ok(header, rest) || header->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	read_answer(header, answer);
	return answer->error;
}

int el_netlink_request(struct nlmsghdr *request, char *words, size_t size)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct answer answer = {.words = words, .size = size};
	int error;

	*words = '\0';
	if (!socket)
		return -errno;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	error = request_on(socket, request, &answer);
	mnl_socket_close(socket);
	return error;
}
