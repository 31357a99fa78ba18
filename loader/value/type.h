/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_TYPE_H
#define EL_VALUE_TYPE_H
/*
 * A BTF type made ready for reading and writing values: typedefs and qualifiers resolved, types
 * known by name recognised, anonymous members flattened into the struct that holds them. Only
 * value_*.c look inside.
 */
#include "value/value.h"

enum value_kind {
	VALUE_INTEGER,
	VALUE_BOOL,
	VALUE_ENUM,
	VALUE_STRING, /* char[N] */
	VALUE_ARRAY,
	VALUE_STRUCT, /* and a section of variables */
	VALUE_UNION,
	VALUE_IP4,	  /* 4 bytes, network order */
	VALUE_IP,	  /* struct edge_ip */
	VALUE_IP6,	  /* struct in6_addr */
	VALUE_PREFIX,	  /* struct edge_prefix */
	VALUE_PREFIX_KEY, /* struct edge_prefix_key */
	VALUE_MAC,	  /* struct edge_mac */
	VALUE_BYTES,	  /* in hexadecimal */
};

struct value_field {
	const char *name;
	uint32_t bit_offset;
	uint32_t bits; /* of a bitfield, else 0 */
	bool shadowed; /* of a union: its bytes are shown by another field */
	struct el_value_type *type;
};

struct value_enumerator {
	const char *name;
	uint64_t value; /* sign-extended where the enum is signed */
};

struct el_value_type {
	enum value_kind kind;
	const char *name; /* the outermost typedef's, or its own; may be "" */
	uint32_t size;
	bool is_signed, big_endian, hexadecimal, is_section;
	bool is_counter; /* edge_counter or edge_counter32 */
	uint32_t count;	 /* of fields, enumerators or elements */
	struct value_field *fields;
	struct value_enumerator *enumerators;
	struct el_value_type *element;
};

/* The bytes of an integer, bool or enum as a number, sign-extended where the type is signed. */
uint64_t el_value_number_get(const struct el_value_type *type, const void *bytes);
void el_value_number_set(const struct el_value_type *type, void *bytes, uint64_t number);
/* The same for a bitfield: @bits from bit @offset on, the lowest first (little-endian machines). */
uint64_t el_value_bits_get(const struct value_field *field, const void *bytes);
void el_value_bits_set(const struct value_field *field, void *bytes, uint64_t number);

/* How @text failed to be an address. */
enum value_address_result {
	VALUE_ADDRESS_OK,
	VALUE_ADDRESS_BAD,	 /* not an address of the kind */
	VALUE_ADDRESS_LENGTH,	 /* the prefix length is no number, or too great */
	VALUE_ADDRESS_HOST_BITS, /* bits are set behind the prefix length */
};

#define VALUE_ADDRESS_MAX 64 /* bytes of an address's text, with the NUL */

/* VALUE_IP4 … VALUE_MAC. @better, of VALUE_ADDRESS_MAX bytes, is what to write instead of host
 * bits. */
enum value_address_result el_value_address_parse(enum value_kind kind, const char *text, void *out,
						 char *better);
/* One of VALUE_PREFIX and VALUE_PREFIX_KEY into the other; bits behind the length become zero. */
void el_value_prefix_convert(enum value_kind from_kind, const void *from, enum value_kind to_kind,
			     void *to);
/* Return: false where the bytes have no text that would be parsed as the same bytes. */
bool el_value_address_format(enum value_kind kind, const void *bytes, char *text);

#endif
