// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Addresses, prefixes and MAC addresses between text and the bytes of abi.h's types. An IPv4
 * address inside struct edge_ip is ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), but people read and
 * write a.b.c.d.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>

#include "value_type.h"

#define MAPPED_BITS 96 /* in front of the IPv4 address */

static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const uint8_t *ip)
{
	return !memcmp(ip, mapped, sizeof(mapped));
}

/* Return: how many bits of @ip stand before the address as it was written, or -1. */
static int ip_parse(const char *text, uint8_t *ip)
{
	if (inet_pton(AF_INET, text, ip + sizeof(mapped)) == 1) {
		memcpy(ip, mapped, sizeof(mapped));
		return MAPPED_BITS;
	}
	return inet_pton(AF_INET6, text, ip) == 1 ? 0 : -1;
}

static void ip_format(const uint8_t *ip, char *text)
{
	if (is_mapped(ip))
		inet_ntop(AF_INET, ip + sizeof(mapped), text, VALUE_ADDRESS_MAX);
	else
		inet_ntop(AF_INET6, ip, text, VALUE_ADDRESS_MAX);
}

/* Clear the bits behind @length. Return: whether any was set. */
static bool ip_mask(uint8_t *ip, uint32_t length)
{
	bool any = false;

	for (uint32_t i = length / 8; i < 16; i++) {
		uint8_t keep = i == length / 8 ? (uint8_t) ~(0xff >> length % 8) : 0;

		any |= (ip[i] & (uint8_t)~keep) != 0;
		ip[i] &= keep;
	}
	return any;
}

static void prefix_format(const struct edge_prefix *prefix, char *text)
{
	const uint8_t *ip = (const uint8_t *)&prefix->ip;
	uint32_t before = is_mapped(ip) && prefix->length >= MAPPED_BITS ? MAPPED_BITS : 0;

	ip_format(ip, text);
	sprintf(text + strlen(text), "/%u", prefix->length - before);
}

/* Decimal digits alone. Return: the number, or -1. */
static int length_parse(const char *text)
{
	int length = 0;

	if (!*text || strlen(text) > 3)
		return -1;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return -1;
		length = length * 10 + (*text - '0');
	}
	return length;
}

static enum value_address_result prefix_parse(const char *text, struct edge_prefix *prefix,
					      char *better)
{
	char address[VALUE_ADDRESS_MAX];
	const char *slash = strchrnul(text, '/');
	int before, length;

	if ((size_t)(slash - text) >= sizeof(address))
		return VALUE_ADDRESS_BAD;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	before = ip_parse(address, (uint8_t *)&prefix->ip);
	if (before < 0)
		return VALUE_ADDRESS_BAD;
	length = *slash ? length_parse(slash + 1) : 128 - before;
	if (length < 0 || length > 128 - before)
		return VALUE_ADDRESS_LENGTH;
	prefix->length = (uint32_t)(before + length);
	if (!ip_mask((uint8_t *)&prefix->ip, prefix->length))
		return VALUE_ADDRESS_OK;
	/* Masked, ::ffff:a.b.c.d/80 is no IPv4 prefix any more, and is written as what it is. */
	prefix_format(prefix, better);
	return VALUE_ADDRESS_HOST_BITS;
}

static bool mac_parse(const char *text, uint8_t *mac)
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++, text += 3) {
		char digits[3] = {text[0], text[1]};

		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

enum value_address_result el_value_address_parse(enum value_kind kind, const char *text, void *out,
						 char *better)
{
	bool good = false;

	switch (kind) {
	case VALUE_PREFIX:
		return prefix_parse(text, out, better);
	case VALUE_IP4:
		good = inet_pton(AF_INET, text, out) == 1;
		break;
	case VALUE_IP6:
		good = inet_pton(AF_INET6, text, out) == 1;
		break;
	case VALUE_IP:
		good = ip_parse(text, out) >= 0;
		break;
	case VALUE_MAC:
		good = mac_parse(text, out);
		break;
	default:
		break;
	}
	return good ? VALUE_ADDRESS_OK : VALUE_ADDRESS_BAD;
}

bool el_value_address_format(enum value_kind kind, const void *bytes, char *text)
{
	struct edge_prefix prefix;
	const uint8_t *mac = bytes;

	switch (kind) {
	case VALUE_PREFIX:
		memcpy(&prefix, bytes, sizeof(prefix));
		if (prefix.length > 128 || ip_mask((uint8_t *)&prefix.ip, prefix.length))
			return false;
		prefix_format(&prefix, text);
		return true;
	case VALUE_IP4:
		return inet_ntop(AF_INET, bytes, text, VALUE_ADDRESS_MAX);
	case VALUE_IP6:
		return inet_ntop(AF_INET6, bytes, text, VALUE_ADDRESS_MAX);
	case VALUE_IP:
		ip_format(bytes, text);
		return true;
	case VALUE_MAC:
		sprintf(text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]);
		return true;
	default:
		return false;
	}
}
