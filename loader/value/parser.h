/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_PARSER_H
#define EL_VALUE_PARSER_H
/*
 * The state of a parser of a value's text: parse.c parses structs and arrays, scalar.c and string.c
 * parse their scalars, and overlap.c checks fields that share their bytes.
 */
#include "value/type.h"

#define VALUE_SHOWN_MAX 60 /* the number of bytes of a text that an error shows */

struct value_parser {
	struct el_context *context;
	const struct el_value_text *text;
	const char *at;	    /* the rest of the text */
	const char *outer;  /* if @at is a copy of a text in quotes: the place of the quotes */
	unsigned int depth; /* 0: the outermost value, which a comma does not end */
	bool colon;	    /* the value is behind NAME: of JSON or YAML, not behind NAME= */
	bool over;	    /* bytes that the text of a field does not determine keep their value */
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

/* Like el_value_refuse(), and add the place of parser->at in the text. */
int el_value_refuse_here(struct value_parser *parser, const struct el_value_type *type,
			 const char *format, ...) __attribute__((format(printf, 3, 4)));

void el_value_skip_spaces(struct value_parser *parser);

/* Room for the bytes of a text in quotes. */
struct value_room {
	char *bytes;
	size_t size, length;
};

static inline bool el_value_is_quote(char c)
{
	return c == '"' || c == '\'';
}

/**
 * el_value_unquote() - parse the text in quotes at parser->at, up to its closing quote
 * @type: its valid texts become the hint for an unknown escape
 * @room: gets the bytes, without a NUL at their end
 *
 * Return: 0; -ERANGE, not noted: the text is longer than the room; -EINVAL, noted.
 */
int el_value_unquote(struct value_parser *parser, const struct el_value_type *type,
		     struct value_room *room);

/* A struct, a union or a section that is being read. */
struct value_composite {
	const struct el_value_type *type;
	bool *seen; /* for each field: whether the text gave it */
	bool colon; /* in braces, where a colon may follow a bare name */
	uint8_t *bytes;
};

/**
 * el_value_check_overlap() - check a field against the fields that the text gave before
 * @colon: JSON has all members of a union, so fields that share bytes are accepted
 *
 * Return: 0; 1: the field shares bytes with such a field; -EINVAL, noted: the field was given
 * before, or it shares bytes and @colon is false.
 */
int el_value_check_overlap(struct value_parser *parser, const struct value_composite *whole,
			   const struct value_field *field, bool colon);

/* The bytes of a whole struct after a field that shares bytes with fields that were given before. */
struct value_shared {
	uint8_t *alone; /* the bytes of the field's text, with zeroes around */
	uint8_t *over;	/* all bytes before, with the field's text written over them */
};

/**
 * el_value_settle_overlap() - add a field that shares bytes with fields that were given before
 *
 * All these fields must have the same text in @bytes->over as they have alone. If one has not, the
 * bytes stay as they were, provided that they have the field's text. For a member of a union may
 * lack some bytes (padding), or have several bytes of one text (a bool).
 *
 * Return: 0; -EINVAL, noted: the fields differ; -ENOMEM, noted.
 */
int el_value_settle_overlap(struct value_parser *parser, const struct value_composite *whole,
			    const struct value_field *field, const struct value_shared *bytes);

/* Parse an integer, bool or enum of @bits. */
int el_value_parse_number(struct value_parser *parser, const struct el_value_type *type,
			  uint32_t bits, uint64_t *out);
int el_value_parse_address(struct value_parser *parser, const struct el_value_type *type,
			   uint8_t *out);
int el_value_parse_string(struct value_parser *parser, const struct el_value_type *type,
			  uint8_t *out);
int el_value_parse_bytes(struct value_parser *parser, const struct el_value_type *type,
			 uint8_t *out);

#endif
