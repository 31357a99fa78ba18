// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reports of the kernel's verifier and of libbpf about a refused program: a log, and a message.
 * Both contain names and source lines from the program's author. Input: an error number, the log,
 * the message.
 */
#include "../../loader/load/refusal.h"
#include "fuzz.h"

static char first[] = "first", second[] = "second";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_context *context = fuzz_context();
	struct fuzz_input input = {data, size};
	struct el_instance instances[2] = {{.name = first}, {.name = second}};
	const struct el_generation chain = {
		.at.site.hook = EDGE_HOOK_XDP, .instances = instances, .instances_count = 2};
	struct el_placement placement = {.first = 0, .count = 2, .end = 2, .last = true};
	struct el_load load = {.instance = -1, .elf = data, .size = size, .section = "xdp"};
	uint64_t head = fuzz_number(&input, 2);
	char *words;

	load.error = -(int)(head & 0xff);
	load.log = head & 0x100 ? fuzz_text(&input) : NULL;
	load.words = head & 0x200 ? fuzz_text(&input) : NULL;
	load.instance = head & 0x400 ? 1 : -1;
	placement.first = head & 0x800 ? 1 : 0;
	placement.count = 2 - placement.first;
	words = el_refusal_words(&load);
	fuzz_check(words, "no words");
	free(words);
	fuzz_check_noted(el_refusal(context, &chain, &placement, &load));
	el_error_detail(context, NULL);
	free(load.log);
	free(load.words);
	return 0;
}
