// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Values of types.bpf.c's types, in both directions. Input: the number of a type, with the highest
 * bit set if bytes follow, else a text.
 */
#include <bpf/btf.h>

#include "maps.h"
#include "values.h"

static uint32_t types_count(void)
{
	static uint32_t count;

	if (!count)
		count = btf__type_cnt(fuzz_btf());
	return count;
}

/* Return: the type, or NULL for a type without values, which is opened once and refused. */
static struct el_value_type *type_of(uint32_t id)
{
	static struct el_value_type *types[256];
	static bool tried[256];

	if (id < 256 && !tried[id]) {
		tried[id] = true;
		if (el_value_type_open(fuzz_context(), fuzz_btf(), id, &types[id]))
			types[id] = NULL;
	}
	return id < 256 ? types[id] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint64_t head = fuzz_number(&input, 2);
	struct el_value_type *type = type_of((uint32_t)((head & 0x7fff) % types_count()));
	char *text;

	if (!type)
		return 0;
	if (head & 0x8000) {
		fuzz_value_of_type(type, true, input.at, input.left);
		return 0;
	}
	text = fuzz_rest(&input);
	fuzz_text_of_type(type, text);
	free(text);
	return 0;
}
