// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts BTF to a tree of value types. The BTF may come from an untrusted object: depth and
 * number of its types are limited, and every member must lie inside its struct, so that readers and
 * writers of values need not check again.
 */
#include <bpf/btf.h>

#include "value/type.h"

#define DEPTH_MAX  64	      /* the kernel's MAX_RESOLVE_DEPTH is 32 (kernel/bpf/btf.c) */
#define NODES_MAX  65536      /* types and fields in one tree */
#define SIZE_LIMIT (1u << 28) /* bytes of a value, so that 32 bits can count its bits */

struct builder {
	struct el_context *context;
	const struct btf *btf;
	unsigned int depth;
	unsigned int nodes;
};

static int build(struct builder *builder, uint32_t type_id, struct el_value_type **out);

static int corrupt(struct builder *builder, const char *reason)
{
	return el_fail(builder->context, EL_COMPILE, EINVAL,
		       "compile the object again, with clang -g", "BTF is corrupt: %s", reason);
}

static const char *name_at(const struct builder *builder, uint32_t offset)
{
	const char *name = btf__name_by_offset(builder->btf, offset);

	return name ? name : "";
}

void el_value_type_free(struct el_value_type *type)
{
	if (!type)
		return;
	for (uint32_t i = 0; type->fields && i < type->count; i++)
		el_value_type_free(type->fields[i].type);
	el_value_type_free(type->element);
	free(type->fields);
	free(type->enumerators);
	free(type);
}

static void cleanup_type(struct el_value_type **type)
{
	el_value_type_free(*type);
}

/* Skip typedefs and qualifiers; @name becomes the outermost typedef's name. */
static const struct btf_type *resolve(struct builder *builder, uint32_t *type_id, const char **name)
{
	const struct btf_type *t = btf__type_by_id(builder->btf, *type_id);

	*name = NULL;
	for (int i = 0; t && i < DEPTH_MAX; i++) {
		if (btf_is_typedef(t) && !*name)
			*name = name_at(builder, t->name_off);
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return t;
		*type_id = t->type;
		t = btf__type_by_id(builder->btf, *type_id);
	}
	return NULL;
}

/* Give an integer the kind or property of a known typedef, anywhere in its chain of typedefs. */
static void name_integer(struct builder *builder, uint32_t type_id, struct el_value_type *type)
{
	const struct btf_type *t = btf__type_by_id(builder->btf, type_id);

	for (; t && (btf_is_mod(t) || btf_is_typedef(t));
	     t = btf__type_by_id(builder->btf, t->type)) {
		const char *name = btf_is_typedef(t) ? name_at(builder, t->name_off) : "";

		if (!strcmp(name, "edge_ip4") && type->size == 4)
			type->kind = VALUE_IP4;
		if ((!strcmp(name, "edge_port") || !strcmp(name, "__be16")) && type->size == 2)
			type->big_endian = true;
		if ((!strcmp(name, "__be32") && type->size == 4) ||
		    (!strcmp(name, "__be64") && type->size == 8))
			type->big_endian = true;
		if ((!strcmp(name, "edge_counter") && (type->size == 4 || type->size == 8)) ||
		    (!strcmp(name, "edge_counter32") && type->size == 4))
			type->is_counter = true;
	}
}

static int build_integer(struct builder *builder, const struct btf_type *t, uint32_t type_id,
			 struct el_value_type *type)
{
	type->size = t->size;
	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8) {
		type->kind = VALUE_BYTES; /* __int128 */
		return 0;
	}
	type->kind = btf_int_encoding(t) & BTF_INT_BOOL ? VALUE_BOOL : VALUE_INTEGER;
	type->is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
	name_integer(builder, type_id, type);
	return 0;
}

static int build_enum(struct builder *builder, const struct btf_type *t, struct el_value_type *type)
{
	uint32_t count = btf_vlen(t);

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return corrupt(builder, "an enum of an odd size");
	type->kind = VALUE_ENUM;
	type->size = t->size;
	type->is_signed = btf_kflag(t);
	/* clang before 15 has no BTF for 64-bit enums, and truncates their values to 32 bits. */
	if (t->size == 8 && !btf_is_enum64(t)) {
		type->kind = VALUE_INTEGER;
		return 0;
	}
	type->enumerators = calloc(count + 1, sizeof(*type->enumerators));
	if (!type->enumerators)
		return el_fail_memory(builder->context);
	for (uint32_t i = 0; i < count; i++) {
		struct value_enumerator *e = &type->enumerators[i];

		if (btf_is_enum64(t)) {
			e->name = name_at(builder, btf_enum64(t)[i].name_off);
			e->value = btf_enum64_value(&btf_enum64(t)[i]);
		} else {
			int32_t value = btf_enum(t)[i].val;

			e->name = name_at(builder, btf_enum(t)[i].name_off);
			e->value = type->is_signed ? (uint64_t)value : (uint32_t)value;
		}
	}
	type->count = count;
	return 0;
}

