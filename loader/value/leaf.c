// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Compares two types, and lists the leaves of one type. Two types are the same type if their bytes
 * mean the same values. A leaf is a part of a value that changes independently of others. It is a
 * count only if its type is edge_counter or edge_counter32 (bpf/edge/abi.h); field names are never
 * considered. Declaring a __u64 as edge_counter does not change its bytes, so two such types are
 * the same type.
 */
#include "value/type.h"

/* ---------------------------------------------------------------- sameness */

static bool same_enumerators(const struct el_value_type *a, const struct el_value_type *b)
{
	for (uint32_t i = 0; i < a->count; i++)
		if (a->enumerators[i].value != b->enumerators[i].value ||
		    strcmp(a->enumerators[i].name, b->enumerators[i].name))
			return false;
	return true;
}

static bool same_fields(const struct el_value_type *a, const struct el_value_type *b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		const struct value_field *af = &a->fields[i], *bf = &b->fields[i];

		if (af->bit_offset != bf->bit_offset || af->bits != bf->bits ||
		    strcmp(af->name, bf->name) || !el_value_type_same(af->type, bf->type))
			return false;
	}
	return true;
}

bool el_value_type_same(const struct el_value_type *a, const struct el_value_type *b)
{
	if (a->kind != b->kind || a->size != b->size || a->count != b->count ||
	    a->is_signed != b->is_signed || a->big_endian != b->big_endian ||
	    a->hexadecimal != b->hexadecimal || a->is_section != b->is_section)
		return false;
	if (a->enumerators || b->enumerators)
		return a->enumerators && b->enumerators && same_enumerators(a, b);
	if (a->element || b->element)
		return a->element && b->element && el_value_type_same(a->element, b->element);
	return same_fields(a, b);
}

/* ---------------------------------------------------------------- leaves */

enum { LEAVES_MAX = 4096 }; /* beyond this limit, leaves are larger */

struct leaves {
	struct el_value_leaf *list;
	size_t count, room;
	bool failed;
};

static void add_leaf(struct leaves *leaves, uint32_t offset, uint32_t size, bool sums)
{
	if (leaves->count == leaves->room) {
		size_t room = leaves->room ? leaves->room * 2 : 16;
		struct el_value_leaf *list = reallocarray(leaves->list, room, sizeof(*list));

		if (!list) {
			leaves->failed = true;
			return;
		}
		leaves->list = list;
		leaves->room = room;
	}
	leaves->list[leaves->count++] = (struct el_value_leaf){offset, size, sums};
}

static bool is_count(const struct el_value_type *type)
{
	return type->kind == VALUE_INTEGER && type->is_counter && !type->big_endian;
}

/* Whether a field is a bitfield, or shares bytes with another field of its struct, as in a union.
 */
static bool is_shared(const struct el_value_type *type, uint32_t number)
{
	const struct value_field *field = &type->fields[number];
	uint64_t end = (uint64_t)field->bit_offset + (uint64_t)field->type->size * 8;

	for (uint32_t i = 0; !field->bits && i < type->count; i++) {
		const struct value_field *other = &type->fields[i];
		uint64_t bits = other->bits ? other->bits : (uint64_t)other->type->size * 8;

		if (i != number && other->bit_offset < end &&
		    field->bit_offset < other->bit_offset + bits)
			return true;
	}
	return field->bits;
}

static void add_type(struct leaves *leaves, const struct el_value_type *type, uint32_t offset);

static void add_fields(struct leaves *leaves, const struct el_value_type *type, uint32_t offset)
{
	for (uint32_t i = 0; i < type->count; i++) {
		const struct value_field *field = &type->fields[i];
		uint32_t first = field->bit_offset / 8;
		uint32_t end = (field->bit_offset + field->bits + 7) / 8;

		if (field->bits)
			add_leaf(leaves, offset + first, end - first, false);
		else if (is_shared(type, i))
			add_leaf(leaves, offset + first, field->type->size, false);
		else
			add_type(leaves, field->type, offset + first);
	}
}

static void add_type(struct leaves *leaves, const struct el_value_type *type, uint32_t offset)
{
	bool known = type->kind >= VALUE_IP4;

	/* Fields of the kernel's own types, which neither programs nor edge-load may change. */
	if (!strncmp(type->name, "bpf_", 4) && type->kind == VALUE_STRUCT)
		return;
	if (type->kind == VALUE_ARRAY && type->count + leaves->count <= LEAVES_MAX)
		for (uint32_t i = 0; i < type->count; i++)
			add_type(leaves, type->element, offset + i * type->element->size);
	else if (type->kind == VALUE_STRUCT && !known)
		add_fields(leaves, type, offset);
	else if (type->size)
		add_leaf(leaves, offset, type->size, is_count(type));
}

int el_value_type_leaves(struct el_context *context, const struct el_value_type *type,
			 struct el_value_leaf **out, size_t *count)
{
	struct leaves leaves = {0};

	add_type(&leaves, type, 0);
	if (leaves.failed) {
		free(leaves.list);
		return el_fail_memory(context);
	}
	*out = leaves.list;
	*count = leaves.count;
	return 0;
}
