// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Properties of all types: all bytes survive the conversion to text and back, every text is read or
 * refused, and BTF may be corrupt.
 */
#include <jansson.h>

#include "lib/values.h"

static void test_enum64(void **state)
{
	struct btf *made = btf__new_empty();
	const struct el_value_text far = {"value", "FAR"};
	_cleanup_(close_type) struct el_value_type *type = NULL;
	_cleanup_free_ char *text = NULL;
	int64_t got, want = -5000000000;
	int id = btf__add_enum64(made, "wide", 8, true);

	(void)state;
	assert_int_equal(btf__add_enum64_value(made, "FAR", (uint64_t)want), 0);
	type = open_type(made, (uint32_t)id);
	assert_int_equal(el_value_type_parse(context, type, &far, &got), 0);
	assert_int_equal(got, want);
	text = el_value_type_text(type, &got);
	assert_string_equal(text, "FAR");
	btf__free(made);
}

/* A length that the size of the value does not confirm is not used. */
static void test_array_of_nothing(void **state)
{
	struct btf *made = btf__new_empty();
	_cleanup_(close_type) struct el_value_type *type = NULL;
	_cleanup_free_ char *text = NULL;
	int number = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	int nothing = btf__add_struct(made, "nothing", 0);
	int id = btf__add_array(made, number, nothing, UINT32_MAX);

	(void)state;
	alarm(10);
	type = open_type(made, (uint32_t)id);
	text = shown(type, "", EL_JSON);
	alarm(0);
	assert_string_equal(text, "[]");
	btf__free(made);
}

static void test_names(void **state)
{
	static const struct {
		const char *variable, *name;
	} cases[] = {
		{"v_u64", "__u64"},	  {"v_const", "__u32"},
		{"v_port", "edge_port"},  {"v_prefix", "struct edge_prefix"},
		{"v_word", "union word"}, {"v_color", "enum color"},
		{"v_array", "__u16[3]"},  {"v_matrix", "__u8[2][3]"},
		{"v_pointer", "void *"},  {"v_string", "char[8]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *name = el_value_type_name(btf, type_of(cases[i].variable));

		assert_string_equal(name, cases[i].name);
	}
}

/* Convert bytes -> text -> bytes -> text. The texts must be equal, and so must bytes without
 * padding. */
static void round_trip(const char *variable, size_t size, bool exact)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of(variable));
	uint8_t before[256], after[256];

	assert_true(size <= sizeof(before));
	for (int round = 0; round < 500; round++) {
		_cleanup_free_ char *text = NULL, *again = NULL, *json = NULL;
		json_error_t error;
		json_t *tree;

		for (size_t i = 0; i < size; i++)
			before[i] = random() % 4 ? (uint8_t)random() : 0;
		text = el_value_type_text(type, before);
		assert_int_equal(parse(variable, text, after, size), 0);
		if (exact)
			assert_memory_equal(before, after, size);
		again = el_value_type_text(type, after);
		assert_string_equal(text, again);
		json = shown(type, before, EL_JSON);
		tree = json_loads(json, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
				  &error);
		assert_non_null(tree);
		json_decref(tree);
		/* JSON is read back, too. */
		assert_int_equal(parse(variable, json, after, size), 0);
		if (exact)
			assert_memory_equal(before, after, size);
	}
}

#define EXACT(variable)	 round_trip(#variable, sizeof(variable), true)
#define PADDED(variable) round_trip(#variable, sizeof(variable), false)

static void test_round_trips(void **state)
{
	(void)state;
	srandom(1);
	EXACT(v_u8);
	EXACT(v_s16);
	EXACT(v_u32);
	EXACT(v_s64);
	EXACT(v_color);
	EXACT(v_be32);
	EXACT(v_ip4);
	EXACT(v_port);
	EXACT(v_ip);
	EXACT(v_prefix);
	EXACT(v_mac);
	EXACT(v_in6);
	EXACT(v_counters);
	EXACT(v_single);
	EXACT(v_name);
	EXACT(v_word);
	EXACT(v_peer);
	EXACT(v_array);
	EXACT(v_structs);
	EXACT(v_matrix);
	EXACT(v_string);
	EXACT(v_pointer);
	EXACT(v_int128);
	EXACT(v_endpoint);
	PADDED(v_padded);
	PADDED(v_nested);
	EXACT(v_bits);
	PADDED(v_bool);
}