static int build_array(struct builder *builder, const struct btf_type *t,
		       struct el_value_type *type)
{
	const struct btf_array *array = btf_array(t);
	uint64_t size;
	int err = build(builder, array->type, &type->element);

	if (err)
		return err;
	size = (uint64_t)array->nelems * type->element->size;
	if (size > SIZE_LIMIT)
		return corrupt(builder, "an array that is too large");
	type->kind = VALUE_ARRAY;
	type->size = (uint32_t)size;
	/* An array may have 2^32 elements of zero bytes, which its size does not limit. */
	type->count = size ? array->nelems : 0;
	if (type->element->kind == VALUE_INTEGER && !strcmp(type->element->name, "char"))
		type->kind = VALUE_STRING;
	return 0;
}

static int add_field(struct builder *builder, struct el_value_type *type,
		     const struct value_field *field)
{
	uint64_t bits = field->bits ? field->bits : (uint64_t)field->type->size * 8;
	bool integer = field->type->kind <= VALUE_ENUM;
	struct value_field *fields;

	if (field->bit_offset + bits > (uint64_t)type->size * 8)
		return corrupt(builder, "a member outside of its struct");
	if (field->bits ? !integer || field->bits > field->type->size * 8 : field->bit_offset % 8)
		return corrupt(builder, "a member at an odd bit");
	if (++builder->nodes > NODES_MAX)
		return corrupt(builder, "a type with too many members");
	fields = reallocarray(type->fields, type->count + 1, sizeof(*fields));
	if (!fields)
		return el_fail_memory(builder->context);
	type->fields = fields;
	fields[type->count++] = *field;
	return 0;
}

/* The text of a union shows the first of its largest members, which holds all the bytes. */
static uint32_t largest_member(const struct builder *builder, const struct btf_type *t)
{
	uint32_t largest = 0;
	int64_t size = -1;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int64_t member = btf__resolve_size(builder->btf, btf_members(t)[i].type);

		if (member > size && !btf_member_bitfield_size(t, i)) {
			size = member;
			largest = i;
		}
	}
	return largest;
}

static int build_members(struct builder *builder, const struct btf_type *t,
			 struct el_value_type *type, const struct value_field *at);

/* Add @field, of the BTF type @type_id, to @type; of an anonymous struct or union, its members. */
static int build_member(struct builder *builder, uint32_t type_id, struct el_value_type *type,
			struct value_field *field)
{
	_cleanup_(cleanup_type) struct el_value_type *made = NULL;
	uint32_t resolved = type_id;
	const char *name;
	const struct btf_type *inner = resolve(builder, &resolved, &name);
	int err;

	if (inner && btf_is_composite(inner) && !*field->name)
		return build_members(builder, inner, type, field);
	err = build(builder, type_id, &made);
	if (err)
		return err;
	field->type = made;
	err = add_field(builder, type, field);
	if (!err)
		made = NULL;
	return err;
}

/* Add the members of @t: @type itself, or an anonymous struct or union in it, which is the field
 * @at. */
static int build_members(struct builder *builder, const struct btf_type *t,
			 struct el_value_type *type, const struct value_field *at)
{
	uint32_t shown = btf_is_union(t) ? largest_member(builder, t) : 0;
	int err = 0;

	if (builder->depth >= DEPTH_MAX)
		return corrupt(builder, "types nested too deep");
	builder->depth++;
	for (uint32_t i = 0; !err && i < btf_vlen(t); i++) {
		uint64_t offset = (uint64_t)at->bit_offset + btf_member_bit_offset(t, i);
		struct value_field field = {
			.name = name_at(builder, btf_members(t)[i].name_off),
			.bit_offset = (uint32_t)offset,
			.bits = btf_member_bitfield_size(t, i),
			.shadowed = at->shadowed || (btf_is_union(t) && i != shown),
		};

		if (offset > (uint64_t)type->size * 8)
			err = corrupt(builder, "a member outside of its struct");
		else
			err = build_member(builder, btf_members(t)[i].type, type, &field);
	}
	builder->depth--;
	return err;
}

static int build_struct(struct builder *builder, const struct btf_type *t,
			struct el_value_type *type)
{
	static const struct {
		const char *name;
		uint32_t size;
		enum value_kind kind;
	} known[] = {
		{"edge_ip", 16, VALUE_IP},  {"edge_prefix", 20, VALUE_PREFIX},
		{"edge_mac", 6, VALUE_MAC}, {"in6_addr", 16, VALUE_IP6},
		{"in_addr", 4, VALUE_IP4},  {"edge_prefix_key", 24, VALUE_PREFIX_KEY},
	};
	const char *name = name_at(builder, t->name_off);

