// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts values of one type to another type, field by field, by name. Two type trees are compared
 * once. The result is the steps that convert each value (convert_run.c), and a report about each
 * field. Numbers keep their value (an enum's the name of its value), arrays are converted element
 * by element. Ambiguous changes are refused: a union whose members differ.
 */
#include <stdarg.h>

#include "value/convert.h"

/* The state of a comparison. */
struct plan {
	struct el_context *context;
	struct el_value_convert *convert;
	char path[FIELD_MAX];
};

/* ---------------------------------------------------------------- reporting */

static char *type_text(const struct el_value_type *type, uint32_t bits)
{
	_cleanup_free_ char *inner = NULL;

	if (bits)
		return el_format("%s:%u", type->name, bits);
	if (type->element) {
		inner = type_text(type->element, 0);
		return inner ? el_format("%s[%u]", inner, type->count) : NULL;
	}
	if (!*type->name)
		return strdup(type->kind == VALUE_UNION ? "union" : "struct");
	return type->fields && !type->is_section ? el_format("struct %s", type->name)
						 : strdup(type->name);
}

static uint32_t bits_of(const struct value_field *field)
{
	return field ? field->bits : 0;
}

/* Report the change that @step makes; a step of a new or lost field lacks a type. */
static int report(struct plan *plan, enum el_field_change change, const struct step *step)
{
	const struct el_value_type *from = step->from, *to = step->to;
	struct el_value_convert *convert = plan->convert;
	struct el_field_report *fields = reallocarray(convert->fields, convert->fields_count + 1,
						      sizeof(*fields)),
			       *field;

	if (!fields)
		return el_fail_memory(plan->context);
	convert->fields = fields;
	field = &fields[convert->fields_count++];
	*field = (struct el_field_report){
		.name = strdup(plan->path),
		.change = change,
		.from = from ? type_text(from, bits_of(step->from_field)) : strdup(""),
		.to = to ? type_text(to, bits_of(step->to_field)) : strdup(""),
	};
	convert->common += from && to;
	convert->loses |= !to;
	return field->name && field->from && field->to ? 0 : el_fail_memory(plan->context);
}

static int __attribute__((format(printf, 2, 3))) refuse(struct plan *plan, const char *format, ...)
{
	char said[FIELD_MAX * 2];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	return el_fail(plan->context, EL_CONFLICT, EINVAL, NULL, "%s%s%s%s",
		       *plan->path ? "field " : "", plan->path, *plan->path ? ": " : "", said);
}

static int refuse_types(struct plan *plan, const struct el_value_type *from,
			const struct el_value_type *to)
{
	_cleanup_free_ char *was = type_text(from, 0), *is = type_text(to, 0);

	return refuse(plan, "%s can't be converted to %s", was ? was : "", is ? is : "");
}

/* ---------------------------------------------------------------- comparing */

static bool is_number(const struct el_value_type *type)
{
	return type->kind == VALUE_INTEGER || type->kind == VALUE_BOOL || type->kind == VALUE_ENUM;
}

static bool is_address(const struct el_value_type *type)
{
	return type->kind == VALUE_IP || type->kind == VALUE_IP6;
}

/* Whether the new type can't hold every value of the old type. */
static bool narrows(const struct step *step)
{
	uint32_t from = el_step_bits(step->from, step->from_field),
		 to = el_step_bits(step->to, step->to_field);

	if (step->from->is_signed == step->to->is_signed)
		return to < from;
	return step->from->is_signed || to <= from;
}

static enum el_field_change number_change(const struct step *step)
{
	const struct el_value_type *from = step->from, *to = step->to;

	if (narrows(step))
		return EL_FIELD_NARROWED;
	if (el_step_bits(from, step->from_field) != el_step_bits(to, step->to_field))
		return EL_FIELD_WIDENED;
	return EL_FIELD_CHANGED;
}

static int plan_type(struct plan *plan, struct step *step);

/* Compare the types of @step, with its name appended to the path. After -EINVAL, the path keeps the
 * name for the error's text. */
static int plan_named(struct plan *plan, struct step *step)
{
	size_t length = strlen(plan->path);
	int err;

	snprintf(plan->path + length, sizeof(plan->path) - length, "%s%s",
		 length && *step->name ? "." : "", *step->name ? step->name : "[]");
	err = plan_type(plan, step);
	if (err != -EINVAL)
		plan->path[length] = '\0';
	return err;
}

static const struct value_field *find_field(const struct el_value_type *type, const char *name)
{
	for (uint32_t i = 0; i < type->count; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}

static uint64_t field_end(const struct value_field *field)
{
	return field->bit_offset + (field->bits ? field->bits : (uint64_t)field->type->size * 8);
}

static bool overlap(const struct value_field *a, const struct value_field *b)
{
	return a != b && a->bit_offset < field_end(b) && b->bit_offset < field_end(a);
}

static bool is_unioned(const struct el_value_type *type, const struct value_field *field)
{
	for (uint32_t i = 0; i < type->count; i++)
		if (overlap(&type->fields[i], field))
			return true;
	return false;
}

/* Whether the fields that share bytes with @field of @type also share bytes in @other. If @other
 * has none of these fields, they are all new, or all lost. */
static bool same_union(const struct el_value_type *type, const struct value_field *field,
		       const struct el_value_type *other)
{
	const struct value_field *theirs = find_field(other, field->name);

	for (uint32_t i = 0; i < type->count; i++) {
		const struct value_field *beside = &type->fields[i], *like;

		if (!overlap(beside, field))
			continue;
		like = find_field(other, beside->name);
		if (!like != !theirs)
			return false;
		if (like &&
		    (like->bit_offset - theirs->bit_offset !=
			     beside->bit_offset - field->bit_offset ||
		     like->bits != beside->bits || !el_value_type_same(like->type, beside->type)))
			return false;
	}
	return !theirs || (theirs->bits == field->bits && is_unioned(other, theirs) &&
			   el_value_type_same(theirs->type, field->type));
}

/* Plan the part of @whole that makes @field of its new type. */
static int plan_field(struct plan *plan, const struct step *whole, const struct value_field *field,
		      struct step *part)
{
	const struct el_value_type *from = whole->from, *to = whole->to;
	const struct value_field *old = find_field(from, field->name);

	if (!old)
		return 0;
	*part = (struct step){
		.name = field->name,
		.from = old->type,
		.to = field->type,
		.from_field = old->bits ? old : NULL,
		.to_field = field->bits ? field : NULL,
		.from_offset = old->bits ? 0 : old->bit_offset / 8,
		.to_offset = field->bits ? 0 : field->bit_offset / 8,
	};
	if ((is_unioned(to, field) && !same_union(to, field, from)) ||
	    (is_unioned(from, old) && !same_union(from, old, to)))
		return refuse(plan, "a union's members have changed: %s", field->name);
	return plan_named(plan, part);
}

/* Report a field that only one of the types has. */
static int report_lone(struct plan *plan, const struct value_field *field, bool lost)
{
	const struct step gone = {.from = field->type, .from_field = field};
	const struct step made = {.to = field->type, .to_field = field};
	size_t length = strlen(plan->path);
	int err;

	snprintf(plan->path + length, sizeof(plan->path) - length, "%s%s", length ? "." : "",
		 field->name);
	err = report(plan, lost ? EL_FIELD_LOST : EL_FIELD_NEW, lost ? &gone : &made);
	plan->path[length] = '\0';
	return err;
}

static int plan_struct(struct plan *plan, struct step *step)
{
	const struct el_value_type *from = step->from, *to = step->to;
	size_t common = plan->convert->common;
	int err = 0;

	step->kind = STEP_STRUCT;
	step->parts = calloc(to->count + 1, sizeof(*step->parts));
	if (!step->parts)
		return el_fail_memory(plan->context);
	for (uint32_t i = 0; !err && i < to->count; i++) {
		if (find_field(from, to->fields[i].name))
			err = plan_field(plan, step, &to->fields[i],
					 &step->parts[step->parts_count++]);
		else
			err = report_lone(plan, &to->fields[i], false);
	}
	for (uint32_t i = 0; !err && i < from->count; i++)
		if (!find_field(to, from->fields[i].name))
			err = report_lone(plan, &from->fields[i], true);
	if (!err && plan->convert->common == common && from->count && to->count && !to->is_section)
		return refuse(plan, "the two types have no field in common");
	return err;
}

static int plan_array(struct plan *plan, struct step *step)
{
	const struct el_value_type *from = step->from, *to = step->to;
	enum el_field_change change = to->count > from->count	? EL_FIELD_WIDENED
				      : to->count < from->count ? EL_FIELD_NARROWED
								: EL_FIELD_CHANGED;

	step->kind = STEP_ARRAY;
	step->parts = calloc(1, sizeof(*step->parts));
	if (!step->parts)
		return el_fail_memory(plan->context);
	step->parts_count = 1;
	step->parts[0] = (struct step){.name = "", .from = from->element, .to = to->element};
	if (!el_value_type_same(from->element, to->element))
		return plan_named(plan, &step->parts[0]);
	step->parts[0].kind = STEP_COPY;
	return report(plan, change, step);
}

static int plan_type(struct plan *plan, struct step *step)
{
	const struct el_value_type *from = step->from, *to = step->to;
	uint32_t from_bits = bits_of(step->from_field), to_bits = bits_of(step->to_field);

	if (!from_bits && !to_bits && el_value_type_same(from, to)) {
		step->kind = STEP_COPY;
		return report(plan, EL_FIELD_SAME, step);
	}
	if (is_number(from) && is_number(to)) {
		step->kind = STEP_NUMBER;
		return report(plan,
			      from_bits == to_bits && el_value_type_same(from, to)
				      ? EL_FIELD_SAME
				      : number_change(step),
			      step);
	}
	/* __be32, edge_ip4 and struct in_addr hold equal bytes. */
	if ((from->size == to->size && (from->big_endian || from->kind == VALUE_IP4) &&
	     (to->big_endian || to->kind == VALUE_IP4)) ||
	    (is_address(from) && is_address(to))) {
		step->kind = STEP_COPY;
		return report(plan, EL_FIELD_CHANGED, step);
	}
	if (from->kind == VALUE_IP4 && is_address(to)) {
		step->kind = STEP_ADDRESS;
		return report(plan, EL_FIELD_WIDENED, step);
	}
	if (el_value_type_is_prefix(from) && el_value_type_is_prefix(to)) {
		step->kind = STEP_PREFIX;
		return report(plan, EL_FIELD_CHANGED, step);
	}
	if (from->element && to->element)
		return plan_array(plan, step);
	if (from->fields && to->fields && from->kind != VALUE_UNION && to->kind != VALUE_UNION)
		return plan_struct(plan, step);
	if (from->kind == VALUE_UNION && to->kind == VALUE_UNION)
		return refuse(plan, "a union's members have changed");
	return refuse_types(plan, from, to);
}

int el_value_convert_open(struct el_context *context, const struct el_value_type *from,
			  const struct el_value_type *to, struct el_value_convert **out)
{
	struct el_value_convert *convert = calloc(1, sizeof(*convert));
	struct plan plan = {.context = context, .convert = convert};
	int err;

	if (!convert)
		return el_fail_memory(context);
	convert->root = (struct step){.name = "", .from = from, .to = to};
	err = plan_type(&plan, &convert->root);
	if (err)
		el_value_convert_free(convert);
	else
		*out = convert;
	return err;
}

static void free_parts(struct step *step)
{
	for (size_t i = 0; step->parts && i < step->parts_count; i++)
		free_parts(&step->parts[i]);
	free(step->parts);
}

void el_value_convert_free(struct el_value_convert *convert)
{
	if (!convert)
		return;
	free_parts(&convert->root);
	el_field_reports_free(convert->fields, convert->fields_count);
	free(convert);
}

void el_field_reports_free(struct el_field_report *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(fields[i].name);
		free(fields[i].from);
		free(fields[i].to);
	}
	free(fields);
}

size_t el_value_convert_common(const struct el_value_convert *convert)
{
	return convert->common;
}

bool el_value_convert_loses(const struct el_value_convert *convert)
{
	return convert->loses;
}

struct el_field_report *el_value_convert_take_fields(struct el_value_convert *convert,
						     size_t *count)
{
	*count = convert->fields_count;
	convert->fields_count = 0;
	return TAKE_PTR(convert->fields);
}
