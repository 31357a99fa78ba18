/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TEST_VALUES_H
#define TEST_VALUES_H
/*
 * Types for tests of value/. They are compiled twice: by the test's compiler, whose structs give the expected bytes, and by
 * clang for BPF; the library reads this BTF. values.c has their text alone, for clang.
 */
#include <endian.h>
#include <netinet/in.h>

#include <bpf/btf.h>

#include "lib/address.h"
#include "lib/test.h"

#include "value/value.h"

#ifdef VALUES_TEXT
#define COMPILED_TWICE(...) static const char source[] = #__VA_ARGS__;
#else
#define COMPILED_TWICE(...) __VA_ARGS__
#endif

/* clang-format off */
COMPILED_TWICE(
	enum color { RED = 1, GREEN = 2, BLUE = 40 };
	struct counters { __u64 packets; __u64 bytes; };
	struct endpoint { struct edge_ip ip; edge_port port; __u8 protocol; } __attribute__((packed));
	struct nested {
		struct endpoint from;
		struct endpoint to;
		__u16 ports[4];
		char name[16];
		enum color color;
		_Bool on;
	} __attribute__((packed));
	struct padded { __u8 one; __u32 two; __u16 three; };
	struct single { __u32 only; };
	struct name { char text[16]; };
	union word { __u8 first; __u32 number; __u8 bytes[4]; };
	struct peer { __u32 family; union { edge_ip4 v4; struct in6_addr v6; }; };
	struct bits { __u32 a : 3; __u32 b : 7; __s32 c : 5; _Bool d : 1; __u64 e : 48; };
	__u8 v_u8; __s8 v_s8; __u16 v_u16; __s16 v_s16; __u32 v_u32; __s32 v_s32; __u64 v_u64; __s64 v_s64;
	_Bool v_bool; char v_char; enum color v_color; const volatile __u32 v_const;
	__be16 v_be16; __be32 v_be32; __be64 v_be64; edge_ip4 v_ip4; edge_port v_port;
	struct edge_ip v_ip; struct edge_prefix v_prefix; struct edge_prefix_key v_key; struct edge_mac v_mac; struct in6_addr v_in6;
	struct in_addr v_in;
	struct counters v_counters; struct endpoint v_endpoint; struct nested v_nested; struct single v_single;
	struct name v_name; union word v_word; struct peer v_peer; struct bits v_bits;
	struct padded v_padded;
	union mixed { _Bool flag; __u32 number; struct padded padded; char text[4]; struct edge_mac mac; };
	struct every {
		union mixed mixed; struct edge_prefix prefix; struct edge_prefix_key key; struct edge_mac mac;
		edge_ip4 ip4; struct in6_addr in6; struct counters counters[2]; __u8 matrix[2][3];
		char name[9]; char none[0]; __s64 s64; __u64 u64; struct bits bits; enum color color; void *pointer;
		union { struct { __u32 low : 3; __u32 high : 29; }; __u32 word; } number;
	};
	union mixed v_mixed; struct every v_every[2];
	__u16 v_array[3]; struct counters v_structs[2]; __u8 v_matrix[2][3]; char v_string[8]; void *v_pointer;
	unsigned __int128 v_int128;
	enum large { SMALL = 1, LARGE = 1ULL << 32 };
	enum large v_large;
)
/* clang-format on */

extern struct btf *btf; /* of these types */

int values_setup(void **state);
int values_teardown(void **state);

/* Return: the type of a variable, in the BTF. */
uint32_t type_of(const char *variable);
/* Return: the type @id of @of; for _cleanup_(close_type). */
struct el_value_type *open_type(const struct btf *of, uint32_t id);
void close_type(struct el_value_type **type);

/* Read the text of a value of @size bytes. Return: as el_value_type_parse(). */
int parse(const char *variable, const char *text, void *out, size_t size);
/* Return: the text or the JSON of a value; the caller frees it. */
char *shown(const struct el_value_type *type, const void *bytes, enum el_format format);

/* Reading @text as the variable must give the bytes @want; the bytes must be written as @text; @text must be refused. */
void reads(const char *variable, const char *text, const void *want, size_t size);
void writes(const char *variable, enum el_format format, const char *text, const void *bytes,
	    size_t size);
void refuses(const char *variable, size_t size, const char *text, const char *what);

/* READS: the text becomes the bytes. BOTH: and the bytes become the text. JSON: and this JSON. */
#define READS(variable, text, ...)                                         \
	do {                                                               \
		__typeof__(variable) want = __VA_ARGS__;                   \
		reads(#variable, text, (const void *)&want, sizeof(want)); \
	} while (0)
#define WRITES(variable, format, text, ...)                                         \
	do {                                                                        \
		__typeof__(variable) want = __VA_ARGS__;                            \
		writes(#variable, format, text, (const void *)&want, sizeof(want)); \
	} while (0)
#define BOTH(variable, text, ...)                             \
	do {                                                  \
		READS(variable, text, __VA_ARGS__);           \
		WRITES(variable, EL_TEXT, text, __VA_ARGS__); \
	} while (0)
#define JSON(variable, text, ...)     WRITES(variable, EL_JSON, text, __VA_ARGS__)
#define REFUSES(variable, text, what) refuses(#variable, sizeof(variable), text, what)

#endif
