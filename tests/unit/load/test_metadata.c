// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain's metadata, and the types of its maps, from the bytes of untrusted pinned maps: the
 * result is a chain, or a refusal. The kernel is not asked.
 */
#include "lib/test.h"

#include "load/load.h"
#include "map/types.h"

static struct edge_metadata sound(void)
{
	return (struct edge_metadata){.abi = EDGE_ABI,
				      .mode = EL_MODE_NATIVE,
				      .programs = "0+1f 1+1f2",
				      .digests = "0123456789abcdef fedcba9876543210",
				      .chain = "a=count:x=1 b=/f%25.o,m/5;-DX",
				      .reasons = "1:listed,2:a%2cb -"};
}

/* Unpack @metadata into a chain in @out. Return: as el_metadata_unpack(). */
static int unpack(const struct edge_metadata *metadata, size_t size, struct el_generation **out)
{
	const char *part;
	int error;

	assert_int_equal(el_generation_new(context, out), 0);
	(*out)->metadata = calloc(1, sizeof(*metadata));
	error = el_metadata_parse(metadata, size, (*out)->metadata);
	return error ? error : el_metadata_unpack(*out, &part);
}

static void assert_refused(const struct edge_metadata *metadata)
{
	struct el_generation *chain;

	if (unpack(metadata, sizeof(*metadata), &chain) != -EPROTO)
		fail_msg("taken: chain \"%s\", programs \"%s\", digests \"%s\", reasons \"%s\"",
			 metadata->chain, metadata->programs, metadata->digests, metadata->reasons);
	el_generation_free(chain);
}

static void test_sound(void **state)
{
	struct edge_metadata metadata = sound();
	struct el_generation *chain;

	(void)state;
	assert_int_equal(unpack(&metadata, sizeof(metadata), &chain), 0);
	assert_int_equal(chain->instances_count, 2);
	assert_int_equal(chain->at.programs_count, 2);
	assert_int_equal(chain->at.programs[1].form, 2);
	assert_int_equal(chain->instances[1].program, 1);
	assert_string_equal(chain->instances[0].params_text, "x=1");
	assert_string_equal(chain->instances[1].function, "/f%.o");
	assert_string_equal(chain->instances[1].sizes, "m/5");
	assert_string_equal(chain->instances[1].cflags, "-DX");
	el_generation_free(chain);
}

#define REFUSED(field, text)                                       \
	do {                                                       \
		struct edge_metadata metadata = sound();           \
                                                                   \
		memset(metadata.field, 0, sizeof(metadata.field)); \
		memcpy(metadata.field, text, strlen(text));        \
		assert_refused(&metadata);                         \
	} while (0)

static void test_chains(void **state)
{
	char many[65 * 4 + 1] = "";

	(void)state;
	REFUSED(chain, "");
	REFUSED(chain, "a=count");
	REFUSED(chain, "a=count b");
	REFUSED(chain, "a=count ../x=count");
	REFUSED(chain, "a=count a/b=count");
	REFUSED(chain, "a=count %2e%2e=count");
	REFUSED(chain, "a=count metadata=count");
	REFUSED(chain, "a=count =count");
	REFUSED(chain, "a=count a=dscp");
	for (size_t i = 0; i < 65; i++)
		strcat(many, "a=b ");
	REFUSED(chain, many);
}

/* An unfused object has an entry program in front of it, which runs no instance itself. */
static void test_entry_without_instances(void **state)
{
	static const char *const texts[] = {"0+0f 0+1p 1+1f", "0+0f 0+2o", "0+1F 1+0F 1+1o"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct edge_metadata metadata = sound();
		struct el_generation *chain;

		snprintf(metadata.programs, sizeof(metadata.programs), "%s", texts[i]);
		assert_int_equal(unpack(&metadata, sizeof(metadata), &chain), 0);
		el_generation_free(chain);
	}
}

static void test_programs(void **state)
{
	(void)state;
	REFUSED(programs, "0+0f 0+0f 0+2f");
	REFUSED(programs, "");
	REFUSED(programs, " ");
	REFUSED(programs, "0+3f");
	REFUSED(programs, "3+0f");
	REFUSED(programs, "-1+1f");
	REFUSED(programs, "2+18446744073709551615f");
	REFUSED(programs, "0+2x");
	REFUSED(programs, "0+2f9");
	REFUSED(programs, "0+1f");
	REFUSED(programs, "1+1f 0+1f");
	REFUSED(programs, "0+1f 0+1f 1+1f");
	REFUSED(programs, "0+2f 2+0f");
	REFUSED(programs, "0+2");
	REFUSED(programs, "f");
}

