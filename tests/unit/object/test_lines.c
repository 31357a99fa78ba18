// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Source lines of an object: read, found by an instruction, and put back into an object that lost
 * its source text. And false line information, as a hostile object may have it.
 */
#include <bpf/btf.h>

#include "object/lines.h"
#include "object/elf.h"
#include "lib/world.h"

static char *object;
static size_t object_size;

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	ordinary("two", "SEC(\"xdp\") int two(struct xdp_md *ctx)\n"
			"{\n"
			"	if (ctx->rx_queue_index == 7)\n"
			"		return XDP_DROP;\n"
			"	return XDP_PASS;\n"
			"}");
	return el_file_read(at("two.o"), &object, &object_size);
}

/* Return: the section @name of @bytes, a sound ELF file. */
static char *section(char *bytes, const char *name, size_t *size)
{
	struct el_elf elf = {.path = "two.o", .data = bytes, .size = object_size};
	const char *found;

	assert_int_equal(el_elf_open(context, &elf), 0);
	found = el_elf_section(&elf, name, size);
	assert_non_null(found);
	el_elf_close(&elf);
	return bytes + (found - bytes);
}

static void test_read(void **state)
{
	struct el_lines lines = {0};
	const struct el_line *line;

	(void)state;
	assert_int_equal(el_lines_add(&lines, object, object_size), 0);
	/* The first instruction loads the queue's number, from line 5: the third line of the text,
	 * after two lines in front of it. */
	line = el_lines_at(&lines, "xdp", 0);
	assert_non_null(line);
	assert_int_equal(line->number, 5);
	assert_string_equal(el_lines_base(line->file), "two.bpf.c");
	assert_string_equal(line->text, "\tif (ctx->rx_queue_index == 7)");
	assert_null(el_lines_at(&lines, "tc", 0));
	el_lines_free(&lines);
}

/* Set the text of each line record to the empty string. */
static void forget_texts(char *bytes)
{
	size_t size;
	char *ext = section(bytes, ".BTF.ext", &size);
	uint32_t header[6], record, count;

	memcpy(header, ext, sizeof(header));
	ext += header[1] + header[4]; /* the length of the header, the offset of the lines */
	memcpy(&record, ext, sizeof(record));
	memcpy(&count, ext + 8, sizeof(count));
	for (uint32_t i = 0; i < count; i++)
		memset(ext + 12 + i * record + 8, 0, 4);
}

static void test_restore(void **state)
{
	struct el_lines known = {0}, lines = {0};
	size_t size = object_size;
	void *copy = malloc(size);
	struct btf *btf;
	FILE *file;

	(void)state;
	memcpy(copy, object, size);
	forget_texts(copy);
	assert_int_equal(el_lines_add(&lines, copy, size), 0);
	assert_string_equal(el_lines_at(&lines, "xdp", 0)->text, "");
	el_lines_free(&lines);
	assert_int_equal(el_lines_add(&known, object, object_size), 0);
	el_lines_restore(&known, &copy, &size);
	assert_int_equal(el_lines_add(&lines, copy, size), 0);
	assert_string_equal(el_lines_at(&lines, "xdp", 0)->text, "\tif (ctx->rx_queue_index == 7)");
	/* libbpf accepts the file, and finds its types. */
	file = fopen(at("grown.o"), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(copy, size, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	btf = btf__parse_elf(at("grown.o"), NULL);
	assert_non_null(btf);
	assert_true(btf__find_by_name_kind(btf, "xdp_md", BTF_KIND_STRUCT) > 0);
	btf__free(btf);
	el_lines_free(&lines);
	el_lines_free(&known);
	free(copy);
}

/* Replace each word of the line information in turn with invalid values. */
static void test_lies(void **state)
{
	static const uint32_t lies[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
	char *copy = malloc(object_size);
	size_t ext_size, btf_size;
	char *ext, *btf;

	(void)state;
	memcpy(copy, object, object_size);
	ext = section(copy, ".BTF.ext", &ext_size);
	btf = section(copy, ".BTF", &btf_size);
	for (size_t at_byte = 0; at_byte + 4 <= ext_size + 24; at_byte += 4)
		for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
			char *word = at_byte < ext_size ? ext + at_byte : btf + at_byte - ext_size;
			struct el_lines lines = {0}, known = {0};
			size_t size = object_size;
			void *victim;
			uint32_t kept;
			int err;

			memcpy(&kept, word, 4);
			memcpy(word, &lies[i], 4);
			err = el_lines_add(&lines, copy, object_size);
			assert_true(err == 0 || err == -EINVAL);
			victim = malloc(size);
			memcpy(victim, copy, size);
			assert_int_equal(el_lines_add(&known, object, object_size), 0);
			el_lines_restore(&known, &victim, &size);
			el_lines_free(&known);
			el_lines_free(&lines);
			free(victim);
			memcpy(word, &kept, 4);
		}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_lies),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}
