/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_CONVERT_H
#define EL_VALUE_CONVERT_H
/*
 * The steps that convert.c makes from two types, and that convert_run.c applies to each value.
 */
#include "value/type.h"

#define FIELD_MAX 128

enum step_kind {
	STEP_COPY,    /* copy the bytes unchanged */
	STEP_NUMBER,  /* by value */
	STEP_ADDRESS, /* an IPv4 address becomes an address of either family */
	STEP_PREFIX,  /* struct edge_prefix into struct edge_prefix_key, or back */
	STEP_STRUCT,
	STEP_ARRAY,
};

struct step {
	enum step_kind kind;
	const char *name; /* the field's name; "" for an element */
	const struct el_value_type *from, *to;
	const struct value_field *from_field, *to_field; /* for bitfields */
	uint32_t from_offset, to_offset;		 /* bytes, inside the enclosing part */
	struct step *parts;				 /* array: one part, for all elements */
	size_t parts_count;
};

struct el_value_convert {
	struct step root;
	struct el_field_report *fields;
	size_t fields_count, common;
	bool loses;
};

/* The number of bits of an integer, a bool or an enum. */
static inline uint32_t el_step_bits(const struct el_value_type *type,
				    const struct value_field *field)
{
	if (field && field->bits)
		return field->bits;
	return type->kind == VALUE_BOOL ? 1 : type->size * 8;
}

#endif
