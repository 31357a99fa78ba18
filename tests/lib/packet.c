// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Packets for the tests. */
#include "lib/packet.h"

#include <string.h>

void packet_add(struct packet *p, const void *bytes, size_t size)
{
	memcpy(p->data + p->length, bytes, size);
	p->length += size;
}

void packet_put16(struct packet *p, size_t at, unsigned int value)
{
	p->data[at] = (uint8_t)(value >> 8);
	p->data[at + 1] = (uint8_t)value;
}

unsigned int packet_get16(const struct packet *p, size_t at)
{
	return (unsigned int)p->data[at] << 8 | p->data[at + 1];
}

void packet_ethernet(struct packet *p, unsigned int ethertype)
{
	packet_add(p, (uint8_t[]){2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, 12);
	packet_add(p, (uint8_t[]){(uint8_t)(ethertype >> 8), (uint8_t)ethertype}, 2);
}

void packet_tag(struct packet *p, unsigned int tci, unsigned int ethertype)
{
	packet_add(p,
		   (uint8_t[]){(uint8_t)(tci >> 8), (uint8_t)tci, (uint8_t)(ethertype >> 8),
			       (uint8_t)ethertype},
		   4);
}

void packet_ip4(struct packet *p, uint8_t protocol, size_t options)
{
	p->l3 = p->length;
	p->family = 4;
	p->protocol = protocol;
	packet_add(p,
		   (uint8_t[]){(uint8_t)(0x45 + options / 4),
			       1,
			       0,
			       0,
			       0x12,
			       0x34,
			       0,
			       0,
			       64,
			       protocol,
			       0,
			       0,
			       192,
			       0,
			       2,
			       1,
			       198,
			       51,
			       100,
			       2},
		   20);
	memset(p->data + p->length, 1, options);
	p->length += options;
	p->l4 = p->length;
}

void packet_ip6(struct packet *p, uint8_t next)
{
	static const uint8_t addresses[32] = {0x20, 1,	 0xd,  0xb8, [15] = 1, [16] = 0x20,
					      1,    0xd, 0xb8, 0,    1,	       [31] = 2};

	p->l3 = p->length;
	p->family = 6;
	p->protocol = next;
	packet_add(p, (uint8_t[]){0x60, 0x10, 0, 5, 0, 0, next, 64}, 8);
	packet_add(p, addresses, sizeof(addresses));
	p->next_field = p->l3 + 6;
	p->l4 = p->length;
}

void packet_extension(struct packet *p, uint8_t number, size_t size)
{
	uint8_t header[64] = {p->protocol,
			      (uint8_t)(number == IPPROTO_AH ? size / 4 - 2 : size / 8 - 1)};

	p->data[p->next_field] = number;
	p->next_field = p->length;
	packet_add(p, header, size);
	p->l4 = p->length;
}

void packet_fragment6(struct packet *p, unsigned int offset, bool more)
{
	size_t at = p->length;

	packet_extension(p, IPPROTO_FRAGMENT, 8);
	p->data[at + 1] = 0;
	packet_put16(p, at + 2, offset << 3 | more);
	p->fragment = offset || more;
}

void packet_fragment4(struct packet *p, unsigned int offset, bool more)
{
	packet_put16(p, p->l3 + 6, offset | (more ? 0x2000 : 0));
	p->fragment = true;
}

void packet_udp(struct packet *p, unsigned int source, unsigned int dest)
{
	packet_add(p,
		   (uint8_t[]){(uint8_t)(source >> 8), (uint8_t)source, (uint8_t)(dest >> 8),
			       (uint8_t)dest, 0, 0, 0, 0},
		   8);
	p->payload = p->length;
}

void packet_tcp(struct packet *p, unsigned int source, unsigned int dest, size_t options)
{
	packet_add(p,
		   (uint8_t[]){(uint8_t)(source >> 8),
			       (uint8_t)source,
			       (uint8_t)(dest >> 8),
			       (uint8_t)dest,
			       1,
			       2,
			       3,
			       4,
			       5,
			       6,
			       7,
			       8,
			       (uint8_t)((20 + options) / 4 << 4),
			       0x10,
			       0x20,
			       0,
			       0,
			       0,
			       0,
			       0},
		   20);
	memset(p->data + p->length, 1, options);
	p->length += options;
	p->payload = p->length;
}

void packet_icmp(struct packet *p, uint8_t type)
{
	packet_add(p, (uint8_t[]){type, 0, 0, 0, 0x12, 0x34, 0, 1}, 8);
	p->payload = p->length;
}

void packet_sctp(struct packet *p, unsigned int source, unsigned int dest)
{
	packet_add(p,
		   (uint8_t[]){(uint8_t)(source >> 8), (uint8_t)source, (uint8_t)(dest >> 8),
			       (uint8_t)dest, 1, 2, 3, 4, 0, 0, 0, 0},
		   12);
	p->payload = p->length;
}

void packet_arp(struct packet *p)
{
	p->l3 = p->length;
	packet_add(p, (uint8_t[]){0,   1, 8, 0, 6, 4, 0, 1, 2, 0, 0,   0, 0, 1,
				  192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2},
		   28);
}

void packet_payload(struct packet *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p->data[p->length++] = (uint8_t)(i * 7 + 3);
}

uint16_t packet_sum(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t packet_pseudo_sum(const struct packet *p)
{
	size_t at = p->l3 + (p->family == 4 ? 12 : 8), size = p->family == 4 ? 8 : 32;

	return packet_sum(p->data + at, size, (uint32_t)(p->length - p->l4) + p->protocol);
}

/* Return: the offset of the transport checksum, or 0. @pseudo tells whether it covers the
 * addresses. */
static size_t packet_check_field(const struct packet *p, bool *pseudo)
{
	*pseudo = p->protocol != IPPROTO_ICMP;
	switch (p->protocol) {
	case IPPROTO_TCP:
		return p->l4 + 16;
	case IPPROTO_UDP:
		return p->l4 + 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return p->l4 + 2;
	default:
		return 0;
	}
}

uint16_t packet_transport_sum(const struct packet *p)
{
	bool pseudo;

	if (!packet_check_field(p, &pseudo))
		return 0xffff;
	return packet_sum(p->data + p->l4, p->length - p->l4, pseudo ? packet_pseudo_sum(p) : 0);
}

uint16_t packet_ip4_sum(const struct packet *p)
{
	return packet_sum(p->data + p->l3, (p->data[p->l3] & 15u) * 4, 0);
}

void packet_finish(struct packet *p)
{
	bool pseudo;
	size_t field = packet_check_field(p, &pseudo);

	if (p->family == 4) {
		packet_put16(p, p->l3 + 2, (unsigned int)(p->length - p->l3));
		packet_put16(p, p->l3 + 10, 0);
		packet_put16(p, p->l3 + 10, (uint16_t)~packet_ip4_sum(p));
	} else if (p->family == 6) {
		packet_put16(p, p->l3 + 4, (unsigned int)(p->length - p->l3 - 40));
	}
	if (p->protocol == IPPROTO_UDP && p->payload)
		packet_put16(p, p->l4 + 4, (unsigned int)(p->length - p->l4));
	if (field && p->payload && !p->fragment) {
		packet_put16(p, field, 0);
		packet_put16(p, field, (uint16_t)~packet_transport_sum(p));
	}
}

void packet_make(struct packet *p, int family, uint8_t protocol, size_t payload)
{
	memset(p, 0, sizeof(*p));
	packet_ethernet(p, family == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (family == 4)
		packet_ip4(p, protocol, 0);
	else
		packet_ip6(p, protocol);
	if (protocol == IPPROTO_TCP)
		packet_tcp(p, 1000, 80, 0);
	else if (protocol == IPPROTO_UDP)
		packet_udp(p, 1000, 53);
	else if (protocol == IPPROTO_SCTP)
		packet_sctp(p, 1000, 2000);
	else
		packet_icmp(p, protocol == IPPROTO_ICMP ? 8 : 128);
	packet_payload(p, payload);
	packet_finish(p);
}
