// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A generator of random packets. */
#include "lib/random.h"

#include <string.h>

#include "lib/reading.h"

static uint64_t chance_state = 1;

void chance_seed(uint64_t seed)
{
	chance_state = seed;
}

/* xorshift64 (Marsaglia, 2003) */
static uint32_t chance(void)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (uint32_t)(chance_state >> 20);
}

uint32_t below(uint32_t limit)
{
	return chance() % limit;
}

static bool percent(uint32_t of_hundred)
{
	return below(100) < of_hundred;
}

static void add_chance(struct packet *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p->data[p->length++] = (uint8_t)chance();
}

static void random_ip(struct packet *p, int depth, size_t room);

static void random_address(uint8_t *out, int family)
{
	static const uint8_t base4[4] = {192, 0, 2}, base6[16] = {0x20, 1, 0xd, 0xb8};

	memcpy(out, family == 4 ? base4 : base6, family == 4 ? 4 : 16);
	out[family == 4 ? 3 : 15] = (uint8_t)chance();
}

/* Add a GUE or VXLAN header and its payload. */
static void random_tunnel(struct packet *p, size_t udp, int depth, size_t room)
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

static void random_transport(struct packet *p, uint8_t protocol, int depth, size_t room)
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

static void finish_transport(struct packet *p, size_t l4, uint8_t protocol, const uint8_t *source,
			     const uint8_t *destination, int family)
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
static void random_options(struct packet *p, size_t size, uint8_t *final)
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

static void random_ip4(struct packet *p, int depth, size_t room)
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
static void random_routing(struct packet *p, uint8_t *final)
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

static void random_ip6(struct packet *p, int depth, size_t room)
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

static void random_ip(struct packet *p, int depth, size_t room)
{
	if (percent(50))
		random_ip4(p, depth, room + 1);
	else
		random_ip6(p, depth, room + 1);
}

void random_packet(struct packet *p)
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
