// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts one value from its old type to its new type, with the steps of convert.c. A value that
 * does not fit is reported with its field, or replaced by the nearest value if the caller wants no
 * report.
 */
#include <inttypes.h>
#include <stdarg.h>

#include "value/convert.h"

static bool run(const struct step *step, const uint8_t *from, uint8_t *to,
		struct el_value_misfit *misfit);

/* Prepend @name to the field of @misfit, because the misfit is inside @name. */
static void prepend(struct el_value_misfit *misfit, const char *name)
{
	char inner[FIELD_MAX];

	snprintf(inner, sizeof(inner), "%s", misfit->field);
	snprintf(misfit->field, sizeof(misfit->field), "%.60s%s%.60s", name,
		 *inner && *inner != '[' && *name ? "." : "", inner);
}

static bool misfits(struct el_value_misfit *misfit, const struct el_value_type *type,
		    const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool misfits(struct el_value_misfit *misfit, const struct el_value_type *type,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(misfit->value, sizeof(misfit->value), format, args);
	va_end(args);
	*misfit->field = '\0';
	misfit->type = type->name;
	return false;
}

/* A name that both enums have takes precedence over an equal number. Return: whether the number has
 * another meaning in the new enum. */
static bool rename_value(const struct el_value_type *from, const struct el_value_type *to,
			 uint64_t *number)
{
	const char *name = NULL;

	for (uint32_t i = 0; !name && i < from->count; i++)
		if (from->enumerators[i].value == *number)
			name = from->enumerators[i].name;
	for (uint32_t i = 0; name && i < to->count; i++)
		if (!strcmp(to->enumerators[i].name, name)) {
			*number = to->enumerators[i].value;
			return false;
		}
	for (uint32_t i = 0; name && i < to->count; i++)
		if (to->enumerators[i].value == *number)
			return true;
	return false;
}

/* The nearest value to @number, which is signed if @negative, that fits in the new type. */
static uint64_t nearest(const struct step *step, uint64_t number, bool negative)
{
	uint32_t bits = el_step_bits(step->to, step->to_field);
	uint64_t top = bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;

	if (step->to->is_signed)
		top /= 2;
	if (negative && !step->to->is_signed)
		return 0;
	if (negative && (int64_t)number < -(int64_t)top - 1)
		return (uint64_t)(-(int64_t)top - 1);
	return !negative && number > top ? top : number;
}

static uint64_t number_get(const struct step *step, const uint8_t *from)
{
	uint64_t number = step->from_field ? el_value_bits_get(step->from_field, from)
					   : el_value_number_get(step->from, from);

	return step->from->kind == VALUE_BOOL ? number != 0 : number;
}

static void number_set(const struct step *step, uint8_t *to, uint64_t number)
{
	if (step->to_field)
		el_value_bits_set(step->to_field, to, number);
	else
		el_value_number_set(step->to, to, number);
}

static bool run_number(const struct step *step, const uint8_t *from, uint8_t *to,
		       struct el_value_misfit *misfit)
{
	const struct el_value_type *type = step->to;
	uint64_t number = number_get(step, from), near;
	bool negative = step->from->is_signed && (int64_t)number < 0, other = false, good;

	if (step->from->kind == VALUE_ENUM && type->kind == VALUE_ENUM)
		other = rename_value(step->from, type, &number);
	near = nearest(step, number, negative);
	good = near == number && !other;
	if (!good && misfit)
		return negative ? misfits(misfit, type, "%" PRId64, (int64_t)number)
				: misfits(misfit, type, "%" PRIu64, number);
	number_set(step, to, near);
	return good;
}

static bool run_struct(const struct step *step, const uint8_t *from, uint8_t *to,
		       struct el_value_misfit *misfit)
{
	bool good = true;

	for (size_t i = 0; i < step->parts_count; i++) {
		const struct step *part = &step->parts[i];

		if (run(part, from + part->from_offset, to + part->to_offset, misfit))
			continue;
		good = false;
		if (misfit) {
			prepend(misfit, part->name);
			break;
		}
	}
	return good;
}

/* Elements beyond the new array's end must have been zero. */
static bool run_array(const struct step *step, const uint8_t *from, uint8_t *to,
		      struct el_value_misfit *misfit)
{
	const struct el_value_type *old = step->from, *new = step->to;
	uint32_t old_size = old->element->size, new_size = new->element->size;
	uint32_t common = old->count < new->count ? old->count : new->count;
	bool good = true;
	char index[16];

	for (uint32_t i = 0; i < common; i++) {
		if (run(&step->parts[0], from + (size_t)i * old_size, to + (size_t)i * new_size,
			misfit))
			continue;
		good = false;
		if (!misfit)
			continue;
		snprintf(index, sizeof(index), "[%u]", i);
		prepend(misfit, index);
		return false;
	}
	for (size_t i = (size_t)common * old_size; i < old->size; i++) {
		if (!from[i])
			continue;
		if (misfit) {
			misfits(misfit, new, "not zero");
			snprintf(misfit->field, sizeof(misfit->field), "[%zu]", i / old_size);
		}
		return false;
	}
	return good;
}

static bool run(const struct step *step, const uint8_t *from, uint8_t *to,
		struct el_value_misfit *misfit)
{
	switch (step->kind) {
	case STEP_COPY:
		memcpy(to, from, step->to->size);
		return true;
	case STEP_NUMBER:
		return run_number(step, from, to, misfit);
	case STEP_ADDRESS:
		memset(to, 0, 10);
		memset(to + 10, 0xff, 2); /* ::ffff:a.b.c.d, RFC 4291, section 2.5.5.2 */
		memcpy(to + 12, from, 4);
		return true;
	case STEP_PREFIX:
		el_value_prefix_convert(step->from->kind, from, step->to->kind, to);
		return true;
	case STEP_STRUCT:
		return run_struct(step, from, to, misfit);
	case STEP_ARRAY:
	default:
		return run_array(step, from, to, misfit);
	}
}

bool el_value_convert_run(const struct el_value_convert *convert, const void *from, void *to,
			  struct el_value_misfit *misfit)
{
	return run(&convert->root, from, to, misfit);
}
