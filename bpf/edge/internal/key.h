/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_KEY_H
#define EDGE_INTERNAL_KEY_H
/*
 * From the key that an author gives to the key that the kernel's map takes.
 */
#include <edge/address.h>

/* Of a struct edge_prefix, the key of a prefix table is made in @key. Return: @key. */
EDGE_INLINE const void *edge_key_from_prefix(struct edge_prefix_key *key, const void *from)
{
	const struct edge_prefix *prefix = from;
	const __be32 *word = prefix->ip.word;
	bool ip4 = !word[0] && !word[1] && word[2] == bpf_htonl(0xffff) && prefix->length >= 96;

	*key = (struct edge_prefix_key){
		.length = EDGE_PREFIX_FAMILY_BITS + prefix->length,
		.family = EDGE_PREFIX_IP6,
		.ip = {{word[0], word[1], word[2], word[3]}},
	};
	if (ip4)
		*key = (struct edge_prefix_key){
			.length = EDGE_PREFIX_FAMILY_BITS + prefix->length - 96,
			.family = EDGE_PREFIX_IP4,
			.ip = {{word[3]}},
		};
	return key;
}

/* Any other key is taken as given. Return: @from. */
EDGE_INLINE const void *edge_key_as_given(struct edge_prefix_key *key, const void *from)
{
	(void)key;
	return from;
}

/*
 * For the calls below: edge_key_ becomes the pointer that the kernel is given. The key must be of
 * the table's type, and of a prefix table a struct edge_prefix; any other type is an error, where
 * the compiler alone would only warn, and go on with bytes that mean something else.
 */
#define EDGE_TABLE_KEY(table, key_)                                                    \
	struct edge_prefix_key edge_room_;                                             \
	_Pragma("clang diagnostic push")                                               \
		_Pragma("clang diagnostic error \"-Wincompatible-pointer-types\"")     \
			const typeof(*_Generic((table)->key, struct edge_prefix_key *  \
					       : (struct edge_prefix *)0, default      \
					       : (table)->key)) *edge_given_ = (key_); \
	_Pragma("clang diagnostic pop") const void *edge_key_ =                        \
		_Generic((table)->key, struct edge_prefix_key *                        \
			 : edge_key_from_prefix, default                               \
			 : edge_key_as_given)(&edge_room_, edge_given_)

/* For the calls that write: edge_value_ becomes the pointer to the value, of the table's type. */
#define EDGE_TABLE_VALUE(table, value_)                                            \
	_Pragma("clang diagnostic push")                                           \
		_Pragma("clang diagnostic error \"-Wincompatible-pointer-types\"") \
			const typeof(*(table)->value) *edge_value_ = (value_);     \
	_Pragma("clang diagnostic pop")

/* The key of one IPv4 address in a prefix table. */
EDGE_INLINE struct edge_prefix_key edge_prefix_key_ip4(edge_ip4 address)
{
	return (struct edge_prefix_key){.length = EDGE_PREFIX_FAMILY_BITS + 32,
					.family = EDGE_PREFIX_IP4,
					.ip = {{address}}};
}

/* The key of one IPv6 address in a prefix table. */
EDGE_INLINE struct edge_prefix_key edge_prefix_key_ip6(const struct in6_addr *address)
{
	return (struct edge_prefix_key){.length = EDGE_PREFIX_FAMILY_BITS + 128,
					.family = EDGE_PREFIX_IP6,
					.ip = edge_ip_from_ip6(address)};
}

/* The lookups in a prefix table, without the type of the value. Return: the value, or NULL. */
EDGE_INLINE void *edge_prefix_find_ip4(void *table, edge_ip4 address)
{
	struct edge_prefix_key key = edge_prefix_key_ip4(address);

	return bpf_map_lookup_elem(table, &key);
}

EDGE_INLINE void *edge_prefix_find_ip6(void *table, const struct in6_addr *address)
{
	struct edge_prefix_key key = edge_prefix_key_ip6(address);

	return bpf_map_lookup_elem(table, &key);
}

EDGE_INLINE void *edge_prefix_find_ip(void *table, struct edge_ip ip)
{
	struct edge_prefix prefix = {.length = 128, .ip = ip};
	struct edge_prefix_key key;

	return bpf_map_lookup_elem(table, edge_key_from_prefix(&key, &prefix));
}

EDGE_INLINE void *edge_prefix_find_source(void *table, const struct edge_pkt *pkt)
{
	struct edge_prefix_key key;

	if (pkt->ip4)
		key = edge_prefix_key_ip4(pkt->ip4->saddr);
	else if (pkt->ip6)
		key = edge_prefix_key_ip6(&pkt->ip6->saddr);
	else
		return NULL;
	return bpf_map_lookup_elem(table, &key);
}

EDGE_INLINE void *edge_prefix_find_destination(void *table, const struct edge_pkt *pkt)
{
	struct edge_prefix_key key;

	if (pkt->ip4)
		key = edge_prefix_key_ip4(pkt->ip4->daddr);
	else if (pkt->ip6)
		key = edge_prefix_key_ip6(&pkt->ip6->daddr);
	else
		return NULL;
	return bpf_map_lookup_elem(table, &key);
}

/* The value that was found, with the type of the table's values. */
#define EDGE_PREFIX_FIND(table, found)                                                          \
	({                                                                                      \
		_Static_assert(__builtin_types_compatible_p(typeof(*(table)->key),              \
							    struct edge_prefix_key),            \
			       "edge_prefix_lookup: the table must be an EDGE_PREFIX_TABLE()"); \
		(typeof((table)->value))(found);                                                \
	})

#endif
