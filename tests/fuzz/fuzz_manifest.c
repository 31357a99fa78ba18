// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A manifest: YAML on standard input. The error about a refused manifest names a place inside it.
 */
#include "../../loader/manifest/manifest.h"
#include "fuzz.h"

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t count = 1;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xa8 ||
			 data[i] == 0xa9; /* line breaks of YAML, in UTF-8 */
	return count;
}

static void check_place(const char *what, size_t lines)
{
	const char *colon = strchr(what, ':');
	unsigned int line, column;

	if (!colon || sscanf(colon, ":%u:%u:", &line, &column) != 2)
		return;
	fuzz_check(line >= 1 && line <= lines + 1 && column >= 1, "%s: there are %zu lines", what,
		   lines);
}

static void check_chain(const struct el_manifest_chain *chain)
{
	fuzz_check(chain->select && chain->instances_count, "a chain without a device or function");
	for (size_t i = 0; i < chain->instances_count; i++) {
		fuzz_check(chain->specs[i].function, "an instance without a function");
		for (size_t j = 0; j < chain->specs[i].params_count; j++)
			fuzz_check(chain->specs[i].params[j].name, "a parameter without a name");
		for (size_t j = 0; j < chain->instances[i].maps_count; j++)
			fuzz_check(chain->instances[i].maps[j].name, "a map without a name");
	}
	free(el_manifest_chain_text(chain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_context *context = fuzz_context();
	struct el_manifest *manifest = NULL;
	int error;

	fuzz_standard_input(data, size);
	error = el_manifest_open(context, "-", &manifest);
	fuzz_check(!error == !!manifest, "error %d, and a manifest", error);
	if (error) {
		check_place(context->error.what, count_lines(data, size));
		fuzz_check_noted(error);
		return 0;
	}
	for (size_t i = 0; i < manifest->chains_count; i++)
		check_chain(&manifest->chains[i]);
	el_manifest_free(manifest);
	return 0;
}
