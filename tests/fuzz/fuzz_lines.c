// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Source lines of an ELF file, from its .BTF.ext, which are then put back into the file, as into an
 * object that the confined compiler made. A file that grew is still ELF, with as many lines as
 * before.
 */
#include "../../loader/object/lines.h"
#include "../../loader/object/elf.h"
#include "fuzz.h"

static bool is_elf(void *bytes, size_t size)
{
	struct el_elf elf = {.path = "object", .data = bytes, .size = size};
	int error = el_elf_open(fuzz_context(), &elf);

	el_elf_close(&elf);
	return !error;
}

static void check_grown(void *bytes, size_t size, bool before, size_t count)
{
	struct el_lines lines = {0};

	fuzz_check(!before || is_elf(bytes, size), "a sound file of ELF is none any more: %s",
		   fuzz_context()->error.what);
	fuzz_check(!el_lines_add(&lines, bytes, size), "its lines can't be read any more");
	fuzz_check(lines.count == count, "%zu lines, and then %zu", count, lines.count);
	el_lines_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_lines known = {0};
	void *copy = malloc(size + 1);
	char *own = malloc(size + 1);
	size_t grown = size, count;

	fuzz_check(copy && own, "no memory");
	memcpy(copy, data, size);
	memcpy(own, data, size);
	if (!el_lines_add(&known, own, size) && known.count) {
		bool sound = is_elf(own, size);

		for (size_t i = 0; i < known.count; i++) {
			const struct el_line *line = &known.list[i];

			fuzz_check(el_lines_at(&known, line->section, line->offset), "line %zu", i);
			fuzz_check(el_lines_base(line->file), "line %zu", i);
			if (i > 64)
				break;
		}
		count = known.count;
		el_lines_restore(&known, &copy, &grown);
		if (grown != size)
			check_grown(copy, grown, sound, count);
	}
	el_lines_free(&known);
	free(copy);
	free(own);
	return 0;
}
