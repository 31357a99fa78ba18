/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef MODEL_H
#define MODEL_H
/*
 * A generator of random packets, and a parser of them that shares no code with the SDK.
 *
 * random_packet() builds tags, both families, options, extension headers in any number and order,
 * source routes, fragments, tunnels and all transports, with checksums by RFC 8200, section 8.1;
 * then it falsifies the length fields of some headers, and damages or cuts some packets.
 *
 * read_packet() finds the headers, and computes the checksums over them. A rewrite must keep these
 * sums, right or wrong: RFC 1624 carries an error along.
 */
#include <stdlib.h>

#include "packet.h"

/* ---------------------------------------------------------------- random numbers */

static uint64_t chance_state = 1;

static inline uint32_t chance(void) /* xorshift64 (Marsaglia, 2003) */
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (uint32_t)(chance_state >> 20);
}

static inline uint32_t below(uint32_t limit)
{
	return chance() % limit;
}

static inline bool percent(uint32_t of_hundred)
{
	return below(100) < of_hundred;
}

static inline void add_chance(struct packet *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p->data[p->length++] = (uint8_t)chance();
}

/* ---------------------------------------------------------------- building */

static inline void random_ip(struct packet *p, int depth, size_t room);

static inline void random_address(uint8_t *out, int family)
{
	static const uint8_t base4[4] = {192, 0, 2}, base6[16] = {0x20, 1, 0xd, 0xb8};

	memcpy(out, family == 4 ? base4 : base6, family == 4 ? 4 : 16);
	out[family == 4 ? 3 : 15] = (uint8_t)chance();
}

/* Add a GUE or VXLAN header and its payload. */
static inline void random_tunnel(struct packet *p, size_t udp, int depth, size_t room)
{
	size_t words = percent(80) ? 0 : below(32);

	if (percent(50)) {
		packet_put16(p, udp + 2, 6080);
		packet_add(p,
			   (uint8_t[]){(uint8_t)words, percent(50) ? IPPROTO_IPIP : IPPROTO_IPV6, 0,
				       0},
			   4);
		add_chance(p, words * 4);
	} else {
		packet_put16(p, udp + 2, 4789);
		packet_add(p, (uint8_t[]){8, 0, 0, 0, 0, 0, 1, 0}, 8);
		packet_ethernet(p, percent(50) ? ETH_P_IP : ETH_P_IPV6);
	}
	random_ip(p, depth + 1, room);
}

static inline void random_transport(struct packet *p, uint8_t protocol, int depth, size_t room)
{
	size_t at = p->length, payload = percent(70) ? below(60) : below((uint32_t)room);
	size_t options = percent(60) ? 0 : below(11) * 4;

	switch (protocol) {
	case IPPROTO_TCP:
		packet_tcp(p, chance() & 0xffff, 443, options);
		if (percent(5))
			p->data[at + 12] = (uint8_t)chance();
		break;
	case IPPROTO_UDP:
		packet_udp(p, chance() & 0xffff, 53);
		if (depth < 2 && percent(25)) {
			random_tunnel(p, at, depth, room / 2);
			payload = 0;
		}
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		packet_icmp(p, (uint8_t)chance());
		break;
	case IPPROTO_SCTP:
		packet_sctp(p, 1, 2);
		break;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		if (depth < 2)
			random_ip(p, depth + 1, room / 2);
		break;
	default:
		break;
	}
	add_chance(p, payload);
	if (protocol == IPPROTO_UDP)
		packet_put16(p, at + 4, (unsigned int)(p->length - at));
}

static inline size_t check_field(uint8_t protocol, int family)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	case IPPROTO_ICMP:
		return family == 4 ? 2 : 0;
	case IPPROTO_ICMPV6:
		return family == 6 ? 2 : 0;
	default:
		return 0;
	}
}

