/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_H
#define EL_VALUE_H
/*
 * Between text that people write and bytes that BTF describes. Used for map keys and values, and
 * for parameters.
 *
 * Text of a type:
 *
 *   integers            decimal, 0x… hexadecimal; negative where signed
 *   bool                true/false, 1/0, yes/no, on/off
 *   char                one, as a number; char[N]: a string, bare or in "…" with \" \\ \xNN
 *   enums               the name of a value, or a number
 *   __be16/32/64        a number as people write it, network order in memory
 *   edge_port           443
 *   edge_ip4            192.0.2.1; struct in_addr, too
 *   struct edge_ip      192.0.2.1 or 2001:db8::1
 *   struct in6_addr     2001:db8::1
 *   struct edge_prefix  192.0.2.0/24, 2001:db8::/32, a bare address; so is struct edge_prefix_key
 *   struct edge_mac     02:00:00:00:00:01
 *   other structs       {field=value,field=value}; outermost the braces may go; fields left out
 *                       are zero; a struct of one field also takes that field's text alone
 *   unions              {field=value}, or the first field's text alone
 *   arrays              [a,b,c]; those left out are zero
 *   pointers            a number
 *   what BTF can't say  0x… with two digits for each byte, as they stand in memory
 *
 * The structs known by name also take the form of other structs, and are shown in it when their
 * bytes have no other: {length=104,ip=10.0.0.1}. A section of global variables (.data, .bss) reads
 * as a struct, but what is left out stays as it is.
 *
 * What el_value_format() writes as text, el_value_parse() reads as the same bytes (padding and the
 * odd bool, say 7, become what C would make of them).
 *
 * JSON as el_value_format() writes it is parsed, too; its quotes tell it from the text above.
 *
 * In JSON, numbers are numbers, up to 2^64 - 1; what has a text form of its own is a string;
 * structs are objects, unions objects with every field.
 */
#include "base/base.h"

struct btf;

/**
 * el_value_parse() - text to bytes
 * @what: how to name the value in an error: "key of map blocked", "parameter pps of instance limit"
 * @out:  room for the type's size
 * @size: that room in bytes; it must be the type's
 *
 * Return: 0; -EINVAL noted as EL_USAGE: what, the text, the reason, what is accepted.
 */
int el_value_parse(struct el_context *context, const struct btf *btf, uint32_t type_id,
		   const char *what, const char *text, void *out, size_t size);
/* Bytes to text or JSON, malloc'ed in @out. */
int el_value_format(struct el_context *context, const struct btf *btf, uint32_t type_id,
		    const void *bytes, size_t size, enum el_format format, char **out);
/* The type's name as in C: "struct edge_prefix", "__u32[4]"; malloc'ed, or NULL. */
char *el_value_type_name(const struct btf *btf, uint32_t type_id);

/*
 * The same for many values of one type: what BTF says of the type is read once. The BTF must live
 * as long as the type.
 */
struct el_value_type;

/* Return: 0; -EINVAL the BTF is corrupt (EL_COMPILE), or has no such type; -ENOMEM. */
int el_value_type_open(struct el_context *context, const struct btf *btf, uint32_t type_id,
		       struct el_value_type **out);
/* A type that BTF does not tell of: a number, or bytes in hexadecimal. */
int el_value_type_open_number(struct el_context *context, uint32_t size,
			      struct el_value_type **out);
int el_value_type_open_bytes(struct el_context *context, uint32_t size, struct el_value_type **out);
void el_value_type_free(struct el_value_type *type);

uint32_t el_value_type_size(const struct el_value_type *type);
/* Global variables: those that a text leaves out keep what is in @out of el_value_type_parse(). */
bool el_value_type_is_section(const struct el_value_type *type);
/* A struct edge_prefix or struct edge_prefix_key? */
bool el_value_type_is_prefix(const struct el_value_type *type);
/* Does the value, a struct edge_prefix that is IPv6's, also hold IPv4 addresses? In a struct
 * edge_prefix they are held as ::ffff:a.b.c.d, which ::/0 contains. */
bool el_value_prefix_spans(const struct el_value_type *type, const void *bytes);
int el_value_type_parse(struct el_context *context, const struct el_value_type *type,
			const char *what, const char *text, void *out);
/* Never fails but by the stream, which ferror() tells. */
void el_value_type_write(const struct el_value_type *type, const void *bytes, enum el_format format,
			 FILE *stream);

bool el_value_type_has_field(const struct el_value_type *type, const char *name);
/* How many brackets one value of the type can begin with: of an array of arrays, 2. */
uint32_t el_value_type_depth(const struct el_value_type *type);
/* Made of edge_counter alone: the values of all CPUs are one count, their sum. */
bool el_value_type_counts(const struct el_value_type *type);
/* Made of integers alone, in host order, so that they can be added. */
bool el_value_type_sums(const struct el_value_type *type);
void el_value_type_add(const struct el_value_type *type, void *sum, const void *bytes);

/* The same fields at the same places, in the same byte order; so bytes of one are bytes of the
 * other. */
bool el_value_type_same(const struct el_value_type *a, const struct el_value_type *b);

/* The smallest parts that change on their own: what leaf.c says of each. */
struct el_value_leaf {
	uint32_t offset, size; /* in bytes; of a bitfield or a union, of all that share them */
	bool sums;	       /* a count: what two sides added, adds up */
};

/* Return: 0, or -ENOMEM, noted. @out is in the order of the type, malloc'ed. */
int el_value_type_leaves(struct el_context *context, const struct el_value_type *type,
			 struct el_value_leaf **out, size_t *count);

/* ---------------------------------------------------------------- from one type to another */

struct el_value_convert;

/**
 * el_value_convert_open() - how values of one type become values of another: convert.c
 * @from, @to: must live as long as what is returned
 * @why: what stands in the way, where something does
 *
 * Return: 0; -EINVAL they have nothing in common, or differ in what can't be told apart (a union's
 * members), without noting an error; -ENOMEM, noted.
 */
int el_value_convert_open(struct el_context *context, const struct el_value_type *from,
			  const struct el_value_type *to, struct el_value_convert **out, char *why,
			  size_t why_size);
void el_value_convert_free(struct el_value_convert *convert);
/* How many fields find their like, at any depth. */
size_t el_value_convert_common(const struct el_value_convert *convert);
/* Whether a field of the old type has none in the new one. */
bool el_value_convert_loses(const struct el_value_convert *convert);
/* What becomes of each field, in the new type's order, the lost ones last. */
const struct el_field_report *el_value_convert_fields(const struct el_value_convert *convert,
						      size_t *count);

struct el_value_misfit {
	char field[128]; /* "tcp.ports[1]"; "" where the value is the field */
	char value[64];
	const char *type; /* that it does not fit */
};

/**
 * el_value_convert_run() - one value
 * @to: what new fields hold: zeroes, or a variable's initial value; written over by the others
 * @misfit: NULL: what does not fit becomes what comes nearest
 *
 * Return: whether all of it fits; if not, @misfit says what does not.
 */
bool el_value_convert_run(const struct el_value_convert *convert, const void *from, void *to,
			  struct el_value_misfit *misfit);

#endif
