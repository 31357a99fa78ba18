/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_CONVERT_H
#define EL_VALUE_CONVERT_H
/*
 * What convert.c finds out by comparing two types, and convert_run.c does with each
 * value.
 */
#include "value/type.h"

#define FIELD_MAX 128

enum step_kind {
	STEP_COPY,    /* the same bytes */
	STEP_NUMBER,  /* by value */
	STEP_ADDRESS, /* IPv4 into one of either family */
	STEP_PREFIX,  /* struct edge_prefix into struct edge_prefix_key, or back */
	STEP_STRUCT,
	STEP_ARRAY,
};

struct step {
	enum step_kind kind;
	const char *name; /* the field's; "" of an element */
	const struct el_value_type *from, *to;
	const struct value_field *from_field, *to_field; /* of a bitfield */
	uint32_t from_offset, to_offset;		 /* bytes, inside of what it is a part of */
	struct step *parts;				 /* of an array: one, for each element */
	size_t parts_count;
};

struct el_value_convert {
	struct step root;
	struct el_field_report *fields;
	size_t fields_count, common;
	bool loses;
};

/* An integer, a bool or an enum that takes part by its value; how many bits that has. */
static inline uint32_t el_step_bits(const struct el_value_type *type,
				    const struct value_field *field)
{
	if (field && field->bits)
		return field->bits;
	return type->kind == VALUE_BOOL ? 1 : type->size * 8;
}

#endif
