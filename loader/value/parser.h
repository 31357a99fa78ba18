/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_PARSER_H
#define EL_VALUE_PARSER_H
/*
 * The state of a parser of a value's text: parse.c parses structs and arrays, scalar.c and string.c
 * parse their scalars.
 */
#include "value/type.h"

#define VALUE_SHOWN_MAX 60 /* the number of bytes of a text that an error shows */

struct value_parser {
	struct el_context *context;
	const struct el_value_text *text;
	const char *at;	    /* the rest of the text */
	unsigned int depth; /* 0: the outermost value, which a comma does not end */
	char path[128];	    /* the current field: "tcp.ports[1]" */
	char word[128];	    /* the current scalar */
};

/**
 * el_value_refuse() - note an error in the text, and its place
 * @type: the type whose valid values become the hint; or NULL
 *
 * Return: -EINVAL.
 */
int el_value_refuse(struct value_parser *parser, const struct el_value_type *type,
		    const char *format, ...) __attribute__((format(printf, 3, 4)));

void el_value_skip_spaces(struct value_parser *parser);

/* ---- scalar.c */
/* Parse an integer, bool or enum of @bits. */
int el_value_parse_number(struct value_parser *parser, const struct el_value_type *type,
			  uint32_t bits, uint64_t *out);
int el_value_parse_address(struct value_parser *parser, const struct el_value_type *type,
			   uint8_t *out);

/* ---- string.c */
int el_value_parse_string(struct value_parser *parser, const struct el_value_type *type,
			  uint8_t *out);
int el_value_parse_bytes(struct value_parser *parser, const struct el_value_type *type,
			 uint8_t *out);

#endif
