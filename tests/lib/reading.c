// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A parser of packets that shares no code with the SDK. */
#include "lib/reading.h"

size_t check_field(uint8_t protocol, int family)
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

uint16_t sum_transport(const struct packet *p, size_t l4, size_t have, size_t length,
		       uint8_t protocol, const uint8_t *source, const uint8_t *destination,
		       int family)
{
	size_t size = family == 4 ? 4 : 16;
	uint32_t sum = 0;

	if (protocol != IPPROTO_ICMP) {
		sum = packet_sum(source, size, (uint32_t)length + protocol);
		sum = packet_sum(destination, size, sum);
	}
	return packet_sum(p->data + l4, have, sum);
}

bool is_tag_type(unsigned int type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

static void read_transport(const struct packet *p, struct reading *r, const uint8_t *source,
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
static const uint8_t *last_of_options(const uint8_t *ip, size_t header, const uint8_t *destination)
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

static void read_ip4(const struct packet *p, size_t at, struct reading *r)
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

static bool is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

static void read_ip6(const struct packet *p, size_t at, struct reading *r)
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

void read_packet(const struct packet *p, struct reading *r)
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
