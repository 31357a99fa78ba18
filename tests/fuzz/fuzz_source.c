// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Clang's list of the headers that a source includes, in make's format. The names come from the
 * source's author, and the loader checks the owner of each header.
 */
#include <fcntl.h>

#include "../../loader/base/run.h"
#include "../../loader/object/source.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_source source = {.path = "input.c", .bytes = -1};
	size_t descriptors = fuzz_descriptors();

	/* Names without a folder are in the target's private folder. */
	fuzz_check(!chdir(fuzz_folder()), "no folder");
	source.headers = el_run_file("headers", data, size);
	fuzz_check(source.headers >= 0, "no memory file");
	fuzz_check_noted(el_source_check_headers(fuzz_context(), &source));
	el_source_close(&source);
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	return 0;
}