/* Return: the sum over the bytes from @l4 on, and over the pseudo header of these addresses. */
static inline uint16_t sum_transport(const struct packet *p, size_t l4, size_t have, size_t length,
				     uint8_t protocol, const uint8_t *source,
				     const uint8_t *destination, int family)
{
	size_t size = family == 4 ? 4 : 16;
	uint32_t sum = 0;

	if (protocol != IPPROTO_ICMP) {
		sum = packet_sum(source, size, (uint32_t)length + protocol);
		sum = packet_sum(destination, size, sum);
	}
	return packet_sum(p->data + l4, have, sum);
}

static inline void finish_transport(struct packet *p, size_t l4, uint8_t protocol,
				    const uint8_t *source, const uint8_t *destination, int family)
{
	size_t field = check_field(protocol, family), length = p->length - l4;
	uint16_t sum;

	if (!field || length < field + 2)
		return;
	packet_put16(p, l4 + field, 0);
	if (protocol == IPPROTO_UDP && percent(10))
		return;
	sum = (uint16_t)~sum_transport(p, l4, length, length, protocol, source, destination,
				       family);
	if (!sum && protocol == IPPROTO_UDP)
		sum = 0xffff;
	packet_put16(p, l4 + field, percent(3) ? chance() & 0xffff : sum);
}

/* Add IPv4 options of @size bytes. @final gets the last address of an unfinished source route. */
static inline void random_options(struct packet *p, size_t size, uint8_t *final)
{
	size_t end = p->length + size;

	while (p->length < end) {
		size_t at = p->length, left = end - at, addresses = 1 + below(2);

		if (left >= 3 + 4 * addresses && percent(40)) {
			uint8_t next = percent(70) ? 4 : (uint8_t)(4 + 4 * addresses);

			packet_add(p,
				   (uint8_t[]){percent(50) ? 131 : 137,
					       (uint8_t)(3 + 4 * addresses), next},
				   3);
			add_chance(p, 4 * addresses);
			if (next == 4)
				memcpy(final, p->data + p->length - 4, 4);
			while (p->length < end)
				packet_add(p, (uint8_t[]){1}, 1);
		} else if (left >= 4 && percent(40)) {
			packet_add(p, (uint8_t[]){148, 4, 0, 0}, 4); /* router alert */
		} else {
			packet_add(p, (uint8_t[]){1}, 1);
		}
	}
}

static inline void random_ip4(struct packet *p, int depth, size_t room)
{
	static const uint8_t protocols[] = {6, 6, 17, 17, 1, 132, 4, 41, 47, 136, 33};
	size_t at = p->length, options = percent(70) ? 0 : below(11) * 4, l4;
	uint8_t protocol = protocols[below(sizeof(protocols))], final[4];

	packet_ip4(p, protocol, 0);
	random_address(p->data + at + 12, 4);
	random_address(p->data + at + 16, 4);
	memcpy(final, p->data + at + 16, 4);
	p->data[at] = (uint8_t)(0x45 + options / 4);
	random_options(p, options, final);
	l4 = p->length;
	random_transport(p, protocol, depth, room);
	packet_put16(p, at + 2, (unsigned int)(p->length - at));
	if (percent(15))
		packet_put16(p, at + 6, percent(50) ? 0x2000 : 0x2000 | (1 + below(100)));
	finish_transport(p, l4, protocol, p->data + at + 12, final, 4);
	if (percent(5))
		packet_put16(p, at + 2, percent(50) ? below(60) : chance() & 0xffff);
	packet_put16(p, at + 10, 0);
	packet_put16(p, at + 10, (uint16_t)~packet_sum(p->data + at, (p->data[at] & 15u) * 4, 0));
}

/* Add a routing header (RFC 6275, RFC 8754, RFC 2460). @final as for random_options(). */
static inline void random_routing(struct packet *p, uint8_t *final)
{
	size_t at = p->length, addresses = 1 + below(3);
	uint8_t type = percent(50) ? 4 : percent(50) ? 0 : 2;

	if (type == 2)
		addresses = 1;
	packet_add(p, (uint8_t[8]){0, (uint8_t)(2 * addresses), type}, 8);
	for (size_t i = 0; i < addresses; i++) {
		random_address(p->data + p->length, 6);
		p->length += 16;
	}
	if (percent(50))
		return;
	p->data[at + 3] = (uint8_t)(1 + below((uint32_t)addresses));
	memcpy(final, p->data + (type == 0 ? p->length - 16 : at + 8), 16);
}

