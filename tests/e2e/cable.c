// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A cable between two tap devices: a frame that the kernel sends to one tap arrives at the other
 * tap.
 *
 *   cable TAP TAP
 *       creates both taps in this network namespace, prints "ready", and runs until it is killed
 *
 * Each frame travels with its struct virtio_net_hdr, unchanged, so the cable behaves like the
 * network card of a virtual machine: unfinished checksums and unsplit segments of the sender arrive
 * in that state (TUNSETVNETHDRSZ, TUNSETOFFLOAD; linux/virtio_net.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	HEADER_BYTES = 10, /* struct virtio_net_hdr */
	FRAME_BYTES = HEADER_BYTES + 18 + (1 << 16),
};

static int fail(const char *action)
{
	fprintf(stderr, "cable: %s: %s\n", action, strerror(errno));
	return -1;
}

/* Return: the tap's descriptor, or -1. The device exists as long as the descriptor is open. */
static int tap_open(const char *name)
{
	unsigned int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), size = HEADER_BYTES;

	if (fd < 0)
		return fail("open /dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request))
		return fail("TUNSETIFF");
	if (ioctl(fd, TUNSETVNETHDRSZ, &size))
		return fail("TUNSETVNETHDRSZ");
	if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads))
		return fail("TUNSETOFFLOAD");
	return fd;
}

/* Carry all frames that wait at @from. A frame that a device refuses, for example because the
 * device is down, is lost, as on a real cable. */
static int carry(int from, int to)
{
	static char frame[FRAME_BYTES];
	ssize_t length;

	while ((length = read(from, frame, sizeof(frame))) > 0) {
		if (write(to, frame, (size_t)length) < 0 && errno == EBADF)
			return fail("write");
	}
	return length < 0 && errno != EAGAIN && errno != EIO ? fail("read") : 0;
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 3) {
		fprintf(stderr, "usage: cable TAP TAP\n");
		return 2;
	}
	for (int i = 0; i < 2; i++) {
		ends[i].fd = tap_open(argv[1 + i]);
		if (ends[i].fd < 0)
			return EXIT_FAILURE;
	}
	puts("ready");
	fflush(stdout);
	while (poll(ends, 2, -1) > 0) {
		if (carry(ends[0].fd, ends[1].fd) || carry(ends[1].fd, ends[0].fd))
			return EXIT_FAILURE;
	}
	return fail("poll") ? EXIT_FAILURE : EXIT_SUCCESS;
}
