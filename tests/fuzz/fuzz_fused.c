// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Output of the confined compiler after malicious input took it over: its answer, in JSON, and its
 * object. Input: the number of the first instance, the number of instances, the length of the
 * answer, the answer, the object. An accepted object is used as far as possible without the kernel:
 * its source lines are read, and libbpf opens it.
 */
#include <bpf/libbpf.h>

#include "../../loader/fuse/fused.h"
#include "../../loader/object/lines.h"
#include "fuzz.h"

static void check_refusal(const struct el_fused *fused, const struct el_placement *placement)
{
	fuzz_check(fused->refusal, "neither an object nor a refusal");
	fuzz_check(fused->instance == -1 ||
			   ((size_t)fused->instance >= placement->first &&
			    (size_t)fused->instance < placement->first + placement->count),
		   "instance %d is to blame, which is not there", fused->instance);
	fuzz_check(memchr(fused->message, '\0', sizeof(fused->message)), "words without an end");
}

static void use(char *object, size_t size)
{
	struct el_lines lines = {0};
	struct bpf_object *bpf = bpf_object__open_mem(object, size, NULL);

	bpf_object__close(bpf);
	el_lines_add(&lines, object, size);
	el_lines_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct el_placement placement = {0};
	struct el_fused fused = {.instance = -1};
	size_t length;
	char *object;
	int error;

	placement.first = fuzz_number(&input, 1) % 64;
	placement.count = fuzz_number(&input, 1) % 64;
	length = fuzz_number(&input, 2);
	if (length > input.left)
		length = input.left;
	if (!el_fused_answer((const char *)input.at, length, &placement, &fused))
		check_refusal(&fused, &placement);
	input.at += length;
	input.left -= length;
	size = input.left;
	object = fuzz_rest(&input);
	error = el_fused_check(fuzz_context(), object, size);
	fuzz_check_noted(error);
	if (!error)
		use(object, size);
	free(object);
	return 0;
}
