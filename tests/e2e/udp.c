// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Numbered datagrams, counted by sender and receiver, to prove that no packet was lost.
 *
 *   udp send SOURCE ADDRESS PORT RATE [COUNT]
 *       sends RATE datagrams a second, at most 500 on an emulated machine (EDGE_TEST_SLOW), until
 *       COUNT or SIGTERM; prints the number of datagrams sent
 *   udp receive PORT
 *       receives until SIGTERM; prints "received N, twice N, out of order N"
 *
 * The receiver's buffer holds seconds of traffic, so the receiver itself loses no datagram.
 */
#include <errno.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	NUMBERS = 1 << 24,
	BUFFER_BYTES = 64 << 20,
	PAYLOAD_BYTES = 64,
	STEP_NS = 2000000, /* interval between bursts of datagrams */
	LATE_NS = 20000000,
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "udp: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

/* Wait for the next burst. A sender that is more than LATE_NS late skips the missed bursts: sending
 * them at once would overflow a queue of the path. */
static void step(struct timespec *next)
{
	struct timespec now;

	next->tv_nsec += STEP_NS;
	if (next->tv_nsec >= 1000000000) {
		next->tv_nsec -= 1000000000;
		next->tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - next->tv_sec) * 1000000000LL + now.tv_nsec - next->tv_nsec > LATE_NS)
		*next = now;
}

/* Open a socket that is bound to @source, and store the address of @host and @port in @to. */
static int open_sender(const char *source, const char *host, const char *port,
		       struct sockaddr_storage *to, socklen_t *to_length)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *from, *there;
	int fd;

	if (getaddrinfo(source, NULL, &hints, &from) || getaddrinfo(host, port, &hints, &there))
		return -1;
	fd = socket(there->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen))
		return -1;
	memcpy(to, there->ai_addr, there->ai_addrlen);
	*to_length = there->ai_addrlen;
	freeaddrinfo(from);
	freeaddrinfo(there);
	return fd;
}

/* Stay on one processor. Each processor has its own queue into the veth, so datagrams of a sender
 * that moves between processors would overtake each other. */
static int stay_here(void)
{
	cpu_set_t here;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return -1;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	return sched_setaffinity(0, sizeof(here), &here);
}

static int send_numbers(char **words, uint64_t rate, uint64_t count)
{
	uint64_t payload[PAYLOAD_BYTES / 8] = {0}, sent = 0;
	uint64_t burst = getenv("EDGE_TEST_SLOW") ? 1 : rate * STEP_NS / 1000000000;
	struct sockaddr_storage to;
	socklen_t to_length;
	struct timespec next;
	int fd = open_sender(words[0], words[1], words[2], &to, &to_length);

	if (fd < 0 || stay_here())
		return fail(words[1]);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!stopped && sent < count) {
		for (uint64_t i = 0; i < (burst ? burst : 1) && sent < count; i++) {
			payload[0] = sent;
			if (sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to,
				   to_length) < 0)
				return fail("sendto");
			sent++;
		}
		step(&next);
	}
	printf("%llu\n", (unsigned long long)sent);
	return EXIT_SUCCESS;
}

static int open_receiver(uint16_t port)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct timeval patience = {.tv_usec = 100000};
	const int size = BUFFER_BYTES;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		return -1;
	return fd;
}

static int receive_numbers(uint16_t port)
{
	uint64_t payload[PAYLOAD_BYTES / 8], received = 0, twice = 0, disordered = 0, greatest = 0;
	bool *seen = calloc(NUMBERS, sizeof(*seen));
	int fd = open_receiver(port);

	if (fd < 0 || !seen)
		return fail("receive");
	for (;;) {
		if (recv(fd, payload, sizeof(payload), 0) != sizeof(payload)) {
			if (stopped)
				break;
			continue;
		}
		if (payload[0] >= NUMBERS)
			continue;
		if (seen[payload[0]]) {
			twice++;
			continue;
		}
		seen[payload[0]] = true;
		received++;
		if (payload[0] < greatest)
			disordered++;
		else
			greatest = payload[0];
	}
	free(seen);
	printf("received %llu, twice %llu, out of order %llu\n", (unsigned long long)received,
	       (unsigned long long)twice, (unsigned long long)disordered);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = stop};

	sigaction(SIGTERM, &action, NULL);
	if ((argc == 6 || argc == 7) && !strcmp(argv[1], "send"))
		return send_numbers(argv + 2, strtoull(argv[5], NULL, 10),
				    argc == 7 ? strtoull(argv[6], NULL, 10) : NUMBERS);
	if (argc == 3 && !strcmp(argv[1], "receive"))
		return receive_numbers((uint16_t)strtoul(argv[2], NULL, 10));
	fprintf(stderr, "usage: udp send SOURCE ADDRESS PORT RATE [COUNT] | udp receive PORT\n");
	return 2;
}
