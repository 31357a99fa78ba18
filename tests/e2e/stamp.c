// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends one packet on request, and prints its fate: each function that sees the packet writes into
 * it.
 *
 *   stamp CLIENT SERVER ADDRESS PORT
 *       for each line on stdin, sends a datagram of zeros from the network namespace CLIENT to
 *       ADDRESS in SERVER, which returns the datagram unchanged; prints the first four bytes of
 *       the returned datagram, or "lost" if it does not return within a second
 *
 * The datagrams have no checksum, so a function that writes into them need not update it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PAYLOAD_BYTES = 16, STAMPS = 4 };

static int fail(const char *what)
{
	fprintf(stderr, "stamp: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

/* Open a socket in the network namespace @name. */
static int open_in(const char *name)
{
	const struct timeval second = {.tv_sec = 1};
	char path[128];
	int namespace, fd, one = 1;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || setns(namespace, CLONE_NEWNET))
		return -1;
	close(namespace);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		return -1;
	return fd;
}

/* Return: whether the datagram came back. */
static int there_and_back(int client, int server, uint8_t *bytes)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	memset(bytes, 0, PAYLOAD_BYTES);
	return send(client, bytes, PAYLOAD_BYTES, 0) == PAYLOAD_BYTES &&
	       recvfrom(server, bytes, PAYLOAD_BYTES, 0, (struct sockaddr *)&from, &length) ==
		       PAYLOAD_BYTES &&
	       sendto(server, bytes, PAYLOAD_BYTES, 0, (struct sockaddr *)&from, length) ==
		       PAYLOAD_BYTES &&
	       recv(client, bytes, PAYLOAD_BYTES, 0) == PAYLOAD_BYTES;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	uint8_t bytes[PAYLOAD_BYTES];
	int client, server;
	char line[16];

	if (argc != 5 || inet_pton(AF_INET, argv[3], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: stamp CLIENT SERVER ADDRESS PORT\n");
		return 2;
	}
	address.sin_port = htons((uint16_t)strtoul(argv[4], NULL, 10));
	client = open_in(argv[1]);
	server = client < 0 ? -1 : open_in(argv[2]);
	if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof(address)) ||
	    connect(client, (struct sockaddr *)&address, sizeof(address)))
		return fail("no sockets");
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (!there_and_back(client, server, bytes)) {
			puts("lost");
			continue;
		}
		for (int i = 0; i < STAMPS; i++)
			printf("%u%c", bytes[i], i + 1 < STAMPS ? ' ' : '\n');
	}
	return 0;
}