static void test_reasons_and_digests(void **state)
{
	char many[16 * 4 + 1] = "";

	(void)state;
	REFUSED(reasons, "1:listed");
	REFUSED(reasons, "16:x -");
	REFUSED(reasons, "-1:x -");
	REFUSED(reasons, "x -");
	REFUSED(reasons, "1 -");
	for (size_t i = 0; i < 16; i++)
		strcat(many, "1:x,");
	strcpy(many + strlen(many) - 1, "-");
	REFUSED(reasons, many);
	REFUSED(digests, "0123456789abcdef");
	REFUSED(digests, "0123456789abcdef0 1");
	REFUSED(digests, "../../x 1");
}

static void test_numbers_and_sizes(void **state)
{
	struct edge_metadata metadata = sound();
	struct el_generation *chain;

	(void)state;
	metadata.mode = EL_MODE_OFFLOAD;
	assert_refused(&metadata);
	metadata = sound();
	metadata.abi++;
	assert_refused(&metadata);
	metadata = sound();
	assert_int_equal(unpack(&metadata, sizeof(metadata) - 1, &chain), -EPROTO);
	el_generation_free(chain);
}

/* No text has a terminating NUL. */
static void test_texts_without_an_end(void **state)
{
	struct edge_metadata metadata;

	(void)state;
	memset(&metadata, 'a', sizeof(metadata));
	metadata.abi = EDGE_ABI;
	metadata.mode = EL_MODE_NATIVE;
	assert_refused(&metadata);
}

static void test_escapes_that_are_cut(void **state)
{
	static const char *const texts[] = {"a=f%", "a=f%a", "a=f%zz", "a=f% 1"};
	char name[EDGE_NAME_MAX];
	unsigned int number;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct edge_metadata metadata = {
			.abi = EDGE_ABI, .programs = "0+1f", .digests = "0", .reasons = "-"};
		struct el_generation *chain;

		strcpy(metadata.chain, texts[i]);
		assert_int_equal(unpack(&metadata, sizeof(metadata), &chain), 0);
		assert_string_equal(chain->instances[0].function, texts[i] + 2);
		el_generation_free(chain);
	}
	assert_string_equal(el_metadata_reason("3:a%2", &number, name), "");
	assert_string_equal(name, "a%2");
	assert_string_equal(el_metadata_reason("3:a%2cb,4:x", &number, name), "4:x");
	assert_string_equal(name, "a,b");
	assert_null(el_metadata_reason("4294967297:x", &number, name));
}

/* ---------------------------------------------------------------- types */

/* The format of loader/map/types.c. */
struct packed {
	uint32_t magic, records, parts, size;
	struct {
		char instance[EDGE_NAME_MAX], map[64];
		uint32_t part, key, value, origin;
	} record[2];
	struct {
		uint32_t offset, size;
	} part;
	char bytes[16];
};

static struct packed packed(void)
{
	return (struct packed){
		.magic = 0x32747065,
		.records = 2,
		.parts = 1,
		.size = sizeof(struct packed),
		.record = {{.instance = "a", .map = "m"}, {.map = "n", .part = UINT32_MAX}},
		.part = {offsetof(struct packed, bytes), 16},
	};
}

#define UNSOUND(change)                                                          \
	do {                                                                     \
		struct packed changed = packed();                                \
                                                                                 \
		change;                                                          \
		if (el_types_are_sound((const char *)&changed, sizeof(changed))) \
			fail_msg("taken: %s", #change);                          \
	} while (0)

static void test_types(void **state)
{
	struct packed types = packed();
	struct el_types unpacked;

	(void)state;
	assert_true(el_types_are_sound((const char *)&types, sizeof(types)));
	el_types_unpack((const char *)&types, &(struct el_map_name){"a", "m"}, &unpacked);
	assert_null(unpacked.btf); /* the bytes are not BTF */
	el_types_unpack((const char *)&types, &(struct el_map_name){"", "n"}, &unpacked);
	assert_null(unpacked.btf);
	UNSOUND(changed.magic = 0);
	UNSOUND(changed.records = 3);
	UNSOUND(changed.records = UINT32_MAX);
	UNSOUND(changed.parts = UINT32_MAX);
	UNSOUND(changed.part.size = 17);
	UNSOUND(changed.part.offset = UINT32_MAX);
	UNSOUND(changed.record[0].part = 1);
	UNSOUND(memset(changed.record[1].map, 'x', sizeof(changed.record[1].map)));
	UNSOUND(memset(changed.record[0].instance, 'x', sizeof(changed.record[0].instance)));
	UNSOUND(strcpy(changed.record[0].map, "../x"));
	for (size_t size = 0; size < sizeof(types); size++)
		assert_false(el_types_are_sound((const char *)&types, size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_entry_without_instances),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_reasons_and_digests),
		cmocka_unit_test(test_numbers_and_sizes),
		cmocka_unit_test(test_texts_without_an_end),
		cmocka_unit_test(test_escapes_that_are_cut),
		cmocka_unit_test(test_types),
	};
	int failed;

	if (el_context_open(&context, NULL))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	el_context_free(context);
	return failed;
}
