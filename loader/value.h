/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_VALUE_H
#define EL_VALUE_H
/*
 * Between text that people write and bytes that BTF describes. Used for map keys and values, and
 * for parameters.
 *
 * Text of a type:
 *   integers            decimal, 0x… hexadecimal; negative where signed; bool: true/false, 1/0,
 * yes/no, on/off char                one, as a number; char[N]: a string enums               the
 * name of a value, or a number edge_ip4            192.0.2.1            struct edge_ip 192.0.2.1 or
 * 2001:db8::1 edge_port           443                  struct edge_prefix  192.0.2.0/24,
 * 2001:db8::/32, a bare address
 *   __be16/32/64        a number as people write it, network order in memory
 *   struct in6_addr     2001:db8::1          struct edge_mac     02:00:00:00:00:01
 *   other structs       {field=value,field=value}; outermost the braces may go; fields left out are
 * zero; a struct of one field also takes that field's text alone arrays              [a,b,c]; those
 * left out are zero
 */
#include "internal.h"

struct btf;

/**
 * el_value_parse() - text to bytes
 * @what: how to name the value in an error: "key of map blocked", "parameter pps of instance limit"
 * @out:  room for the type's size
 *
 * Return: 0; -EINVAL noted as EL_USAGE: what, the text, the reason, what is accepted.
 */
int el_value_parse(struct el_context *context, const struct btf *btf, uint32_t type_id,
		   const char *what, const char *text, void *out, size_t size);
/* Bytes to text or JSON, malloc'ed in @out. */
int el_value_format(struct el_context *context, const struct btf *btf, uint32_t type_id,
		    const void *bytes, size_t size, enum el_format format, char **out);
/* The type's name as in C: "struct edge_prefix", "__u32[4]"; malloc'ed, or NULL. */
char *el_value_type_name(const struct btf *btf, uint32_t type_id);

#endif
