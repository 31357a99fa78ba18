// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Integers inside values: any width, either byte order, bitfields; and sums of values that consist
 * of integers.
 */
#include <endian.h>

#include "value/type.h"

static uint64_t extend(uint64_t number, uint32_t bits, bool is_signed)
{
	if (!bits || bits >= 64)
		return number;
	if (is_signed && number >> (bits - 1) & 1)
		return number | ~0ULL << bits;
	return number & ~(~0ULL << bits);
}

uint64_t el_value_number_get(const struct el_value_type *type, const void *bytes)
{
	uint64_t number = 0;

	if (type->big_endian) {
		memcpy((uint8_t *)&number + 8 - type->size, bytes, type->size);
		return be64toh(number);
	}
	memcpy(&number, bytes, type->size);
	return extend(le64toh(number), type->size * 8, type->is_signed);
}

void el_value_number_set(const struct el_value_type *type, void *bytes, uint64_t number)
{
	if (type->big_endian) {
		number = htobe64(number);
		memcpy(bytes, (uint8_t *)&number + 8 - type->size, type->size);
		return;
	}
	number = htole64(number);
	memcpy(bytes, &number, type->size);
}

uint64_t el_value_bits_get(const struct value_field *field, const void *bytes)
{
	const uint8_t *at = bytes;
	uint64_t number = 0;

	for (uint32_t i = 0; i < field->bits; i++) {
		uint32_t bit = field->bit_offset + i;

		number |= (uint64_t)(at[bit / 8] >> bit % 8 & 1) << i;
	}
	return extend(number, field->bits, field->type->is_signed);
}

void el_value_bits_set(const struct value_field *field, void *bytes, uint64_t number)
{
	uint8_t *at = bytes;

	for (uint32_t i = 0; i < field->bits; i++) {
		uint32_t bit = field->bit_offset + i;

		at[bit / 8] &= (uint8_t) ~(1u << bit % 8);
		at[bit / 8] |= (uint8_t)((number >> i & 1) << bit % 8);
	}
}

bool el_value_type_has_field(const struct el_value_type *type, const char *name)
{
	for (uint32_t i = 0; type->fields && i < type->count; i++)
		if (!strcmp(type->fields[i].name, name))
			return true;
	return false;
}

uint32_t el_value_type_depth(const struct el_value_type *type)
{
	uint32_t depth = 0;

	for (; type->kind == VALUE_ARRAY; type = type->element)
		depth++;
	return depth;
}

bool el_value_type_counts(const struct el_value_type *type)
{
	switch (type->kind) {
	case VALUE_INTEGER:
		return type->is_counter;
	case VALUE_ARRAY:
		return el_value_type_counts(type->element);
	case VALUE_STRUCT:
		for (uint32_t i = 0; i < type->count; i++)
			if (type->fields[i].bits || type->fields[i].shadowed ||
			    !el_value_type_counts(type->fields[i].type))
				return false;
		return type->count > 0;
	default:
		return false;
	}
}

bool el_value_type_sums(const struct el_value_type *type)
{
	switch (type->kind) {
	case VALUE_INTEGER:
		return !type->big_endian && !type->hexadecimal;
	case VALUE_ARRAY:
		return el_value_type_sums(type->element);
	case VALUE_STRUCT:
		for (uint32_t i = 0; i < type->count; i++)
			if (type->fields[i].bits || type->fields[i].shadowed ||
			    !el_value_type_sums(type->fields[i].type))
				return false;
		return type->count > 0;
	default:
		return false;
	}
}

void el_value_type_add(const struct el_value_type *type, void *sum, const void *bytes)
{
	switch (type->kind) {
	case VALUE_INTEGER:
		el_value_number_set(type, sum,
				    el_value_number_get(type, sum) +
					    el_value_number_get(type, bytes));
		break;
	case VALUE_ARRAY:
		for (uint32_t i = 0; i < type->count; i++) {
			size_t at = (size_t)i * type->element->size;

			el_value_type_add(type->element, (uint8_t *)sum + at,
					  (const uint8_t *)bytes + at);
		}
		break;
	case VALUE_STRUCT:
		for (uint32_t i = 0; i < type->count; i++) {
			size_t at = type->fields[i].bit_offset / 8;

			el_value_type_add(type->fields[i].type, (uint8_t *)sum + at,
					  (const uint8_t *)bytes + at);
		}
		break;
	default:
		break;
	}
}
