/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H
/*
 * A value of a type, in both directions, for the targets that have types.
 */
#include "../../loader/value/value.h"
#include "fuzz.h"

#define FUZZ_VALUE_MAX 4096 /* in bytes; larger values take too long */

/* Convert bytes (the input's, padded with zeros) to text and to JSON, and back if all names of the
 * type are @sound identifiers. */
void fuzz_value_of_type(const struct el_value_type *type, bool sound, const uint8_t *data,
			size_t size);
/* Convert text to bytes, and these bytes to text and back. */
void fuzz_text_of_type(const struct el_value_type *type, const char *text);

#endif