	if (t->size > SIZE_LIMIT)
		return corrupt(builder, "a struct that is too large");
	type->kind = btf_is_union(t) ? VALUE_UNION : VALUE_STRUCT;
	type->size = t->size;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (btf_is_struct(t) && !strcmp(name, known[i].name) && t->size == known[i].size)
			type->kind = known[i].kind;
	return build_members(builder, t, type, &(struct value_field){0});
}

/* In a fused program, the variable `seen` of instance 3 is called i3__seen. */
static const char *variable_name(const char *name)
{
	const char *own = *name ? name + 1 + strspn(name + 1, "0123456789") : name;

	return name[0] == 'i' && own > name + 1 && !strncmp(own, "__", 2) && own[2] ? own + 2
										    : name;
}

/* A section of variables, of which libbpf makes a map: .data, .bss, .rodata. */
static int build_section(struct builder *builder, const struct btf_type *t,
			 struct el_value_type *type)
{
	if (t->size > SIZE_LIMIT)
		return corrupt(builder, "a section that is too large");
	type->kind = VALUE_STRUCT;
	type->size = t->size;
	type->is_section = true;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(builder->btf, info->type);
		struct value_field field = {.bit_offset = info->offset * 8};
		int err;

		if (!var || !btf_is_var(var) || info->offset > t->size)
			return corrupt(builder, "a section that contains no variables");
		field.name = variable_name(name_at(builder, var->name_off));
		err = build(builder, var->type, &field.type);
		if (err)
			return err;
		err = add_field(builder, type, &field);
		if (err) {
			el_value_type_free(field.type);
			return err;
		}
	}
	return 0;
}

static int build_kind(struct builder *builder, const struct btf_type *t, uint32_t type_id,
		      struct el_value_type *type)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return build_integer(builder, t, type_id, type);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return build_enum(builder, t, type);
	case BTF_KIND_ARRAY:
		return build_array(builder, t, type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return build_struct(builder, t, type);
	case BTF_KIND_DATASEC:
		return build_section(builder, t, type);
	case BTF_KIND_PTR:
		type->kind = VALUE_INTEGER;
		type->hexadecimal = true;
		type->size = 8;
		return 0;
	case BTF_KIND_FLOAT:
		type->kind = VALUE_BYTES;
		type->size = t->size;
		return 0;
	default:
		return corrupt(builder, "a value of a type that has no size");
	}
}

static int build(struct builder *builder, uint32_t type_id, struct el_value_type **out)
{
	_cleanup_(cleanup_type) struct el_value_type *type = calloc(1, sizeof(*type));
	uint32_t resolved = type_id;
	const struct btf_type *t;
	int err;

	if (!type)
		return el_fail_memory(builder->context);
	t = resolve(builder, &resolved, &type->name);
	if (!t)
		return corrupt(builder, "a type that is not there");
	if (!type->name)
		type->name = name_at(builder, t->name_off);
	if (builder->depth >= DEPTH_MAX || ++builder->nodes > NODES_MAX)
		return corrupt(builder, "types nested too deep");
	builder->depth++;
	err = build_kind(builder, t, type_id, type);
	builder->depth--;
	if (err)
		return err;
	*out = TAKE_PTR(type);
	return 0;
}

int el_value_type_open(struct el_context *context, const struct btf *btf, uint32_t type_id,
		       struct el_value_type **out)
{
	struct builder builder = {.context = context, .btf = btf};

	return build(&builder, type_id, out);
}

static int open_plain(struct el_context *context, const struct el_value_type *plain,
		      struct el_value_type **out)
{
	struct el_value_type *type = malloc(sizeof(*type));

	if (!type)
		return el_fail_memory(context);
	*type = *plain;
	*out = type;
	return 0;
}

int el_value_type_open_number(struct el_context *context, uint32_t size, struct el_value_type **out)
{
	struct el_value_type type = {.kind = VALUE_INTEGER, .name = "number", .size = size};

	return open_plain(context, &type, out);
}

int el_value_type_open_bytes(struct el_context *context, uint32_t size, struct el_value_type **out)
{
	struct el_value_type type = {.kind = VALUE_BYTES, .name = "bytes", .size = size};

	return open_plain(context, &type, out);
}

uint32_t el_value_type_size(const struct el_value_type *type)
{
	return type->size;
}

bool el_value_type_is_section(const struct el_value_type *type)
{
	return type->is_section;
}
