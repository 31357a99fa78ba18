/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef READING_H
#define READING_H
/*
 * A parser of packets that shares no code with the SDK. read_packet() finds the headers, and computes the checksums over
 * them. A rewrite must keep these sums, right or wrong: RFC 1624 carries an error along.
 */
#include "lib/packet.h"

struct reading {
	size_t l3, l4; /* 0: no such header */
	size_t tags;   /* up to five */
	size_t extensions;
	int family;
	uint8_t protocol;
	bool later;		/* a later fragment */
	size_t total;		/* length of the IP packet, from its header */
	size_t l4_length;	/* length after the IP header, from that header */
	size_t field;		/* of the transport checksum, if its header is whole; or 0 */
	uint16_t ip4_sum;	/* over the header; 0xffff if it is right */
	uint16_t transport_sum; /* over the available bytes and the pseudo header */
};

void read_packet(const struct packet *p, struct reading *r);

/* Return: whether the ethertype is that of a VLAN tag. */
bool is_tag_type(unsigned int type);
/* Return: the offset of the checksum in a transport header, or 0. */
size_t check_field(uint8_t protocol, int family);
/* Return: the sum over the bytes from @l4 on, and over the pseudo header of these addresses. */
uint16_t sum_transport(const struct packet *p, size_t l4, size_t have, size_t length,
		       uint8_t protocol, const uint8_t *source, const uint8_t *destination,
		       int family);

#endif
