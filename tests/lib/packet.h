/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef PACKET_H
#define PACKET_H
/*
 * Packets for the tests. A test builds a packet header by header, then finishes it: packet_finish()
 * fills in the lengths, and computes the checksums over all bytes, unlike the SDK, which updates
 * them incrementally.
 *
 *     struct packet p = {0};
 *     packet_ethernet(&p, ETH_P_IP);
 *     packet_ip4(&p, IPPROTO_UDP, 0);
 *     packet_udp(&p, 1000, 53);
 *     packet_payload(&p, 20);
 *     packet_finish(&p);
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <linux/if_ether.h>
#include <linux/in.h>

struct packet {
	uint8_t data[16384];
	size_t length;
	size_t l3, l4, payload; /* offsets; 0: no such header */
	int family;		/* 4 or 6 */
	uint8_t protocol;
	size_t next_field; /* offset of the "next header" field of the last IPv6 header */
	bool fragment;
};

void packet_add(struct packet *p, const void *bytes, size_t size);
void packet_put16(struct packet *p, size_t at, unsigned int value);
unsigned int packet_get16(const struct packet *p, size_t at);

/* Add an Ethernet header, from 02:00:00:00:00:01 to 02:00:00:00:00:02. */
void packet_ethernet(struct packet *p, unsigned int ethertype);
/* Append a VLAN tag; @ethertype is the type of the next header. */
void packet_tag(struct packet *p, unsigned int tci, unsigned int ethertype);
/* Add an IPv4 header from 192.0.2.1 to 198.51.100.2, TTL 64, with @options bytes of "no
 * operation". */
void packet_ip4(struct packet *p, uint8_t protocol, size_t options);
/* Add an IPv6 header from 2001:db8::1 to 2001:db8:1::2, hop limit 64. */
void packet_ip6(struct packet *p, uint8_t next);
/* Add an extension header between the IPv6 header and the transport header. @number is its protocol
 * number, @size its total size. */
void packet_extension(struct packet *p, uint8_t number, size_t size);
/* @offset is in units of 8 bytes. */
void packet_fragment6(struct packet *p, unsigned int offset, bool more);
void packet_fragment4(struct packet *p, unsigned int offset, bool more);
void packet_udp(struct packet *p, unsigned int source, unsigned int dest);
/* Add a TCP header with @options bytes of "no operation". */
void packet_tcp(struct packet *p, unsigned int source, unsigned int dest, size_t options);
/* ICMP and ICMPv6: an echo has identifier 0x1234 and sequence number 1. */
void packet_icmp(struct packet *p, uint8_t type);
void packet_sctp(struct packet *p, unsigned int source, unsigned int dest);
void packet_arp(struct packet *p);
void packet_payload(struct packet *p, size_t size);

/* Fill in lengths and checksums. */
void packet_finish(struct packet *p);
/* Make a whole packet: an Ethernet header, an IP header of @family, a header of @protocol (UDP from port 1000 to 53, TCP to 80,
 * SCTP to 2000, or an echo request), and a payload. */
void packet_make(struct packet *p, int family, uint8_t protocol, size_t payload);

/* RFC 1071: the sum of 16-bit words with carries folded in, not complemented. */
uint16_t packet_sum(const uint8_t *bytes, size_t size, uint32_t sum);
/* Return: the sum over the pseudo header of the transport (RFC 9293, RFC 8200). */
uint16_t packet_pseudo_sum(const struct packet *p);
uint16_t packet_ip4_sum(const struct packet *p);
/* Return: the sum over the transport, including its checksum: 0xffff if the checksum is right. */
uint16_t packet_transport_sum(const struct packet *p);

#endif
