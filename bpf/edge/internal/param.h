/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PARAM_H
#define EDGE_INTERNAL_PARAM_H
/*
 * A parameter: its note for the loader, its variable, and the byte order of a port's initial value.
 */
#include <edge/packet.h>

/* @...: the initial value, last because its commas make several arguments of it. */
#define EDGE_PARAM_DEFINE(type, id, min_, max_, help_, ...)                        \
	static const struct edge_param_note edge_param_note_##id                   \
		__attribute__((section(".edge.param"), used)) = {                  \
			.name = #id, .help = help_, .min = min_, .max = max_};     \
	_Static_assert(sizeof(#id) <= EDGE_NAME_MAX, "EDGE_PARAM: name too long"); \
	const volatile type id = __VA_ARGS__

/* 1 for the type edge_port, 0 for any other. To the compiler a typedef is no type of its own, so
 * the name of the type decides. */
#define EDGE_TYPE_edge_port		~, 1
#define EDGE_IS_PORT(...)		EDGE_SECOND(__VA_ARGS__, 0, )
#define EDGE_SECOND(first, second, ...) second

/* @text: the initial value as it is written. */
#define EDGE_INITIAL(is_port, text, ...)    EDGE_INITIAL_OF(is_port, text, __VA_ARGS__)
#define EDGE_INITIAL_OF(is_port, text, ...) EDGE_INITIAL_##is_port(text, __VA_ARGS__)
#define EDGE_INITIAL_0(text, ...)	    __VA_ARGS__
#define EDGE_INITIAL_1(text, ...)                                               \
	(EDGE_IS_SWAPPED(text) || EDGE_IS_SWAPPED(#__VA_ARGS__) ? (__VA_ARGS__) \
								: bpf_htons(__VA_ARGS__))
/* In network order already, by its spelling: bpf_htons(), __bpf_constant_htons(), or the expansion
 * of bpf_htons(), in up to one pair of parentheses. */
#define EDGE_IS_SWAPPED(text)                                                                     \
	(EDGE_BEGINS(text, "bpf_htons") || EDGE_BEGINS(text, "(bpf_htons") ||                     \
	 EDGE_BEGINS(text, "__bpf_constant_htons") ||                                             \
	 EDGE_BEGINS(text, "(__bpf_constant_htons") || EDGE_BEGINS(text, "__builtin_bswap16") ||  \
	 EDGE_BEGINS(text, "(__builtin_bswap16") || EDGE_BEGINS(text, "(__builtin_constant_p") || \
	 EDGE_BEGINS(text, "((__builtin_constant_p"))
#define EDGE_BEGINS(text, beginning) !__builtin_strncmp(text, beginning, sizeof(beginning) - 1)

#endif
