// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts addresses, prefixes and MAC addresses between text and the bytes of abi.h's types. An
 * IPv4 address inside struct edge_ip is ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), but its text is
 * a.b.c.d. In the key of a prefix table, the family is a field of its own.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>

#include "value/type.h"

#define MAPPED_BITS 96 /* in front of the IPv4 address */

static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const uint8_t *ip)
{
	return !memcmp(ip, mapped, sizeof(mapped));
}

static bool ip_parse(const char *text, uint8_t *ip)
{
	if (inet_pton(AF_INET, text, ip + sizeof(mapped)) == 1) {
		memcpy(ip, mapped, sizeof(mapped));
		return true;
	}
	return inet_pton(AF_INET6, text, ip) == 1;
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

/* A prefix as in its text. */
struct prefix {
	bool ip4;
	uint32_t length;
	uint8_t ip[16]; /* IPv4 uses the first four bytes */
};

/* Two structs hold a prefix: see abi.h. Values are copied, because inside a packed struct or the
 * records of a file they are not aligned. Return: false if the bytes are not a prefix that has a
 * text. */
static bool prefix_read(enum value_kind kind, const void *bytes, struct prefix *prefix)
{
	*prefix = (struct prefix){0};
	if (kind == VALUE_PREFIX) {
		struct edge_prefix from;

		memcpy(&from, bytes, sizeof(from));
		prefix->ip4 = is_mapped((const uint8_t *)&from.ip) && from.length >= MAPPED_BITS;
		prefix->length = from.length - (prefix->ip4 ? MAPPED_BITS : 0);
		memcpy(prefix->ip, (const uint8_t *)&from.ip + (prefix->ip4 ? sizeof(mapped) : 0),
		       prefix->ip4 ? 4 : 16);
	} else {
		struct edge_prefix_key from;

		memcpy(&from, bytes, sizeof(from));
		prefix->ip4 = from.family == EDGE_PREFIX_IP4;
		prefix->length = from.length - EDGE_PREFIX_FAMILY_BITS;
		memcpy(prefix->ip, &from.ip, sizeof(prefix->ip));
		if (from.length < EDGE_PREFIX_FAMILY_BITS || from.unused[0] || from.unused[1] ||
		    from.unused[2] || (!prefix->ip4 && from.family != EDGE_PREFIX_IP6))
			return false;
	}
	return prefix->length <= (prefix->ip4 ? 32 : 128) && !ip_mask(prefix->ip, prefix->length);
}

static void prefix_write(enum value_kind kind, const struct prefix *prefix, void *out)
{
	if (kind == VALUE_PREFIX) {
		struct edge_prefix to;

		to.length = prefix->length + (prefix->ip4 ? MAPPED_BITS : 0);
		memcpy(&to.ip, mapped, sizeof(mapped));
		memcpy((uint8_t *)&to.ip + (prefix->ip4 ? sizeof(mapped) : 0), prefix->ip,
		       prefix->ip4 ? 4 : 16);
		memcpy(out, &to, sizeof(to));
	} else {
		struct edge_prefix_key to = {
			.length = EDGE_PREFIX_FAMILY_BITS + prefix->length,
			.family = prefix->ip4 ? EDGE_PREFIX_IP4 : EDGE_PREFIX_IP6,
		};

		memcpy(&to.ip, prefix->ip, sizeof(to.ip));
		memcpy(out, &to, sizeof(to));
	}
}

void el_value_prefix_convert(enum value_kind from_kind, const void *from, enum value_kind to_kind,
			     void *to)
{
	struct prefix prefix;

	prefix_read(from_kind, from, &prefix);
	prefix_write(to_kind, &prefix, to);
}

bool el_value_type_is_prefix(const struct el_value_type *type)
{
	return type->kind == VALUE_PREFIX || type->kind == VALUE_PREFIX_KEY;
}

bool el_value_prefix_spans(const struct el_value_type *type, const void *bytes)
{
	struct edge_prefix prefix = {.length = MAPPED_BITS};
	uint8_t start[16] = {0};

	if (type->kind == VALUE_PREFIX)
		memcpy(&prefix, bytes, sizeof(prefix));
	if (prefix.length >= MAPPED_BITS)
		return false;
	memcpy(start, mapped, sizeof(mapped));
	ip_mask(start, prefix.length);
	return !memcmp(start, &prefix.ip, sizeof(start));
}

static void prefix_format(const struct prefix *prefix, char *text)
{
	inet_ntop(prefix->ip4 ? AF_INET : AF_INET6, prefix->ip, text, VALUE_ADDRESS_MAX);
	sprintf(text + strlen(text), "/%u", prefix->length);
}

/* Accepts only decimal digits. Return: the number, or -1. */
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

static enum value_address_result prefix_parse(enum value_kind kind, const char *text, void *out,
					      char *better)
{
	char address[VALUE_ADDRESS_MAX];
	const char *slash = strchrnul(text, '/');
	struct prefix prefix = {0};
	int length, most;
	bool host_bits;

	if ((size_t)(slash - text) >= sizeof(address))
		return VALUE_ADDRESS_BAD;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	prefix.ip4 = inet_pton(AF_INET, address, prefix.ip) == 1;
	if (!prefix.ip4 && inet_pton(AF_INET6, address, prefix.ip) != 1)
		return VALUE_ADDRESS_BAD;
	most = prefix.ip4 ? 32 : 128;
	length = *slash ? length_parse(slash + 1) : most;
	if (length < 0 || length > most)
		return VALUE_ADDRESS_LENGTH;
	prefix.length = (uint32_t)length;
	host_bits = ip_mask(prefix.ip, prefix.length);
	prefix_write(kind, &prefix, out);
	if (!host_bits)
		return VALUE_ADDRESS_OK;
	/* Read the prefix back: a struct edge_prefix of ::ffff:a.b.c.d/120 is an IPv4 prefix. */
	prefix_read(kind, out, &prefix);
	prefix_format(&prefix, better);
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
	case VALUE_PREFIX_KEY:
		return prefix_parse(kind, text, out, better);
	case VALUE_IP4:
		good = inet_pton(AF_INET, text, out) == 1;
		break;
	case VALUE_IP6:
		good = inet_pton(AF_INET6, text, out) == 1;
		break;
	case VALUE_IP:
		good = ip_parse(text, out);
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
	const uint8_t *mac = bytes;
	struct prefix prefix;

	switch (kind) {
	case VALUE_PREFIX:
	case VALUE_PREFIX_KEY:
		if (!prefix_read(kind, bytes, &prefix))
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
