/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_H
#define EL_VALUE_H
/*
 * Converts between text and the bytes that BTF describes. Used for map keys and values, and for
 * parameters.
 *
 * Text of a type:
 *
 *   integers            decimal, 0x… hexadecimal; negative where signed
 *   bool                true/false, 1/0, yes/no, on/off
 *   char                a number; char[N]: a string, bare or in "…" with \" \\ \xNN, or in '…'
 *   enums               the name of a value, or a number
 *   __be16/32/64        a number as usual, network order in memory
 *   edge_port           443
 *   edge_ip4            192.0.2.1; struct in_addr, too
 *   struct edge_ip      192.0.2.1 or 2001:db8::1
 *   struct in6_addr     2001:db8::1
 *   struct edge_prefix  192.0.2.0/24, 2001:db8::/32, a bare address; also struct edge_prefix_key
 *   struct edge_mac     02:00:00:00:00:01
 *   other structs       {field=value,field=value}; the outermost braces may be left out; fields
 *                       left out are zero; a struct of one field also takes that field's text alone
 *   unions              {field=value}, or the first field's text alone
 *   arrays              [a,b,c]; elements left out are zero
 *   pointers            a number
 *   float, __int128     0x… with two digits for each byte, in the order of memory; so are types
 *                       without BTF
 *
 * The structs known by name can also be written like other structs, and are shown so if their bytes
 * have no other text: {length=104,ip=10.0.0.1}. A section of global variables (.data, .bss) reads
 * as a struct, but variables left out keep their values.
 *
 * el_value_type_parse() reads the text that el_value_type_write() writes as the same bytes (except
 * padding and a bool of, say, 7, which become the bytes that C would store).
 *
 * el_value_type_parse() also accepts JSON and the flow form of YAML, {name: value}, also mixed with
 * the text above. A colon stands for the '=', and names and values may be in quotes: "..." with the
 * escapes of JSON and of the text above, or '...' with '' for a quote. Behind a colon, no value and
 * null are refused, spaces behind a bare text do not belong to it, and fields that share their bytes
 * may all be given, if they agree. Tags, anchors and comments of YAML are not accepted. A struct or
 * an array in quotes, "{a=1}", is the struct or the array.
 *
 * In JSON, numbers are numbers, up to 2^64 - 1; types with a text form of their own are strings;
 * structs are objects, unions are objects with every field.
 */
#include "base/base.h"

struct btf;

/* The type's name as in C: "struct edge_prefix", "__u32[4]"; malloc'ed, or NULL. */
char *el_value_type_name(const struct btf *btf, uint32_t type_id);

/*
 * A type, read from BTF once for many values. The BTF must live as long as the type.
 */
struct el_value_type;

/* Return: 0; -EINVAL the BTF is corrupt (EL_COMPILE), or has no such type; -ENOMEM. */
int el_value_type_open(struct el_context *context, const struct btf *btf, uint32_t type_id,
		       struct el_value_type **out);
/* Types without BTF: a number, or bytes in hexadecimal. */
int el_value_type_open_number(struct el_context *context, uint32_t size,
			      struct el_value_type **out);
int el_value_type_open_bytes(struct el_context *context, uint32_t size, struct el_value_type **out);
void el_value_type_free(struct el_value_type *type);

uint32_t el_value_type_size(const struct el_value_type *type);
/* Whether the type is a section of global variables: variables that a text leaves out keep their
 * value in @out of el_value_type_parse(). */
bool el_value_type_is_section(const struct el_value_type *type);
/* Whether the type is struct edge_prefix or struct edge_prefix_key. */
bool el_value_type_is_prefix(const struct el_value_type *type);
/* Whether the value, an IPv6 prefix in a struct edge_prefix, also contains IPv4 addresses. A struct
 * edge_prefix holds them as ::ffff:a.b.c.d, which ::/0 contains. */
bool el_value_prefix_spans(const struct el_value_type *type, const void *bytes);

/* The text of a value, as the user wrote it. */
struct el_value_text {
	const char *name; /* in an error: "key of map blocked", "parameter pps of instance limit" */
	const char *text;
};

/**
 * el_value_type_parse() - convert text to bytes
 * @out: room for the type's size
 *
 * Return: 0; -EINVAL noted as EL_USAGE: the name, the text, the reason, the accepted values.
 */
