/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H
/*
 * A value of a type, both ways: for the targets that have types.
 */
#include "../../loader/value/value.h"
#include "fuzz.h"

#define FUZZ_VALUE_MAX 4096 /* bytes of a value; larger ones take too long */

/* From bytes (the input's, zeroes behind its end) to text and to JSON; and back, if all names of
 * the type are @sound identifiers. */
void fuzz_value_of_type(const struct el_value_type *type, bool sound, const uint8_t *data,
			size_t size);
/* From text to bytes, and from these to text and back. */
void fuzz_text_of_type(const struct el_value_type *type, const char *text);

#endif