static inline void random_ip6(struct packet *p, int depth, size_t room)
{
	static const uint8_t protocols[] = {6, 6, 17, 17, 58, 58, 132, 4, 41, 47, 136, 33, 89};
	static const uint8_t extensions[] = {0, 60, 43, 44, 51};
	size_t at = p->length, next = at + 6, count = percent(60) ? 0 : 1 + below(9), l4;
	uint8_t protocol = protocols[below(sizeof(protocols))], final[16];
	bool routed = false;

	packet_ip6(p, protocol);
	random_address(p->data + at + 8, 6);
	random_address(p->data + at + 24, 6);
	memcpy(final, p->data + at + 24, 16);
	for (size_t i = 0; i < count; i++) {
		uint8_t number = extensions[below(sizeof(extensions))];
		size_t here = p->length;

		if (number == IPPROTO_ROUTING && routed)
			number = IPPROTO_DSTOPTS;
		p->data[next] = number;
		if (number == IPPROTO_ROUTING) {
			random_routing(p, final);
			routed = true;
		} else {
			size_t size = number == IPPROTO_FRAGMENT ? 8 : 8 * (1 + below(3));

			packet_add(p, (uint8_t[24]){0}, size);
			if (number != IPPROTO_FRAGMENT)
				p->data[here + 1] = (uint8_t)(number == IPPROTO_AH ? size / 4 - 2
										   : size / 8 - 1);
			else if (percent(50))
				packet_put16(p, here + 2,
					     percent(50) ? 1 : 1 + (1 + below(99)) * 8);
		}
		next = here;
	}
	p->data[next] = protocol;
	l4 = p->length;
	random_transport(p, protocol, depth, room);
	packet_put16(p, at + 4, (unsigned int)(p->length - at - 40));
	finish_transport(p, l4, protocol, p->data + at + 8, final, 6);
	if (percent(5))
		packet_put16(p, at + 4, percent(50) ? below(60) : chance() & 0xffff);
}

static inline void random_ip(struct packet *p, int depth, size_t room)
{
	if (percent(50))
		random_ip4(p, depth, room + 1);
	else
		random_ip6(p, depth, room + 1);
}

/* Bytes that a test run puts into one page: the limit for a program without fragment support. */
enum { LINEAR = 3400 };

