/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_TYPE_H
#define EL_VALUE_TYPE_H
/*
 * A BTF type, prepared for reading and writing values: typedefs and qualifiers are resolved, types
 * known by name are recognised, anonymous members are flattened into their struct. Only the files
 * of value/ use these definitions.
 */
#include "value/value.h"

enum value_kind {
	VALUE_INTEGER,
	VALUE_BOOL,
	VALUE_ENUM,
	VALUE_STRING, /* char[N] */
	VALUE_ARRAY,
	VALUE_STRUCT, /* or a section of variables */
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
	bool shadowed; /* of a union: another field shows its bytes */
	struct el_value_type *type;
};

struct value_enumerator {
	const char *name;
	uint64_t value; /* sign-extended where the enum is signed */
};

struct el_value_type {
	enum value_kind kind;
	const char *name; /* the outermost typedef's name, or the type's own; may be "" */
	uint32_t size;
	bool is_signed, big_endian, hexadecimal, is_section;
	bool is_counter; /* edge_counter or edge_counter32 */
	uint32_t count;	 /* the number of fields, enumerators or elements */
	struct value_field *fields;
	struct value_enumerator *enumerators;
	struct el_value_type *element;
};

/* Read and write an integer, bool or enum as a number, sign-extended if the type is signed. */
uint64_t el_value_number_get(const struct el_value_type *type, const void *bytes);
void el_value_number_set(const struct el_value_type *type, void *bytes, uint64_t number);
/* Read and write a bitfield, the lowest bit first (little-endian machines). */
uint64_t el_value_bits_get(const struct value_field *field, const void *bytes);
void el_value_bits_set(const struct value_field *field, void *bytes, uint64_t number);

/* Convert the bytes of one field of a struct to JSON. */
void el_value_field_write(const struct value_field *field, const void *bytes, FILE *stream);

/* The result of parsing an address. */
enum value_address_result {
	VALUE_ADDRESS_OK,
	VALUE_ADDRESS_BAD,	 /* not an address of the kind */
	VALUE_ADDRESS_LENGTH,	 /* the prefix length is not a number, or too large */
	VALUE_ADDRESS_HOST_BITS, /* bits are set behind the prefix length */
};

#define VALUE_ADDRESS_MAX 64 /* bytes of an address's text, with the NUL */

/* For VALUE_IP4 … VALUE_MAC. @better has VALUE_ADDRESS_MAX bytes, and gets the prefix without the
 * host bits. */
enum value_address_result el_value_address_parse(enum value_kind kind, const char *text, void *out,
						 char *better);
/* Convert between VALUE_PREFIX and VALUE_PREFIX_KEY; bits behind the length become zero. */
void el_value_prefix_convert(enum value_kind from_kind, const void *from, enum value_kind to_kind,
			     void *to);
/* Return: false if the bytes have no text that would be parsed as these bytes. */
bool el_value_address_format(enum value_kind kind, const void *bytes, char *text);

#endif
