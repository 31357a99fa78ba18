// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * fused.c: the answer and the object of a compiler that malicious input may have taken over.
 */
#include <elf.h>
#include <errno.h>

#include <bpf/libbpf.h>

#include "lib/objects.h"

#include "fuse/protocol.h"
#include "fuse/fused.h"

static struct el_fused fused;

/* Read an answer about the instances 2 and 3 of a chain. */
static bool answer(const char *text)
{
	const struct el_placement placement = {.first = 2, .count = 2};

	fused = (struct el_fused){.instance = -1};
	return el_fused_answer(text, strlen(text), &placement, &fused);
}

static void test_done(void **state)
{
	(void)state;
	assert_true(answer("{\"done\": true}"));
	assert_null(fused.refusal);
}

static void test_refusal(void **state)
{
	(void)state;
	assert_false(answer("{\"kind\": \"stack\", \"instance\": 3, \"message\": \"too much\"}"));
	assert_string_equal(fused.refusal, EL_FUSE_KIND_STACK);
	assert_string_equal(fused.message, "too much");
	assert_int_equal(fused.instance, 3);
}

/* An invalid answer counts as a refusal, without an instance and without control characters. */
static void test_nonsense(void **state)
{
	static const char *const texts[] = {"",
					    "[[[[",
					    "7",
					    "null",
					    "{}",
					    "{\"done\": 1}",
					    "{\"kind\": 5, \"message\": []}",
					    "{\"kind\": \"stack\", \"instance\": 3"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_false(answer(texts[i]));
		assert_string_equal(fused.refusal, EL_FUSE_KIND_OTHER);
		assert_string_equal(fused.message, "");
		assert_int_equal(fused.instance, -1);
	}
	assert_false(answer("{\"message\": \"a\\u001b[31mb\\u000ac\"}"));
	assert_string_equal(fused.message, "a [31mb c");
}

static void test_instances_of_others(void **state)
{
	static const char *const numbers[] = {
		"1", "4", "-1", "99999999999", "-9223372036854775808", "\"2\"", "2.5"};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		char text[128];

		snprintf(text, sizeof(text), "{\"kind\": \"newer\", \"instance\": %s}", numbers[i]);
		assert_false(answer(text));
		assert_int_equal(fused.instance, -1);
	}
}

/* ---------------------------------------------------------------- the object */

/* Return: whether the object passes the check; then libbpf may open it. */
static bool passes(const char *data, size_t size)
{
	char *copy = malloc(size);
	int error;

	assert_non_null(copy);
	memcpy(copy, data, size);
	error = el_fused_check(context, copy, size);
	if (error) {
		assert_int_equal(error, -EBADMSG);
		assert_contains(last_error()->what, "edge-load-fuse returned an object that");
	} else {
		bpf_object__close(bpf_object__open_mem(copy, size, NULL));
	}
	free(copy);
	return !error;
}

static char *guard;
static size_t guard_size;

static Elf64_Shdr *section(const char *name)
{
	const Elf64_Ehdr *header = (void *)guard;
	Elf64_Shdr *sections = (void *)(guard + header->e_shoff);
	const char *names = guard + sections[header->e_shstrndx].sh_offset;

	for (size_t i = 1; i < header->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, name))
			return &sections[i];
	fail_msg("no section %s", name);
	return NULL;
}

static void test_sound_object(void **state)
{
	(void)state;
	build_guard();
	guard_size = read_scratch("guard.o", &guard);
	assert_true(passes(guard, guard_size));
}

static void test_two_sections_of_one_name(void **state)
{
	Elf64_Shdr *other = section(".llvmbc");
	Elf64_Word before = other->sh_name;

	(void)state;
	other->sh_name = section(".BTF")->sh_name;
	assert_false(passes(guard, guard_size));
	assert_contains(last_error()->what, "section .BTF is there twice");
	other->sh_name = before;
}

static void test_license_without_bytes(void **state)
{
	Elf64_Shdr *license = section("license");

	(void)state;
	license->sh_type = SHT_NOBITS;
	assert_false(passes(guard, guard_size));
	assert_contains(last_error()->what, "section license has no bytes");
	license->sh_type = SHT_PROGBITS;
}

static void test_odd_table_of_sections(void **state)
{
	Elf64_Ehdr *header = (void *)guard;
	Elf64_Half size = header->e_shentsize;

	(void)state;
	header->e_shentsize = size / 2;
	assert_false(passes(guard, guard_size));
	assert_contains(last_error()->what, "entries of 32 bytes");
	header->e_shentsize = size;
	header->e_shoff++;
	assert_false(passes(guard, guard_size));
	header->e_shoff--;
}

/* Corrupt each byte of the headers, and each word of the symbols, relocations and types, in
 * turn. */
static void spoil(size_t from, size_t length, size_t step, size_t *refused)
{
	static const uint32_t words[] = {0, 0xffffffff, 0x7fffffff, 21};

	for (size_t at = from; at + 4 <= from + length; at += step)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
			uint32_t before;

			memcpy(&before, guard + at, sizeof(before));
			memcpy(guard + at, &words[i], step < 4 ? 1 : sizeof(before));
			*refused += !passes(guard, guard_size);
			memcpy(guard + at, &before, sizeof(before));
		}
}

static void test_spoilt(void **state)
{
	static const char *const names[] = {".symtab", ".BTF", ".BTF.ext", ".relxdp", ".maps"};
	const Elf64_Ehdr *header = (void *)guard;
	size_t refused = 0;

	(void)state;
	spoil(0, sizeof(*header), 1, &refused);
	spoil(header->e_shoff, (size_t)header->e_shnum * sizeof(Elf64_Shdr), 4, &refused);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		spoil(section(names[i])->sh_offset, section(names[i])->sh_size, 20, &refused);
	assert_in_range(refused, 128, 1 << 20);
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t part = 0; part < 64; part++)
		assert_false(passes(guard, guard_size * part / 64));
	free(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_instances_of_others),
		cmocka_unit_test(test_sound_object),
		cmocka_unit_test(test_two_sections_of_one_name),
		cmocka_unit_test(test_license_without_bytes),
		cmocka_unit_test(test_odd_table_of_sections),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_truncated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