static inline void random_packet(struct packet *p)
{
	size_t tags = percent(70) ? 0 : 1 + below(4), type, start;

	p->length = 0;
	packet_ethernet(p, 0);
	for (size_t i = 0; i < tags; i++) {
		packet_put16(p, p->length - 2, percent(70) ? ETH_P_8021Q : ETH_P_8021AD);
		packet_tag(p, chance() & 0xffff, 0);
	}
	type = p->length - 2;
	start = p->length;
	if (percent(4)) {
		packet_put16(p, type, ETH_P_ARP);
		packet_arp(p);
	} else {
		random_ip(p, 0, percent(90) ? 200 : 2500);
		packet_put16(p, type, p->data[start] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	}
	if (percent(10))
		add_chance(p, below(60)); /* padding */
	for (size_t i = percent(15) ? 1 + below(3) : 0; i; i--)
		p->data[below(p->length < 100 ? (uint32_t)p->length : 100)] = (uint8_t)chance();
	if (percent(10))
		p->length = ETH_HLEN + below((uint32_t)(p->length - ETH_HLEN));
	if (p->length > LINEAR)
		p->length = LINEAR;
}

/* ---------------------------------------------------------------- reading */

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

static inline bool is_tag_type(unsigned int type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

static inline void read_transport(const struct packet *p, struct reading *r, const uint8_t *source,
				  const uint8_t *destination)
{
	size_t have = p->length - r->l4, least = r->protocol == IPPROTO_TCP ? 20 : 8;
	size_t field = check_field(r->protocol, r->family);

	if (have > r->l4_length)
		have = r->l4_length;
	if (!field || have < least)
		return;
	if (r->protocol == IPPROTO_TCP) {
		size_t header = (p->data[r->l4 + 12] >> 4) * 4u;

		if (header < 20 || header > have)
			return;
	}
	r->field = r->l4 + field;
	r->transport_sum = sum_transport(p, r->l4, have, r->l4_length, r->protocol, source,
					 destination, r->family);
}

/* Return: the last address of an unfinished source route, or @destination. */
static inline const uint8_t *last_of_options(const uint8_t *ip, size_t header,
					     const uint8_t *destination)
{
	for (size_t at = 20; at + 3 < header && ip[at];) {
		size_t length = ip[at] == 1 ? 1 : ip[at + 1];

		if (length == 0 || (ip[at] != 1 && length < 2) || at + length > header)
			break;
		if ((ip[at] == 131 || ip[at] == 137) && length >= 7 && ip[at + 2] >= 4 &&
		    ip[at + 2] + 3u <= length)
			return ip + at + 3 + ((length - 3) / 4 - 1) * 4;
		at += length;
	}
	return destination;
}

static inline void read_ip4(const struct packet *p, size_t at, struct reading *r)
{
	const uint8_t *ip = p->data + at;
	size_t header = (ip[0] & 15u) * 4;

	if (at + 20 > p->length || ip[0] >> 4 != 4 || header < 20 || at + header > p->length ||
	    packet_get16(p, at + 2) < header)
		return;
	r->family = 4;
	r->l3 = at;
	r->protocol = ip[9];
	r->later = packet_get16(p, at + 6) & 0x1fff;
	r->ip4_sum = packet_sum(ip, header, 0);
	r->total = packet_get16(p, at + 2);
	r->l4 = at + header;
	r->l4_length = r->total - header;
	if (!r->later)
		read_transport(p, r, ip + 12, last_of_options(ip, header, ip + 16));
}

static inline bool is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

static inline void read_ip6(const struct packet *p, size_t at, struct reading *r)
{
	const uint8_t *ip = p->data + at, *final = ip + 24;
	size_t left = packet_get16(p, at + 4), here = at + 40;
	uint8_t next = ip[6];

	if (here > p->length || ip[0] >> 4 != 6)
		return;
	r->family = 6;
	r->l3 = at;
	r->total = left + 40;
	while (is_extension(next) && !r->later) {
		const uint8_t *x = p->data + here;
		size_t size;

		if (here + 8 > p->length || left < 8)
			return;
		size = next == 44 ? 8 : next == 51 ? (x[1] + 2u) * 4 : (x[1] + 1u) * 8;
		if (size > left)
			return;
		if (next == 44)
			r->later = packet_get16(p, here + 2) >> 3;
		if (next == 43 && x[3] && x[1] >= 2 && here + size <= p->length)
			final = x[2] == 0 ? x + 8 + 16 * (x[1] / 2u - 1) : x + 8;
		r->extensions++;
		next = x[0];
		here += size;
		left -= size;
	}
	r->protocol = next;
	if (here > p->length)
		return;
	r->l4 = here;
	r->l4_length = left;
	if (!r->later)
		read_transport(p, r, ip + 8, final);
}

static inline void read_packet(const struct packet *p, struct reading *r)
{
	size_t at = 12;

	*r = (struct reading){0};
	while (r->tags < 5 && at + 6 <= p->length && is_tag_type(packet_get16(p, at))) {
		r->tags++;
		at += 4;
	}
	if (at + 2 > p->length)
		return;
	if (packet_get16(p, at) == ETH_P_IP)
		read_ip4(p, at + 2, r);
	else if (packet_get16(p, at) == ETH_P_IPV6)
		read_ip6(p, at + 2, r);
}

#endif