int el_value_type_parse(struct el_context *context, const struct el_value_type *type,
			const struct el_value_text *text, void *out);

/* The state of a search for the end of a value inside a longer text. Initialise to zero. */
struct el_value_scan {
	uint64_t lists;	    /* a bit for each open bracket, the innermost first: 1 for [, 0 for { */
	unsigned int depth; /* of open braces and brackets */
	char quote;	    /* the open quote, or 0 */
	bool escaped;	    /* a backslash precedes, inside of quotes */
	bool bare;	    /* inside a bare word, where a quote is a character like any other */
	bool named;	    /* behind the '=' or ':' of the current member */
	bool unmatched;	    /* a brace or bracket has no counterpart */
};

void el_value_scan_next(struct el_value_scan *scan, char c);
/* The first @end (' ' stands for all spaces) outside of braces, brackets and quotes, or the end of
 * the text. @matched, if not NULL: whether braces and brackets before it match. */
char *el_value_text_end(char *text, char end, bool *matched);

/* Convert bytes to text or JSON. Fails only if the stream does, which ferror() reports. */
void el_value_type_write(const struct el_value_type *type, const void *bytes, enum el_format format,
			 FILE *stream);
/* Convert bytes to text, malloc'ed, or NULL. */
char *el_value_type_text(const struct el_value_type *type, const void *bytes);

bool el_value_type_has_field(const struct el_value_type *type, const char *name);
/* The number of brackets with which a value of the type can begin: 2 for an array of arrays. */
uint32_t el_value_type_depth(const struct el_value_type *type);
/* Whether the type consists only of edge_counter: the values of all CPUs are added up to one count.
 */
bool el_value_type_counts(const struct el_value_type *type);
/* Whether the type consists only of integers in host order, which can be added. */
bool el_value_type_sums(const struct el_value_type *type);
void el_value_type_add(const struct el_value_type *type, void *sum, const void *bytes);

/* Whether the types have equal fields at equal offsets in equal byte order, so that bytes of @a are
 * bytes of @b. */
bool el_value_type_same(const struct el_value_type *a, const struct el_value_type *b);

/* A smallest part of a value that changes independently (leaf.c). */
struct el_value_leaf {
	uint32_t offset, size; /* bytes; a bitfield or union includes all fields that share them */
	bool sums;	       /* a count: the additions of both sides add up */
};

/* Return: 0, or -ENOMEM, noted. @out is malloc'ed, and in the order of the type. */
int el_value_type_leaves(struct el_context *context, const struct el_value_type *type,
			 struct el_value_leaf **out, size_t *count);

/* ---------------------------------------------------------------- from one type to another */

struct el_value_convert;

/**
 * el_value_convert_open() - plan the conversion of values to another type (convert.c)
 * @from, @to: must live as long as @out
 *
 * Return: 0; -EINVAL the types have no field in common, or differ in an ambiguous way (a union's
 * members); the error names the field and the reason; -ENOMEM.
 */
int el_value_convert_open(struct el_context *context, const struct el_value_type *from,
			  const struct el_value_type *to, struct el_value_convert **out);
void el_value_convert_free(struct el_value_convert *convert);
/* The number of fields that both types have, at any depth. */
size_t el_value_convert_common(const struct el_value_convert *convert);
/* Whether the new type lacks a field of the old type. */
bool el_value_convert_loses(const struct el_value_convert *convert);
/* Hand over the change of each field, in the new type's order, with the lost fields last. The caller
 * frees the list with el_field_reports_free(). */
struct el_field_report *el_value_convert_take_fields(struct el_value_convert *convert,
						     size_t *count);
void el_field_reports_free(struct el_field_report *fields, size_t count);

struct el_value_misfit {
	char field[128]; /* "tcp.ports[1]"; "" if the whole value does not fit */
	char value[64];
	const char *type; /* the type that can't hold the value */
};

/**
 * el_value_convert_run() - convert one value
 * @to: initialised with the contents of new fields: zeroes, or a variable's initial value; the
 * other fields are overwritten
 * @misfit: receives the value that does not fit; NULL: such a value becomes the nearest value
 *
 * Return: whether the whole value fits.
 */
bool el_value_convert_run(const struct el_value_convert *convert, const void *from, void *to,
			  struct el_value_misfit *misfit);

#endif
