/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TEST_VALUES_H
#define TEST_VALUES_H
/*
 * Types for test_value*.c. They are compiled twice: by the test's compiler, whose structs give the
 * expected bytes, and by clang for BPF; the library reads this BTF.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <netinet/in.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <jansson.h>

#include "value/value.h"

#define COMPILED_TWICE(...) \
	__VA_ARGS__         \
	static const char source[] = #__VA_ARGS__;

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

static struct el_context *context;
static struct btf *btf;

static inline int values_setup(void **state)
{
	char folder[] = "/tmp/edge-test-value-XXXXXX", here[] = __FILE__;
	_cleanup_free_ char *file = NULL, *object = NULL, *command = NULL, *root = NULL;
	FILE *stream;
	int err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	root = el_format("%s/../..", dirname(here));
	file = el_format("%s/types.bpf.c", folder);
	object = el_format("%s/types.o", folder);
	stream = fopen(file, "w");
	assert_non_null(stream);
	fprintf(stream,
		"#include <edge/abi.h>\n#include <linux/in.h>\n#include <linux/in6.h>\n%s\n",
		source);
	fclose(stream);
	command = el_format("clang -g -O2 -target bpf -I%s/bpf -I%s/bpf/compat "
			    "-I/usr/include/$(gcc -print-multiarch) -c %s -o %s",
			    root, root, file, object);
	err = system(command);
	if (!err)
		btf = btf__parse(object, NULL);
	unlink(object);
	unlink(file);
	rmdir(folder);
	return err || !btf || el_context_open(&context, NULL) ? -1 : 0;
}

static inline int values_teardown(void **state)
{
	(void)state;
	btf__free(btf);
	el_context_free(context);
	return 0;
}

static inline uint32_t type_of(const char *variable)
{
	int id = btf__find_by_name_kind(btf, variable, BTF_KIND_VAR);

	assert_true(id > 0);
	return btf__type_by_id(btf, (uint32_t)id)->type;
}

static inline struct el_value_type *open_type(const struct btf *of, uint32_t id)
{
	struct el_value_type *type = NULL;

	assert_int_equal(el_value_type_open(context, of, id, &type), 0);
	return type;
}

static inline void close_type(struct el_value_type **type)
{
	el_value_type_free(*type);
}

/* Read the text of a value of @size bytes. */
static inline int parse(const char *variable, const char *text, void *out, size_t size)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of(variable));

	assert_int_equal(el_value_type_size(type), size);
	return el_value_type_parse(context, type, &(struct el_value_text){"value", text}, out);
}

/* The text or the JSON of a value; malloc'ed. */
static inline char *shown(const struct el_value_type *type, const void *bytes,
			  enum el_format format)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	el_value_type_write(type, bytes, format, stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static inline void reads(const char *variable, const char *text, const void *want, size_t size)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	memset(got, 0xee, size);
	if (parse(variable, text, got, size))
		fail_msg("%s: %s", text, el_error_get(context)->what);
	assert_memory_equal(got, want, size);
}

static inline void writes(const char *variable, enum el_format format, const char *text,
			  const void *bytes, size_t size)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of(variable));
	_cleanup_free_ char *got = shown(type, bytes, format);

	assert_int_equal(el_value_type_size(type), size);
	assert_string_equal(got, text);
}

static inline void refuses(const char *variable, size_t size, const char *text, const char *what)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	assert_int_equal(parse(variable, text, got, size), -EINVAL);
	assert_string_equal(el_error_get(context)->what, what);
	assert_int_equal(el_error_get(context)->kind, EL_USAGE);
}

static inline void hints(const char *hint)
{
	assert_string_equal(el_error_get(context)->hint, hint);
}

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

static inline struct edge_ip ip(const char *text)
{
	struct edge_ip address = {.word = {[2] = htonl(0xffff)}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static inline struct in6_addr in6(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

#endif