/* Prefixes of every length, each with the host bits that its bytes permit. */
static void test_every_prefix_length(void **state)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of("v_prefix"));

	(void)state;
	for (uint32_t length = 0; length <= 128; length++) {
		struct edge_prefix prefix = {length, {}};
		uint8_t *bytes = (uint8_t *)&prefix.ip;

		for (uint32_t bit = 0; bit < length; bit++)
			bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		for (int flip = 0; flip < 2; flip++) {
			_cleanup_free_ char *text = el_value_type_text(type, &prefix);

			assert_int_equal(text[0] == '{', flip);
			reads("v_prefix", text, &prefix, sizeof(prefix));
			if (length == 128)
				break;
			bytes[length / 8] |= (uint8_t)(0x80 >> length % 8);
		}
	}
}

static void corrupt(struct btf *made, int id, const char *what)
{
	struct el_value_type *type = NULL;

	assert_int_equal(el_value_type_open(context, made, (uint32_t)id, &type), -EINVAL);
	assert_null(type);
	assert_string_equal(last_error()->what, what);
	btf__free(made);
}

/* BTF comes from untrusted files: every fault in it must be found here. */
static void test_corrupt_btf(void **state)
{
	struct btf *made;
	int id;

	(void)state;
	made = btf__new_empty();
	id = btf__add_struct(made, "ring", 8);
	btf__add_field(made, "again", id, 0, 0);
	corrupt(made, id, "BTF is corrupt: types nested too deep");

	made = btf__new_empty();
	id = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	id = btf__add_struct(made, "short", 4);
	btf__add_field(made, "outside", 1, 32, 0);
	corrupt(made, id, "BTF is corrupt: a member outside of its struct");

	made = btf__new_empty();
	id = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	id = btf__add_array(made, id, id, 0x40000000);
	corrupt(made, id, "BTF is corrupt: an array that is too large");

	made = btf__new_empty();
	id = btf__add_typedef(made, "self", 1);
	corrupt(made, id, "BTF is corrupt: a type that is not there");

	made = btf__new_empty();
	id = btf__add_fwd(made, "unknown", BTF_FWD_STRUCT);
	corrupt(made, id, "BTF is corrupt: a value of a type that has no size");

	corrupt(btf__new_empty(), 77, "BTF is corrupt: a type that is not there");
}

static void test_name_of_a_ring(void **state)
{
	struct btf *made = btf__new_empty();
	int id = btf__add_ptr(made, 1);

	(void)state;
	assert_null(el_value_type_name(made, (uint32_t)id));
	btf__free(made);
}

static void test_sums(void **state)
{
	struct counters a = {1, 2}, b = {10, UINT64_MAX};
	struct el_value_type *type;

	(void)state;
	assert_int_equal(el_value_type_open(context, btf, type_of("v_counters"), &type), 0);
	assert_true(el_value_type_sums(type));
	el_value_type_add(type, &a, &b);
	assert_int_equal(a.packets, 11);
	assert_int_equal(a.bytes, 1);
	el_value_type_free(type);
	assert_int_equal(el_value_type_open(context, btf, type_of("v_endpoint"), &type), 0);
	assert_false(el_value_type_sums(type));
	el_value_type_free(type);
}

/* Every text is read or refused, and no byte after the value is written. */
static void test_any_text(void **state)
{
	static const char letters[] = "{}[]=,\"\\x0123456789abcdef./: -packetsbyfromtonip";
	static const char *const variables[] = {"v_nested", "v_prefix", "v_word", "v_string",
						"v_structs"};
	uint8_t room[512];
	char text[24];

	(void)state;
	for (int round = 0; round < 50000; round++) {
		const char *variable = variables[round % 5];
		size_t size = (size_t)btf__resolve_size(btf, type_of(variable)),
		       length = random() % sizeof(text);
		int err;

		memset(room, 0xee, sizeof(room));
		for (size_t i = 0; i < length; i++)
			text[i] = letters[random() % (sizeof(letters) - 1)];
		text[length] = '\0';
		err = parse(variable, text, room, size);
		assert_true(!err || err == -EINVAL);
		assert_true(room[size] == 0xee && room[sizeof(room) - 1] == 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enum64),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_array_of_nothing),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_every_prefix_length),
		cmocka_unit_test(test_corrupt_btf),
		cmocka_unit_test(test_name_of_a_ring),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_any_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, values_setup, values_teardown);
}
