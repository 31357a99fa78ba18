// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Answers of netlink: devices, qdiscs and filters, features of devices, the kernel's message about
 * a refusal. Names and aliases in them are untrusted. Input: the number of the question; for each
 * answer its kind, flags and length, then its bytes.
 */
#include "../../loader/kernel/device.h"
#include "../../loader/kernel/filter.h"
#include "../../loader/kernel/netdev.h"
#include "../../loader/kernel/netlink.h"
#include "fuzz.h"

static struct fuzz_input answers;

/* ---------------------------------------------------------------- libmnl's socket, in its place */

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	(void)bus;
	(void)flags;
	return (struct mnl_socket *)&answers;
}

int mnl_socket_close(struct mnl_socket *socket)
{
	(void)socket;
	return 0;
}

int mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid)
{
	(void)socket;
	(void)groups;
	(void)pid;
	return 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *socket)
{
	(void)socket;
	return 1;
}

int mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *buffer, socklen_t length)
{
	(void)socket;
	(void)type;
	(void)buffer;
	(void)length;
	return 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *request, size_t length)
{
	(void)socket;
	(void)request;
	return (ssize_t)length;
}

/* The kernel's own header is sound; the content of the message is untrusted. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	uint64_t flags = fuzz_number(&answers, 1), length = fuzz_number(&answers, 2);
	struct nlmsghdr header = {.nlmsg_seq = 1, .nlmsg_pid = 1};
	int error;

	(void)socket;
	header.nlmsg_type = flags & 1 ? NLMSG_DONE : flags & 2 ? NLMSG_ERROR : 16;
	header.nlmsg_flags =
		(uint16_t)((flags & 4 ? NLM_F_MULTI : 0) | (flags & 8 ? NLM_F_DUMP_INTR : 0) |
			   (flags & 16 ? NLM_F_ACK_TLVS : 0) | (flags & 32 ? NLM_F_CAPPED : 0));
	if (!answers.left)
		header.nlmsg_type = NLMSG_DONE;
	length %= size - sizeof(header) - 64;
	if (length > answers.left)
		length = answers.left;
	/* The fields that the protocol prescribes always exist. */
	memset(buffer, 0, sizeof(header) + 64);
	memcpy((char *)buffer + sizeof(header), answers.at, length);
	answers.at += length;
	answers.left -= length;
	if (length < 64)
		length = 64;
	/* Errors are in the kernel's range (MAX_ERRNO). */
	memcpy(&error, (char *)buffer + sizeof(header), sizeof(error));
	if (header.nlmsg_type == NLMSG_ERROR && (error > 0 || error < -4095)) {
		error = -(error & 4095);
		memcpy((char *)buffer + sizeof(header), &error, sizeof(error));
	}
	header.nlmsg_len = (uint32_t)(sizeof(header) + length);
	memcpy(buffer, &header, sizeof(header));
	return (ssize_t)header.nlmsg_len;
}

/* ---------------------------------------------------------------- the questions */

static void read_devices(struct el_context *context)
{
	struct el_device *devices;
	size_t count;
	int error = el_devices_read(context, &devices, &count);

	fuzz_check_noted(error);
	if (error)
		return;
	for (size_t i = 0; i < count; i++)
		fuzz_check(memchr(devices[i].name, '\0', sizeof(devices[i].name)),
			   "a name without an end");
	el_devices_free(devices, count);
}

static void read_filters(struct el_context *context)
{
	struct el_filter *filters = NULL;
	enum el_qdisc qdisc;
	size_t count = 0;
	int error = el_filters_read(context, 0, &filters, &count);

	fuzz_check_noted(error);
	for (size_t i = 0; !error && i < count; i++)
		fuzz_check(filters[i].id && memchr(filters[i].name, '\0', sizeof(filters[i].name)),
			   "filter %zu", i);
	free(filters);
	fuzz_check_noted(el_qdisc_read(context, 1, &qdisc));
}

static int note(void *data, uint32_t ifindex, uint64_t features)
{
	*(uint64_t *)data += ifindex + features;
	return 0;
}

static void request(void)
{
	char buffer[256], words[160];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	el_netlink_request(header, words, sizeof(words));
	fuzz_check(memchr(words, '\0', sizeof(words)), "words without an end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;

	answers = (struct fuzz_input){data, size};
	switch (fuzz_number(&answers, 1) % 4) {
	case 0:
		read_devices(fuzz_context());
		break;
	case 1:
		read_filters(fuzz_context());
		break;
	case 2:
		el_netdev_read(note, &sum);
		break;
	default:
		request();
	}
	return 0;
}
